"""A recall brings back what left: once, however many ask, whatever happens in between."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from pydicom import dcmread

from placa.common import clock
from placa.demo import cast
from placa.domain.access.images import file_path
from placa.domain.access.selectors import NotVisible
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive import services as archive_services
from placa.domain.archive.models import Instance, InstanceMetadata, Study
from placa.domain.archive.records import Sender
from placa.domain.archive.storage import StorageError, storage
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import change_setting, save_archive
from placa.domain.intake import pipeline
from placa.domain.intake.models import InboxItem
from placa.domain.intake.tests import objects
from placa.domain.jobs import services as jobs
from placa.domain.jobs.brokers.on_database import DatabaseBroker
from placa.domain.notifications.models import BellNotice, OutboxMessage
from placa.domain.recall import prefetch, services, work
from placa.domain.recall.models import Asker, Copy, Recall
from placa.domain.sharing import services as sharing
from placa.domain.sharing.selectors import viewer_of

HOUR = dt.timedelta(hours=1)


def ask(viewer: Viewer) -> Recall:
    recall = services.ask(viewer=viewer, study_instance_uid=objects.STUDY)
    assert recall is not None
    return recall


def state(study: Study) -> str:
    return Study.objects.get(pk=study.pk).availability


def ended(recall: Recall) -> tuple[str, str]:
    recall.refresh_from_db()
    return recall.state, recall.why


def messages(template: str = "recall_ready") -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.filter(template=template).values_list("channel", "address"))


def test_everything_comes_back_as_it_was(away: Study, ana: Viewer) -> None:
    before = dict(Instance.objects.filter(study=away).values_list("sop_instance_uid", "digest"))
    recall = ask(ana)
    assert state(away) == "recalling"
    work.run(recall.pk)
    assert ended(recall) == ("done", "")
    assert state(away) == "online"
    back = Instance.objects.filter(study=away)
    assert dict(back.values_list("sop_instance_uid", "digest")) == before
    assert all(file_path(one).is_file() for one in back)
    assert not InboxItem.objects.filter(study=away, kind="other_content").exists()
    assert (recall.received, recall.expected) == (6, 6)


def test_who_asked_is_told_once(away: Study, ana: Viewer) -> None:
    User.objects.filter(pk=ana.user_id or 0).update(email="ana@correo.example", mobile="+18295550117")
    recall = ask(ana)
    assert ask(ana) == recall
    work.run(recall.pk)
    work.run(recall.pk)
    assert work.finish(recall) is False
    assert messages() == [("mail", "ana@correo.example"), ("sms", "+18295550117")]
    assert BellNotice.objects.filter(key="recall_ready", recipient=f"user:{ana.user_id}").count() == 1
    assert AuditEvent.objects.filter(action="recall", actor=ana.actor).count() == 1


def test_sms_only_where_set(away: Study, ana: Viewer) -> None:
    User.objects.filter(pk=ana.user_id or 0).update(mobile="+18295550117", email="ana@correo.example")
    change_setting(key="sms_recall", value=False, by="t")
    work.run(ask(ana).pk)
    assert messages() == [("mail", "ana@correo.example")]


def test_one_recall_for_all_who_ask(away: Study, ana: Viewer) -> None:
    made = sharing.create_share(
        viewer=ana, study_uids=[away.study_instance_uid], recipients=["hugo@consulta.example"], days=30
    )
    part = made.grant.parts.get()
    jefe = viewer_for(User.objects.get(username="jefe"), "staff")
    recalls = {ask(viewer).pk for viewer in (ana, viewer_of(part), jefe)}
    assert len(recalls) == 1
    work.run(recalls.pop())
    assert messages("recall_ready_share") == [("mail", "hugo@consulta.example")]
    assert Asker.objects.filter(told_at__isnull=False).count() == 3


def test_who_may_no_longer_open_it_is_not_told(away: Study, ana: Viewer) -> None:
    User.objects.filter(pk=ana.user_id or 0).update(email="ana@correo.example")
    recall = ask(ana)
    archive_services.hold(study_instance_uid=away.study_instance_uid, by="system")
    work.run(recall.pk)
    assert state(away) == "online"
    assert messages() == []


@pytest.mark.parametrize(("user", "role"), [("carla", "patient"), ("egea", "doctor"), ("gomez", "company")])
def test_who_may_not_open_images_cannot_ask(away: Study, user: str, role: str) -> None:
    viewer = viewer_for(User.objects.get(username=user), role)
    with pytest.raises(NotVisible):
        services.ask(viewer=viewer, study_instance_uid=objects.STUDY)
    assert not Recall.objects.exists()
    assert state(away) == "offline"


def test_hidden_or_unreleased_cannot_be_asked_for(away: Study, ana: Viewer) -> None:
    archive_services.hold(study_instance_uid=away.study_instance_uid, by="system")
    with pytest.raises(NotVisible):
        services.ask(viewer=ana, study_instance_uid=objects.STUDY)


def test_what_is_here_is_not_recalled(
    study: Study, pacs: ExternalArchive, ana: Viewer, now: dt.datetime
) -> None:
    assert services.ask(viewer=ana, study_instance_uid=objects.STUDY) is None


def test_without_an_archive_there_is_no_recall(away: Study, ana: Viewer) -> None:
    ExternalArchive.objects.update(enabled=False)
    assert services.ask(viewer=ana, study_instance_uid=objects.STUDY) is None
    assert state(away) == "offline"


def test_an_archive_that_comes_back_ends_it_well(away: Study, pacs: ExternalArchive, ana: Viewer) -> None:
    root = Path(pacs.url)
    root.rename(root.with_name("off"))
    recall = ask(ana)
    pauses = []
    for _ in range(4):
        at = Recall.objects.get(pk=recall.pk).due_at
        with clock.standing_at(at):
            work.run(recall.pk)
            pauses.append((Recall.objects.get(pk=recall.pk).due_at - at).total_seconds())
    assert pauses == [15, 30, 60, 120]  # growing
    assert ended(recall) == ("waiting", "")
    work.run(recall.pk)  # not due: nothing happens
    root.with_name("off").rename(root)
    with clock.standing_at(Recall.objects.get(pk=recall.pk).due_at):
        work.run(recall.pk)
    assert ended(recall) == ("done", "")


def test_no_answer_for_four_hours_is_the_end(
    away: Study, pacs: ExternalArchive, ana: Viewer, now: dt.datetime
) -> None:
    shutil.rmtree(pacs.url)
    recall = ask(ana)
    with clock.standing_at(now + 4 * HOUR - dt.timedelta(seconds=1)):
        work.run(recall.pk)
    assert ended(recall) == ("waiting", "")
    with clock.standing_at(now + 5 * HOUR):
        work.run(recall.pk)
    assert ended(recall) == ("failed", "unanswered")
    assert state(away) == "unavailable"
    assert messages() == []
    assert AuditEvent.objects.filter(action="recall_failed", detail__why="unanswered").exists()


def test_withdrawn_and_unknown_are_told_apart(
    away: Study, pacs: ExternalArchive, ana: Viewer, now: dt.datetime
) -> None:
    shutil.rmtree(Path(pacs.url) / away.study_instance_uid)
    recall = ask(ana)
    work.run(recall.pk)
    assert ended(recall) == ("failed", "withdrawn")
    assert services.ask(viewer=ana, study_instance_uid=objects.STUDY) is None  # a click later changes nothing
    Copy.objects.all().delete()
    with clock.standing_at(now + HOUR):
        again = ask(ana)
        work.run(again.pk)
    assert ended(again) == ("failed", "unknown")


def test_a_part_is_not_the_whole(away: Study, pacs: ExternalArchive, ana: Viewer) -> None:
    lost = next(Path(pacs.url).glob("*/*/*"))
    lost.unlink()
    recall = ask(ana)
    work.run(recall.pk)
    with clock.standing_at(Recall.objects.get(pk=recall.pk).due_at):
        work.run(recall.pk)
    assert ended(recall) == ("failed", "incomplete")
    assert Instance.objects.filter(study=away, evicted=True).count() == 1


def test_staff_cancel(away: Study, ana: Viewer) -> None:
    recall = ask(ana)
    assert services.cancel(study=away, by="user:5")
    work.run(recall.pk)
    assert ended(recall) == ("failed", "cancelled")
    assert not services.cancel(study=away, by="user:5")


def test_a_second_archive_has_it(away: Study, pacs: ExternalArchive, ana: Viewer, tmp_path: Path) -> None:
    shutil.copytree(pacs.url, tmp_path / "second")
    shutil.rmtree(pacs.url)
    save_archive(
        archive=ExternalArchive(name="2", kind="folder", url=str(tmp_path / "second"), priority=20), by="t"
    )
    recall = ask(ana)
    work.run(recall.pk)
    assert ended(recall) == ("done", "")


def test_a_killed_worker_is_followed_by_another(
    away: Study, ana: Viewer, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall = ask(ana)
    taken = work._Try._take
    count = iter(range(100))

    def dies(self: work._Try, path: Path, sender: Sender) -> None:
        taken(self, path, sender)
        if next(count) == 2:
            raise KeyboardInterrupt  # as good as a kill: nothing is put in order

    monkeypatch.setattr(work._Try, "_take", dies)
    with pytest.raises(KeyboardInterrupt):
        work.run(recall.pk)
    assert 0 < Instance.objects.filter(study=away, evicted=True).count() < 6
    monkeypatch.undo()
    work.run(recall.pk)  # still claimed
    assert ended(recall)[0] == "running"
    with clock.standing_at(now + 2 * work.LEASE):
        work.run(recall.pk)
    assert ended(recall) == ("done", "")
    assert InboxItem.objects.filter(study=away, kind="other_content").count() == 0


def test_a_full_disk_waits(away: Study, ana: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, data: bytes) -> int:
        raise StorageError("disk full")

    monkeypatch.setattr("placa.domain.archive.storage.local.LocalWriter.write", full)
    recall = ask(ana)
    work.run(recall.pk)
    recall.refresh_from_db()
    assert (recall.state, recall.trouble) == ("waiting", "storage")


def rewritten(pacs: ExternalArchive, **elements: object) -> None:
    """The archive wrote its objects anew, as Orthanc does."""
    for path in Path(pacs.url).glob("*/*/*"):
        data = dcmread(path)
        data.RetrieveAETitle = "PACS"
        for keyword, value in elements.items():
            setattr(data, keyword, value)
        data.save_as(path, enforce_file_format=True)


def test_an_object_written_anew_is_no_conflict(away: Study, pacs: ExternalArchive, ana: Viewer) -> None:
    rewritten(pacs)
    version = away.metadata_version
    recall = ask(ana)
    work.run(recall.pk)
    assert ended(recall) == ("done", "")
    assert not InboxItem.objects.filter(study=away, kind="other_content").exists()
    away.refresh_from_db()
    assert away.metadata_version > version
    assert away.number_of_instances == InstanceMetadata.objects.filter(instance__study=away).count() == 6


def test_another_persons_object_does_not_take_its_place(
    away: Study, pacs: ExternalArchive, ana: Viewer, now: dt.datetime
) -> None:
    rewritten(pacs, PatientID="SOMEBODY-ELSE")
    recall = ask(ana)
    work.run(recall.pk)
    assert Instance.objects.filter(study=away, evicted=True).count() == 6
    assert InboxItem.objects.filter(study=away, kind="other_content").count() == 6
    assert state(away) != "online"
    with clock.standing_at(now + 5 * HOUR):  # it does not go on for ever
        work.run(recall.pk)
    assert ended(recall) == ("failed", "incomplete")


def test_a_stranger_cannot_replace_what_is_away(away: Study, ana: Viewer) -> None:
    ask(ana)
    other = objects.ct(2, SeriesInstanceUID=f"{objects.STUDY}.1", PixelData=bytes(32))
    (indexed,) = pipeline.process([objects.received(other)])
    assert indexed.outcome == "other_content"


def test_an_object_of_another_study_is_left(away: Study, pacs: ExternalArchive, ana: Viewer) -> None:
    folder = Path(pacs.url) / away.study_instance_uid / f"{objects.STUDY}.1"
    (folder / f"{objects.STUDY}.2.2").write_bytes(objects.part10(objects.ct(2, StudyInstanceUID="1.2.3.4.5")))
    work.run(ask(ana).pk)
    assert not Study.objects.filter(study_instance_uid="1.2.3.4.5").exists()
    assert state(away) == "recalling"


def test_the_sweep_takes_up_what_nobody_holds(
    away: Study, ana: Viewer, django_capture_on_commit_callbacks
) -> None:
    from placa.domain.jobs.services import run_waiting

    recall = ask(ana)  # its job is lost: nothing is committed in a test
    from placa.domain.jobs.models import JobKey

    JobKey.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        work.sweep()
    run_waiting()
    assert ended(recall) == ("done", "")


def test_what_came_late_ends_the_next_recall_at_once(away: Study, ana: Viewer, now: dt.datetime) -> None:
    recall = ask(ana)
    services.fail(recall, "unanswered")
    Instance.objects.filter(study=away).update(evicted=False)
    with clock.standing_at(now + HOUR):
        work.run(ask(ana).pk)
    assert state(away) == "online"


def order_for_ana(modality: str = "CT") -> int:
    from placa.domain.orders.services import create_order

    return create_order(patient=cast.patient("ana"), by="t", description="TC", modality=modality).pk


def test_earlier_studies_come_ahead_of_an_exam(away: Study) -> None:
    Study.objects.exclude(pk=away.pk).update(availability="online")
    assert prefetch.prefetch(order_for_ana()) == 0  # off by default
    change_setting(key="prefetch_studies", value=5, by="t")
    Study.objects.exclude(pk=away.pk).filter(patient=away.patient).update(exam_at=away.exam_at - 100 * HOUR)
    assert prefetch.prefetch(order_for_ana("MR")) == 0
    assert prefetch.prefetch(order_for_ana()) == 1
    recall = Recall.objects.get(study=away)
    work.run(recall.pk)
    assert ended(recall) == ("done", "")
    assert messages() == []


def test_the_order_itself_queues_the_prefetch(away: Study, django_capture_on_commit_callbacks) -> None:
    from placa.domain.jobs.models import JobKey

    order_for_ana()
    assert not JobKey.objects.filter(name="recall.prefetch").exists()
    change_setting(key="prefetch_studies", value=2, by="t")
    order_for_ana()
    assert JobKey.objects.filter(name="recall.prefetch").count() == 1


def test_file_and_row_agree_after_a_leftover(away: Study, ana: Viewer) -> None:
    """A crash left a file that the rows call evicted: the recall brings another, and the leftover is not served."""
    one = Instance.objects.filter(study=away)[0]
    path = storage().path(one.storage_key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    work.run(ask(ana).pk)
    one.refresh_from_db()
    assert storage().path(one.storage_key) != path
    assert state(away) == "online"


def test_a_recall_does_not_stand_in_line_behind_zips_and_evictions(
    away: Study, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=ana.user_id or 0).update(email="ana@correo.example", mobile="")
    recall = ask(ana)
    jobs.run("archive.remove_pictures", "")  # in a worker of short jobs nothing goes before it
    assert ended(recall) == ("waiting", "")
    monkeypatch.setattr(DatabaseBroker, "in_long_cluster", lambda self: True)
    jobs.run("archive.remove_pictures", "")
    assert ended(recall) == ("done", "")
    jobs.run("recall.run", "", recall.pk)  # its own turn comes later, and finds nothing to do
    assert messages() == [("mail", "ana@correo.example")]
