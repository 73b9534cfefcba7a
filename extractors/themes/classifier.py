"""Say what an article is about, who acts in it and how the three deal with each other, each with the passage that shows it.

Pure and deterministic. Abstains rather than guesses: what is too weak to stand is a near miss with a reason.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from extractors.records import Actor, ActorMention, Classification, DyadFinding, Evidence, NearMiss
from extractors.themes.agreement import Agreement
from extractors.themes.cues import Codebook
from extractors.themes.dyads import weigh_dealings
from extractors.themes.features import read_features
from extractors.themes.judgement import Finding, ask
from extractors.themes.opinion import Opinion, weigh_features
from extractors.themes.passages import Passage, read_passages
from extractors.themes.proof import prove
from extractors.themes.weights import ACCEPT, ALONE_IN_LONG_TEXT, LONG_TEXT, add_up, strongest_together

_MOST_NEAR_MISSES = 40

_Scored = tuple[Finding, float]  # the best finding of a passage, and what its findings add up to
_Judged = tuple[list[Evidence], list[DyadFinding], Iterator[tuple[Finding, str]]]  # and what nearly showed a theme


def classify(title: str, text: str, lang: str | None, *, codebook: Codebook) -> Classification:
    """Classify one article. `lang` is a hint (BCP 47 or None); spans are code points into `title` or `text`."""
    passages = read_passages(title, text, lang, codebook=codebook)
    asked = list(ask(passages, codebook=codebook))
    if codebook.learned is None or not passages:
        evidence, dyads, refused = _by_cues(title, text, passages, asked, codebook=codebook)
    else:
        opinion = weigh_features(read_features(passages, asked, codebook=codebook), codebook.learned)
        evidence, dyads, refused = _by_agreement(title, text, passages, asked, opinion, codebook=codebook)
    near_misses = []
    for finding, why in itertools.islice(refused, _MOST_NEAR_MISSES):
        part, start, end = prove(finding, passages, title=title, text=text)
        near_misses.append(NearMiss(theme=finding.cue.theme, cue=finding.cue.id, part=part, start=start, end=end, why=why))
    return Classification(
        codebook_version=codebook.version,
        evidence=_in_order(evidence),
        actors=_count_actors(passages, codebook),
        dyads=tuple(dyads),
        near_misses=tuple(near_misses),
    )


def _by_cues(title: str, text: str, passages: Sequence[Passage], asked: Sequence[Finding], *, codebook: Codebook) -> _Judged:
    """What the cues alone hold of a text."""
    found = [finding for finding in asked if not finding.why]
    accepted, weak = _weigh([finding for finding in found if finding.cue.theme], length=len(passages))
    evidence = []
    for best, score in accepted:
        part, start, end = prove(best, passages, title=title, text=text)
        evidence.append(Evidence(theme=best.cue.theme, cue=best.cue.id, part=part, start=start, end=end, score=score))
    dyads = []
    for dealing in weigh_dealings(found, accepted, codebook=codebook):
        part, start, end = prove(dealing.finding, passages, title=title, text=text)
        dyads.append(DyadFinding(dyad=dealing.pair, direction=dealing.direction, part=part, start=start, end=end, score=dealing.score))
    weighed = ((finding, f"score {score:.2f} is too little") for finding, score in weak)
    return evidence, dyads, _refusals(asked, {finding.cue.theme for finding, _ in accepted}, weighed)


def _by_agreement(
    title: str, text: str, passages: Sequence[Passage], asked: Sequence[Finding], opinion: Opinion, *, codebook: Codebook
) -> _Judged:
    """What the learned reader holds of a text, its cues' answers among what it saw."""
    found = [finding for finding in asked if not finding.why]
    agreement = Agreement(title, text, passages=passages, found=found, opinion=opinion)
    evidence = [
        Evidence(theme=proof.name, cue=proof.cue, part=proof.part, start=proof.start, end=proof.end, score=proof.score)
        for proof in agreement.themes(codebook)
    ]
    dyads = [
        DyadFinding(dyad=pair, direction=way, part=proof.part, start=proof.start, end=proof.end, score=proof.score)
        for pair, way, proof in sorted(agreement.dealings(), key=lambda dealing: dealing[0])
    ]
    carried = {item.theme for item in evidence}
    doubted = (
        (finding, f"the cue fired, but the text as a whole reads otherwise: probability {opinion.chance(finding.cue.theme):.2f}")
        for finding in sorted(found, key=lambda f: (-f.score, f.passage))
        if finding.cue.theme and finding.cue.theme not in carried
    )
    return evidence, dyads, _refusals(asked, carried, doubted)


def _in_order(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Title first, then by place; of evidence that says the same of the same span the strongest is kept."""
    best: dict[tuple[str, str, int, int, str], Evidence] = {}
    for item in sorted(evidence, key=lambda e: e.score):
        best[item.theme, item.part, item.start, item.end, item.cue] = item
    return tuple(sorted(best.values(), key=lambda e: (e.part == "text", e.start, e.end, e.theme, e.cue)))


def _weigh(found: Sequence[Finding], *, length: int) -> tuple[list[_Scored], list[_Scored]]:
    """Findings that stand and those that do not, in a text of `length` passages.

    Where none of a theme's passages stands alone, neighbours may help one. What only one passage of a long text speaks of must
    be said the more clearly.
    """
    themes: dict[str, dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in found:
        themes[finding.cue.theme][finding.passage].append(finding)
    accepted: list[_Scored] = []
    weak: list[_Scored] = []
    for by_passage in themes.values():
        best = {passage: max(items, key=lambda f: f.score) for passage, items in by_passage.items()}
        sums = {passage: add_up(f.score for f in items) for passage, items in by_passage.items()}
        needed = ALONE_IN_LONG_TEXT if length > LONG_TEXT and len(sums) == 1 else ACCEPT
        standing = [(best[passage], score) for passage, score in sums.items() if score >= needed]
        if not standing:
            passage = max(sums, key=lambda p: (strongest_together(p, sums), sums[p], -p))
            helped = best[passage], strongest_together(passage, sums)
            (standing if helped[1] >= needed else weak).append(helped)
        accepted += standing
    return accepted, weak


def _refusals(asked: Sequence[Finding], carried: set[str], weighed: Iterable[tuple[Finding, str]]) -> Iterator[tuple[Finding, str]]:
    """What nearly showed a theme that the article does not carry, and why it did not: one reason a theme and passage."""
    told = set()
    for finding, why in weighed:
        if (finding.cue.theme, finding.passage) not in told:
            told.add((finding.cue.theme, finding.passage))
            yield finding, why
    for finding in sorted(asked, key=lambda f: (-f.cue.score, f.passage)):
        theme = finding.cue.theme
        if finding.why and theme and theme not in carried and (theme, finding.passage) not in told:
            told.add((theme, finding.passage))
            yield finding, finding.why


def _count_actors(passages: Sequence[Passage], codebook: Codebook) -> tuple[ActorMention, ...]:
    actors: tuple[Actor, ...] = get_args(Actor)
    counts = {actor: sum(len(passage.hits.get(codebook.lists[actor].bit, ())) for passage in passages) for actor in actors}
    return tuple(ActorMention(actor=actor, mentions=count) for actor, count in sorted(counts.items()) if count)
