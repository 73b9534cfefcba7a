"""The table of targets for themes, from any folder of labelled texts: per kind, per language group, per theme.

    python -m tests.bench.themes FOLDER [FOLDER …]              what is shipped
    python -m tests.bench.themes FOLDER --learned FILE          with another file of what was learned
    python -m tests.bench.themes FOLDER --cues                  the cues alone: an ablation
    python -m tests.bench.themes FOLDER --worst 30              the texts furthest from right: each theme missed or wrongly said, with
                                                                score, cue and the passage that came nearest
    python -m tests.bench.themes tests/gold/themes --floors     exit 1 where a figure is under its floor (with --raise: the new floors)

A folder holds texts.jsonl beside labels.jsonl, or rows that carry their labels. Texts that were learned from flatter.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from extractors.themes.classifier import classify
from extractors.themes.codebook import load_codebook
from extractors.themes.features import read_features
from extractors.themes.judgement import ask
from extractors.themes.opinion import weigh_features
from extractors.themes.passages import read_passages
from training.texts import read_folder

THEMES_FOLDER = Path(__file__).parent.parent.parent / "extractors" / "themes"

FLOORS = Path(__file__).parent / "themes_floors.json"
DIGITS = 3


def score(pairs):
    """Precision, recall and F1 of (wanted, found) sets."""
    right = sum(len(wanted & found) for wanted, found in pairs)
    said, there = sum(len(found) for _, found in pairs), sum(len(wanted) for wanted, _ in pairs)
    precision, recall = right / said if said else 0.0, right / there if there else 0.0
    return precision, recall, 2 * right / (said + there) if said + there else 0.0


def summary(texts, found, theme_ids):
    """The line of targets over some texts: micro and macro F1, relevance, dyads and their direction."""
    themes = [(text.themes, frozenset(found[text.id].themes)) for text in texts]
    present = [t for t in theme_ids if any(t in wanted or t in got for wanted, got in themes)]
    macro = sum(score([(wanted & {t}, got & {t}) for wanted, got in themes])[2] for t in present) / max(1, len(present))
    relevance = score([({1} if text.relevant else set(), {1} if found[text.id].relevant else set()) for text in texts])
    dyads = [(dict(text.dyads), {dyad.dyad: dyad.direction for dyad in found[text.id].dyads}) for text in texts]
    paired = score([(set(wanted), set(got)) for wanted, got in dyads])
    both = [wanted[pair] == got[pair] for wanted, got in dyads for pair in wanted if pair in got]
    return {"micro": score(themes), "macro": macro, "relevance": relevance, "dyads": paired, "direction": sum(both) / max(1, len(both))}


def groups(texts):
    """The texts by kind, by English and other, and by language."""
    for kind in sorted({text.kind for text in texts}):
        of_kind = [text for text in texts if text.kind == kind]
        yield kind, of_kind
        yield f"{kind} en", [text for text in of_kind if text.lang == "en"]
        yield f"{kind} other", [text for text in of_kind if text.lang != "en"]
    for lang in sorted({text.lang for text in texts}):
        yield f"lang {lang}", [text for text in texts if text.lang == lang]


def figures(texts, found, theme_ids):
    """What the floors hold, rounded."""
    row = summary(texts, found, theme_ids)
    named = {"micro_f1": row["micro"][2], "precision": row["micro"][0], "macro_f1": row["macro"], "relevance_f1": row["relevance"][2]}
    named |= {"dyads_f1": row["dyads"][2], "direction": row["direction"]}
    return {name: round(figure, DIGITS) for name, figure in named.items()}


def hold_floors(measured, *, name, file, may_raise):
    """Whether every figure of the folder `name` is at its floor; raising never lowers one."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    floors = kept.get(name, {})
    under = [f"{figure}: {measured[figure]} is under its floor {floor}" for figure, floor in floors.items() if measured[figure] < floor]
    for line in under:
        print(line)
    if not floors and not may_raise:
        print(f"{name}: no floors yet; --raise writes them")
        return False
    if may_raise:
        kept[name] = {figure: max(value, floors.get(figure, 0.0)) for figure, value in measured.items()}
        file.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return not under


def worst(texts, found, reader, most):
    """The texts furthest from right as lines: each theme missed or wrongly said, its probability, and the passage that came nearest."""
    wrong = {text.id: text.themes ^ frozenset(found[text.id].themes) for text in texts}
    badness = {
        text.id: {theme: abs((theme in text.themes) - reader.chance(text, theme)) for theme in wrong[text.id]}
        for text in texts
        if wrong[text.id]
    }
    ranked = sorted((text for text in texts if wrong[text.id]), key=lambda text: (-sum(badness[text.id].values()), text.id))
    for text in ranked[:most]:
        said = ", ".join(found[text.id].themes) or "nothing"
        yield f"{text.id} {text.kind} {text.lang}: said {said}; expected {', '.join(sorted(text.themes)) or 'nothing'}"
        for theme in sorted(wrong[text.id], key=lambda theme: (-badness[text.id][theme], theme)):
            kind = "missed" if theme in text.themes else "wrongly said"
            yield f"    {kind} {theme}  {reader.chance(text, theme):.2f}  {_nearest(text, theme, found[text.id], reader)}"


def _nearest(text, theme, said, reader):
    """The passage that shows a theme or came nearest to it, with its cue and, where it was refused, why."""
    wholes = {"title": text.title, "text": text.text}
    proofs = [(item.score, item, "") for item in said.evidence if item.theme == theme]
    proofs += [(-1.0, miss, f" ({miss.why})") for miss in said.near_misses if miss.theme == theme]
    if not proofs:
        return f"no cue; nearest “{reader.top_passage(text, theme)}”"
    _, item, why = max(proofs, key=lambda proof: proof[0])
    return f"{item.cue}{why} “{' '.join(wholes[item.part][item.start : item.end].split())}”"


class Reader:
    """The learned reader's opinion of texts; without anything learned every theme is as likely as not, and no passage comes near."""

    def __init__(self, codebook):
        self._codebook = codebook
        self._read = {}

    def chance(self, text, theme):
        """Probability of a theme."""
        passages, opinion = self._opinion(text)
        return opinion.chance(theme) if passages else 0.5 if self._codebook.learned is None else 0.0

    def top_passage(self, text, theme):
        """The words that speak for a theme most."""
        passages, opinion = self._opinion(text)
        if not passages:
            return ""
        said = opinion.spoken_for(theme, passages=len(passages))
        best = passages[max(range(len(passages)), key=lambda at: said[at])]
        return " ".join((text.title if best.part == "title" else text.text)[best.start : best.end].split())

    def _opinion(self, text):
        if text.id not in self._read:
            passages = read_passages(text.title, text.text, text.lang, codebook=self._codebook) if self._codebook.learned else ()
            asked = list(ask(passages, codebook=self._codebook))
            features = read_features(passages, asked, codebook=self._codebook) if passages else None
            self._read[text.id] = passages, weigh_features(features, self._codebook.learned) if passages else None
        return self._read[text.id]


def main():
    """Classify everything and print the table."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("folders", nargs="+", type=Path)
    command.add_argument("--learned", type=Path, default=THEMES_FOLDER / "learned.bin")
    command.add_argument("--cues", action="store_true")
    command.add_argument("--worst", type=int, default=0)
    command.add_argument("--floors", action="store_true")
    command.add_argument("--raise", dest="may_raise", action="store_true")
    asked = command.parse_args()
    book, actors = ((THEMES_FOLDER / name).read_text(encoding="utf-8") for name in ("codebook.toml", "actors.toml"))
    codebook = load_codebook(book, actors, b"" if asked.cues else asked.learned.read_bytes())
    texts = [text for folder in asked.folders for text in read_folder(folder)]
    began = time.process_time()
    found = {text.id: classify(text.title, text.text, text.lang, codebook=codebook) for text in texts}
    spent = time.process_time() - began
    print(f"codebook {codebook.version}: {1000 * spent / len(texts):.2f} ms a text")
    for name, some in (("all", texts), *groups(texts)):
        if some:
            row = summary(some, found, codebook.theme_ids)
            print(
                f"{name:14s} n={len(some):4d} micro P {row['micro'][0]:.3f} R {row['micro'][1]:.3f} F1 {row['micro'][2]:.3f} "
                f"macro {row['macro']:.3f} | relevance {row['relevance'][2]:.3f} | dyads {row['dyads'][2]:.3f} direction {row['direction']:.2f}"
            )
    for theme in codebook.theme_ids:
        for kind in sorted({text.kind for text in texts}):
            of_kind = [text for text in texts if text.kind == kind]
            p, r, f1 = score([(text.themes & {theme}, {theme} & set(found[text.id].themes)) for text in of_kind])
            print(f"  {theme:26s} {kind:9s} n={sum(theme in t.themes for t in of_kind):3d} P {p:.2f} R {r:.2f} F1 {f1:.2f}")
    for line in worst(texts, found, Reader(codebook), asked.worst):
        print(line)
    if asked.floors or asked.may_raise:
        name = "+".join(folder.name for folder in asked.folders)
        return 0 if hold_floors(figures(texts, found, codebook.theme_ids), name=name, file=FLOORS, may_raise=asked.may_raise) else 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
