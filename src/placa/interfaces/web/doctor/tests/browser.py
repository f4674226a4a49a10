"""A browser that is signed in, and what it finds on a page of the worklists."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from placa.common import clock
from placa.demo import cast
from placa.demo.accounts import PASSWORD
from placa.domain.access.services import opened
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Setting, Text
from placa.domain.orders.models import ServiceRequest
from placa.domain.reports.models import DiagnosticReport, ReportVersion

KEY_OF = {plan.uid: key for key, plan in cast.STUDIES.items()}


def enter(name: str) -> Client:
    """Sign a person of the cast in by the form, no notice being published."""
    Text.objects.all().delete()
    client = Client()
    answer = client.post("/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def page(client: Client, url: str) -> str:
    """The body of a page that must be there."""
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def uids(body: str) -> list[str]:
    """StudyInstanceUIDs of the table's rows, in their order."""
    return re.findall(r'<tr [^>]*data-study="([^"]+)"', body)


def keys(body: str) -> set[str]:
    """The studies of the cast in the table."""
    return {KEY_OF[uid] for uid in uids(body)}


def plan(key: str) -> cast.StudyPlan:
    return cast.STUDIES[key]


def study(key: str) -> Study:
    return Study.objects.get(study_instance_uid=plan(key).uid)


def read(name: str, key: str) -> None:
    """Let a doctor read a report."""
    found = study(key)
    newest = ReportVersion.objects.filter(report__study=found).order_by("-number")[:1]
    opened(viewer_for(User.objects.get(username=name), "doctor"), found, "view_report", read=newest)


def choose(key: str, value: object) -> None:
    """Choose a setting of the institution."""
    Setting.objects.update_or_create(key=key, defaults={"value": value})
    institution.forget()


def copies(key: str, count: int) -> list[Study]:
    """`count` more studies like that of the cast, each with an order and a signed report."""
    made = []
    source = study(key)
    for number in range(count):
        assert source.order_id is not None
        order = ServiceRequest.objects.get(pk=source.order_id)
        order.pk, order._state.adding = None, True
        order.accession_number = f"B26-{number:06d}"
        order.public_id = new_id()
        order.save()
        row = study(key)
        row.pk, row._state.adding = None, True
        row.study_instance_uid, row.accession_number = f"1.2.826.{number}", order.accession_number
        row.public_id, row.order, row.exam_at = new_id(), order, clock.now()
        row.save()
        DiagnosticReport.objects.create(study=row, order=order, status="final", final_at=clock.now())
        made.append(row)
    return made


def new_id() -> uuid.UUID:
    return uuid.uuid4()


def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the institution be remembered between reads, as it is everywhere but in tests."""
    kept: dict[str, Any] = {}

    def remembered(name: str, load: Callable[[], Any]) -> Any:
        return kept[name] if name in kept else kept.setdefault(name, load())

    monkeypatch.setattr(institution, "_remembered", remembered)
