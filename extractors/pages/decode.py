"""From the bytes of a page to its characters: BOM, Content-Type, `<meta charset>`, UTF-8, and a guess when nothing else fits.

Follows the order of the WHATWG encoding sniffer with its labels, but believes the bytes before a declaration: text that
is valid UTF-8 is UTF-8. Never raises on any bytes; refuses codecs that are not character sets of the web.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_PRESCAN_BYTES = 4096  # WHATWG says 1024; publishers put scripts before the declaration
_GUESS_BYTES = 65536  # of the text between the tags
_TOLERATED_DAMAGE = 0.05  # share of undecodable ones among the non-ASCII characters: a cut character here and there

# Python codec: the labels that browsers read as this one (https://encoding.spec.whatwg.org/#names-and-labels).
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le ucs-2 unicode csunicode iso-10646-ucs-2 unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 ascii us-ascii ansi_x3.4-1968 "
    "iso_8859-1:1987 iso-ir-100 csisolatin1 cp819 ibm819 x-user-defined",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251 windows1251",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 csisolatin5 iso-ir-148",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256 windows1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp874": "windows-874 dos-874 tis-620 iso-8859-11 iso8859-11 iso885911",
    "cp866": "ibm866 866 cp866 csibm866 dos-866",
    "iso8859-2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 latin2 l2 csisolatin2 iso-ir-101",
    "iso8859-3": "iso-8859-3 iso8859-3 iso88593 iso_8859-3 latin3 l3",
    "iso8859-4": "iso-8859-4 iso8859-4 iso88594 iso_8859-4 latin4 l4",
    "iso8859-5": "iso-8859-5 iso8859-5 iso88595 iso_8859-5 cyrillic csisolatincyrillic iso-ir-144",
    "iso8859-6": "iso-8859-6 iso8859-6 iso88596 iso_8859-6 arabic asmo-708 ecma-114 csisolatinarabic iso-8859-6-e iso-8859-6-i iso-ir-127",
    "iso8859-7": "iso-8859-7 iso8859-7 iso88597 iso_8859-7 greek greek8 elot_928 ecma-118 csisolatingreek sun_eu_greek iso-ir-126",
    "iso8859-8": "iso-8859-8 iso8859-8 iso88598 iso_8859-8 hebrew visual csisolatinhebrew iso-8859-8-e iso-8859-8-i logical iso-ir-138",
    "iso8859-10": "iso-8859-10 iso8859-10 iso885910 latin6 l6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 csisolatin9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8-u": "koi8-u koi8-ru",
    "mac-roman": "macintosh mac x-mac-roman csmacintosh",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 x-gbk iso-ir-58",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis ms932 ms_kanji windows-31j csshiftjis",
    "euc-jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "iso2022-jp": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr euckr korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 cseuckr csksc56011987 iso-ir-149",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WIDE_STARTS = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))  # what a page in UTF-16 without a BOM begins with

_NONCHARACTERS = ("\ufffe", "\uffff")  # the parser stops or fails at them

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,>]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]*?charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:+-]+)", re.IGNORECASE)
_TAGS = re.compile(rb"<(script|style)\b.*?</\1|<[^>]*>", re.IGNORECASE | re.DOTALL)


def decode_html(body: bytes, content_type: str) -> str:
    """Decode a page, whatever its bytes; without NULs and without a BOM."""
    return _decode(body, content_type).replace("\0", "")


def page_in_utf8(body: bytes, content_type: str) -> bytes:
    """Hand out a page in UTF-8, without noncharacters; as it came, NULs and all, where it is that: most are, and are not written anew."""
    has_mark = body.startswith(tuple(bom for bom, _ in _BOMS))
    if not has_mark and not (body.isascii() and _declared(body, content_type)) and _is_utf8(body):
        return body
    return encode_characters(_decode(body, content_type))


def encode_characters(text: str) -> bytes:
    """Encode all that are characters in UTF-8."""
    for noncharacter in _NONCHARACTERS:
        text = text.replace(noncharacter, "")
    return text.encode("utf-8", "replace")


def _is_utf8(body: bytes) -> bool:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(noncharacter in text for noncharacter in _NONCHARACTERS)


def _decode(body: bytes, content_type: str) -> str:
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(codec, "replace")
    declared = _declared(body, content_type)
    if not (body.isascii() and declared):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    # Legacy text is practically never valid UTF-8 by chance, so from here on the page is something else, or damaged.
    for codec in declared:
        text = body.decode(codec, "replace")
        if _damage(text) <= _TOLERATED_DAMAGE:
            return text
    return _guess(body)


def _declared(body: bytes, content_type: str) -> tuple[str, ...]:
    """List codecs in the order of belief: the header's, the markup's."""
    header = _CHARSET.search(content_type)
    found = [_CODECS.get(header[1].lower())] if header else []
    head = _COMMENT.sub(b"", body[:_PRESCAN_BYTES])
    found += [codec for start, codec in _WIDE_STARTS if head.startswith(start)]
    for pattern in (_META, _XML):
        match = pattern.search(head)
        codec = _CODECS.get(match[1].decode("ascii", "replace").lower()) if match else None
        # A declaration that can be read as ASCII is not in UTF-16 (WHATWG: take it for UTF-8).
        found.append("utf-8" if codec in {"utf-16-le", "utf-16-be"} else codec)
    return tuple(dict.fromkeys(codec for codec in found if codec))


def _damage(text: str) -> float:
    """Measure the share of replacement characters among the characters that are not ASCII."""
    lost = text.count("\ufffd")
    return lost / sum(char > "\x7f" for char in text) if lost else 0.0


def _guess(body: bytes) -> str:
    lenient = body.decode("utf-8", "replace")
    if _damage(lenient) <= _TOLERATED_DAMAGE:
        return lenient
    words = b" ".join(_TAGS.sub(b" ", body).split())[:_GUESS_BYTES]
    best = from_bytes(words).best()
    return body.decode(best.encoding, "replace") if best else lenient
