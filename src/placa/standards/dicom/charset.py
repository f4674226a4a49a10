"""Decode text of data elements by Specific Character Set (0008,0005), PS3.3 C.12.1.1.2 and PS3.5 6.1.

Never fails and never warns: a wrong or absent declaration is met by trying UTF-8, then Latin-1, which is what
devices that lie about their character set send.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, python_encoding

_ESC = 0x1B
_FRAGMENT = re.compile(rb"(?:^[^\x1b]+|\x1b[^\x1b]*)")
# Python's own decoders of these read the escape sequences themselves.
_ESCAPE_AWARE = frozenset({"iso2022_jp", "iso2022_jp_2", "iso_ir_58", "iso2022_jp_ext"})
_TEXT_DELIMITERS = re.compile(rb"[\r\n\f\t\\]")
_NAME_DELIMITERS = re.compile(rb"[\^=\\]")
_SPELLINGS = {"ISO IR": "ISO_IR", "ISO-IR": "ISO_IR", "UTF-8": "ISO_IR 192", "UTF8": "ISO_IR 192"}


def _python_codec(term: str) -> str:
    term = term.strip().upper()
    for wrong, right in _SPELLINGS.items():
        if term.startswith(wrong):
            term = right + term[len(wrong) :]
    if term in ("", "ISO_IR 6", "ISO 2022 IR 6"):
        return "ascii"
    return python_encoding.get(term, "ascii")


def _lenient(value: bytes, codec: str) -> str:
    for candidate in (codec, "utf-8"):
        try:
            return value.decode(candidate)
        except (UnicodeError, LookupError):
            continue
    return value.decode("latin-1")


class TextDecoder:
    """Decodes element values of one data set.

    `terms` are the values of Specific Character Set; none means the default repertoire.
    """

    def __init__(self, terms: Sequence[str] = ()) -> None:
        codecs = [_python_codec(term) for term in terms] or ["ascii"]
        self._first = codecs[0]
        self._extensions = frozenset(codecs)

    def text(self, value: bytes, *, name: bool = False) -> str:
        """Decode `value` (still with its backslashes); `name` says it is a Person Name, with its own
        delimiters."""
        if value.isascii() and _ESC not in value:
            return value.decode("ascii")
        if _ESC not in value:
            return _lenient(value, self._first)
        delimiters = _NAME_DELIMITERS if name else _TEXT_DELIMITERS
        return "".join(self._fragment(part, delimiters) for part in _FRAGMENT.findall(value))

    def _fragment(self, part: bytes, delimiters: re.Pattern[bytes]) -> str:
        if part[:1] != b"\x1b":
            return _lenient(part, self._first)
        length = 4 if part.startswith((b"\x1b$(", b"\x1b$)")) else 3
        codec = CODES_TO_ENCODINGS.get(part[:length])
        if codec is None:
            return _lenient(part[length:], self._first)
        if codec in _ESCAPE_AWARE:
            return _lenient(part, codec)
        body = part[length:]
        # A delimiter resets to the first character set (PS3.5 6.1.2.5.3).
        cut = delimiters.search(body)
        if cut is None:
            return _lenient(body, codec)
        return _lenient(body[: cut.start()], codec) + _lenient(body[cut.start() :], self._first)


@lru_cache(maxsize=64)
def decoder_for(specific_character_set: str) -> TextDecoder:
    """The decoder for a raw value of (0008,0005), e.g. r"\\ISO 2022 IR 87"; kept, since a study repeats its
    own."""
    return TextDecoder(specific_character_set.split("\\") if specific_character_set else ())
