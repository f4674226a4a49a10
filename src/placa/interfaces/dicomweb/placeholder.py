"""A drawing in place of a thumbnail that is none: for pages, so that nobody sees a broken picture.

Only for who takes SVG, as browsers' picture elements say; a DICOMweb client is told plainly that there is none.
"""

from django.http import HttpRequest, HttpResponse

SVG = "image/svg+xml"
_FRAME = '<rect x="52" y="72" width="152" height="112" rx="8"/>'
_PICTURE = '<circle cx="92" cy="108" r="12"/><path d="M60 176l48-44 28 24 32-36 28 28"/>'
_FILM = '<path d="M112 100v56l48-28z"/>'


def is_wanted(request: HttpRequest) -> bool:
    """Whether the asker can show a drawing instead."""
    return SVG in request.headers.get("Accept", "")


def drawing(kind: str) -> HttpResponse:
    """A film for a video, else the outline of a picture; grey, as good on light as on dark."""
    body = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" fill="none" stroke="#8a94a0" stroke-width="8" '
        f'stroke-linejoin="round">{_FRAME}{_FILM if kind == "video" else _PICTURE}</svg>'
    )
    answer = HttpResponse(body, content_type=SVG)
    answer["Vary"] = "Accept, Cookie, Authorization"
    return answer
