"""What a feed document asks of those who poll it: how seldom (ttl, sy:), when not (skipHours, skipDays), and whether it is complete.

Hints of the RSS specifications and RFC 5005, read forgivingly. Refuses to guess where a value makes no sense.
"""

from __future__ import annotations

import re
from typing import Any

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 7 * 86_400, "monthly": 30 * 86_400, "yearly": 365 * 86_400}
_ODD_PERIODS = {"always": "hourly", "dayly": "daily", "": "daily"}  # as found in feeds; daily is the module's default
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HISTORY = "http://purl.org/syndication/history/1.0"
_COMPLETE = re.compile(r"<(?:[\w.-]+:)?complete\b[^>]*/?>", re.IGNORECASE)
_HOURS_ASKED = 24


def read_ttl_seconds(feed: dict[str, Any]) -> int | None:
    """Find the longest wait the document asks for: RSS's `ttl` in minutes, RSS 1.0's `sy:` period over frequency."""
    waits: list[float] = []
    if ttl := _number(_string(feed, "ttl")):
        waits.append(ttl * 60)
    if dict.get(feed, "sy_updateperiod") is not None or dict.get(feed, "sy_updatefrequency") is not None:
        stated = _string(feed, "sy_updateperiod").strip().lower()
        if period := _PERIODS.get(_ODD_PERIODS.get(stated, stated)):
            waits.append(period / (_number(_string(feed, "sy_updatefrequency")) or 1))
    return int(max(waits)) if waits else None


def read_skip_hours(text: str) -> tuple[int, ...]:
    """Hours 0 to 23 GMT; 24 is midnight in RSS 0.91. A document that skips the whole day skips nothing."""
    hours = sorted({int(hour) % 24 for hour in _items(text, "skipHours", "hour") if hour.isascii() and hour.isdigit() and int(hour) <= 24})
    return tuple(hours) if len(hours) < _HOURS_ASKED else ()


def read_skip_days(text: str) -> tuple[int, ...]:
    """Days of the week GMT, Monday is 0; a document that skips the whole week skips nothing."""
    days = sorted({_DAYS.index(day.lower()) for day in _items(text, "skipDays", "day") if day.lower() in _DAYS})
    return tuple(days) if len(days) < len(_DAYS) else ()


def is_complete(text: str) -> bool:
    """Whether the document says that it is all of its feed (RFC 5005 §2)."""
    head = re.split(r"<(?:entry|item)\b", text, maxsplit=1)[0]
    return _HISTORY in head and bool(_COMPLETE.search(head))


def _items(text: str, list_tag: str, tag: str) -> list[str]:
    found = re.search(rf"<{list_tag}\b[^>]*>(.{{0,4000}}?)</{list_tag}\s*>", text, re.IGNORECASE | re.DOTALL)
    return [item.strip() for item in re.findall(rf"<{tag}\b[^>]*>([^<]{{0,40}})<", found[1], re.IGNORECASE)] if found else []


def _string(holder: dict[str, Any], key: str) -> str:
    value = dict.get(holder, key)
    return value if isinstance(value, str) else ""


def _number(text: str) -> float | None:
    """Read a positive number below a million; None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < 1e6 else None
