"""A permit of one second: under the same credentials, for the same study's images, and not a moment longer."""

import time
from typing import Any

import pytest
from django.test import Client

from placa.domain.accounts.models import AccessToken
from placa.domain.archive.models import Study
from placa.interfaces.dicomweb import permits, quick
from placa.interfaces.dicomweb.tests.world import (
    STUDIES,
    STUDY,
    asker,
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
    permits.forget()
    yield
    permits.forget()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that went the quick way."""
    found, whole = [], quick._answer

    def noted(request: Any, permit: Any, asked: Any) -> Any:
        found.append(request.path)
        return whole(request, permit, asked)

    monkeypatch.setattr(quick, "_answer", noted)
    return found


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
        for header in ("Content-Type", "ETag", "Cache-Control", "X-Content-Type-Options"):
            assert first[header] == second[header], header
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
    assert Client().get(address).status_code == 401
    assert Client(headers={"Authorization": "Bearer x"}).get(address).status_code == 401
    assert asker().get(address.replace("/dicomweb", "/s/x/dicomweb")).status_code == 404
    assert taken == []


def test_what_is_withdrawn_is_refused_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = asker(), f"{place(instance())}/frames/1"
    assert client.get(address).status_code == 200
    _withdraw()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1.01)
    assert client.get(address).status_code == 404
    assert permits.SECONDS <= 1.0


def test_a_dead_token_dies_with_its_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = asker(), f"{place(instance())}/frames/1"
    client.get(address)
    AccessToken.objects.all().delete()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1.01)
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
