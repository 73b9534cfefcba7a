"""The macros that answer as of an instant: `articles_as_of(ts)` and `themes_as_of(ts)`.

Each is made of the very views that answer now, over the tables as `past/tables.sql` cuts them, so that the two cannot
part. A macro knows no variable and no view of its own: every table and view that it needs becomes a common table
expression under its full name, e.g. "core.articles". Refuses nothing: before the first publication there is no row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

# By macro: the view that it answers as, and its comment.
_MACROS = {
    "articles_as_of": ("main.articles", "articles as the last publication at or before ts said; no rows before the first."),
    "themes_as_of": ("main.article_themes", "article_themes as the last publication at or before ts said; no rows before the first."),
}

_PAST_TABLE = re.compile(r"^create view (\w+\.\w+) as\n(.*?);$", re.MULTILINE | re.DOTALL)
_VIEW = re.compile(r"^create or replace view (\w+\.\w+) as\n(.*?);$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_REFERENCE = re.compile(r"(?<![\w.\"'])(trilateral\.)?((?:raw|core|main)\.\w+)")
_VARIABLE = re.compile(r"getvariable\('(through_seq|published_at)'\)")

_MACRO = """create or replace macro main.{name}(ts) as table (
with publication as (
    select published_at, through_seq
    from core.publications
    where published_at <= ts::timestamp
    order by published_at desc, through_seq desc
    limit 1
),
{expressions}
from "{view}"
);

comment on macro table main.{name} is '{comment}';
"""


def macros(views: Mapping[str, str]) -> dict[str, str]:
    """Make each macro's SQL, by name, from the texts of the view files."""
    past = _PAST_TABLE.findall((files("warehouse") / "past" / "tables.sql").read_text(encoding="utf-8"))
    bodies = {name: _COMMENT.sub("", body) for name, body in (*past, *(found for text in views.values() for found in _VIEW.findall(text)))}
    return {
        name: _MACRO.format(name=name, view=view, comment=comment, expressions=",\n".join(_expressions(view, bodies)))
        for name, (view, comment) in _MACROS.items()
    }


def _expressions(view: str, bodies: Mapping[str, str]) -> list[str]:
    """List the common table expressions that a view needs, itself last, each after those it reads."""
    ordered: dict[str, str] = {}

    def need(name: str) -> None:
        if name in ordered:
            return
        body = bodies[name]
        for is_stored, reference in _REFERENCE.findall(body):
            if not is_stored:
                need(reference)
        ordered[name] = _VARIABLE.sub(r"(select publication.\1 from publication)", _REFERENCE.sub(_renamed, body))

    need(view)
    return [f'"{name}" as not materialized (\n{body}\n)' for name, body in ordered.items()]


def _renamed(match: re.Match[str]) -> str:
    """A stored table as it is called in its own database, all else as the expression that stands for it."""
    return match[2] if match[1] else f'"{match[2]}"'
