"""A browser at the door."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from placa.common import clock
from placa.demo.accounts import PASSWORD
from placa.domain.institution.models import Text
from placa.domain.institution.services import publish_text

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _door(db: None, settings: pytest.FixtureRequest) -> Iterator[None]:
    """The small portals of `portals.py`, no notice unless a test publishes one, and a clock that stands."""
    settings.ROOT_URLCONF = "placa.interfaces.web.account.tests.portals"  # type: ignore[attr-defined]
    Text.objects.all().delete()
    with time_machine.travel(clock.now(), tick=False):
        yield


@pytest.fixture
def enter() -> SignIn:
    """Signs a person of the cast in by the form; gives the browser."""

    def sign_in(name: str = "ana", password: str = PASSWORD, **more: object) -> Client:
        client = Client()
        answer = client.post("/", {"username": name, "password": password})
        assert answer.status_code == 302, answer.content.decode()
        return client

    return sign_in


@pytest.fixture
def published() -> int:
    """A notice in two languages; its version."""
    return publish_text(kind="notice", bodies={"es": "Aviso uno.\n\nDos.", "en": "Notice one."})
