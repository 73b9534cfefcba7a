"""Which characters a feed's bytes are. Decides once, so that no parser behind it guesses again.

Valid UTF-8 beats every declaration: other encodings hardly ever pass for it by accident, and declarations are wrong
every day. A few bad bytes are replaced, never a reason to read the whole document as another charset.
"""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass

from charset_normalizer import from_bytes

_MAX_INFLATED_BYTES = 15 * 2**20  # the default of max_body_bytes: no gzip inside a body grows beyond what a body may be
_SAMPLE_BYTES = 64 * 2**10  # what the detector reads of the text outside the tags
_DAMAGE_SHARE = 0.5  # 2026-11, by hand: bad places per good multi-byte character; text of another charset has five and more

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the shorter one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_STARTS = (
    (re.compile(rb"[<{\s]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{\s]"), "utf-32-be"),
    (re.compile(rb"[<{\s]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{\s]\0[^\0]"), "utf-16-be"),
)
_EBCDIC_START = b"\x4c\x6f\xa7\x94"  # "<?xm" in EBCDIC
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:\-]{1,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:\-]{1,40})", re.IGNORECASE)
_TAG = re.compile(rb"<[^>]{0,1000}>|&#?\w{1,10};|[\x00-\x40]+")
_LATIN_DEFAULTS = frozenset({"iso8859-1", "cp1252", "ascii"})  # what servers say when nobody configured them
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext", "iso2022_kr", "hz", "utf-7"})
# Browsers read these labels as their supersets (WHATWG Encoding), and so do the people who label.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "johab": "cp949",
}
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
_DETECTABLE = (*_CYRILLIC, "cp1256", "cp1253", "cp1255", "gb18030", "big5", "cp932", "euc_jp", "cp949")
# What the detector chooses from where the language is known; it cannot tell French from Polish, nor Hebrew from Russian.
_BY_LANG: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "kk", "ky", "tg"), _CYRILLIC),
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "no"), ("cp1252",)),
    **dict.fromkeys(("tr", "az"), ("cp1254",)),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "ro", "hr", "sl"), ("cp1250",)),
    **dict.fromkeys(("lt", "lv", "et"), ("cp1257",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps"), ("cp1256",)),
    "he": ("cp1255",),
    "el": ("cp1253",),
}
_LATIN_SHARE = 0.2  # 2026-11, by hand: accents are at most a tenth of a Latin text, other scripts are nearly all of theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document's characters, without byte order mark, and what was wrong with its bytes."""

    text: str
    encoding: str  # Python's codec name
    problems: tuple[str, ...] = ()


def decode_feed(body: bytes, *, content_type: str | None = None, lang: str | None = None) -> Decoded:
    """Undo a gzip nobody declared, decide the encoding and decode; never raises."""
    plain, inflate_problems = _inflate(body)
    encoding, damaged = _decide(plain, content_type or "", lang or "")
    text = plain.decode(encoding, "replace").removeprefix("\ufeff")
    problems = [*inflate_problems]
    declared = _declared_in(plain)
    if damaged:
        problems.append(f"some bytes are not {encoding}; they were replaced")
    elif declared and not plain.isascii() and _SUPERSETS.get(declared, declared) != encoding and declared not in {"utf-16", "utf-32"}:
        problems.append(f"declared as {declared} but read as {encoding}")
    return Decoded(text=text, encoding=encoding, problems=tuple(problems))


def _inflate(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Undo gzip that no Content-Encoding announced; what can be had of a truncated stream is kept."""
    if not body.startswith(b"\x1f\x8b\x08"):
        return body, ()
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, _MAX_INFLATED_BYTES)
    except zlib.error as error:
        return b"", (f"looks like gzip but cannot be inflated: {error}",)
    problems = ["gzip that no Content-Encoding announced"]
    if not stream.eof:
        problems.append("the gzip stream is truncated or larger than 15 MiB; the rest is missing")
    return plain, tuple(problems)


def _decide(body: bytes, content_type: str, lang: str) -> tuple[str, bool]:
    """Codec name, and whether some bytes will not fit it."""
    marked = _marked(body)
    if marked:
        return marked, not _fits(body, marked)
    header = _codec(match[1]) if (match := _CHARSET.search(content_type)) else None
    declared = _declared_in(body)
    stated = declared if declared and (header is None or header in _LATIN_DEFAULTS) else header
    if _fits(body, "utf-8"):
        return (stated, False) if stated in _SEVEN_BIT and _fits(body, stated) else ("utf-8", False)
    if _mostly_utf8(body):
        return "utf-8", True
    chosen = _SUPERSETS.get(stated, stated) if stated else None
    if chosen and chosen not in {"utf-8", "utf-16", "utf-32", "cp1252"} and _fits(body, chosen):
        return chosen, False
    detected = _detect(body, lang)
    return detected, not _fits(body, detected)


def _marked(body: bytes) -> str | None:
    """Name the encoding that the first bytes prove: a byte order mark, the zeros between wide characters, EBCDIC's `<?xm`."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return encoding
    for start, encoding in _WIDE_STARTS:
        if start.match(body):
            return encoding
    return _declared_in(body.decode("cp037").encode("latin-1", "replace")) or "cp037" if body.startswith(_EBCDIC_START) else None


def _declared_in(body: bytes) -> str | None:
    match = _DECLARATION.search(body[:1024].lstrip())
    return _codec(match[1].decode("ascii", "replace")) if match else None


def _codec(label: str) -> str | None:
    """Python's name for a label; None for unknown ones and for codecs that do not decode bytes to text."""
    try:
        found = codecs.lookup(label)
        b"".decode(found.name)
    except (LookupError, ValueError):
        return None
    return found.name


def _fits(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except (UnicodeError, ValueError):
        return False
    return True


def _mostly_utf8(body: bytes) -> bool:
    """Tell whether good multi-byte characters far outnumber the damaged places."""
    text = body.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    good = sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text)))
    return damaged <= good * _DAMAGE_SHARE


def _detect(body: bytes, lang: str) -> str:
    """Guess from the text outside tags; in the tags every candidate looks the same."""
    candidates = _BY_LANG.get(lang, _DETECTABLE)
    if len(candidates) == 1:
        return candidates[0]
    sample = _TAG.sub(b" ", body[: 16 * _SAMPLE_BYTES])[:_SAMPLE_BYTES]
    high = len(re.findall(rb"[\x80-\xff]", sample))
    if candidates is _DETECTABLE and high < _LATIN_SHARE * len(sample.replace(b" ", b"")):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=list(candidates), enable_fallback=False).best()
    return best.encoding if best else candidates[0] if lang in _BY_LANG else "cp1252"
