"""OHIF's files as `viewer/scripts/ohif-build.mjs` left them: known by name, kept as gzip where that is smaller."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

BUILD = Path(__file__).resolve().parent / "build"
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True)
class File:
    """One file: its media type, the hash of its content, and how it may be kept."""

    type: str
    etag: str
    gzip: bool
    immutable: bool
    writes_code: bool  # a worker whose decoder makes functions from text: needs 'unsafe-eval'


@cache
def built() -> dict[str, File]:
    """Every file by its name; empty where OHIF was not built."""
    listed = BUILD / "files.json"
    if not listed.exists():
        return {}
    return {name: File(**told) for name, told in json.loads(listed.read_text()).items()}


def answer(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file `name`, or 304 where the browser has it. Raises KeyError for a name that was not built."""
    found = built()[name]
    etag = f'"{found.etag}"'
    response: HttpResponseBase
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    elif found.gzip and "gzip" not in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(gzip.decompress((BUILD / name).read_bytes()), content_type=found.type)
    else:
        response = FileResponse((BUILD / name).open("rb"), content_type=found.type)
        if found.gzip:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = etag
    response["Cache-Control"] = (
        f"private, max-age={YEAR_SECONDS}, immutable" if found.immutable else "private, no-cache"
    )
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
