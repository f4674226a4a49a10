"""The gallery shows every component and page, in the demo only."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from placa.interfaces.web.ui import views

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_mode(settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode="demo")


def test_outside_the_demo_it_does_not_exist(client: Client) -> None:
    assert client.get("/demo/ui").status_code == 404
    assert client.get("/demo/ui/sign-in").status_code == 404


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("theme", views.THEMES)
def test_gallery_in_each_theme(client: Client, theme: str) -> None:
    answer = client.get("/demo/ui", {"theme": theme})
    assert answer.status_code == 200
    assert f'data-theme="{theme}"' in answer.text.split("<head>")[0]
    assert "p-study--big" in answer.text


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("name", [*views.PAGES, *views.ERRORS])
def test_sample_pages(client: Client, name: str) -> None:
    answer = client.get(f"/demo/ui/{name}")
    assert answer.status_code == 200
    assert "Clínica Alborada" in answer.text
    assert "{{" not in answer.text
    assert "<c-" not in answer.text


@pytest.mark.usefixtures("demo_mode")
def test_unknown_page_and_theme(client: Client) -> None:
    assert client.get("/demo/ui/nothing").status_code == 404
    assert client.get("/demo/ui", {"theme": "nothing"}).status_code == 404


def test_a_missing_page_is_told_in_our_look(client: Client) -> None:
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert 'class="p-card p-card--raise' in answer.text
