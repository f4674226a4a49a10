"""WADO-RS metadata (PS3.18 10.4.1.1.2): DICOM JSON as it is kept, or the Native DICOM Model in XML."""

import gzip
import hashlib
import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from placa.domain.access.images import open_images
from placa.domain.access.viewers import Viewer
from placa.interfaces.dicomweb import multipart, permits
from placa.interfaces.dicomweb.accept import DICOM_JSON, DICOM_XML, chosen
from placa.interfaces.dicomweb.answers import answered
from placa.interfaces.dicomweb.door import door
from placa.standards.dicom.native_xml import native_xml

JSON = "application/json"
OFFERS = [(DICOM_JSON, False), (JSON, False), (DICOM_XML, True)]
_URI = b'"BulkDataURI":"/dicomweb/'  # quotes within a value are escaped: nothing else looks like it


@door
def study(request: HttpRequest, viewer: Viewer, study: str) -> HttpResponseBase:
    """The metadata of every instance of a study."""
    return described(request, viewer, permits.metadata(request, viewer, study))


@door
def series(request: HttpRequest, viewer: Viewer, study: str, series: str) -> HttpResponseBase:
    """The metadata of every instance of a series."""
    return described(request, viewer, open_images(viewer, study).metadata_of_series(series))


@door
def instance(
    request: HttpRequest, viewer: Viewer, study: str, series: str, instance: str
) -> HttpResponseBase:
    """The metadata of one instance."""
    opened = open_images(viewer, study)
    return described(request, viewer, opened.metadata_of_instance(opened.instance(series, instance)))


def described(request: HttpRequest, viewer: Viewer, gzipped: bytes) -> HttpResponseBase:
    """DICOM JSON that is kept gzipped, sent as it is to whoever takes gzip."""
    media, _related, _range = chosen(request, OFFERS)
    if viewer.role == "share":  # bulk data lie behind the share's own door
        gzipped = _moved(gzipped, request.path.partition("/dicomweb/")[0])
    mark = f"{_sum(gzipped)}.{media[-4:]}"
    if media == DICOM_XML:
        return xml_answer(json.loads(gzip.decompress(gzipped)))
    zipped = "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")
    body = gzipped if zipped else gzip.decompress(gzipped)
    answer = answered(request, [body], media, f"{mark}{'.gz' if zipped else ''}")
    if zipped:
        answer["Content-Encoding"] = "gzip"
    answer["Vary"] = "Accept, Accept-Encoding, Cookie, Authorization"
    return answer


@lru_cache(maxsize=8)  # asked for again they are the very same object, which Python hashes once
def _sum(gzipped: bytes) -> str:
    return hashlib.blake2b(gzipped, digest_size=16).hexdigest()


def _moved(gzipped: bytes, before: str) -> bytes:
    uri = b'"BulkDataURI":"' + before.encode() + b"/dicomweb/"
    return gzip.compress(gzip.decompress(gzipped).replace(_URI, uri), 1)


def xml_answer(rows: list[dict[str, Any]]) -> HttpResponseBase:
    """A part an object, as multipart/related; type="application/dicom+xml"."""
    if not rows:
        return HttpResponse(status=204)
    return multipart.streamed(((DICOM_XML, [native_xml(row)]) for row in rows), DICOM_XML)
