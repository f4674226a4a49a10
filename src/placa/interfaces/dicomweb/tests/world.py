"""What the tests of this door ask with, and real files behind it: Ana's CT, sent as a modality sends."""

import gzip
import json
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from placa.demo import cast
from placa.domain.access.viewers import roles_of
from placa.domain.accounts import bearer
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance
from placa.domain.archive.storage import storage
from placa.domain.intake.pipeline import process
from placa.domain.intake.receiving import Announced, receive
from placa.domain.intake.tests.objects import MODALITY, encoded

PLAN = cast.STUDIES["ana_ct"]
CT = PLAN.uid
STUDIES = "/dicomweb/studies"
STUDY = f"{STUDIES}/{CT}"
Part = tuple[Message, bytes]


def asker(username: str = "diaz") -> Client:
    """A program that asks as `username` of the cast, by bearer token, in their first role."""
    user = User.objects.get(username=username)
    token = bearer.issue_token(user=user, role=roles_of(user)[0])
    return Client(headers={"Authorization": f"Bearer {token}"})


def packaged(name: str, series: int = 7, **elements: Any) -> Instance:
    """One of pydicom's own files as an object of Ana's CT, in the transfer syntax that it has."""
    data = dcmread(str(get_testdata_file(name)), force=True)
    syntax = str(data.file_meta.TransferSyntaxUID)
    person = cast.PATIENTS["ana"]
    own = {
        "StudyInstanceUID": CT, "SeriesInstanceUID": f"{CT}.{series}", "SOPInstanceUID": f"{CT}.{series}.1",
        "SeriesNumber": series, "PatientID": person.patient_id, "IssuerOfPatientID": cast.ISSUER,
        "PatientName": f"{person.family_name}^{person.given_name}", "AccessionNumber": PLAN.accession,
        "PatientBirthDate": "", "PatientSex": person.sex,
    }  # fmt: skip
    for keyword, value in (own | elements).items():
        setattr(data, keyword, value)
    sent = Announced(str(data.SOPClassUID), str(data.SOPInstanceUID), syntax)
    process([receive([encoded(data)], sent, MODALITY)])
    return Instance.objects.get(sop_instance_uid=data.SOPInstanceUID)


def stored(instance: Instance) -> Dataset:
    """The object as it lies on disk."""
    return dcmread(storage().path(instance.storage_key))


def instance(series: int = 1, number: int = 1) -> Instance:
    """An instance of Ana's CT, as `downloads.tests.world` numbers them."""
    return Instance.objects.get(sop_instance_uid=f"{CT}.{series}.{number}")


def place(found: Instance) -> str:
    """The address of an instance."""
    return f"{STUDY}/series/{found.series.series_instance_uid}/instances/{found.sop_instance_uid}"


def body(answer: HttpResponseBase) -> bytes:
    """All bytes of an answer, streamed or not."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def said(answer: HttpResponseBase) -> Any:
    """The JSON of an answer."""
    raw = body(answer)
    return json.loads(gzip.decompress(raw) if answer.get("Content-Encoding") == "gzip" else raw)


def parts(answer: HttpResponseBase) -> list[Part]:
    """The parts of a multipart/related answer: (headers, bytes) (RFC 2046 5.1.1)."""
    boundary = answer["Content-Type"].split("boundary=")[1].encode()
    head, *middle, tail = (b"\r\n" + body(answer)).split(b"\r\n--" + boundary)
    assert (head, tail.strip()) == (b"", b"--")
    found = []
    for piece in middle:
        headers, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((BytesHeaderParser().parsebytes(headers), content))
    return found


def one(data: dict[str, Any], tag: str) -> Any:
    """The only value of an element of the DICOM JSON model."""
    (value,) = data[tag]["Value"]
    return value
