"""`/healthz` and `/readyz`: what a load balancer asks."""

import pytest
from django.test import Client

from placa.interfaces.api import health


def test_healthz_answers_without_a_database(client: Client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_passes_every_check(client: Client, settings):
    settings.ENVIRONMENT.home.mkdir(parents=True, exist_ok=True)
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "storage": "ok"}
    assert response["Cache-Control"].count("no-store") == 1


@pytest.mark.django_db
def test_readyz_names_the_check_that_fails(client: Client, monkeypatch):
    def broken() -> bool:
        raise OSError("/srv/secret/path")

    monkeypatch.setitem(health.CHECKS, "storage", broken)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["storage"] == "failed"
    assert b"secret" not in response.content


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client: Client, address: str):
    assert client.post(address).status_code == 405
