"""The institution's accent: where it is readable it is worn, where not the theme keeps its own."""

from pathlib import Path

import pytest
from django.test import Client

from placa.common import colours
from placa.domain.institution import accent as accents
from placa.domain.institution.models import Institution
from placa.domain.institution.services import set_accent
from placa.interfaces.web.ui import accent

CSS = Path(accent.__file__).parent / "static" / "ui" / "css"
BOTH = {"light", "dark"}


@pytest.mark.parametrize(
    ("colour", "schemes"),
    [("#126ed5", BOTH), ("#8a1538", BOTH), ("#06827f", BOTH), ("#000000", {"light", "dark"}),
     ("#ffd400", {"dark"}), ("#ffffff", {"dark"}), ("#7eb2f8", {"dark"})],
)  # fmt: skip
def test_contrast_decides_in_which_scheme_it_is_worn(colour: str, schemes: set[str]) -> None:
    assert set(accents.roles(colour)) == schemes


@pytest.mark.parametrize("hue", range(0, 360, 15))
@pytest.mark.parametrize("lightness", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_whatever_is_worn_can_be_read(hue: int, lightness: float) -> None:
    colour = colours.of_oklch(lightness, 0.2, hue * 3.14159 / 180)
    for scheme, drawn in accents.roles(colour).items():
        on, surface = ("#ffffff", "#ffffff") if scheme == "light" else ("#071425", "#141a22")
        assert colours.contrast(on, drawn["accent"]) >= 4.5
        assert colours.contrast(drawn["accent-ink"], surface) >= 4.5
        assert colours.contrast(drawn["accent-soft-ink"], drawn["accent-soft-2"]) >= 4.5


def test_the_themes_own_blue_comes_out_as_the_theme_has_it() -> None:
    drawn = accents.roles("#126ed5")
    for scheme in ("light", "dark"):
        css = (CSS / f"themes-{scheme}.css").read_text()
        own = {line.strip().rstrip(";") for line in css.partition("}")[0].splitlines()}
        for role, colour in drawn[scheme].items():
            (theirs,) = (line.split(": ")[1] for line in own if line.startswith(f"--{role}: "))
            assert colours.contrast(colour, theirs) < 1.06, (scheme, role, colour, theirs)


@pytest.mark.parametrize("text", ["red", "#12345", "#12345g", "#126ed5;} body{display:none", "rgb(0,0,0)"])
@pytest.mark.django_db
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        set_accent(accent=text)
    assert Institution.objects.get().accent == ""


@pytest.mark.django_db
def test_the_sign_in_wears_it_and_without_one_asks_for_nothing() -> None:
    client = Client()
    assert "/brand/accent-" not in client.get("/").content.decode()
    assert client.get("/brand/accent-x.css").status_code == 404
    assert set_accent(accent=" #8A1538 ") == BOTH
    page = client.get("/").content.decode()
    address = page.partition('href="/brand/')[2].partition('"')[0]
    answer = client.get(f"/brand/{address}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "--accent: #8a1538;" in answer.content.decode()
    assert "immutable" in answer["Cache-Control"]
    assert set_accent(accent="#ffd400") == {"dark"}
    assert address not in client.get("/").content.decode()
    Institution.objects.update(accent="red;}p{")  # past the service
    assert "/brand/accent-" not in client.get("/").content.decode()
    assert set_accent(accent="") == frozenset()
    assert "/brand/accent-" not in client.get("/").content.decode()
