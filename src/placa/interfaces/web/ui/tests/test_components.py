"""Components say what they are given, escaped, with the words that a screen reader needs."""

import datetime as dt
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from placa.interfaces.web.ui import markup
from placa.interfaces.web.ui.rows import Chip, Fact, MenuItem, Opener, Person, StudyRow
from placa.interfaces.web.ui.templatetags import ui

pytestmark = pytest.mark.django_db
EVIL = '"><script>alert(1)</script>'


def draw(source: str, **context: Any) -> str:
    from django_cotton.compiler_regex import CottonCompiler

    compiled = CottonCompiler().process(source)
    request = RequestFactory().get("/here")
    with translation.override("en"):
        return Template("{% load cotton ui %}" + compiled).render(Context({"request": request, **context}))


def test_nothing_that_a_row_is_given_becomes_markup() -> None:
    row = StudyRow(
        title=EVIL, url=EVIL, where=EVIL, who=EVIL, thumbnail=EVIL, chips=[Chip("ok", "pen", EVIL, EVIL)], why=EVIL,
        why_link=(EVIL, EVIL), images=Opener(EVIL), report=Opener(why=EVIL), share_url=EVIL,
        menu=[MenuItem(EVIL, url=EVIL), MenuItem(EVIL, dialog=EVIL), MenuItem(EVIL, url=EVIL, post=True)], is_new=True,
    )  # fmt: skip
    drawn = draw('<c-study-row :row="row" />', row=row, csrf_token=EVIL)
    assert "<script" not in drawn
    assert drawn.count("&lt;script&gt;") >= 15


@pytest.mark.parametrize(
    "source",
    [
        '<c-chip kind="ok" text="{{ evil }}" title="{{ evil }}" />',
        '<c-page-head title="{{ evil }}" text="{{ evil }}" />',
        '<c-card title="{{ evil }}" href="{{ evil }}" action="{{ evil }}">{{ evil }}</c-card>',
        '<c-menu label="{{ evil }}" text="{{ evil }}" :items="items" />',
        '<c-facts :facts="facts" />',
        '<c-person-switch :people="people" />',
        '<c-note kind="bad">{{ evil }}</c-note>',
        '<c-download-item title="{{ evil }}" text="{{ evil }}" href="{{ evil }}" />',
        '<c-pin-boxes legend="{{ evil }}" error="{{ evil }}" value="{{ evil }}" />',
        '<c-confirm id="x" title="{{ evil }}" action="{{ evil }}" submit="{{ evil }}">{{ evil }}</c-confirm>',
        '<c-filter-bar value="{{ evil }}" placeholder="{{ evil }}" />',
    ],
)
def test_components_escape_what_they_are_given(source: str) -> None:
    drawn = draw(
        source,
        evil=EVIL,
        items=[MenuItem(EVIL, url=EVIL)],
        facts=[Fact(EVIL, EVIL)],
        people=[Person(EVIL, EVIL), Person(EVIL, EVIL)],
    )
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "&amp;lt;" not in drawn  # once, not twice


def test_text_with_template_signs_in_it_is_shown_and_not_run() -> None:
    drawn = draw('<c-chip text="{{ name }}" />', name="{{ request }} {% now 'Y' %}")
    assert "{{ request }} {% now" in drawn


def test_a_closed_half_says_why_and_leads_nowhere() -> None:
    drawn = draw(
        '<c-icon-pair :images="yes" :report="no" />', yes=Opener("/v/1"), no=Opener(why="it is being signed")
    )
    assert 'href="/v/1"' in drawn
    assert drawn.count("<a ") == 1
    assert "not available: it is being signed" in drawn
    assert 'aria-disabled="true"' in drawn


def test_a_row_without_images_or_report_still_has_both_halves() -> None:
    with translation.override("en"):
        drawn = markup.study_row(StudyRow(title="Laboratory", when=dt.date(2026, 1, 2), modality="LAB"))
    assert drawn.count('class="is-off"') == 2
    assert "modalities.svg#lab" in drawn


class Sample(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="Yours")
    agree = forms.BooleanField(label="I agree")
    secret = forms.CharField(label="Secret", widget=forms.PasswordInput)


def test_a_wrong_field_is_tied_to_its_error_and_its_help() -> None:
    drawn = draw('<c-field :field="form.email" />', form=Sample({"email": "nobody"}))
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_email-error id_email-help"' in drawn
    assert 'id="id_email-error"' in drawn
    assert 'id="id_email-help"' in drawn
    assert 'value="nobody"' in drawn


def test_a_right_field_says_nothing_of_errors() -> None:
    drawn = draw('<c-field :field="form.email" />', form=Sample())
    assert "error" not in drawn
    assert 'aria-describedby="id_email-help"' in drawn


def test_check_boxes_and_passwords_have_their_own_form() -> None:
    form = Sample()
    assert 'class="form-check-input"' in draw('<c-field :field="form.agree" />', form=form)
    assert 'data-reveal="id_secret"' in draw('<c-field :field="form.secret" />', form=form)


def test_an_empty_fact_is_not_available() -> None:
    assert "Not available" in draw('<c-facts :facts="facts" />', facts=[Fact("Phone", "")])


def test_slots_of_one_component_stay_out_of_another() -> None:
    drawn = draw(
        '<c-table label="L"><c-slot name="head"><th>H</th></c-slot>'
        '<tr><td><c-card title="T">in</c-card></td></tr></c-table>',
        head="LEAK", foot="LEAK",
    )  # fmt: skip
    assert drawn.count("<th>H</th>") == 1
    assert "LEAK" not in drawn


def test_an_icon_that_the_sprite_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="no icon"):
        markup.icon("no-such-icon")


def test_names_are_read_aloud() -> None:
    assert ui.person_name("Morales Peralta^Ana^^Dra.") == "Ana Morales Peralta"
    assert ui.initials("Dr. Rafael Díaz") == "RD"
    assert ui.initials("Ana") == "A"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (218_000_000, "218 MB"),
        (2_450_000, "2.5 MB"),
        (999_900, "1.0 MB"),
    ],
)
def test_sizes_are_short(size: int, said: str) -> None:
    with translation.override("en"):
        assert ui.filesize(size).replace("\u00a0", " ") == said


def test_a_reports_parts_are_headings_and_its_words_are_text() -> None:
    shown = draw("{{ text|report_text }}", text="Hallazgos\n<b>Uno</b>\nDos\n\nTres\n\n<i>NOTA</i>:\nX")
    assert "<section><h3>Hallazgos</h3><p>&lt;b&gt;Uno&lt;/b&gt;<br>Dos</p>\n\n<p>Tres</p></section>" in shown
    assert "<h3>&lt;i&gt;NOTA&lt;/i&gt;</h3>" in shown
