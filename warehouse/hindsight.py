"""The macros that answer as of an instant: `articles_as_of(ts)` and `themes_as_of(ts)`.

Each is made of the very views that answer now, over the tables as `past/tables.sql` cuts them, so that the two cannot
part. A macro knows no variable and no view of its own, so each view that it needs is written out in the place of its name:
as a subquery, since DuckDB reads every column of a common table expression, texts too. Refuses nothing: before the first
publication there is no row.
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

_PUBLICATION = """(
select publications.{column}
from core.publications as publications
where publications.published_at <= ts::timestamp
order by publications.published_at desc, publications.through_seq desc
limit 1
)"""
_MACRO = """create or replace macro main.{name}(ts) as table (
{body}
);

comment on macro table main.{name} is '{comment}';
"""


def macros(views: Mapping[str, str]) -> dict[str, str]:
    """Make each macro's SQL, by name, from the texts of the view files."""
    past = _PAST_TABLE.findall((files("warehouse") / "past" / "tables.sql").read_text(encoding="utf-8"))
    bodies = {name: _COMMENT.sub("", body) for name, body in (*past, *(found for text in views.values() for found in _VIEW.findall(text)))}
    return {name: _MACRO.format(name=name, body=_expand(view, bodies), comment=comment) for name, (view, comment) in _MACROS.items()}


def _expand(name: str, bodies: Mapping[str, str]) -> str:
    """Write out a view or a cut table with all that it reads in the place of the names."""

    def put_in(match: re.Match[str]) -> str:
        stored, reference = match.groups()
        return reference if stored else f"(\n{_expand(reference, bodies)}\n)"

    return _VARIABLE.sub(lambda match: _PUBLICATION.format(column=match[1]), _REFERENCE.sub(put_in, bodies[name]))
