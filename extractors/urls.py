"""What an address is: cleaned for fetching, keyed for identity, scoped for politeness.

Parses as browsers do (WHATWG URL) for http and https and refuses every other scheme, credentials in the address and
hosts that no resolver could look up. Never fetches anything; the public-suffix list is the one in tldextract's wheel.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import idna
import tldextract

from extractors.records import short_hash
from extractors.twins import MAX_WRAPPERS, main_twin, unwrap

_MAX_URL_CHARS = 8192  # RFC 9110 §4.1 asks servers for 8000 octets; nothing longer is an article's address
_MAX_HOST_CHARS = 253  # RFC 1035 §2.3.4, without the root's dot
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that tell where a reader came from, never which page it is.
_TRACKING = re.compile(
    r"""(?:amp;)?  # `&amp;` escaped twice is common in feeds
    (?: (?:utm|mtm|guce|ns)_\w* | at_(?:campaign|medium|custom\w*) | (?:pk|ga)_(?:campaign|kwd|source|medium) | _hs\w* | hsctatracking
      | fbclid | fb_(?:action_\w*|ref|source) | gclid | gclsrc | dclid | [gw]braid | _g[al] | srsltid | msclkid | ocid
      | yclid | ysclid | ymclid | _openstat | twclid | __twitter_impression | ttclid | li_fat_id | igsh(?:id)?
      | mc_[ce]id | mkt_tok | vero_(?:id|conv) | oly_(?:enc|anon)_id | wickedid | rb_clickid | s_cid | ml_subscriber(?:_hash)?
      | guccounter | xtor | cmpid | smid | traffic_source | maca )""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)

_EDGES = "".join(map(chr, range(0x21)))  # C0 controls and space, as WHATWG strips them from both ends
_BREAKS = re.compile(r"[\t\n\r]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_PARTS = re.compile(
    r"(?P<scheme>https?):[/\\]{2}(?P<authority>[^/\\?#]+)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_HOST = re.compile(r"[a-z0-9_\-]{1,63}(?:\.[a-z0-9_\-]{1,63})*")
_NUMBER_AT_END = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})|%")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_UNSAFE_IN_PATH = re.compile(rb"[\x00-\x20\x7f-\xff\"<>^`{}]")
_UNSAFE_IN_QUERY = re.compile(rb"[\x00-\x20\x7f-\xff\"'<>]")

# No list is ever downloaded and no cache is kept: the wheel's own snapshot decides.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


class _Address(NamedTuple):
    """An http(s) address in normal form, in pieces."""

    scheme: str
    host: str  # lower case, A-labels; IPv6 in brackets
    port: int | None  # None: the scheme's own
    path: str  # begins with a slash
    query: str


def normalise_url(url: str) -> str | None:
    """Clean an http(s) address for fetching: one spelling, no fragment, no tracking parameters. None: not such an address."""
    address = _parse(url)
    return None if address is None else f"{address.scheme}://{_locate(address)}"


def url_key(url: str) -> str:
    """Identity of a page: the normal form without scheme, `www.`, trailing slash, and what makes it a mobile, AMP or feed twin.

    ValueError where there is no such address.
    """
    key = _main_key(_require(url))
    while (again := _main_key(_require(f"https://{key}"))) != key:  # a twin of a twin, or of what wraps another address
        key = again
    return key


def _main_key(address: _Address) -> str:
    host, path, query = main_twin(address.host, address.path.rstrip("/"), address.query)
    return _locate(address._replace(host=address.host if _NUMBER_AT_END.fullmatch(host) else host, path=path.rstrip("/"), query=query))


def join_url(base: str, link: str) -> str | None:
    """Resolve a link found at `base` into a normalised http(s) address; None for an empty link or another scheme."""
    link = _clean(link)
    if _SCHEME.match(link):
        return normalise_url(link)
    address = _parse(base)
    return normalise_url(_resolve(address, link)) if link and address else None


def scope_of(url: str) -> str:
    """Whom a request burdens: the registrable domain of a public name; host:port of IP literals and single-label names."""
    address = _require(url)
    if _is_literal(address.host) or "." not in address.host:
        return f"{address.host}:{address.port or _DEFAULT_PORTS[address.scheme]}"
    return _registrable(address.host, private=False) or address.host


def registrable_domain(url: str) -> str | None:
    """Who answers for an address. Hosting suffixes count, so two blogs of one hoster are strangers to each other."""
    address = _parse(url)
    if address is None or _is_literal(address.host) or "." not in address.host:
        return None
    return _registrable(address.host, private=True)


def site_of(url: str) -> str:
    """Whose pages look alike: the registrable domain, hosting suffixes counted; the scope where there is none."""
    return registrable_domain(url) or scope_of(url)


def article_id(url_key: str) -> str:
    """Id of the article first seen under this key."""
    return short_hash("article", url_key)


def _require(url: str) -> _Address:
    address = _parse(url)
    if address is None:
        raise ValueError(f"not an http(s) address: {url[:200]!r}")
    return address


def _authority(address: _Address) -> str:
    return address.host if address.port is None else f"{address.host}:{address.port}"


def _resolve(base: _Address, link: str) -> str:
    """Put a reference without a scheme against an address (WHATWG URL: a backslash is a slash)."""
    origin = f"{base.scheme}://{_authority(base)}"
    if link[:2] in {"//", "\\\\", "/\\", "\\/"}:
        return f"{base.scheme}:{link}"
    if link[0] in "/\\":
        return origin + link
    if link[0] == "#":
        return f"{base.scheme}://{_locate(base)}"
    if link[0] == "?":
        return origin + base.path + link
    return f"{origin}{base.path.rpartition('/')[0]}/{link}"


def _locate(address: _Address) -> str:
    """Everything behind `scheme://`."""
    return _authority(address) + address.path + (f"?{address.query}" if address.query else "")


def _clean(url: str) -> str:
    return _BREAKS.sub("", _SURROGATES.sub("\ufffd", url.strip(_EDGES)))


@functools.lru_cache(maxsize=4096)
def _parse(url: str) -> _Address | None:
    """Read an address; of a redirector's, the one that it wraps."""
    address = _parse_plain(url)
    for _ in range(MAX_WRAPPERS):
        wrapped = unwrap(address.host, address.path, address.query) if address else None
        inner = _parse_plain(wrapped) if wrapped else None
        if inner is None:
            return address
        address = inner
    return address


def _parse_plain(url: str) -> _Address | None:
    if len(url) > _MAX_URL_CHARS:
        return None
    parts = _PARTS.fullmatch(_clean(url))
    if parts is None:
        return None
    scheme = parts["scheme"].lower()
    located = _parse_authority(parts["authority"])
    if located is None:
        return None
    host, port = located
    return _Address(
        scheme=scheme,
        host=host,
        port=None if port == _DEFAULT_PORTS[scheme] else port,
        path=_normalise_path(parts["path"]),
        query=_normalise_query(parts["query"] or ""),
    )


def _parse_authority(authority: str) -> tuple[str, int | None] | None:
    """Host and port; None for credentials, impossible hosts and impossible ports."""
    if "@" in authority:
        return None
    cut = authority.rfind(":")
    if cut > authority.rfind("]"):
        host_text, port_text = authority[:cut], authority[cut + 1 :]
    else:
        host_text, port_text = authority, ""
    if port_text and not (port_text.isascii() and port_text.isdigit() and len(port_text) <= 8 and 0 < int(port_text) < 65536):
        return None
    host = _normalise_host(host_text)
    return None if host is None else (host, int(port_text) if port_text else None)


def _normalise_host(text: str) -> str | None:
    if text.startswith("["):
        return _normalise_ipv6(text)
    try:
        name = unquote_to_bytes(text).decode("utf-8")
        host = name.lower() if name.isascii() else _to_ascii(name)
    except (UnicodeError, idna.IDNAError):
        return None
    host = host.removesuffix(".")  # the root's own dot
    if len(host) > _MAX_HOST_CHARS or not _HOST.fullmatch(host):
        return None
    return _normalise_ipv4(host) if _NUMBER_AT_END.fullmatch(host) else host


def _to_ascii(name: str) -> str:
    """A-labels by UTS #46, non-transitional, as browsers do; raises IDNAError."""
    if len(name) > _MAX_HOST_CHARS:
        raise idna.IDNAError("host too long")
    labels = idna.uts46_remap(name, std3_rules=False, transitional=False).split(".")
    return ".".join(label if label.isascii() else idna.alabel(label).decode("ascii") for label in labels)


def _normalise_ipv6(text: str) -> str | None:
    try:
        address = ipaddress.IPv6Address(text.removeprefix("[").removesuffix("]")) if text.endswith("]") else None
    except ValueError:
        return None
    return None if address is None or address.scope_id else f"[{address.compressed}]"


def _normalise_ipv4(host: str) -> str | None:
    """Dotted quad of every spelling that resolvers accept (`2130706433`, `0x7f.1`), so that no check can be fooled by one."""
    parts = host.split(".")
    if len(parts) > 4:
        return None
    try:
        numbers = [_parse_ipv4_number(part) for part in parts]
    except ValueError:
        return None
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        return None
    value = numbers[-1] + sum(number * 256 ** (3 - place) for place, number in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(value))


def _parse_ipv4_number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"not a number: {text!r}")  # int() would take "0x-1" and "1_0"
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if len(text) > 1 and text.startswith("0") else int(text, 10)


def _is_literal(host: str) -> bool:
    return host.startswith("[") or host.rpartition(".")[2].isdigit()


def _escape(raw: bytes, unsafe: re.Pattern[bytes]) -> str:
    """Percent-encoding in one spelling (RFC 3986 §6.2.2): unreserved ones undone, hex upper case, stray `%` and unsafe bytes escaped."""

    def respell(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            return b"%25"
        byte = int(match[1], 16)
        return bytes((byte,)) if byte in _UNRESERVED else b"%%%02X" % byte

    spelled = _ESCAPE.sub(respell, raw)
    return unsafe.sub(lambda match: b"%%%02X" % ord(match[0]), spelled).decode("ascii")


def _normalise_path(path: str) -> str:
    escaped = _escape(path.replace("\\", "/").encode("utf-8"), _UNSAFE_IN_PATH)
    kept: list[str] = []
    segments = escaped.split("/")[1:]
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        if segment == "..":
            kept = kept[:-1]
        if segment in {".", ".."}:
            kept += [""] if last else []
        else:
            kept.append(segment)
    return "/" + "/".join(kept)


def _normalise_query(query: str) -> str:
    """Order is kept, parameters that only tell where the reader came from are dropped."""
    escaped = _escape(query.encode("utf-8"), _UNSAFE_IN_QUERY)
    return "&".join(pair for pair in escaped.split("&") if pair and not _TRACKING.fullmatch(pair.partition("=")[0]))


@functools.lru_cache(maxsize=4096)
def _registrable(host: str, *, private: bool) -> str | None:
    """Registrable domain of a dotted name; None where the name is itself a public suffix."""
    found = _SUFFIXES.extract_str(host, include_psl_private_domains=private)
    if not found.suffix:
        return ".".join(host.split(".")[-2:])  # the list's default rule `*`: an unknown top level is a suffix of one label
    return found.top_domain_under_public_suffix or None
