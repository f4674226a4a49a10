"""STOW-RS: what is stored is on disk and found again; what is refused is named, and harms nothing (PS3.18 10.5)."""

import io
import json
from xml.etree import ElementTree

import pytest
from django.http import HttpResponseBase
from django.test import Client
from pydicom import dcmread
from pydicom.dataset import Dataset

from placa.demo.accounts import PASSWORD
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import StorageError, storage
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import Site, Text
from placa.domain.intake.models import InboxItem
from placa.domain.intake.tests.objects import ct, part10
from placa.domain.people.models import StaffMember
from placa.interfaces.dicomweb.tests.world import STUDIES, asker, body, one, said

NEW = "1.2.826.0.1.3680043.10.997"
BOUNDARY = "=_stored"
RELATED = f'multipart/related; type="application/dicom"; boundary="{BOUNDARY}"'


def slice_of(number: int = 1, **elements: object) -> Dataset:
    """A slice of a study that is not there yet."""
    own = {
        "StudyInstanceUID": NEW, "SeriesInstanceUID": f"{NEW}.1", "SOPInstanceUID": f"{NEW}.1.{number}",
        "AccessionNumber": "",
    }  # fmt: skip
    return ct(number, **(own | elements))


def related(*files: bytes, headers: str = "Content-Type: application/dicom\r\n") -> bytes:
    """A multipart body of files."""
    head = f"--{BOUNDARY}\r\n{headers}\r\n".encode()
    return b"".join(head + file + b"\r\n" for file in files) + f"--{BOUNDARY}--\r\n".encode()


def post(
    sent: bytes, *, by: str = "jefe", address: str = STUDIES, content_type: str = RELATED, accept: str = "*/*"
) -> HttpResponseBase:
    return asker(by).post(address, sent, content_type=content_type, headers={"Accept": accept})


def items(answer: HttpResponseBase, tag: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = said(answer).get(tag, {}).get("Value", [])
    return found


def reasons(answer: HttpResponseBase, tag: str = "00081198") -> list[int]:
    return [one(item, "00081197") for item in items(answer, tag)]


def test_what_is_stored_is_served_and_named() -> None:
    answer = post(related(part10(slice_of(1)), part10(slice_of(2))))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom+json")
    stored = items(answer, "00081199")
    assert [one(item, "00081155") for item in stored] == [f"{NEW}.1.1", f"{NEW}.1.2"]
    for item in stored:
        place = one(item, "00081190")
        found = asker("jefe").get(place[place.index("/dicomweb/") :], headers={"Accept": "application/dicom"})
        assert found.status_code == 200
        assert body(found)[128:132] == b"DICM"
    assert one(said(answer), "00081190").endswith(f"/dicomweb/studies/{NEW}")
    assert Study.objects.get(study_instance_uid=NEW).number_of_instances == 2


def test_one_object_may_come_alone() -> None:
    assert post(part10(slice_of()), content_type="application/dicom").status_code == 200
    assert Instance.objects.filter(sop_instance_uid=f"{NEW}.1.1").exists()


def test_the_answer_is_xml_where_asked_for() -> None:
    answer = post(related(part10(slice_of())), accept="application/dicom+xml")
    assert answer["Content-Type"] == "application/dicom+xml"
    root = ElementTree.fromstring(body(answer))
    assert {item.get("keyword") for item in root} == {"RetrieveURL", "ReferencedSOPSequence"}
    assert post(related(part10(slice_of())), accept="image/png").status_code == 406


def test_the_same_again_is_kept_once_and_answers_the_same() -> None:
    sent = related(part10(slice_of()))
    assert [post(sent).status_code for _ in range(2)] == [200, 200]
    assert len(list(storage().iterate(storage().days()[0]))) == 4  # three of Ana's, and this one


def test_other_content_under_a_known_uid_waits_in_the_inbox() -> None:
    post(related(part10(slice_of())))
    assert post(related(part10(slice_of(PixelData=bytes(32))))).status_code == 200
    assert InboxItem.objects.filter(kind=InboxItem.Kind.OTHER_CONTENT).count() == 1
    assert Instance.objects.filter(sop_instance_uid=f"{NEW}.1.1").count() == 1


def test_some_may_fail_while_others_are_stored() -> None:
    answer = post(related(part10(slice_of(1)), b"not DICOM", part10(slice_of(2))))
    assert answer.status_code == 202
    assert len(items(answer, "00081199")) == 2
    assert reasons(answer, "0008119A") == [0xC000]


def test_an_object_of_another_study_than_the_address_is_refused() -> None:
    other = part10(slice_of(9, StudyInstanceUID=f"{NEW}.5"))
    answer = post(related(part10(slice_of()), other), address=f"{STUDIES}/{NEW}")
    assert answer.status_code == 202
    assert reasons(answer) == [0xA900]
    assert not Study.objects.filter(study_instance_uid=f"{NEW}.5").exists()
    assert post(related(other), address=f"{STUDIES}/{NEW}").status_code == 409


def test_an_object_is_what_its_data_set_says_whatever_group_2_names() -> None:
    file = part10(slice_of()).replace(f"{NEW}.1.1".encode(), f"{NEW}.1.2".encode(), 1)
    answer = post(related(file))
    assert [one(item, "00081155") for item in items(answer, "00081199")] == [f"{NEW}.1.1"]
    kept = storage().path(Instance.objects.get(sop_instance_uid=f"{NEW}.1.1").storage_key)
    assert dcmread(kept).file_meta.MediaStorageSOPInstanceUID == f"{NEW}.1.1"


@pytest.mark.parametrize("uid", ["../../x", "1.2.3/../4", "1." * 40 + "1", "", "a"])
def test_uids_that_are_none_are_refused(uid: str) -> None:
    file = part10(slice_of()).replace(
        f"{NEW}.1.1".encode().ljust(len(NEW) + 4, b"\0"),
        uid.encode()[: len(NEW) + 4].ljust(len(NEW) + 4, b"\0"),
    )
    before = list(storage().iterate(storage().days()[0]))
    assert post(related(file)).status_code == 409
    assert list(storage().iterate(storage().days()[0])) == before


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415), ("multipart/form-data; boundary=x", 415), ("", 415),
        ('multipart/related; type="application/dicom+json"; boundary=x', 415),
        ('multipart/related; type="application/dicom"', 400),
        (f'multipart/related; type="application/dicom"; boundary="{"b" * 71}"', 400),
        ('multipart/related; type="application/dicom"; boundary="another"', 400),
    ],
)  # fmt: skip
def test_what_is_no_multipart_of_dicom_is_refused(content_type: str, status: int) -> None:
    assert post(related(part10(slice_of())), content_type=content_type).status_code == status


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n", b"--", f"--{BOUNDARY}".encode(), f"--{BOUNDARY}--".encode(), b"x" * 300_000,
        f"--{BOUNDARY}\r\n".encode() + b"A: b\r\n" * 100 + b"\r\nx",
        f"--{BOUNDARY}\r\nA: ".encode() + b"b" * 100_000,
        related(related(part10(slice_of())), headers=RELATED.join(("Content-Type: ", "\r\n"))),
    ],
)  # fmt: skip
def test_broken_bodies_are_400(sent: bytes) -> None:
    assert post(sent).status_code == 400
    assert not Study.objects.filter(study_instance_uid=NEW).exists()


def test_a_body_that_breaks_off_keeps_what_was_whole() -> None:
    whole = related(part10(slice_of(1)), part10(slice_of(2)))
    answer = post(whole[: len(whole) - 200])
    assert answer.status_code == 202
    assert [one(item, "00081155") for item in items(answer, "00081199")] == [f"{NEW}.1.1"]
    assert not Instance.objects.filter(sop_instance_uid=f"{NEW}.1.2").exists()


def test_a_full_disk_is_said_and_nothing_is_half_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise StorageError("no space")

    monkeypatch.setattr("placa.domain.archive.storage.local.FileWriter.commit", full)
    answer = post(related(part10(slice_of())))
    assert answer.status_code == 409
    assert reasons(answer) == [0xA700]
    kept = {path.suffix for path in storage().root.rglob("*") if path.is_file()}
    assert kept == {".dcm"}  # what was there before: neither a part nor a name made ahead is left


@pytest.mark.parametrize("username", ["ana", "diaz", "gomez"])
def test_who_may_not_store_is_403_and_audited(username: str) -> None:
    assert post(related(part10(slice_of())), by=username).status_code == 403
    assert not Study.objects.filter(study_instance_uid=NEW).exists()
    assert AuditEvent.objects.filter(action="store", outcome="refused").count() == 1


def test_nobody_is_401_and_a_session_does_not_store() -> None:
    sent = related(part10(slice_of()))
    assert Client().post(STUDIES, sent, content_type=RELATED).status_code == 401
    Text.objects.all().delete()  # no notice to accept first
    client = Client()
    assert client.post("/", {"username": "jefe", "password": PASSWORD}).status_code == 302
    assert client.post(STUDIES, sent, content_type=RELATED).status_code == 403
    assert Client(enforce_csrf_checks=True).post(STUDIES, sent, content_type=RELATED).status_code == 403
    assert not Study.objects.filter(study_instance_uid=NEW).exists()


def test_staff_of_one_site_store_there_and_into_no_other_site_s_study() -> None:
    norte = StaffMember.objects.get(user__username="ines").sites.get()
    assert post(related(part10(slice_of())), by="ines").status_code == 200
    assert Study.objects.get(study_instance_uid=NEW).site == norte
    Study.objects.update(site=Site.objects.exclude(pk=norte.pk).first())
    answer = post(related(part10(slice_of(2))), by="ines")
    assert answer.status_code == 409
    assert reasons(answer) == [0x0124]
    assert Study.objects.get(study_instance_uid=NEW).number_of_instances == 1


def test_storing_is_audited_once_a_study() -> None:
    post(related(part10(slice_of(1)), part10(slice_of(2))))
    event = AuditEvent.objects.get(action="store")
    assert (event.study_uid, event.detail) == (NEW, {"instances": 2})
    assert event.actor.startswith("user:")


def test_a_chunked_body_is_read_too() -> None:
    sent = related(part10(slice_of()))
    client = asker("jefe")
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(sent)}
    answer = client.generic("POST", STUDIES, sent, content_type=RELATED, **chunked)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert json.loads(answer.content)["00081199"]["Value"]
