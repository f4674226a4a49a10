"""The outbox: written with its cause, sent once, tried again, wiped."""

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.db import transaction

from placa.common import clock
from placa.domain.jobs.services import run_waiting
from placa.domain.notifications import delivery, selectors, services
from placa.domain.notifications.models import OutboxMessage
from placa.domain.notifications.rendering import Content
from placa.domain.notifications.transports import LaterError, NeverError, Smtp, SmtpAddress

pytestmark = pytest.mark.django_db
State = OutboxMessage.State


class Recorder:
    """A transport that keeps what it was given, or raises what it was told to."""

    def __init__(self, *troubles: Exception) -> None:
        self.sent: list[tuple[str, Content]] = []
        self.troubles = list(troubles)

    def send(self, *, to: str, content: Content, message_id: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((to, content))

    def close(self) -> None:
        pass


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(delivery, "for_channel", lambda channel: recorder)
    return recorder


def write(key: str = "one", to: str = "ana@correo.example", name: str = "Ana", **more: Any) -> OutboxMessage:
    context = {"user": {"first_name": name}, "link": "http://127.0.0.1/", "child": ""}
    message = services.send_mail(
        to=to, template="result", context=context, language=more.pop("language", "en"), recipient="user:1",
        dedupe_key=key, **more,
    )  # fmt: skip
    assert message is not None
    return message


def test_words_are_sealed_then_sent_and_wiped(transport: Recorder) -> None:
    message = write()
    assert "result" not in message.sealed
    delivery.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.sealed, message.attempts) == (State.SENT, "", 1)
    to, content = transport.sent[0]
    assert to == "ana@correo.example"
    assert content.subject == "You have a new result"
    assert "Hello Ana," in content.text
    assert 'lang="en"' in content.html


def test_the_demo_keeps_what_it_sent(transport: Recorder, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode="demo")
    message = write()
    delivery.deliver(message.pk)
    message.refresh_from_db()
    words = selectors.kept_words(message)
    assert words is not None
    assert "Hello Ana," in words.text


def test_same_cause_writes_once() -> None:
    write("same")
    context = {"user": {"first_name": "Ana"}, "link": "", "child": ""}
    again = services.send_mail(
        to="b@c.example", template="result", context=context, language="en", recipient="", dedupe_key="same"
    )
    assert again is None
    assert OutboxMessage.objects.filter(dedupe_key="same").count() == 1


def test_sent_once_though_the_job_runs_twice(transport: Recorder) -> None:
    message = write()
    delivery.deliver(message.pk)
    delivery.deliver(message.pk)
    assert delivery.deliver_due() == 0
    assert len(transport.sent) == 1


def test_rolled_back_with_its_cause() -> None:
    def cause() -> None:
        with transaction.atomic():
            write("gone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cause()
    assert not OutboxMessage.objects.filter(dedupe_key="gone").exists()


@pytest.mark.django_db(transaction=False)
def test_commit_queues_the_job(
    transport: Recorder, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        write()
    assert run_waiting() == 1
    assert len(transport.sent) == 1


def test_outage_is_waited_out(transport: Recorder) -> None:
    transport.troubles = [LaterError("ConnectionRefusedError", down=True)]
    with time_machine.travel(clock.now(), tick=False) as time:
        first, second = write("a"), write("b")
        assert delivery.deliver_due() == 1  # the second is not tried at a server that is away
        first.refresh_from_db()
        assert (first.state, first.last_error) == (State.WAITING, "ConnectionRefusedError")
        assert first.not_before == clock.now() + dt.timedelta(minutes=1)
        time.shift(dt.timedelta(minutes=2))
        assert delivery.deliver_due() == 2
    second.refresh_from_db()
    assert second.state == State.SENT


def test_gives_up_after_four_days_and_staff_can_retry(transport: Recorder) -> None:
    transport.troubles = [LaterError("timeout"), LaterError("timeout")]
    with time_machine.travel(clock.now(), tick=False) as time:
        message = write()
        delivery.deliver(message.pk)
        time.shift(dt.timedelta(days=4, minutes=1))
        delivery.deliver(message.pk)
        message.refresh_from_db()
        assert message.state == State.FAILED
        assert services.retry(message=message)
        assert not services.retry(message=message)
        delivery.deliver(message.pk)
    message.refresh_from_db()
    assert message.state == State.SENT


def test_refused_for_good_is_failed_and_kept(transport: Recorder) -> None:
    transport.troubles = [NeverError("550 no such user")]
    message = write()
    delivery.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.FAILED, "550 no such user")
    assert message.sealed


def test_a_dead_worker_costs_one_duplicate_at_most(transport: Recorder) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        message = write()
        held = delivery._claim(message.pk)  # and then the worker dies
        assert held is not None
        assert delivery.take_back_stuck() == 0
        time.shift(dt.timedelta(minutes=11))
        assert delivery.take_back_stuck() == 1
        delivery.deliver(message.pk)
        delivery._finish(held, state=State.WAITING)  # the dead one comes back: it holds nothing
    message.refresh_from_db()
    assert message.state == State.SENT
    assert len(transport.sent) == 1


def test_not_before_its_time(transport: Recorder) -> None:
    message = write(not_before=clock.now() + dt.timedelta(hours=1))
    delivery.deliver(message.pk)
    assert transport.sent == []


@pytest.mark.parametrize("to", ["a@b.example\nBcc: x@y.example", "a@b.example, c@d.example", "nobody", ""])
def test_only_one_address_is_taken(to: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail"):
        write(to=to)


def test_a_name_cannot_add_a_header(transport: Recorder) -> None:
    context = {"user": {"first_name": "A"}, "child": "Eva\r\nBcc: x@y.example\r\n", "link": ""}
    message = services.send_mail(
        to="a@b.example", template="result", context=context, language="en", recipient="", dedupe_key="h"
    )
    assert message is not None
    delivery.deliver(message.pk)
    assert transport.sent[0][1].subject == "Eva Bcc: x@y.example has a new result"


def test_names_are_text_in_html_and_plain_in_text(transport: Recorder) -> None:
    message = write(name="<b>Ana</b> & Co")
    delivery.deliver(message.pk)
    assert "Hello <b>Ana</b> & Co," in transport.sent[0][1].text
    assert "<b>Ana" not in transport.sent[0][1].html


def test_staff_see_no_secret() -> None:
    write()
    row = selectors.outbox().first()
    assert row is not None
    assert "sealed" in row.get_deferred_fields()
    assert selectors.masked("ana@correo.example") == "a…@correo.example"
    assert selectors.masked("+18095550111") == "…111"


# --- SMTP, against a server of our own --------------------------------------------------------------


class SmtpServer(threading.Thread):
    """Takes one connection and says yes to everything but `refuse`."""

    def __init__(self, refuse: str = "") -> None:
        super().__init__(daemon=True)
        self.refuse, self.lines = refuse, list[str]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self) -> None:
        peer, _ = self.listener.accept()
        with peer, peer.makefile("rb") as file:
            peer.sendall(b"220 here\r\n")
            body = False
            for raw in file:
                line = raw.decode().rstrip("\r\n")
                self.lines.append(line)
                if body:
                    body = line != "."
                    answer = b"" if body else b"250 taken\r\n"
                elif self.refuse and line.upper().startswith(self.refuse):
                    answer = b"550 no such user\r\n"
                elif line.upper() == "DATA":
                    body, answer = True, b"354 go\r\n"
                elif line.upper() == "QUIT":
                    peer.sendall(b"221 bye\r\n")
                    break
                else:
                    answer = b"250 ok\r\n"
                peer.sendall(answer)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    served = SmtpServer(getattr(request, "param", ""))
    served.start()
    yield served
    served.join(timeout=5)
    served.listener.close()


def test_smtp_sends_text_and_html(server: SmtpServer) -> None:
    smtp = Smtp(f"smtp://127.0.0.1:{server.port}?from=results@clinic.example")
    smtp.send(to="ana@correo.example", content=Content("Hola", "Señal", "<p>Hola</p>"), message_id="m1")
    smtp.close()
    server.join(timeout=5)
    text = "\n".join(server.lines)
    assert "rcpt to:<ana@correo.example>" in text.lower()
    assert "Message-ID: <m1@clinic.example>" in text
    assert "multipart/alternative" in text
    assert "Auto-Submitted: auto-generated" in text


@pytest.mark.parametrize("server", ["RCPT"], indirect=True)
def test_smtp_refusal_is_for_good(server: SmtpServer) -> None:
    smtp = Smtp(f"smtp://127.0.0.1:{server.port}")
    with pytest.raises(NeverError, match="550 no such user"):
        smtp.send(to="x@y.example", content=Content("a", "b", "c"), message_id="m2")
    smtp.close()


def test_smtp_server_away_is_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(LaterError) as trouble:
        Smtp(f"smtp://127.0.0.1:{port}").send(
            to="x@y.example", content=Content("a", "b", "c"), message_id="m"
        )
    assert trouble.value.down


def test_smtp_address() -> None:
    found = SmtpAddress.parse("smtp://us%40er:p%2Fw@mail.example?from=a@b.example")
    assert (found.user, found.password, found.port, found.tls) == ("us@er", "p/w", 587, "starttls")
    assert SmtpAddress.parse("smtps://mail.example").port == 465
    assert "p/w" not in repr(found)
