"""Acknowledged files get their rows; duplicates and conflicts find their place."""

import datetime as dt
import errno
import gzip
import json
import zlib
from typing import Any
from unittest.mock import Mock

import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from placa.domain.archive import selectors
from placa.domain.archive.errors import RetriableError
from placa.domain.archive.indexing import Outcome
from placa.domain.archive.models import Instance, Series, Study
from placa.domain.archive.records import Received, Record, Sender, read_record
from placa.domain.archive.storage import StorageError, storage
from placa.domain.institution.models import DicomPeer, Site
from placa.domain.intake import pipeline
from placa.domain.intake.feed import Inlet
from placa.domain.intake.indexer import Indexer
from placa.domain.intake.models import InboxItem
from placa.domain.intake.pipeline import process
from placa.domain.intake.receiving import Announced, receive
from placa.domain.intake.recovery import recover
from placa.domain.intake.senders import note_of, sender_at, sender_of
from placa.domain.intake.tests.objects import CT, MODALITY, STUDY, ct, received
from placa.standards.dicom import uids

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


def _outcomes(*data: Received) -> list[Outcome]:
    return [item.outcome for item in process(data)]


def _study() -> Study:
    return Study.objects.get(study_instance_uid=STUDY)


def _stored() -> set[str]:
    store = storage()
    return {key for day in store.days() for key in store.iterate(day)}


def test_a_study_has_what_its_first_instance_says_and_counts_the_rest() -> None:
    process([received(ct(1)), received(ct(2)), received(ct(3, SeriesInstanceUID="1.2.3.9", Modality="SR"))])
    study = _study()
    assert study.study_instance_uid == STUDY
    assert (study.patient_name, study.dicom_patient_id) == ("Morales Peralta^Ana", "MRN-7001")
    assert study.patient_birth_date == dt.date(1984, 3, 12)
    assert study.name_key == "morales peralta ana"
    assert study.search_key == "tc de abdomen recv 1"
    assert (study.number_of_series, study.number_of_instances, study.number_of_images) == (2, 3, 3)
    assert study.modalities_in_study == ["CT", "SR"]
    assert study.bytes == sum(Instance.objects.filter(study=study).values_list("bytes", flat=True))
    assert study.sending_ae_title == "CT1"
    assert study.patient is None
    first = Series.objects.get(study=study, modality="CT")
    assert (first.number_of_instances, first.number_of_images) == (2, 2)


def test_exam_time_is_in_the_institutions_zone_and_the_clock_starts_at_arrival() -> None:
    process([received(ct())])
    study = _study()
    assert study.exam_at == dt.datetime(2026, 11, 20, 14, 30, tzinfo=dt.UTC)  # Santo Domingo is UTC-4
    assert study.clock_start == max(study.exam_at, study.first_received_at)


def test_without_a_study_date_the_exam_is_when_it_arrived() -> None:
    process([received(ct(StudyDate=""))])
    study = _study()
    assert study.exam_at == study.first_received_at == study.clock_start


def test_an_exam_in_the_future_starts_its_clock_then() -> None:
    process([received(ct(StudyDate="20990101"))])
    study = _study()
    assert study.clock_start == study.exam_at == dt.datetime(2099, 1, 1, 14, 30, tzinfo=dt.UTC)


def test_the_pixels_of_a_frame_are_found_by_their_offset() -> None:
    process([received(ct(7))])
    instance = Instance.objects.get(study=_study())
    [(offset, length)] = selectors.frame_spans(instance, 1) or []
    assert storage().read(instance.storage_key, offset, length) == ct(7).PixelData
    with pytest.raises(IndexError):
        selectors.frame_spans(instance, 2)


def test_metadata_holds_every_served_instance_and_follows_new_ones() -> None:
    process([received(ct(2)), received(ct(1))])
    study = _study()
    listed = json.loads(gzip.decompress(selectors.metadata_blob(study)))
    assert [item["00200013"]["Value"] for item in listed] == [[1], [2]]
    assert selectors.metadata_blob(study) == selectors.metadata_blob(study)
    process([received(ct(3)), received(ct(4, PatientID="OTHER"))])
    listed = json.loads(gzip.decompress(selectors.metadata_blob(study)))
    assert [item["00200013"]["Value"] for item in listed] == [[1], [2], [3]]
    assert listed[0]["7FE00010"]["BulkDataURI"].startswith(f"/dicomweb/studies/{STUDY}/series/")


def test_the_same_object_again_is_not_kept_twice() -> None:
    first = received(ct())
    assert _outcomes(first) == [Outcome.NEW]
    assert _outcomes(received(ct(), Sender("OTHER", "10.0.0.6"))) == [Outcome.DUPLICATE]
    assert _stored() == {first.key}
    assert _study().number_of_instances == 1
    assert not InboxItem.objects.filter(study=_study()).exclude(kind="unknown_patient").exists()


def test_the_same_object_twice_in_one_batch_is_kept_once() -> None:
    outcomes = _outcomes(received(ct()), received(ct()))
    assert sorted(outcomes) == [Outcome.DUPLICATE, Outcome.NEW]
    assert len(_stored()) == 1


def test_indexing_a_file_again_changes_nothing() -> None:
    item = received(ct())
    process([item])
    before = Study.objects.filter(study_instance_uid=STUDY).values().get()
    assert _outcomes(item) == [Outcome.KNOWN]
    assert _stored() == {item.key}
    after = Study.objects.filter(study_instance_uid=STUDY).values().get()
    assert (after["number_of_instances"], after["bytes"]) == (before["number_of_instances"], before["bytes"])


def test_the_same_uid_with_other_bytes_waits_in_the_inbox_and_the_first_stays() -> None:
    first, second = received(ct()), received(ct(StudyDescription="Otra cosa"))
    assert _outcomes(first) == [Outcome.NEW]
    assert _outcomes(second) == [Outcome.OTHER_CONTENT]
    assert Instance.objects.get(study=_study()).storage_key == first.key
    item = InboxItem.objects.get(study=_study(), kind=InboxItem.Kind.OTHER_CONTENT)
    assert (item.storage_key, item.sender) == (second.key, "peer:CT1")
    assert _outcomes(received(ct(StudyDescription="Otra cosa"))) == [Outcome.OTHER_CONTENT]
    assert _stored() == {first.key, second.key}
    assert InboxItem.objects.filter(study=_study(), kind=InboxItem.Kind.OTHER_CONTENT).count() == 1


def _what_differs(first: Received, second: Received) -> dict[str, Any]:
    process([first, second])
    found: dict[str, Any] = InboxItem.objects.get(kind=InboxItem.Kind.OTHER_CONTENT, study=_study()).detail
    return {key: found[key] for key in ("differs", "more", "pixels")}


def test_what_differs_is_told_by_element() -> None:
    second = received(ct(StudyDescription="Otra cosa", PatientSex=None, SliceThickness="1.5"))
    assert _what_differs(received(ct()), second) == {
        "differs": [
            ["00081030", "TC de abdomen", "Otra cosa"],
            ["00100040", "F", None],
            ["00180050", None, "1.5"],
        ],
        "more": 0,
        "pixels": "same",
    }


def test_other_pixels_are_told_and_never_shown() -> None:
    assert _what_differs(received(ct()), received(ct(PixelData=bytes(32)))) == {
        "differs": [], "more": 0, "pixels": "differ",
    }  # fmt: skip


def test_the_same_written_in_another_way_differs_in_nothing() -> None:
    implicit = DicomBytesIO()
    implicit.is_little_endian, implicit.is_implicit_VR = True, True
    write_dataset(implicit, ct())
    said = Announced(CT, f"{ct().SOPInstanceUID}", uids.IMPLICIT_VR_LITTLE_ENDIAN)
    second = receive([implicit.getvalue()], said, MODALITY)
    assert _what_differs(received(ct()), second) == {"differs": [], "more": 0, "pixels": "same"}


def test_at_most_ten_are_shown_and_the_others_counted() -> None:
    others: dict[str, Any] = {
        "StudyDescription": "X" * 60, "PatientName": "Otra^Persona", "PatientID": "9", "PatientSex": "M",
        "StudyTime": "110000", "StudyDate": "20200101", "Modality": "MR", "AccessionNumber": "1", "SeriesNumber": 4,
        "BitsStored": 16, "HighBit": 15, "PatientBirthDate": "",
    }  # fmt: skip
    found = _what_differs(received(ct()), received(ct(**others)))
    assert (len(found["differs"]), found["more"]) == (10, 2)


def test_an_object_whose_file_was_gone_gets_it_back() -> None:
    first = received(ct())
    process([first])
    storage().delete(first.key)
    again = received(ct())
    assert _outcomes(again) == [Outcome.RESTORED]
    assert Instance.objects.get(study=_study()).storage_key == again.key
    assert _stored() == {again.key}


@pytest.mark.parametrize(
    "change", [{"PatientID": "MRN-7002"}, {"IssuerOfPatientID": "ELSEWHERE"}, {"PatientID": ""}]
)
def test_another_patient_in_the_same_study_is_held(change: dict[str, str]) -> None:
    process([received(ct(1))])
    assert _outcomes(received(ct(2, **change)), received(ct(3, **change))) == [Outcome.OTHER_PATIENT] * 2
    held = set(Instance.objects.filter(study=_study(), held=True).values_list("instance_number", flat=True))
    assert held == {2, 3}
    study = _study()
    assert (study.number_of_instances, study.dicom_patient_id) == (1, "MRN-7001")
    item = InboxItem.objects.get(study=_study(), kind=InboxItem.Kind.OTHER_PATIENT)
    assert len(item.detail["instances"]) == 2
    assert selectors.instances_of_study(study).count() == 1
    with pytest.raises(Instance.DoesNotExist):
        selectors.instance_by_uid(study, f"{STUDY}.1", f"{STUDY}.2.2")


def test_the_peers_default_issuer_counts_for_an_absent_one() -> None:
    process([received(ct(1), Sender("CT1", "10.0.0.5", default_issuer="HOSP"))])
    assert _outcomes(received(ct(2, IssuerOfPatientID="HOSP"))) == [Outcome.NEW]
    assert _outcomes(received(ct(3))) == [Outcome.OTHER_PATIENT]


def test_an_unreadable_file_is_kept_and_shown_to_staff() -> None:
    key = storage().store([b"not DICOM at all"])
    assert _outcomes(Received(key, MODALITY), received(ct())) == [Outcome.NEW]
    assert _outcomes(Received(key, MODALITY)) == []
    item = InboxItem.objects.get(storage_key=key)
    assert (item.storage_key, item.detail) == (key, {"reason": "not-dicom"})
    assert storage().exists(key)


def test_values_longer_than_the_standard_allows_harm_nobody() -> None:
    long = "9" * 80
    with pytest.warns(UserWarning, match="maximum length"):
        odd = ct(
            2, PatientID=long, StudyInstanceUID="1.2.3.4", AccessionNumber=long, StudyDescription="x" * 300
        )
    process([received(ct(1)), received(odd)])
    study = Study.objects.get(study_instance_uid="1.2.3.4")
    assert (study.dicom_patient_id, study.accession_number) == ("", "")
    assert InboxItem.objects.filter(study=study, kind=InboxItem.Kind.NO_PATIENT_ID).exists()


def test_files_without_rows_are_indexed_at_start_and_halves_removed() -> None:
    items = [received(ct(number)) for number in range(1, 6)]
    process(items[:2])
    half = storage().path(items[0].key).with_suffix(".dcm.part")
    half.write_bytes(b"half")
    assert recover() == 3
    assert _study().number_of_instances == 5
    assert not half.exists()
    assert recover() == 0


def test_recovery_knows_the_sender_by_the_files_own_words() -> None:
    received(ct())
    recover()
    assert _study().sending_ae_title == "CT1"


def test_recovery_gives_a_file_its_peers_default_issuer_again_but_only_by_our_own_signature() -> None:
    peer = DicomPeer.objects.create(
        name="CT", ae_title="CT7", address="10.0.0.7", default_issuer="CLINIC", site=Site.objects.first()
    )
    sender = sender_at("CT7", "10.0.0.7")
    kept = received(ct(1), sender)
    assert sender_of(kept.key) == sender
    with storage().open(kept.key) as file:
        content = file.read()
    forged = content.replace(note_of(sender, f"{STUDY}.2.1").encode(), note_of(sender, "1.2.3.4").encode())
    assert forged != content
    made = storage().store([forged])
    assert sender_of(made) == Sender(ae_title="CT7")
    storage().delete(made)
    recover()
    assert (_study().default_issuer, _study().site) == ("CLINIC", peer.site)


def test_an_object_that_makes_a_step_fail_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = received(ct(1)), received(ct(2))

    def report(batch: pipeline.Batch) -> None:
        if bad.key in {record.key for record in batch.records}:
            raise zlib.error("not what anybody expected")

    monkeypatch.setattr(pipeline, "STEPS", [pipeline.index, report])
    assert [item.record.key for item in process([bad, good])] == [good.key]
    assert InboxItem.objects.get(storage_key=bad.key).detail == {"reason": "not-indexable"}
    assert recover() == 0  # known now: the next start does not stumble over it


def test_an_object_that_cannot_be_read_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good, read = received(ct(1)), received(ct(2)), read_record

    def failing(item: Received) -> Record:
        if item.key == bad.key:
            raise RecursionError
        return read(item)

    monkeypatch.setattr(pipeline, "read_record", failing)
    assert [item.record.key for item in process([bad, good])] == [good.key]
    assert InboxItem.objects.get(storage_key=bad.key).detail == {"reason": "not-readable"}


def test_a_full_disk_or_too_many_files_open_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    one = received(ct(1))

    def full(batch: pipeline.Batch) -> None:
        raise StorageError("no space")

    def busy(item: Received) -> Record:
        raise OSError(errno.EMFILE, "too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "STEPS", [pipeline.index, full])
        with pytest.raises(RetriableError):
            process([one])
    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "read_record", busy)
        with pytest.raises(RetriableError):
            process([one])
    assert not InboxItem.objects.exists()
    assert [item.outcome for item in process([one])] == [Outcome.NEW]


def test_the_indexer_waits_for_a_storage_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("placa.domain.intake.indexer.BACKOFF_SECONDS", (0.0,))
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise StorageError("S3 does not answer")

    Indexer(Mock(spec=Inlet, closed=False))._patiently(work)
    assert len(tries) == 3
