"""Dates in the dialects of the feeds: the instant, the outlet's own day, the precision, and whose zone it was."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.feeds.dates import parse_date
from extractors.feeds.months import jalali_to_gregorian
from extractors.records import NEVER_PUBLISHED, Published

_MOSCOW, _TEHRAN = "Europe/Moscow", "Asia/Tehran"


def _published(at: str, precision: str, zone: str, on: str | None = None) -> Published:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Published(at=instant, on=date.fromisoformat(on) if on else instant.date(), precision=precision, zone=zone, origin="feed")


@pytest.mark.parametrize(
    ("text", "timezone", "expected"),
    [
        ("Sun, 10 May 2026 22:30:15 +0300", None, _published("2026-05-10T19:30:15", "second", "stated")),
        ("Sun, 10 May 2026 01:30:15 +0300", None, _published("2026-05-09T22:30:15", "second", "stated", on="2026-05-10")),
        ("Sun, 10 May 2026 22:30 GMT", _MOSCOW, _published("2026-05-10T22:30", "minute", "stated", on="2026-05-11")),
        ("Sun, 10 May 2026 22:30:00 MSK", None, _published("2026-05-10T19:30", "second", "stated")),
        ("10-May-26 10:00:00 PST", None, _published("2026-05-10T18:00", "second", "stated")),
        ("Sun, 10 May 2026 22:30:00 +0300 (MSK)", None, _published("2026-05-10T19:30", "second", "stated")),
        ("Sun, 10 May 2026 22:30:00 GMT+3", None, _published("2026-05-10T19:30", "second", "stated")),
        ("Sun, 10 May 2026 22:30:00 IST", "Asia/Jerusalem", _published("2026-05-10T19:30", "second", "stated")),
        ("Sun, 10 May 2026 22:30:00 IST", None, _published("2026-05-10T22:30", "second", "unknown")),
        ("Sun, 10 May 2026 22:30:00 XYZ", _MOSCOW, _published("2026-05-10T22:30", "second", "unknown")),
        ("Sun, 10 May 2026 22:30:00", None, _published("2026-05-10T22:30", "second", "unknown")),
        ("Sun, 10 May 2026 22:30:00", _TEHRAN, _published("2026-05-10T19:00", "second", "source")),
        ("Sun, 10 May 2026 23:59:60 GMT", None, _published("2026-05-10T23:59:59", "second", "stated")),
        ("Sun, 10 May 2026 24:00:00 GMT", None, _published("2026-05-11T00:00", "second", "stated")),
        ("2026-05-10T10:15:30.123+03:30", None, _published("2026-05-10T06:45:30", "second", "stated")),
        ("98-04-10T05:00Z", None, _published("1998-04-10T05:00", "minute", "stated")),
        ("26-05-26", None, _published("2026-05-26T12:00", "day", "unknown")),
        ("2026-05-10T10:15Z", None, _published("2026-05-10T10:15", "minute", "stated")),
        ("2026-05-10 10:15:30", _MOSCOW, _published("2026-05-10T07:15:30", "second", "source")),
        ("20260510T101530Z", None, _published("2026-05-10T10:15:30", "second", "stated")),
        ("2026-05-10", None, _published("2026-05-10T12:00", "day", "unknown")),
        ("2026-05-10", _TEHRAN, _published("2026-05-10T12:00", "day", "source")),
        ("1778400000", None, _published("2026-05-10T08:00", "second", "stated")),
        ("1778453999000", _TEHRAN, _published("2026-05-10T22:59:59", "second", "stated", on="2026-05-11")),
        ("Wed Jan  7 12:00:00 UTC 2026", None, _published("2026-01-07T12:00", "second", "stated")),
        ("May 10, 2026 2:30 PM EDT", None, _published("2026-05-10T18:30", "minute", "stated")),
        ("10.05.2026 14:30", _MOSCOW, _published("2026-05-10T11:30", "minute", "source")),
        ("יום ראשון 10 במאי 2026 14:30", "Asia/Jerusalem", _published("2026-05-10T11:30", "minute", "source")),
        ("10 մայիսի 2026 14:30", "Asia/Yerevan", _published("2026-05-10T10:30", "minute", "source")),
        ("10 მაისი 2026 14:30", "Asia/Tbilisi", _published("2026-05-10T10:30", "minute", "source")),
        ("10 noyabr 2026, 14:30", "Asia/Baku", _published("2026-11-10T10:30", "minute", "source")),
        ("۲۰ اسد ۱۴۰۵", None, _published("2026-08-11T12:00", "day", "unknown")),
        ("dimanche 10 mai 2026 à 14h30", "Europe/Paris", _published("2026-05-10T12:30", "minute", "source")),
        ("2026年5月10日 14:30", None, _published("2026-05-10T14:30", "minute", "unknown")),
        ("2026-05-10 14:30:00 Europe/Moscow", None, _published("2026-05-10T11:30", "second", "stated")),
        ("31/12/2026", None, _published("2026-12-31T12:00", "day", "unknown")),
        ("10 мая 2026, 14:30 мск", None, _published("2026-05-10T11:30", "minute", "stated")),
        ("10 травня 2026 14:30", "Europe/Kyiv", _published("2026-05-10T11:30", "minute", "source")),
        ("10 Mayıs 2026 14:30 Pazar", "Europe/Istanbul", _published("2026-05-10T11:30", "minute", "source")),
        ("10 HAZİRAN 2026", None, _published("2026-06-10T12:00", "day", "unknown")),
        ("۲۰ مرداد ۱۴۰۵ ساعت ۱۴:۳۰", _TEHRAN, _published("2026-08-11T11:00", "minute", "source")),
        ("1405/05/20 14:30", _TEHRAN, _published("2026-08-11T11:00", "minute", "source")),
        ("۱۰ مه ۲۰۲۶", None, _published("2026-05-10T12:00", "day", "unknown")),
        ("١٠ مايو ٢٠٢٦ - ١٤:٣٠ بتوقيت غرينتش", None, _published("2026-05-10T14:30", "minute", "stated")),
        ("10 كانون الثاني 2026", None, _published("2026-01-10T12:00", "day", "unknown")),
    ],
)
def test_a_date_is_read_as_its_publisher_meant_it(text, timezone, expected):
    assert parse_date(text, timezone=timezone, origin="feed") == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026", "0000-00-00T00:00:00", "1970-01-01T00:00:00Z", "2126-01-01", "2026-05-32", "2026-13-01", "30 Feb 2026"),
        *(
            "2026-05-10 25:61",
            "10 May 2026 13:30 PM",
            "10/05/2026",
            "15 محرم 1447",
            "1404/12/30",
            "20-04-10T05:00:00+00:00",
            "10 May 2026 " * 30,
        ),
    ],
)
def test_an_impossible_or_ambiguous_date_is_none(text):
    assert parse_date(text, timezone=_MOSCOW, origin="feed") is NEVER_PUBLISHED


def test_an_unknown_timezone_is_as_good_as_none():
    assert parse_date("2026-05-10 10:15", timezone="Mars/Olympus", origin="feed").zone == "unknown"


@pytest.mark.parametrize(
    ("solar", "gregorian"),
    [
        ((1375, 1, 1), date(1996, 3, 20)),
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1403, 12, 30), date(2025, 3, 20)),
        ((1404, 1, 1), date(2025, 3, 21)),
        ((1404, 12, 30), None),
        ((1405, 7, 31), None),
        ((1405, 13, 1), None),
    ],
)
def test_the_persian_solar_calendar(solar, gregorian):
    assert jalali_to_gregorian(*solar) == gregorian


@given(st.datetimes(datetime.fromisoformat("1990-01-02"), datetime.fromisoformat("2100-12-30")), st.integers(-14 * 4, 14 * 4))
def test_what_iso_8601_writes_is_read_back(moment, quarters):
    stated = f"{moment:%Y-%m-%dT%H:%M:%S}{'-' if quarters < 0 else '+'}{abs(quarters) // 4:02}:{abs(quarters) % 4 * 15:02}"
    published = parse_date(stated, timezone=None, origin="feed")
    assert (published.at, published.on) == (datetime.fromisoformat(stated).astimezone(UTC), moment.date())


@given(st.one_of(st.text(), st.from_regex(r"\d{1,4}[-/. ][\w]{1,5}[-/. ]\d{1,4}[ T]\d{1,2}:\d{2}(:\d{2})? ?[A-Z+-]{0,4}\d{0,4}")))
def test_no_text_makes_the_reader_raise(text):
    published = parse_date(text, timezone=_TEHRAN, origin="feed")
    assert published is NEVER_PUBLISHED or (published.at is not None and published.on is not None and 1990 <= published.on.year <= 2101)
