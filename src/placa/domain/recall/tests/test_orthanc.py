"""Against a real Orthanc, over C-GET and over DICOMweb: away and back; killed in the middle, started again."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from placa.common import clock
from placa.domain.access.images import file_path
from placa.domain.access.viewers import Viewer
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.records import Sender
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import ExternalArchive
from placa.domain.institution.services import save_archive
from placa.domain.intake import pipeline
from placa.domain.intake.models import InboxItem
from placa.domain.intake.tests import objects
from placa.domain.notifications.models import OutboxMessage
from placa.domain.recall import copies, eviction, services, work
from placa.domain.recall.models import Copy, Recall
from placa.standards.dicom.peers.content import content_digest
from placa.standards.dicom.peers.tests.orthanc import Orthanc, orthanc

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]


@pytest.fixture(autouse=True)
def sockets_of_pynetdicom() -> Iterator[None]:
    """Collected here, where the mark forgives them, and not in whichever test comes next."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(Path(tmp_path_factory.mktemp("orthanc"))) as running:
        yield running


@pytest.fixture(params=["dimse", "dicomweb"])
def external(request: pytest.FixtureRequest, server: Orthanc, study: Study) -> ExternalArchive:
    """The archive as staff would enter it, empty."""
    for one in server.rest("/studies"):
        server.rest(f"/studies/{one}", "DELETE")
    if request.param == "dimse":
        row = ExternalArchive(
            name="O",
            kind="dimse",
            ae_title=server.aet,
            host="127.0.0.1",
            port=server.dicom_port,
            answer_seconds=10,
        )
    else:
        row = ExternalArchive(
            name="O", kind="dicomweb", url=server.dicomweb, host="127.0.0.1", answer_seconds=10
        )
    return save_archive(archive=row, by="t")


def run_when_due(recall: Recall) -> str:
    recall.refresh_from_db()
    with clock.standing_at(max(recall.due_at, clock.now())):
        work.run(recall.pk)
    recall.refresh_from_db()
    return recall.state


@pytest.mark.usefixtures("now")
def test_evicted_and_recalled(study: Study, external: ExternalArchive, server: Orthanc, ana: Viewer) -> None:
    said = {
        one.sop_instance_uid: content_digest(file_path(one)) for one in Instance.objects.filter(study=study)
    }
    eviction.keep_and_evict(study.pk)
    study.refresh_from_db()
    assert study.availability == "offline"
    assert Copy.objects.get(study=study).proof == "content"
    assert len(server.rest("/instances")) == 6
    recall = services.ask(viewer=ana, study_instance_uid=objects.STUDY)
    assert recall is not None
    assert run_when_due(recall) == "done"
    study.refresh_from_db()
    assert study.availability == "online"
    back = {
        one.sop_instance_uid: content_digest(file_path(one)) for one in Instance.objects.filter(study=study)
    }
    assert back == said
    assert not InboxItem.objects.filter(study=study, kind="other_content").exists()


@pytest.mark.usefixtures("now")
def test_killed_in_the_middle_and_started_again(
    study: Study, external: ExternalArchive, server: Orthanc, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [objects.ct(n, Rows=512, Columns=512, PixelData=bytes(524_288)) for n in range(10, 40)]
    pipeline.process([objects.received(one) for one in more])
    with clock.standing_at(clock.now() + 3 * eviction.IN_USE):
        copies.keep(study)
        eviction.evict(study)
        User.objects.filter(pk=ana.user_id or 0).update(email="ana@correo.example")
        recall = services.ask(viewer=ana, study_instance_uid=objects.STUDY)
        assert recall is not None
        taken, count = work._Try._take, iter(range(1000))

        def kills(self: work._Try, path: Path, sender: Sender) -> None:
            taken(self, path, sender)
            if next(count) == 17:
                server.kill()

        monkeypatch.setattr(work._Try, "_take", kills)
        monkeypatch.setattr(work, "BATCH", 4)
        assert run_when_due(recall) == "waiting"
        monkeypatch.setattr(work._Try, "_take", taken)
        left = Instance.objects.filter(study=study, evicted=True).count()
        assert 0 < left < 36
        assert run_when_due(recall) == "waiting"  # it is still away
        server.start()
        assert run_when_due(recall) == "done"
    study.refresh_from_db()
    assert study.availability == "online"
    assert all(file_path(one).is_file() for one in Instance.objects.filter(study=study))
    assert OutboxMessage.objects.filter(template="recall_ready", channel="mail").count() == 1
    assert AuditEvent.objects.filter(action="recalled").count() == 1
