"""A permit of one second: under the same credentials, for the same study's images, and not a moment longer."""

import threading
from collections.abc import Iterable
from typing import Any, cast

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client

from placa.domain.accounts.models import AccessToken
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.services import recount
from placa.domain.archive.storage import storage
from placa.interfaces.dicomweb import at_hand, permits, quick
from placa.interfaces.dicomweb.tests import world
from placa.interfaces.dicomweb.tests.test_damaged import flip
from placa.interfaces.dicomweb.tests.world import (
    CT,
    STUDIES,
    STUDY,
    body,
    instance,
    packaged,
    parts,
    place,
    said,
)


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(permits, "enabled", lambda: True)
    monkeypatch.setattr(permits, "now", lambda: 1000.0)  # however slow the machine is
    monkeypatch.setattr(
        quick, "close_old_connections", lambda: None
    )  # it is the test's, as in Django's client
    permits.forget()
    at_hand._kept.clear()
    yield
    permits.forget()
    at_hand._kept.clear()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that went the quick way."""
    found, whole = [], quick._answer

    def noted(request: Any, permit: Any, asked: Any) -> Any:
        found.append(request.path)
        return whole(request, permit, asked)

    monkeypatch.setattr(quick, "_answer", noted)
    return found


def asker(username: str = "diaz") -> Client:
    """A program that asks at the door before Django."""
    return at_the_door(world.asker(username))


def at_the_door(client: Client) -> Client:
    django: Any = client.handler

    def handler(environ: dict[str, Any]) -> Any:
        said: list[tuple[str, str]] = []

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            whole: Iterable[bytes] = django(environ)
            return whole

        # an answer that the door gives up closes: the connection is the test's, as in Django's client
        request_finished.disconnect(close_old_connections)
        answer: Any = quick.QuickDoor(application)(environ, lambda status, headers: said.extend(headers))
        request_finished.connect(close_old_connections)
        for name, value in said:
            answer[name] = value
        answer.wsgi_request = WSGIRequest(environ)
        return answer

    cast(Any, client).handler = handler
    return client


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let so much time go by."""
    at = permits.now() + seconds
    monkeypatch.setattr(permits, "now", lambda: at)


def _withdraw() -> None:
    Study.objects.update(hidden_by_patient=True)  # binds doctors


def test_the_second_answer_is_the_first_one(taken: list[str]) -> None:
    client, here = asker(), place(instance())
    for address in (f"{here}/frames/1", f"{here}/rendered", f"{here}/frames/1/rendered", f"{STUDY}/metadata"):
        permits.forget()
        first, second = client.get(address), client.get(address)
        assert taken.pop() == address
        assert (first.status_code, second.status_code) == (200, 200)
        assert body(first) == body(second)
        policy = second["Content-Security-Policy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"
        other = ("Content-Security-Policy", "Content-Language")
        said = [{name: said for name, said in one.items() if name not in other} for one in (first, second)]
        assert said[0].pop("Vary").startswith(said[1].pop("Vary"))
        assert said[0] == said[1]
        assert client.get(address, headers={"Accept": "text/csv"}).status_code == 406
        assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_permit_opens_the_whole_study_s_images_and_no_more(taken: list[str]) -> None:
    client = asker()
    client.get(f"{place(instance())}/frames/1")
    assert client.get(f"{place(instance(1, 2))}/frames/1").status_code == 200
    assert len(taken) == 1
    for address in (STUDY, STUDIES, place(instance()), f"{place(instance())}/bulkdata/7FE00010"):
        client.get(address)
    assert len(taken) == 1


def test_nobody_else_comes_in_by_it(taken: list[str]) -> None:
    address = f"{place(instance())}/frames/1"
    assert asker().get(address).status_code == 200
    assert asker("carla").get(address).status_code == 404
    assert at_the_door(Client()).get(address).status_code == 401
    stranger = at_the_door(Client(headers={"Authorization": "Bearer x"}))
    assert stranger.get(address).status_code == 401
    assert asker().get(address.replace("/dicomweb", "/s/x/dicomweb")).status_code == 404
    assert taken == []


def test_what_is_withdrawn_is_refused_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = asker(), f"{place(instance())}/frames/1"
    assert client.get(address).status_code == 200
    _withdraw()
    later(monkeypatch, 1.01)
    assert client.get(address).status_code == 404
    assert permits.SECONDS <= 1.0


def test_a_dead_token_dies_with_its_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = asker(), f"{place(instance())}/frames/1"
    client.get(address)
    AccessToken.objects.all().delete()
    later(monkeypatch, 1.01)
    assert client.get(address).status_code == 401


def test_documents_go_the_whole_way() -> None:
    found = packaged("reportsi.dcm", Modality="SR")
    client = asker()
    client.get(f"{place(instance())}/frames/1")
    assert client.get(f"{place(found)}/rendered").status_code == 200
    _withdraw()
    assert client.get(f"{place(found)}/rendered").status_code == 404


def test_permits_are_few() -> None:
    for _ in range(permits.PERMITS + 5):
        asker().get(f"{STUDY}/metadata")
    assert len(permits._permits) == permits.PERMITS


def test_what_is_not_there_is_404_all_the_same() -> None:
    client = asker()
    client.get(f"{STUDY}/metadata")
    assert client.get(f"{place(instance())}/frames/9").status_code == 404
    assert client.get(f"{STUDY}/series/1.2/instances/1.3/frames/1").status_code == 404
    assert len(said(client.get(f"{STUDY}/metadata"))) == 3
    assert parts(client.get(f"{place(instance())}/frames/1"))


def test_one_request_asks_the_rules_again_before_the_second_is_over(
    taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, here = asker(), place(instance())
    client.get(f"{here}/frames/1")
    (permit,) = permits._permits.values()
    later(monkeypatch, permits.RENEWED_AFTER + 0.1)
    assert permit.is_to_be_renewed()  # somebody else is on the whole way
    assert client.get(f"{here}/frames/1").status_code == 200
    assert len(taken) == 1
    permits.forget()
    client.get(f"{here}/frames/1")
    later(monkeypatch, permits.RENEWED_AFTER + 0.1)
    assert client.get(f"{here}/frames/1").status_code == 200
    assert len(taken) == 1
    (renewed,) = permits._permits.values()
    assert not renewed.is_to_be_renewed()


def test_a_refusal_at_the_renewal_ends_the_permit_for_all(
    taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = asker(), f"{place(instance())}/frames/1"
    client.get(address)
    _withdraw()
    later(monkeypatch, permits.RENEWED_AFTER + 0.1)
    assert [client.get(address).status_code for _ in range(2)] == [404, 404]
    assert taken == []


def test_a_renewal_brings_the_rows_for_those_who_follow(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    client = asker()
    client.get(f"{place(instance())}/frames/1")
    later(monkeypatch, permits.RENEWED_AFTER + 0.1)
    client.get(f"{place(instance())}/frames/1")
    there = place(instance(1, 2))
    with django_assert_num_queries(0):
        assert client.get(f"{there}/frames/1").status_code == 200


KEY = ("Bearer x", "", "", CT)


def _second_asker(answers: list[permits.Permit | None]) -> threading.Thread:
    assert permits.found(KEY) is None  # the first one goes the whole way
    thread = threading.Thread(target=lambda: answers.append(permits.found(KEY)))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    return thread


def test_whoever_asks_at_once_waits_for_the_first_one_s_permit() -> None:
    answers: list[permits.Permit | None] = []
    second = _second_asker(answers)
    first = permits.Permit(permits.now(), cast(Any, None))
    permits._permits[KEY] = first
    permits.rules_asked(KEY, permits.now())
    second.join(5)
    assert answers == [first]


def test_a_refusal_of_the_first_one_lets_the_others_ask_themselves() -> None:
    answers: list[permits.Permit | None] = []
    second = _second_asker(answers)
    permits.rules_asked(KEY, permits.now())
    second.join(5)
    assert answers == [None]
    assert permits._asking == {}


def test_the_door_speaks_wsgi() -> None:
    client, address = asker(), f"{place(instance())}/frames/1"
    first = client.get(address)
    said: list[Any] = []
    environ = first.wsgi_request.environ
    door = quick.QuickDoor(lambda environ, start_response: pytest.fail("it went the whole way"))
    answer = list(door(environ, lambda *words: said.extend(words)))
    status, headers = said
    assert status == "200 OK"
    assert dict(headers)["Content-Length"] == str(sum(map(len, answer)))
    assert b"".join(answer) == body(first)


# --- at once: without a parser, from a permit that nobody need ask for


def _refused(environ: Any, start_response: Any) -> Any:
    pytest.fail("it went the whole way")


def at_once(environ: dict[str, Any]) -> quick.Said | None:
    return quick.QuickDoor(_refused).at_once(environ)


def test_at_once_is_the_answer_of_the_door() -> None:
    client, here = asker(), place(instance())
    for address in (f"{here}/frames/1", f"{here}/rendered", f"{STUDY}/metadata"):
        environ = client.get(address).wsgi_request.environ
        said: list[Any] = []
        answer = quick.QuickDoor(_refused)(environ, lambda *words, said=said: said.extend(words))
        found = at_once(environ)
        assert found
        assert [found[0], found[1]] == said
        assert list(found[2]) == list(answer)


def test_at_once_is_for_who_has_the_permit_and_while_it_is_young(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = asker().get(f"{place(instance())}/frames/1").wsgi_request.environ
    assert at_once(environ)
    assert at_once(environ | {"HTTP_AUTHORIZATION": "Bearer x"}) is None
    assert at_once(environ | {"HTTP_COOKIE": "placa=x"}) is None
    assert at_once(environ | {"PATH_INFO": f"/s/x{environ['PATH_INFO']}"}) is None
    assert at_once(environ | {"REQUEST_METHOD": "POST"}) is None
    assert at_once(environ | {"PATH_INFO": STUDY}) is None
    assert at_once(environ | {"HTTP_IF_NONE_MATCH": "*"}) is None  # 304: gunicorn knows how it ends
    (permit,) = permits._permits.values()
    later(monkeypatch, permits.RENEWED_AFTER + 0.1)
    assert at_once(environ) is None  # one request has to ask the rules,
    assert permit.is_to_be_renewed()
    assert at_once(environ)  # the others go on
    later(monkeypatch, 0.3)
    assert at_once(environ) is None


def test_at_once_gives_no_document() -> None:
    found = packaged("reportsi.dcm", Modality="SR")
    environ = asker().get(f"{place(instance())}/frames/1").wsgi_request.environ
    assert at_once(environ | {"PATH_INFO": f"{place(found)}/rendered"}) is None


# --- rows that are kept longer than a permit


def _known(address: str) -> Client:
    """Somebody for whom the rows around `address` are at hand."""
    client = asker()
    assert [client.get(address).status_code for _ in range(2)] == [200, 200]
    assert at_hand._kept
    return client


def test_rows_outlive_the_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    here = place(instance())
    _known(f"{here}/frames/1")
    monkeypatch.setattr(at_hand, "bring", lambda *_: pytest.fail("they were read anew"))
    permits.forget()
    client = asker()
    assert [client.get(f"{here}/frames/1").status_code for _ in range(2)] == [200, 200]


def test_whoever_may_not_see_the_study_gets_nothing_by_them() -> None:
    address = f"{place(instance())}/frames/1"
    _known(address)
    stranger = asker("carla")
    assert [stranger.get(address).status_code for _ in range(2)] == [404, 404]


def test_what_was_held_since_is_not_served() -> None:
    address = f"{place(instance(1, 2))}/frames/1"
    client = _known(address)
    Instance.objects.filter(pk=instance(1, 2).pk).update(held=True)
    recount(Study.objects.get(study_instance_uid=CT))
    permits.forget()  # a second later
    client.get(f"{place(instance())}/frames/1")
    assert client.get(address).status_code == 404


def test_a_picture_of_a_file_that_was_found_damaged_is_not_shown() -> None:
    address = f"{place(instance(1, 2))}/rendered"
    client = _known(address)
    Instance.objects.filter(pk=instance(1, 2).pk).update(damage="crc")
    flip(instance(1, 2))
    permits.forget()
    client.get(f"{place(instance())}/frames/1")
    assert client.get(address).status_code == 503


def test_a_file_that_is_damaged_now_is_not_served() -> None:
    address = f"{place(instance(1, 2))}/frames/1"
    client = _known(address)
    flip(instance(1, 2))
    assert client.get(address).status_code == 503


def test_a_file_that_lies_elsewhere_is_found_there(taken: list[str]) -> None:
    address = f"{place(instance())}/frames/1"
    client = _known(address)
    found = instance()
    path = storage().path(found.storage_key)
    moved = path.with_name(f"{'0' * 32}.dcm")
    path.rename(moved)
    Instance.objects.filter(pk=found.pk).update(
        storage_key=found.storage_key.rpartition("/")[0] + f"/{moved.name}"
    )
    assert client.get(address).status_code == 200  # the whole way
    before = len(taken)
    assert client.get(address).status_code == 200
    assert len(taken) == before + 1


def test_rows_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_hand, "MOST", 3)
    found = packaged("CT_small.dcm")
    _known(f"{place(found)}/frames/1")
    assert [key[1] for key in at_hand._kept] == [f"{CT}.7"]
    _known(f"{place(instance())}/frames/1")  # of a series of three
    assert not any(f"{CT}.7" in key for key in at_hand._kept)
