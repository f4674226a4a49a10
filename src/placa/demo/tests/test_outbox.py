"""/demo/outbox: in the demo, on this machine, and nowhere else."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from placa.demo import cast
from placa.domain.enrolment import services as enrolment
from placa.domain.notifications.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode="demo")


@pytest.fixture
def message() -> OutboxMessage:
    enrolment.enable_portal(cast.patient("nuria"), "user:1")
    return OutboxMessage.objects.get(template="welcome")


def places(message: OutboxMessage) -> list[str]:
    return ["/demo/outbox", f"/demo/outbox/{message.public_id}", f"/demo/outbox/{message.public_id}/html"]


def test_list_and_message_with_links(demo: None, message: OutboxMessage) -> None:
    listed, shown, html = (Client().get(place) for place in places(message))
    assert "nuria@correo.example" in listed.content.decode()
    assert 'href="http://127.0.0.1:8000/"' in shown.content.decode()
    assert "ncampos" in html.content.decode()
    assert '<base target="_top">' in html.content.decode()


def test_the_mail_is_framed_without_scripts(demo: None, message: OutboxMessage) -> None:
    answer = Client().get(places(message)[2])
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_not_outside_the_demo(message: OutboxMessage) -> None:
    assert [Client().get(place).status_code for place in places(message)] == [404, 404, 404]


def test_not_for_another_machine(demo: None, message: OutboxMessage) -> None:
    far = Client(REMOTE_ADDR="192.0.2.7")
    proxied = Client(headers={"X-Forwarded-For": "192.0.2.7"})
    for place in places(message):
        assert far.get(place).status_code == 404
        assert proxied.get(place).status_code == 404


def test_read_only(demo: None, message: OutboxMessage) -> None:
    assert [Client().post(place).status_code for place in places(message)] == [405, 405, 405]
