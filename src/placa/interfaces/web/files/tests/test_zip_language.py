"""What people read in a ZIP is in the language of the person who takes it along."""

import io
import zipfile

import pytest
from django.test import Client

from placa.domain.accounts import bearer
from placa.domain.accounts.models import User
from placa.domain.downloads import package
from placa.domain.downloads.tests import world
from placa.domain.institution.models import Text
from placa.interfaces.web.files.tests.test_zip import URL, body, browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    Text.objects.all().delete()
    monkeypatch.setattr(package, "WAIT_SECONDS", 120.0)


@pytest.mark.parametrize(
    ("by_token", "asked", "title"),
    [(False, "es", "COME APRIRE"), (True, "", "COME APRIRE"), (True, "en", "HOW TO OPEN IT")],
)
def test_the_pages_inside_speak_the_language_of_who_downloads(by_token: bool, asked: str, title: str) -> None:
    world.slices(1)
    User.objects.filter(username="ana").update(language="it")
    client = browser("ana")
    headers = {"Accept-Language": asked} if asked else {}
    if by_token:
        token = bearer.issue_token(user=User.objects.get(username="ana"), role="patient")
        client, headers = Client(), {**headers, "Authorization": f"Bearer {token}"}
    inside = zipfile.ZipFile(io.BytesIO(body(client.get(URL, headers=headers))))
    assert title in inside.read("README.TXT").decode("utf-8-sig")
    assert f'lang="{"en" if asked == "en" else "it"}"' in inside.read("INDEX.HTM").decode()
