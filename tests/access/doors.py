"""The four studies of `routes.py` with real files and reports, and a browser for everybody who asks."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from placa.common import clock
from placa.demo import cast
from placa.domain.access.viewers import roles_of, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.tasks import prepare
from placa.domain.institution.models import DicomPeer, ExternalArchive, Site
from placa.domain.intake.pipeline import process
from placa.domain.intake.tests.objects import ct, received
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization, Practitioner
from placa.domain.sharing.services import create_share
from placa.interfaces.web.account import session
from tests.access.routes import ASKERS
from tests.access.world import report

# number in routes.py -> patient, who ordered, who pays, how long ago
PLANS = {
    1: ("ana", "diaz", "quisqueya", dt.timedelta(days=3)),
    2: ("ana", "diaz", "quisqueya", dt.timedelta(hours=3)),
    3: ("ana", "diaz", "arl", dt.timedelta(days=3)),
    4: ("nuria", "egea", "", dt.timedelta(days=3)),
}


@dataclass
class Doors:
    """What addresses are made of, and who asks for them."""

    parts: dict[int, dict[str, str]] = field(default_factory=dict)  # of the four studies
    common: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    def address(self, pattern: str, study: int) -> str:
        """The address of a pattern for one of the four studies."""
        values = self.common | self.parts[study]
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], pattern)
        return "/" + path.lstrip("/")


def open_doors() -> Doors:
    """Receive the four studies as a modality sends them, and let everybody in."""
    Study.objects.all().delete()
    doors = Doors()
    for number, plan in PLANS.items():
        doors.parts[number] = _study(number, *plan)
    doors.clients = {name: _client(name) for name in ASKERS if name != "hugo"}
    _share(doors)
    order = ServiceRequest.objects.get(accession_number="DOOR-1")
    nobody = str(uuid.uuid4())
    pacs = ExternalArchive.objects.create(
        name="PACS", ae_title="PACS", host="10.0.0.9", port=104, enabled=False
    )
    device = DicomPeer.objects.create(name="CT", ae_title="CT1", address="10.0.0.8")
    doors.common |= {
        "device": str(device.pk),
        "patient": str(cast.patient("ana").public_id), "order": str(order.public_id), "identifier": "1",
        "digest": "0", "name": "home", "share": nobody, "part": nobody, "item": nobody, "link": nobody,
        "doctor": nobody, "message": nobody, "public_id": nobody, "frames": "1", "frame": "1",
        "number": "1", "pointer": "7FE00010", "mode": "viewer", "file": "no-such.js", "archive": str(pacs.public_id),
    }  # fmt: skip
    return doors


def _study(number: int, patient: str, doctor: str, payer: str, ago: dt.timedelta) -> dict[str, str]:
    person, at = cast.PATIENTS[patient], clock.now() - ago
    accession, root = f"DOOR-{number}", f"1.2.826.0.1.3680043.10.998.{number}"
    ServiceRequest.objects.create(
        accession_number=accession, patient=cast.patient(patient), description="TC", ordered_at=at,
        requester=Practitioner.objects.get(user__username=doctor), site=Site.objects.get(code="NORTE"),
        payer=Organization.objects.filter(identifier=payer).first() if payer else None,
    )  # fmt: skip
    sent = ct(
        1, StudyInstanceUID=root, SeriesInstanceUID=f"{root}.1", SOPInstanceUID=f"{root}.1.1",
        PatientID=person.patient_id, PatientName=f"{person.family_name}^{person.given_name}",
        PatientBirthDate=None, PatientSex=person.sex, AccessionNumber=accession,
    )  # fmt: skip
    process([received(sent)])
    study = Study.objects.get(study_instance_uid=root)
    # matched by number, made exclusive by its payer: what the four studies are for
    assert study.order is not None
    assert study.order.accession_number == accession
    assert (study.exclusive_to is not None) == (payer == "arl")
    Study.objects.filter(pk=study.pk).update(clock_start=at, exam_at=at)
    prepare(study.pk)
    made = report(study, "final", at)
    assert Instance.objects.filter(study=study, held=False).count() == 1
    return {
        "uid": root, "study": root, "series": f"{root}.1", "instance": f"{root}.1.1",
        "report": str(made.public_id),
    }  # fmt: skip


def _client(name: str) -> Client:
    """A browser in which `name` is signed in, in the first role; "anon" is nobody."""
    client = Client()
    if name == "anon":
        return client
    user = User.objects.get(username=name)
    client.force_login(user)
    at = clock.now().timestamp()
    kept = client.session
    kept.update({session.ROLE: roles_of(user)[0], session.SIGNED_IN_AT: at, session.SEEN_AT: at})
    kept.save()
    return client


def _share(doors: Doors) -> None:
    """Ana shares the first study; Hugo gives the PIN."""
    ana = viewer_for(User.objects.get(username="ana"), "patient")
    made = create_share(
        viewer=ana, study_uids=[doors.parts[1]["uid"]], recipients=["hugo@medicos.example"], days=30
    )
    token = made.keys[0].link.rpartition("/")[2]
    hugo = Client()
    assert hugo.post(f"/s/{token}", {"pin": made.keys[0].pin}).status_code == 302
    doors.clients["hugo"], doors.common["token"] = hugo, token


def every_pattern() -> set[str]:
    """Every pattern that the URL resolver knows, doors under a share's token included."""
    return {pattern or "/" for pattern in _walk(get_resolver().url_patterns, "")}


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        else:
            yield here
