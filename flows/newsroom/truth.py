"""What a perfect run over the newsroom would know: every article's text, and why every dead end is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from extractors.records import Actor, Direction, DyadName, RejectionReason
from flows.newsroom.articles import LAST_EDITION, Edition, Outlet, Story, feed_link, path_of, stories_in, url_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTruth:
    """One article of one edition, as a perfect reader would land it."""

    outlet: str
    slug: str
    url: str  # its own address
    feed_link: str  # the address in the feed; another one where a redirect leads on
    title: str
    text: str  # the paragraphs, one a line: no dek, caption or byline
    authors: tuple[str, ...]
    published_at: datetime  # UTC
    published_on: date  # the outlet's own calendar day
    lang: str
    themes: tuple[str, ...]  # sorted; by a careful reader of the codebook
    near: tuple[str, ...]
    actors: tuple[Actor, ...]
    dyads: tuple[tuple[DyadName, Direction], ...]
    edition: Edition  # the first that has these words
    syndicated_from: str | None = None  # url of the story that this is a copy of
    translated_from: str | None = None  # url of the story that this says in another language: no copy

    @property
    def origin(self) -> str:
        """Url of the story whose text this is: names the syndication group."""
        return self.syndicated_from or self.url

    @property
    def relevant(self) -> bool:
        """At least one theme and at least one dyad."""
        return bool(self.themes and self.dyads)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionTruth:
    """A feed entry that cannot become an article, and why."""

    outlet: str
    url: str
    reason: RejectionReason


def article_truths(outlets: Iterable[Outlet], edition: Edition) -> tuple[ArticleTruth, ...]:
    """Every article that the sites hold in an edition, by outlet and newest first."""
    shelf = tuple(outlets)
    urls = {f"{outlet.id}/{story.slug}": url_of(outlet, path_of(outlet, story)) for outlet in shelf for story in outlet.stories}
    return tuple(_truth_of(outlet, story, urls) for outlet in shelf for story in stories_in(outlet, edition))


def rejection_truths(outlets: Iterable[Outlet]) -> tuple[RejectionTruth, ...]:
    """Every entry of the feeds that leads to no article."""
    return tuple(
        RejectionTruth(outlet=outlet.id, url=url_of(outlet, end.path), reason=end.kind) for outlet in outlets for end in outlet.dead_ends
    )


def _truth_of(outlet: Outlet, story: Story, urls: dict[str, str]) -> ArticleTruth:
    return ArticleTruth(
        outlet=outlet.id,
        slug=story.slug,
        url=url_of(outlet, path_of(outlet, story)),
        feed_link=feed_link(outlet, story),
        title=story.title,
        text="\n".join(story.paragraphs),
        authors=story.authors,
        published_at=story.published.astimezone(UTC),
        published_on=story.published.date(),
        lang=outlet.lang,
        themes=story.themes,
        near=story.near,
        actors=story.actors,
        dyads=story.dyads,
        edition=LAST_EDITION if story.revised else story.edition,
        syndicated_from=urls[story.syndicated_from] if story.syndicated_from else None,
        translated_from=urls[story.translated_from] if story.translated_from else None,
    )
