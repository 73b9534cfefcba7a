"""Stories as the HTML of their outlet's site: the layout's template around the text, with everything that surrounds news.

A layout is a TOML file of string templates, a language a table of phrases; here they are put together and escaped.
Refuses to decide what exists in an edition: the caller hands over the stories.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from string import Template
from typing import Any

from flows.newsroom.articles import DeadEnd, Outlet, Story, load_data, path_of
from flows.newsroom.heads import head_of

_RTL = frozenset({"ar", "fa"})
_TEASERS = 3
_BETWEEN_AFTER = 2  # paragraphs before the thing in the middle of the text
_LONG_MONTHS = 6  # of the solar calendar, of 31 days each; the others are read only before the leap day


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one kind of site writes its pages."""

    metadata: tuple[str, ...]  # blocks of the head, see heads.py
    page: Template  # around `main`
    article: Template  # the `main` of a story
    paragraph: Template
    between: Template  # stands in the middle of the text and is none of it
    figure: Template
    nav: Template
    teaser: Template


def render_article(outlet: Outlet, story: Story, stories: tuple[Story, ...]) -> str:
    """The page of a story; `stories` are those of its edition, from which the teasers are taken."""
    layout = load_layout(outlet.layout)
    teasers = _teasers_for(story, stories)
    words = _words(outlet, layout, teasers) | {
        "title": escape(story.title),
        "dek": escape(story.dek),
        "authors": escape(", ".join(story.authors)),
        "section": escape(story.section),
        "section_url": section_path(outlet, story.section),
        "date": escape(format_date(story.published, outlet.lang)),
        "digits_date": f"{story.published:%d.%m.%Y %H:%M}",
        "clock_date": f"{story.published:%H:%M %d.%m.%Y}",
        "iso": story.published.isoformat(),
        "head": head_of(outlet, story, layout.metadata),
    }
    caption = story.caption and {"caption": escape(story.caption), "image": f"/media/{escape(story.slug)}.jpg"}
    figure = layout.figure.substitute(caption) if caption else ""
    main = layout.article.substitute(words | {"figure": figure, "body": _body(layout, story, words)})
    return layout.page.substitute(words | {"main": main.strip()}).lstrip()


def render_front(outlet: Outlet, stories: tuple[Story, ...], *, section: str | None = None) -> str:
    """The home page, or the page of one section: nothing but headlines."""
    layout = load_layout(outlet.layout)
    shown = tuple(story for story in stories if section in (None, story.section))
    title = outlet.name if section is None else f"{section} - {outlet.name}"
    main = f"<h1>{escape(section or outlet.name)}</h1>\n<ul>{_teasers(outlet, layout, shown)}</ul>"
    return _plain_page(outlet, layout, title=title, main=main)


def render_video(outlet: Outlet, dead_end: DeadEnd) -> str:
    """A page that is a player and no text."""
    title = escape(dead_end.title)
    main = f'<div class="video"><h1>{title}</h1><video controls src="/media/stream.m3u8" poster="/media/poster.jpg"></video></div>'
    return _plain_page(outlet, load_layout(outlet.layout), title=dead_end.title, main=main)


def render_not_found(outlet: Outlet) -> str:
    """What stands where nothing is."""
    return _plain_page(outlet, load_layout(outlet.layout), title="404", main="<h1>404</h1>")


def section_path(outlet: Outlet, section: str) -> str:
    """Path of a section's page; sections are numbered in the order in which the outlet's file has them."""
    return f"/section/{sections_of(outlet).index(section) + 1}"


def sections_of(outlet: Outlet) -> tuple[str, ...]:
    """The outlet's sections, each once."""
    return tuple(dict.fromkeys(story.section for story in outlet.stories))


def format_date(moment: datetime, lang: str) -> str:
    """An instant as a reader of the language writes it: own months, own digits, own calendar."""
    phrases = load_phrases(lang)
    year, month, day = _calendar_date(moment.date(), phrases)
    text = phrases["date"].format(day=day, month=phrases["months"][month - 1], year=year, time=f"{moment:%H:%M}")
    return str(text).translate(str.maketrans("0123456789", phrases.get("digits", "0123456789")))


@functools.cache
def load_layout(name: str) -> Layout:
    """One of the shipped layouts."""
    table = load_data(f"layouts/{name}.toml")
    patterns = {key: Template(value) for key, value in table.items() if key != "metadata"}
    return Layout(metadata=tuple(table["metadata"]), **patterns)


@functools.cache
def load_phrases(lang: str) -> dict[str, Any]:
    """What a site of the language says around its articles."""
    phrases: dict[str, Any] = load_data("phrases.toml")[lang]
    return phrases


def _calendar_date(day: date, phrases: Mapping[str, Any]) -> tuple[int, int, int]:
    if "new_year" not in phrases:
        return day.year, day.month, day.day
    long_months, days = divmod((day - phrases["new_year"]).days, 31)
    if long_months < _LONG_MONTHS:
        return phrases["solar_year"], long_months + 1, days + 1
    short_months, days = divmod((day - phrases["new_year"]).days - _LONG_MONTHS * 31, 30)
    return phrases["solar_year"], _LONG_MONTHS + short_months + 1, days + 1


def _plain_page(outlet: Outlet, layout: Layout, *, title: str, main: str) -> str:
    head = f"<title>{escape(title)}</title>"
    return layout.page.substitute(_words(outlet, layout, ()) | {"main": main, "head": head}).lstrip()


def _words(outlet: Outlet, layout: Layout, teasers: tuple[Story, ...]) -> dict[str, str]:
    """What every page of a site may say, escaped."""
    phrases = {key: escape(value) for key, value in load_phrases(outlet.lang).items() if isinstance(value, str)}
    links = ({"url": section_path(outlet, section), "label": escape(section)} for section in sections_of(outlet))
    return phrases | {
        "lang": outlet.lang,
        "dir": "rtl" if outlet.lang in _RTL else "ltr",
        "charset": outlet.encoding,
        "outlet": escape(outlet.name),
        "owner": escape(outlet.owner),
        "nav": "".join(layout.nav.substitute(link) for link in links),
        "teasers": _teasers(outlet, layout, teasers),
        "teaser_title": escape(teasers[0].title) if teasers else "",
        "teaser_url": escape(path_of(outlet, teasers[0])) if teasers else "",
    }


def _teasers_for(story: Story, stories: tuple[Story, ...]) -> tuple[Story, ...]:
    """The next older stories, around the corner to the newest."""
    place = stories.index(story)
    return (stories[place + 1 :] + stories[:place])[:_TEASERS]


def _teasers(outlet: Outlet, layout: Layout, stories: tuple[Story, ...]) -> str:
    return "\n".join(
        layout.teaser.substitute(url=escape(path_of(outlet, story)), title=escape(story.title), dek=escape(story.dek)) for story in stories
    )


def _body(layout: Layout, story: Story, words: Mapping[str, str]) -> str:
    blocks = [layout.paragraph.substitute(text=escape(paragraph, quote=False)) for paragraph in story.paragraphs]
    if between := layout.between.substitute(words):
        blocks.insert(_BETWEEN_AFTER, between)
    return "\n".join(blocks)
