"""Which news agency a text is credited to: "(Reuters)", "/TASS/", "به گزارش …", "передает РИА Новости", a byline.

Reads the first and the last lines only, where a credit stands; refuses to take an agency that a story merely tells of for
its author. Agencies are data: `agencies.toml`; one that is not in it is believed where it calls itself an agency.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from extractors.themes.normalise import fold

_HEAD_CHARS = 320  # place line and first sentence
_TAIL_CHARS = 160
_AGENCY = "agency"
_UNKNOWN = rf"(?P<unknown>[^\W\d_][\w.&-]*(?: [\w.&-]+){{0,3}} (?:news {_AGENCY}|press {_AGENCY}|{_AGENCY}))"

# {name} is any agency's name, folded. Written as fold() writes: lower case, no accents (й is и), dashes and quotes plain.
_ANYWHERE = (
    r"[(/\[] ?(?:{name}|" + _UNKNOWN + r") ?[)/\]]",  # (Reuters), /TASS/, (Meridian Agency)
    r"\b(?:with|from) (?:additional )?(?:material|reporting|files) (?:from|by) (?:the )?{name}\b",
)
_IN_HEAD = (
    r"^[^\n]{{0,60}}[-,.] ?{name} ?[-.:]",  # МОСКВА, 12 ноя - РИА Новости. / TEHRAN, (date), IRNA -
    r"^{name} ?[-:]",
    r"به گزارش (?:خبرنگار )?(?:خبرگزاری )?(?:رسمی )?{name}\b",
    r"به نقل از (?:خبرگزاری )?{name}\b",
    r"\b(?:نقلا عن|بحسب|وفقا ل|افادت|ذکرت) ?(?:وکاله )?(?:انباء )?{name}\b",
    r"\b(?:передает|сообщает|пишет|сообщили|сообщило|передало) (?:агентство |в )?{name}\b",
    r"\b(?:по (?:данным|сообщению|информации)) (?:агентства )?{name}\b",
    r"\b{name} (?:reports|reported)\b",
    r"\b(?:reports|according to|citing) {name}(?: news agency)?[,.]",
    r"\b{name}(?:'?[a-z]{{2,3}})? (?:haberine|haber ajansina) gore\b",
)
_IN_TAIL = (r"(?:^|[-\n.] ?){name}[.]?\s*$", r"(?:\bcopyright|\(c\)|©) ?(?:\d{{4}} )?{name}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agencies:
    """What to look for."""

    ids: dict[str, str]  # by folded name
    anywhere: re.Pattern[str]
    in_head: re.Pattern[str]
    in_tail: re.Pattern[str]


def find_credit(text: str, *, authors: tuple[str, ...] = ()) -> str | None:
    """Id of the agency a text is credited to, the folded name of one that is not listed, or None."""
    agencies = _shipped_agencies()
    head, tail = fold(text[:_HEAD_CHARS]).text, fold(text[-_TAIL_CHARS:]).text.strip()
    for words, patterns in ((head, (agencies.anywhere, agencies.in_head)), (tail, (agencies.anywhere, agencies.in_tail))):
        if _AGENCY not in words and not any(name in words for name in agencies.ids):
            continue  # as in most texts: nothing of what every pattern asks for
        for pattern in patterns:
            if found := pattern.search(words):
                return _id_of(found, agencies.ids)
    bylines = (fold(author).text.strip() for author in authors)
    return next((agencies.ids[name] for name in bylines if name in agencies.ids), None)


def _id_of(found: re.Match[str], ids: dict[str, str]) -> str:
    named = {group: words for group, words in found.groupdict().items() if words}
    return next(words if group.startswith("unknown") else ids[words] for group, words in named.items())


@cache
def _shipped_agencies() -> _Agencies:
    """Read the agencies that come with the program, once a process."""
    listed = tomllib.loads(resources.files("extractors.stories").joinpath("agencies.toml").read_text(encoding="utf-8"))["agency"]
    ids = {fold(name).text: agency["id"] for agency in listed for name in agency["names"]}
    names = "|".join(re.escape(name) for name in sorted(ids, key=len, reverse=True))
    return _Agencies(ids=ids, anywhere=_any_of(_ANYWHERE, names), in_head=_any_of(_IN_HEAD, names), in_tail=_any_of(_IN_TAIL, names))


def _any_of(patterns: tuple[str, ...], names: str) -> re.Pattern[str]:
    """One pattern of many; each has its own group for the name, since a group's name may stand only once."""
    return re.compile("|".join(_numbered(pattern, number, names) for number, pattern in enumerate(patterns)))


def _numbered(pattern: str, number: int, names: str) -> str:
    plain = pattern.replace("{{", "{").replace("}}", "}")
    return plain.replace("{name}", f"(?P<name{number}>{names})").replace("?P<unknown>", f"?P<unknown{number}>")
