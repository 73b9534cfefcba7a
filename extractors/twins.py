"""Other addresses of the same page: wrappers that lead to it, and its twins for telephones and for AMP.

A wrapper is undone before anybody is asked (what it wraps is in it, in clear). A twin keeps its own address for fetching
and shares only the key. Refuses to guess: a shortener's or Google News' opaque token stays what it is.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

MAX_WRAPPERS = 4  # one inside of the other

# (host, path): the query parameters that hold the address, best first
_WRAPPERS: tuple[tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(host), re.compile(path), names)
    for host, path, names in (
        (r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}", r"/url", ("url", "q")),  # Google Alerts
        (r"(?:www\.)?bing\.com", r"/news/apiclick\.aspx", ("url",)),
        (r"(?:l|lm|www|m)\.facebook\.com", r"/l\.php", ("u",)),
        (r"l\.instagram\.com", r"/", ("u",)),
        (r"(?:m\.)?vk\.(?:com|ru)", r"/away\.php", ("to",)),
        (r"(?:www\.)?youtube\.com", r"/redirect", ("q",)),
        (r"(?:www\.)?linkedin\.com", r"/(?:redir/redirect|safety/go)", ("url",)),
        (r"t\.umblr\.com", r"/redirect", ("z",)),
        (r"steamcommunity\.com", r"/linkfilter/?", ("url", "u")),
        (r"(?:www\.)?duckduckgo\.com|html\.duckduckgo\.com", r"/l/?", ("uddg",)),
        (r"[a-z0-9]+\.safelinks\.protection\.outlook\.com", r"/", ("url",)),
        (r"(?:www\.)?exit\.sc|out\.reddit\.com", r"/[^/]*", ("url",)),
        (r"go\.(?:skimresources|redirectingat)\.com|go\.redirectingat\.com", r"/", ("url",)),
        (r"(?:www\.)?awin1\.com", r"/cread\.php", ("ued", "p")),
    )
)
_YAHOO = re.compile(r"r\.search\.yahoo\.com")
_YAHOO_PLACE = re.compile(r"/RU=([^/]+)/", re.IGNORECASE)
_AMP_CACHE_HOST = re.compile(r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org|[a-z0-9-]+\.bing-amp\.com")
_AMP_CACHE_PATH = re.compile(r"/[cvi](?:/(s))?/(.+)")
_GOOGLE_AMP_HOST = re.compile(r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}")
_GOOGLE_AMP_PATH = re.compile(r"/amp(?:/(s))?/(.+\..+)")

_TWIN_LABELS = re.compile(r"\A(?:m|mobile|amp|touch|pda|www)\.(?=[^.:]+\.[^.:0-9][^.:]*(?::|\Z|\.))")
_AMP_SUFFIX = re.compile(r"(?<=[^/])(?:/amp|\.amp(?=\.html?\Z)|\.amp)(?:/?\Z|(?=\.html?\Z))", re.IGNORECASE)
_AMP_PREFIX = re.compile(r"\A/amp(?=/.)", re.IGNORECASE)
_AMP_PAIR = re.compile(r"(?:amp|amphtml|outputType|isAmp|is_amp)(?:=(?:1|true|amp|yes)?)?|(?:view|output)=(?:amp|mobile)", re.IGNORECASE)
# Where the reader came from, said by a common name: only the value shows that it is no part of the page's identity.
_FROM_A_FEED = re.compile(r"(?:amp;)?(?:from|ref|source|src|partner|emc|via|origin)=(?:rss|atom)[\w.\-]{0,40}", re.IGNORECASE | re.ASCII)


def unwrap(host: str, path: str, query: str) -> str | None:
    """Find the address that a redirector's own address carries; None where it is no redirector. One layer."""
    for hosts, paths, names in _WRAPPERS:
        if hosts.fullmatch(host) and paths.fullmatch(path):
            carried = dict(reversed(parse_qsl(query, keep_blank_values=True)))
            return next((carried[name] for name in names if carried.get(name, "").startswith(("http://", "https://"))), None)
    if _YAHOO.fullmatch(host) and (place := _YAHOO_PLACE.search(path)):
        return unquote(place[1])
    cached = (_AMP_CACHE_HOST.fullmatch(host) and _AMP_CACHE_PATH.fullmatch(path)) or (
        _GOOGLE_AMP_HOST.fullmatch(host) and _GOOGLE_AMP_PATH.fullmatch(path)
    )
    if cached:
        return f"{'https' if cached[1] else 'http'}://{cached[2]}{f'?{query}' if query else ''}"
    return None


def main_twin(host: str, path: str, query: str) -> tuple[str, str, str]:
    """Give host, path and query of the page of which this one is the mobile or AMP twin; itself where it is none."""
    while (shorter := _TWIN_LABELS.sub("", host)) != host:
        host = shorter
    path = _AMP_PREFIX.sub("", _AMP_SUFFIX.sub("", path))
    kept = (pair for pair in query.split("&") if not (_AMP_PAIR.fullmatch(pair) or _FROM_A_FEED.fullmatch(pair)))
    return host, path, "&".join(kept)
