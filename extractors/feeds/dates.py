"""Dates as publishers write them: RFC 822, ISO 8601, epoch seconds, and prose in the languages of the feeds.

Says how precisely an instant is known and whose zone it was read in. Refuses to take a time without a zone for UTC
silently, and refuses impossible dates instead of bending them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed_zone
from zoneinfo import ZoneInfo

from extractors.feeds.months import jalali_month_of, jalali_to_gregorian, month_of
from extractors.records import NEVER_PUBLISHED, Precision, Published, Zone

_MAX_CHARS = 200  # a longer text is prose, not a date
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_JALALI_YEARS = range(1360, 1430)  # 1981-2050; later numbers are years of the lunar calendar, which has no exact days

# Hours east of Greenwich. Only names with one meaning in the news: IST, BST, AMT and GST have several.
_ZONE_HOURS = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet", "غرينتش"), 0),
    **dict.fromkeys(("west", "cet", "mez"), 1),
    **dict.fromkeys(("cest", "mesz", "eet"), 2),
    **dict.fromkeys(("eest", "msk", "мск", "trt"), 3),
    **dict.fromkeys(("msd", "samt"), 4),
    **dict.fromkeys(("yekt",), 5),
    **dict.fromkeys(("irst",), 3.5),
    **dict.fromkeys(("irdt",), 4.5),
    **dict.fromkeys(("jst", "kst"), 9),
    **dict.fromkeys(("edt",), -4),
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    **dict.fromkeys(("pst", "akdt"), -8),
    **dict.fromkeys(("akst",), -9),
}

_DIGITS = {code: str(unicodedata.digit(chr(code))) for start in (0x0660, 0x06F0) for code in range(start, start + 10)}
_MARKS = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
_PUNCTUATION = str.maketrans({"،": ",", "٫": ".", "−": "-", "–": "-", "\u00a0": " ", "\u200c": " "})

_EAST_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?|\d{13}")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt ]?(\d\d)(\d\d)(\d\d)?)?(?=\D|$)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d.:/-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)")
_SHORT_YEAR = re.compile(r"(\d\d)-(\d\d)-(\d\d)(?=[Tt\s]|$)")
_MONTH = r"([^\W\d_]+(?:\sال[^\W\d_]+)?)"
_NTH = r"(?:st|nd|rd|th)?"
_PROSE_DAY_FIRST = re.compile(
    rf"(?<![\d:.])(\d{{1,2}}){_NTH}\.?[\s-]*(?:de\s+)?{_MONTH}\.?,?[\s-]*(?:de\s+)?(\d{{4}}|\d\d)(?![\d:])", re.IGNORECASE
)
_PROSE_MONTH_FIRST = re.compile(rf"{_MONTH}\.?\s*(\d{{1,2}}){_NTH},?\s+(\d{{4}})(?![\d:])", re.IGNORECASE)
_PROSE_YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}})[\s,-]+{_MONTH}\.?[\s-]*(\d{{1,2}})(?![\d:])")
_ASCTIME = re.compile(rf"{_MONTH}\.?\s+(\d{{1,2}}),?\s+(\d{{1,2}}:\d\d(?::\d\d)?\s+(?:[A-Za-z]+\s+|[+-]\d{{4}}\s+)?)(\d{{4}})(?![\d:])")
_TIME = re.compile(r"(?<![\d:])(\d{1,2})(?::|\s?h\s?)(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?![\d:])\s*(?:([ap])\.?\s?m\b\.?)?", re.IGNORECASE)
_OFFSET = re.compile(r"\s*\(?(?:utc|gmt|ut)?\s*([+-])(\d\d?):?(\d\d)?(?!\d)", re.IGNORECASE)
_IANA = re.compile(r"\s*\(?([A-Z][A-Za-z]{2,15}/[A-Z][A-Za-z_/\-]{2,30})")
_ABBREVIATION = re.compile(r"\s*\(?(?:بتوقيت )?([A-Za-z]{1,5}|мск|غرينتش)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """A time of day as written: `extra_days` is 1 for 24:00."""

    at: time
    precision: Precision
    extra_days: int
    zone_text: str  # what follows the time


def parse_date(text: str, *, timezone: str | None, origin: str) -> Published:
    """Read a date; times without a zone are taken in `timezone` (IANA). NEVER_PUBLISHED where no possible date is written."""
    line = _simplify(text)
    source_zone = _load_zone(timezone)
    if _EPOCH.fullmatch(line):
        return _place_epoch(line, source_zone, origin)
    found = _find_day(line)
    if found is None:
        return NEVER_PUBLISHED
    day, rest = found
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return NEVER_PUBLISHED
    try:
        clock = _find_clock(rest)
    except ValueError:
        return NEVER_PUBLISHED
    if clock is None:
        zone: Zone = "source" if source_zone else "unknown"
        return Published(at=datetime.combine(day, time(12), UTC), on=day, precision="day", zone=zone, origin=origin)
    return _place(day + timedelta(days=clock.extra_days), clock, source_zone, origin)


def _simplify(text: str) -> str:
    """Bring digits, spaces and punctuation into one spelling, without bidirectional marks."""
    if len(text) > _MAX_CHARS:
        return ""
    plain = unicodedata.normalize("NFC", text).translate(_DIGITS).translate(_MARKS).translate(_PUNCTUATION)
    return " ".join(_EAST_ASIAN.sub(r"\1-\2-\3 ", plain).split())


@functools.lru_cache(maxsize=256)
def _load_zone(name: str | None) -> ZoneInfo | None:
    """Load the zone of an IANA name; None without a name or for one that this machine does not know."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _place_epoch(line: str, source_zone: tzinfo | None, origin: str) -> Published:
    seconds = int(line) // 1000 if len(line) == 13 and "." not in line else int(line.partition(".")[0])
    at = datetime.fromtimestamp(seconds, UTC)
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return NEVER_PUBLISHED
    return Published(at=at, on=at.astimezone(source_zone or UTC).date(), precision="second", zone="stated", origin=origin)


def _place(day: date, clock: _Clock, source_zone: tzinfo | None, origin: str) -> Published:
    """Put a day and a time into the zone they state, else into the source's, else nowhere: UTC, marked 'unknown'."""
    naive = datetime.combine(day, clock.at)
    stated = _find_zone(clock.zone_text, naive, source_zone)
    zone: Zone
    if isinstance(stated, tzinfo):
        at, zone = naive.replace(tzinfo=stated).astimezone(UTC), "stated"
        # A machine's UTC is not the outlet's own calendar; any other zone is one that somebody chose.
        if source_zone and not stated.utcoffset(naive):
            day = at.astimezone(source_zone).date()
    elif source_zone and not stated:
        at, zone = naive.replace(tzinfo=source_zone).astimezone(UTC), "source"
    else:
        at, zone = naive.replace(tzinfo=UTC), "unknown"
    return Published(at=at, on=day, precision=clock.precision, zone=zone, origin=origin)


def _find_zone(text: str, naive: datetime, source_zone: tzinfo | None) -> tzinfo | str:
    """Read the zone written behind a time; give the unknown abbreviation itself; or an empty string where nothing is written."""
    offset = _OFFSET.match(text)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 14 or minutes > 59:
            return offset[0]
        return fixed_zone(timedelta(hours=hours, minutes=minutes) * (-1 if offset[1] == "-" else 1))
    named = _IANA.match(text)
    if named and (zone := _load_zone(named[1])):
        return zone
    match = _ABBREVIATION.match(text)
    name = match[1] if match else ""
    hours_east = _ZONE_HOURS.get(name.lower())
    if hours_east is not None:
        return fixed_zone(timedelta(hours=hours_east))
    if source_zone and name.upper() in _names_of(source_zone, naive.year):
        return source_zone  # IST means Jerusalem where the outlet is in Jerusalem
    return name if name.isupper() else ""  # "14:30 Pazar" is a Sunday, not a zone


def _names_of(zone: tzinfo, year: int) -> set[str | None]:
    """Tell what a zone's clocks are called in winter and in summer."""
    return {datetime(year, month, 1, tzinfo=zone).tzname() for month in (1, 7)}


def _find_clock(text: str) -> _Clock | None:
    """Find the time of day in the text around a date; ValueError for one that no clock shows."""
    match = _TIME.search(text)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if match[4] in "Pp" else 0)
    midnight = (hour, minute, second) == (24, 0, 0)
    return _Clock(
        at=time(0 if midnight else hour, minute, min(second, 59) if second <= 60 else second),  # 60: a leap second
        precision="second" if match[3] else "minute",
        extra_days=int(midnight),
        zone_text=text[match.end() :],
    )


def _find_day(line: str) -> tuple[date, str] | None:
    """Find the first possible day in the text, and the text around it, where its time and zone are."""
    return next((found for found in _days(line) if found), None)


def _days(line: str) -> Iterator[tuple[date, str] | None]:
    compact = _COMPACT.match(line)
    if compact:
        year, month, day, hour, minute, second = compact.groups()
        clock = f" {hour}:{minute}" + (f":{second}" if second else "") if hour else ""
        yield _dated(int(year), int(month), int(day), clock + line[compact.end() :])
    for match in _YEAR_FIRST.finditer(line):
        yield _dated(int(match[1]), int(match[3]), int(match[4]), _around(line, match))
    if short := _SHORT_YEAR.match(line):
        yield _of_short_year(short, _around(line, short))
    for match in _YEAR_LAST.finditer(line):
        yield _day_or_month_first(match, _around(line, match))
    for match in _ASCTIME.finditer(line):
        yield _named(int(match[4]), match[1], int(match[2]), match[3])
    for match in _PROSE_DAY_FIRST.finditer(line):
        yield _named(_full_year(match[3]), match[2], int(match[1]), _around(line, match))
    for match in _PROSE_MONTH_FIRST.finditer(line):
        yield _named(int(match[3]), match[1], int(match[2]), _around(line, match))
    for match in _PROSE_YEAR_FIRST.finditer(line):
        yield _named(int(match[1]), match[2], int(match[3]), _around(line, match))


def _around(line: str, match: re.Match[str]) -> str:
    """Give the rest of a line without the date itself and the `T` of ISO 8601."""
    return f"{line[: match.start()]} {line[match.end() :].removeprefix('T').removeprefix('t')}"


def _full_year(text: str) -> int:
    """Read a year of two digits as RFC 5322 §4.3 reads it."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)


def _day_or_month_first(match: re.Match[str], rest: str) -> tuple[date, str] | None:
    """Read 31.12.2026, and 12/31/2026 too; 10/05/2026 is two different days to two readers and so none."""
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if match[2] == "." or first > 12 or first == second:
        return _dated(year, second, first, rest)
    return _dated(year, first, second, rest) if second > 12 else None


def _of_short_year(match: re.Match[str], rest: str) -> tuple[date, str] | None:
    """Read 98-04-10, which can be one day only; 20-04-10 is two different days to two readers and so none."""
    first, second, third = match.groups()
    orders = ((first, second, third), (third, second, first), (third, first, second))  # ISO 8601:2000, then day and month first
    found = {_dated(_full_year(year), int(month), int(day), rest) for year, month, day in orders} - {None}
    return found.pop() if len(found) == 1 else None


def _dated(year: int, month: int, day: int, rest: str) -> tuple[date, str] | None:
    if year in _JALALI_YEARS:
        solar = jalali_to_gregorian(year, month, day)
        return (solar, rest) if solar else None
    try:
        return date(year, month, day), rest
    except ValueError:
        return None


def _named(year: int, month_name: str, day: int, rest: str) -> tuple[date, str] | None:
    solar_month = jalali_month_of(month_name)
    if solar_month and year in _JALALI_YEARS:
        return _dated(year, solar_month, day, rest)
    month = month_of(month_name)
    return _dated(year, month, day, rest) if month and year not in _JALALI_YEARS else None
