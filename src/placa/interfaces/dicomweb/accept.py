"""What a client takes (PS3.18 8.3.3.1, 8.7; RFC 9110 12.5.1): `Accept` honoured or 406."""

from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Final

from django.http import HttpRequest

from placa.standards.dicom import uids

LENGTH_LIMIT: Final = 4096
RANGES_LIMIT: Final = 48
DICOM_JSON: Final = "application/dicom+json"
DICOM_XML: Final = "application/dicom+xml"
DICOM: Final = "application/dicom"
OCTETS: Final = "application/octet-stream"
RELATED: Final = "multipart/related"
AS_STORED: Final = "*"


class NotAcceptable(Exception):
    """Nothing that the client takes can be given (406)."""


@dataclass(frozen=True, slots=True)
class Range:
    """One media range: `type`, or for multipart/related the `inner` type of its parts; `syntax` as asked for."""

    type: str
    inner: str = ""
    syntax: str = ""
    q: float = 1.0

    @property
    def is_related(self) -> bool:
        """Whether a multipart answer is asked for."""
        return self.type == RELATED

    def takes(self, media: str, *, related: bool = False) -> bool:
        """Whether `media`, alone or as parts of a `related` answer, is in this range."""
        if self.type == "*/*":
            return True
        if related and self.type in (RELATED, "multipart/*"):
            return self.inner in ("", "*/*", media) or self.inner == f"{media.partition('/')[0]}/*"
        return not related and self.type in (media, f"{media.partition('/')[0]}/*")


ANYTHING: Final = Range("*/*")


def ranges(request: HttpRequest) -> list[Range]:
    """What the request takes, the most wanted first; anything where it does not say.

    The query parameter `accept` stands in for the header where a browser cannot set it. Raises NotAcceptable for what
    is longer than anybody needs.
    """
    said = request.GET.get("accept") if request.META.get("QUERY_STRING") else ""
    text = said or request.META.get("HTTP_ACCEPT", "")
    return list(_parsed(text)) if text.strip() else [ANYTHING]


@lru_cache(maxsize=512)  # a viewer says the same for each of its thousand frames
def _parsed(text: str) -> tuple[Range, ...]:
    if len(text) > LENGTH_LIMIT:
        raise NotAcceptable("Accept is too long")
    pieces = [piece for piece in _split(text) if piece.strip()]
    if len(pieces) > RANGES_LIMIT:
        raise NotAcceptable("Accept has too many parts")
    found = [range_ for piece in pieces if (range_ := _range(piece)).q > 0]
    return tuple(sorted(found, key=lambda range_: -range_.q))


def _split(text: str) -> Iterable[str]:
    """At commas, but not within quotes."""
    start, quoted = 0, False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _range(piece: str) -> Range:
    message = Message()
    message["Content-Type"] = piece.strip()
    (media, _empty), *rest = message.get_params(failobj=[("", "")], unquote=True)
    said = {name.lower(): str(value).strip() for name, value in rest}
    try:
        q = float(said.get("q", "1"))
    except ValueError:
        q = 0.0
    return Range(
        media.lower(), said.get("type", "").lower(), said.get("transfer-syntax", ""), q if q == q else 0.0
    )


def chosen(request: HttpRequest, offers: Iterable[tuple[str, bool]]) -> tuple[str, bool, Range]:
    """The first of `offers` (media type, whether as parts of multipart/related) that the client takes, and its range.

    Offers stand in the server's order. Raises NotAcceptable.
    """
    known = list(offers)
    for range_ in ranges(request):
        for media, related in known:
            if range_.takes(media, related=related):
                return media, related, range_
    raise NotAcceptable(f"This is to be had as {', '.join(_named(*offer) for offer in known)}")


def _named(media: str, related: bool) -> str:
    return f'{RELATED}; type="{media}"' if related else media


# --- compressed pixel data (PS3.18 tables 8.7.3-4 and 8.7.3-5)

_MEDIA: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": (
        uids.JPEG_LOSSLESS_SV1, uids.JPEG_LOSSLESS, uids.JPEG_BASELINE, uids.JPEG_EXTENDED,
        uids.JPEG_SPECTRAL_SELECTION, uids.JPEG_FULL_PROGRESSION,
    ),
    "image/dicom-rle": (uids.RLE_LOSSLESS,),
    "image/x-dicom-rle": (uids.RLE_LOSSLESS,),
    "image/jls": (uids.JPEG_LS_LOSSLESS, uids.JPEG_LS_NEAR_LOSSLESS),
    "image/x-jls": (uids.JPEG_LS_LOSSLESS, uids.JPEG_LS_NEAR_LOSSLESS),
    "image/jp2": (uids.JPEG_2000_LOSSLESS, uids.JPEG_2000),
    "image/jpx": (uids.JPEG_2000_MC_LOSSLESS, uids.JPEG_2000_MC),
    "image/jphc": (uids.HTJ2K_LOSSLESS, uids.HTJ2K_LOSSLESS_RPCL, uids.HTJ2K),
    "image/jxl": (uids.JPEG_XL_LOSSLESS, uids.JPEG_XL_JPEG_RECOMPRESSION, uids.JPEG_XL),
    "video/mpeg": tuple(sorted(uid for uid in uids.VIDEO_SYNTAXES if uid.split(".")[7] in ("100", "101"))),
    "video/mp4": tuple(sorted(uid for uid in uids.VIDEO_SYNTAXES if uid.split(".")[7] not in ("100", "101"))),
}  # fmt: skip


@lru_cache(maxsize=128)
def media_of(transfer_syntax_uid: str) -> tuple[str, ...]:
    """The media types of frames that are stored in a transfer syntax."""
    return tuple(media for media, syntaxes in _MEDIA.items() if transfer_syntax_uid in syntaxes)
