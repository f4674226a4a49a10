"""The home: what waits, figures that are counted, lights that ask."""

import datetime as dt
import socket

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import override

from placa.common import clock
from placa.demo import cast
from placa.domain.access.viewers import viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, Series, Study
from placa.domain.audit import services as audit
from placa.domain.enrolment import figures
from placa.domain.intake.models import ScrubMark
from placa.domain.jobs.selectors import queue
from placa.domain.notifications import services as notifications
from placa.domain.notifications.models import OutboxMessage
from placa.interfaces.web.staff import health
from placa.interfaces.web.staff.messages import trouble_words

pytestmark = pytest.mark.django_db


def test_what_waits_for_the_super_user(jefe, stranger):
    todos = {todo.url: todo.count for todo in jefe.get(reverse("staff:home")).context["todos"]}
    assert todos == {
        reverse("staff:inbox"): 1,
        reverse("staff:orders") + "?status=urgent": 0,
        reverse("staff:approvals"): 1,
        reverse("staff:messages") + "?state=failed": 0,
    }


def test_only_what_one_may_do_waits(ines, stranger):
    todos = ines.get(reverse("staff:home")).context["todos"]
    assert [todo.url for todo in todos] == [reverse("staff:orders") + "?status=urgent"]


def test_figures_are_counted_within_sight(db):
    ines, jefe = (viewer_for(User.objects.get(username=name), "staff") for name in ("ines", "jefe"))
    Study.objects.update(first_received_at=clock.now())
    assert figures.week(jefe).received.today == len(cast.STUDIES)
    assert figures.week(ines).received.today == 7
    ana = User.objects.get(username="ana")
    for _twice in range(2):
        audit.record(
            action="view_images", actor=f"user:{ana.pk}", role="patient", study_uid=cast.STUDIES["ana_cr"].uid
        )
    assert (figures.week(jefe).opened.today, figures.week(ines).opened.today) == (1, 0)


def test_the_listeners_light_asks_the_port():
    assert health._listener().ok is False
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", settings.ENVIRONMENT.dicom_port))
        server.listen()
        assert health._listener().ok is True


def test_workers_that_never_started_are_not_working(db):
    assert queue().working is False


def test_what_happened_is_within_sight(ines, jefe):
    audit.record(action="hold", actor="user:1", study_uid=cast.STUDIES["carla_wc"].uid)
    assert ines.get(reverse("staff:home")).context["happened"] == []
    assert len(jefe.get(reverse("staff:home")).context["happened"]) == 1


def failed_mail() -> OutboxMessage:
    message = notifications.send_mail(
        to="lost@correo.example", template="welcome", language="es", recipient="user:1", dedupe_key="x",
        context={
            "user": User.objects.first(), "password": "Secreto-123", "link": "http://x/", "role": "patient",
            "hours": 72, "until": clock.now(),
        },
    )  # fmt: skip
    assert message is not None
    OutboxMessage.objects.filter(pk=message.pk).update(state="failed", last_error="550 no such user")
    return message


def test_a_failed_message_is_tried_again(jefe):
    message = failed_mail()
    page = jefe.get(reverse("staff:messages")).content.decode()
    assert "550 no such user" in page
    assert "lost@correo.example" not in page
    assert "l…@correo.example" in page
    assert "Secreto-123" not in page
    jefe.post(reverse("staff:message_retry", args=[message.public_id]))
    message.refresh_from_db()
    assert message.state == "waiting"
    jefe.post(reverse("staff:message_retry", args=[message.public_id]))
    message.refresh_from_db()
    assert message.state == "waiting"


def test_a_doctor_is_enabled(jefe):
    faro = User.objects.get(username="faro").practitioner
    jefe.post(reverse("staff:doctor_enable", args=[faro.public_id]))
    faro.refresh_from_db()
    assert faro.state == "enabled"
    assert jefe.post(reverse("staff:doctor_enable", args=[faro.public_id])).status_code == 404


def test_a_doctor_is_refused_with_a_reason(jefe):
    faro = User.objects.get(username="faro").practitioner
    url = reverse("staff:doctor_refuse", args=[faro.public_id])
    assert jefe.post(url, {"reason": "  "}).status_code == 422
    faro.refresh_from_db()
    assert faro.state == "waiting"
    jefe.post(url, {"reason": "La matrícula no existe."})
    faro.refresh_from_db()
    assert (faro.state, faro.state_reason) == ("refused", "La matrícula no existe.")


@pytest.mark.django_db
def test_the_light_of_the_files_says_what_is_damaged_and_when_all_were_seen():
    assert health._files().ok is True
    ScrubMark.objects.create(pk=1, began_at=clock.now(), finished_at=clock.now())
    assert "checked" in health._files().text or "comprob" in health._files().text
    study = Study.objects.get(study_instance_uid=cast.STUDIES["ana_ct"].uid)
    series = Series.objects.create(study=study, series_instance_uid="1.2.3", modality="CT")
    Instance.objects.create(
        study=study, series=series, sop_instance_uid="1.2.3.4", sop_class_uid="1.2", transfer_syntax_uid="1.2",
        kind="image", storage_key="none", bytes=1, crc32=1, digest="", received_at=clock.now(), damage="crc",
    )  # fmt: skip
    light = health._files()
    assert (light.ok, light.text[:2]) == (False, "1 ")


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "Miércoles 25 de noviembre de 2026"), ("it", "Mercoledì 25 novembre 2026"),
     ("pt", "Quarta-feira, 25 de novembro de 2026")],
)  # fmt: skip
def test_today_is_said_as_the_language_says_it(sign_in, language: str, said: str) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 25, 15, tzinfo=dt.UTC), tick=False):
        client = sign_in("jefe")
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        User.objects.filter(username="jefe").update(language=language)
        assert client.get("/staff/").context["day"] == said


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("PLACA_EMAIL_URL is not set", "No server is set up for it."),
        ("TimeoutError", "The server does not answer."),
        ("550 no such user", "The server refuses it: 550 no such user"),
        ("HTTP 503", "The server could not take it: HTTP 503"),
        ("", ""),
    ],
)
def test_why_a_mail_did_not_go_out_is_said_in_words(jefe, noted, said):
    with override("en"):
        assert trouble_words(noted) == said
    message = failed_mail()
    OutboxMessage.objects.filter(pk=message.pk).update(last_error=noted)
    body = jefe.get(reverse("staff:messages")).content.decode()
    assert escape(trouble_words(noted)) in body
