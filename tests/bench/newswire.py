"""An endless news wire made up by dice: for measuring a warehouse, not for reading. Not a test.

Article `n` of a seed is the same whoever asks and in whatever order. Words fall as they do in news (a few often, most
hardly ever), the frequent ones are real, taken from the sample newsroom; about every seventh article reprints another
outlet's, every twentieth is corrected later, a few pages are none. Passages and themes are drawn, not read: the
classifier has no part in it.
"""

import itertools
import math
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from extractors.records import (
    ActorMention,
    Article,
    Batch,
    CaptureRef,
    Classification,
    CodebookState,
    DyadFinding,
    Entry,
    Evidence,
    Feed,
    FeedState,
    FeedVisit,
    PageHints,
    PageState,
    Published,
    Reading,
    Rejection,
    SeenEntry,
    Source,
    Visit,
    short_hash,
)
from extractors.stories.signatures import sign_text
from extractors.themes.codebook import shipped_codebook
from flows.newsroom.articles import load_outlets
from flows.newsroom.truth import article_truths
from warehouse.landing import feed_id

BATCH = 100  # articles: what a run lands at once
STARTED_AT = datetime(2025, 1, 1, tzinfo=UTC)
PACE = timedelta(days=1) / 2000  # from one article to the next
LANGS = ("en", "ru", "en", "fa", "en", "ru", "uk", "en", "ru", "ar", "en", "ru", "en", "fa", "en", "tr", "en", "ru", "uk", "en")
OUTLETS = 40
FEED_ITEMS = 15  # in one document: most of them were there at the poll before
VOCABULARY = 12_000  # words of a language
PAIRS = (("us_russia", ("us", "russia")), ("russia_iran", ("russia", "iran")), ("us_iran", ("us", "iran")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    words: list[str]
    weights: list[float]  # summed up


@cache
def _corpora():
    """Words of the sample newsroom's articles by language."""
    found = {}
    for truth in article_truths(load_outlets(), 1):
        found.setdefault(truth.lang, []).extend(word.strip("“”«»\"'.,;:!?()،؛؟").lower() for word in truth.text.split())
    return {lang: [word for word in words if word] for lang, words in found.items()}


@cache
def _language(lang):
    """A vocabulary in the order of frequency: the newsroom's words, then words whose letters follow each other as theirs do."""
    dice, real = random.Random(lang), Counter(_corpora()[lang])
    after = {}
    for word in real:
        for first, second, third in zip(f"  {word}", f" {word}", f"{word}\n", strict=False):
            after.setdefault(first + second, []).append(third)
    words = dict.fromkeys(word for word, _ in real.most_common())
    while len(words) < VOCABULARY:
        word, pair = "", "  "
        while (letter := dice.choice(after[pair])) != "\n":
            word, pair = word + letter, pair[1] + letter
        words[word] = None
    # Zipf and Mandelbrot: rank r falls as often as 1 / (r + 2.7)
    return _Language(words=list(words), weights=list(itertools.accumulate(1 / (rank + 3.7) for rank in range(len(words)))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article as its outlet published it."""

    number: int
    title: str
    text: str
    is_article: bool  # else the page is a dead end


@dataclass(frozen=True, slots=True, kw_only=True)
class Newswire:
    """The wire of one seed; `batch(n)` is the n-th hundred articles with the polls and fetches that brought them."""

    seed: int = 0

    def sources(self):
        return tuple(
            Source(
                id=_outlet(number),
                name=f"Outlet {number}",
                lang=LANGS[number % len(LANGS)],
                country="us",
                timezone="UTC",
                family=f"family-{number // 2}",  # every second outlet has a sister
                feeds=(Feed(url=_feed_url(number)),),
            )
            for number in range(OUTLETS)
        )

    def codebook(self):
        book = shipped_codebook()
        return CodebookState(codebook_version=book.version, themes=_themes(), active=True, complete=True)

    def now(self, batch):
        """The instant at which a batch lands."""
        return _published_at((batch + 1) * BATCH) + timedelta(minutes=10)

    def batch(self, batch):
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        file = f"{batch:08d}.warc.gz"
        fetching = self.now(batch) - timedelta(minutes=4)  # after the polls, a page a second
        fresh = [self._read(number, file=file, at=fetching + timedelta(seconds=place)) for place, number in enumerate(numbers)]
        again = [number - 20 * BATCH for number in numbers if number % 20 == 7 and number >= 20 * BATCH]
        corrected = [
            self._read(number, file=file, at=fetching + timedelta(seconds=BATCH + place), is_corrected=True)
            for place, number in enumerate(again)
            if _story(self.seed, number).is_article
        ]
        fetches = fresh + corrected
        return Batch(
            feed_visits=tuple(self._poll(outlet, numbers) for outlet in range(OUTLETS)),
            visits=tuple(visit for visit, _, _ in fetches),
            captures=tuple(reading.capture for _, reading, _ in fetches),
            readings=tuple(reading for _, reading, _ in fetches),
            pages=tuple(page for _, _, page in fetches),
        )

    def _poll(self, outlet, numbers):
        """Poll an outlet's feed after the last of the numbers: its newest items, most of them known."""
        at, feed = self._polled_at(numbers[-1], outlet), _feed_url(outlet)
        last = numbers[-1] - (numbers[-1] - outlet) % OUTLETS
        stories = [_story(self.seed, last - OUTLETS * age) for age in range(FEED_ITEMS) if last >= OUTLETS * age]
        state = FeedState(
            feed_id=feed_id(feed),
            source_id=_outlet(outlet),
            url=feed,
            etag=f'"{numbers[-1]}"',
            last_polled_at=at,
            last_success_at=at,
            last_changed_at=at,
            last_outcome="ok",
            next_poll_at=at + timedelta(hours=1),
            next_poll_rule="floor",
        )
        visit = Visit(
            kind="feed", url=feed, final_url=feed, source_id=_outlet(outlet), feed_id=state.feed_id, status=200, outcome="ok",
            body_bytes=9000, duration_ms=120, at=at,
        )  # fmt: skip
        return FeedVisit(visit=visit, after=state, entries=tuple(_seen(story) for story in stories))

    def _polled_at(self, number, outlet):
        """When the poll that shows a number for the first time is made."""
        return self.now(number // BATCH) - timedelta(minutes=9, seconds=OUTLETS - outlet)

    def _read(self, number, *, file, at, is_corrected=False):
        """Fetch and read a page; a corrected one has another headline than before."""
        story, url, source_id = _story(self.seed, number), f"https://{_key(number)}", _outlet(number)
        capture = CaptureRef(
            capture_id=short_hash(url, at.isoformat()),
            url_key=_key(number),
            url=url,
            final_url=url,
            file=file,
            offset=number % BATCH * 20_000,
            length=20_000,
            fetched_at=at,
            status=200,
            content_type="text/html; charset=utf-8",
            body_bytes=80_000,
            body_hash=short_hash(story.text, str(is_corrected)),
        )
        visit = Visit(
            kind="page", url=url, final_url=url, source_id=source_id, url_key=_key(number), status=200, outcome="ok",
            body_bytes=80_000, duration_ms=240, at=at,
        )  # fmt: skip
        page = PageState(
            url_key=_key(number), url=url, scope=f"{source_id}.test", stage="read" if story.is_article else "rejected",
            attempts=1, first_attempt_at=at, due_at=at + timedelta(hours=24), first_seen_at=self._polled_at(number, number % OUTLETS), last_outcome="ok",
            capture=capture, hints=PageHints(source_id=source_id),
        )  # fmt: skip
        if not story.is_article:
            return visit, Reading(capture=capture, outcome=Rejection(reason="not_article", detail="a list of links")), page
        title = f"{story.title} (corrected, {number % 89 + 10})" if is_corrected else story.title
        article = Article(
            title=title,
            text=story.text,
            authors=(f"Reporter {number % 211}",),
            lang=_lang(number),
            published=Published(
                at=_published_at(number), on=_published_at(number).date(), precision="second", zone="stated", origin="json-ld"
            ),
            word_count=story.text.count(" ") + story.text.count("\n") + 1,
            link_density=0.02,
            boilerplate_share=0.4,
            extractor="newswire 1",
        )
        reading = Reading(
            capture=capture, outcome=article, classification=self._classify(number, article), signature=sign_text(article.text)
        )
        return visit, reading, page

    def _classify(self, number, article):
        """Every third article has passages, most of these deal with two of the three."""
        dice, version = random.Random(f"{self.seed}/themes/{number}"), shipped_codebook().version
        if dice.random() > 0.35:
            return Classification(codebook_version=version)
        spans = dice.choices(list(_paragraphs(article.text)), k=dice.randint(1, 6))
        evidence = tuple(
            Evidence(
                theme=(theme := dice.choice(_themes())), cue=f"{theme}.{index}", part="text", start=start, end=end, score=dice.random()
            )
            for index, (start, end) in enumerate(spans)
        )
        dyad, actors = dice.choice(PAIRS)
        direction, (start, end) = dice.choice(("converging", "diverging", "mixed")), spans[0]
        dyads = (DyadFinding(dyad=dyad, direction=direction, part="text", start=start, end=end, score=dice.random()),)
        return Classification(
            codebook_version=version,
            evidence=evidence,
            actors=tuple(ActorMention(actor=actor, mentions=dice.randint(1, 9)) for actor in actors),
            dyads=dyads if dice.random() < 0.7 else (),
        )


@cache
def _themes():
    return tuple(sorted(theme.id for theme in shipped_codebook().themes))


def _outlet(number):
    return f"outlet-{number % OUTLETS:02d}"


def _feed_url(number):
    return f"https://{_outlet(number)}.test/feed.xml"


def _lang(number):
    return LANGS[number % len(LANGS)]


def _key(number):
    return f"{_outlet(number)}.test/news/{number:09d}"


def _published_at(number):
    return STARTED_AT + PACE * number


def _seen(story):
    entry = Entry(
        guid=str(story.number),
        link=f"https://{_key(story.number)}",
        title=story.title,
        summary=story.text.partition("\n")[0],
        published=Published(
            at=_published_at(story.number), on=_published_at(story.number).date(), precision="second", zone="stated", origin="feed"
        ),
    )
    return SeenEntry(entry=entry, url_key=_key(story.number))


@lru_cache(maxsize=8_000)
def _story(seed, number):
    """The number's own wording, or that of a recent one in its language: shortened, or under a headline of its own."""
    dice = random.Random(f"{seed}/story/{number}")
    title, text = _wording(seed, number)
    if dice.random() < 0.15:
        base = next((other for other in range(number - dice.randint(1, BATCH), -1, -1) if _lang(other) == _lang(number)), number)
        other_title, text = _wording(seed, base)
        title = other_title if dice.random() < 0.5 else title
        paragraphs = text.split("\n")
        text = "\n".join(paragraphs[: max(2, len(paragraphs) - dice.randint(0, 3))])
    return Story(number=number, title=title, text=text, is_article=dice.random() > 0.03)


def _wording(seed, number):
    """A title and a text of 150 to 900 words that nobody else wrote."""
    dice, language = random.Random(f"{seed}/wording/{number}"), _language(_lang(number))
    length = round(min(900, max(150, dice.lognormvariate(math.log(380), 0.45))))
    words = iter(dice.choices(language.words, cum_weights=language.weights, k=length + 9))
    title, sentences, left = " ".join(itertools.islice(words, 9)).capitalize(), [], length
    while left > 0:
        sentence = list(itertools.islice(words, min(left, dice.randint(8, 28))))
        if dice.random() < 0.3:
            sentence[dice.randrange(len(sentence))] = str(dice.randint(2, 2_000))
        left -= len(sentence)
        sentences.append(" ".join(sentence).capitalize() + ".")
    return title, "\n".join(" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))


def _paragraphs(text):
    """Where each paragraph's first sentence stands."""
    start = 0
    for paragraph in text.split("\n"):
        yield start, start + paragraph.index(".") + 1
        start += len(paragraph) + 1
