"""Sheets and reports come on the paper that the institution uses; the other one is a press away."""

import io

import pypdf
import pytest
from django.test import Client

from placa.demo import cast
from placa.domain.archive.models import Study
from placa.domain.downloads.report_pdf import pdf_of
from placa.domain.institution.services import change_setting
from placa.domain.reports.models import DiagnosticReport
from placa.domain.sharing.tests.world import HUGO
from placa.interfaces.web.patient.share.tests.test_flow import post, signed_in, to_review

pytestmark = pytest.mark.django_db
A4, LETTER = (595, 842), (612, 792)


def size(pdf: bytes) -> tuple[int, int]:
    box = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    return round(float(box.width)), round(float(box.height))


@pytest.mark.parametrize(("letter", "first"), [(False, A4), (True, LETTER)])
def test_the_usual_paper_comes_first(letter: bool, first: tuple[int, int]) -> None:
    change_setting(key="letter_paper", value=letter, by="test")
    ana: Client = signed_in("ana", "patient")
    to_review(ana, HUGO)
    post(ana, "review", action="print")
    done = ana.get("/patient/share/done/")
    assert [name for _paper, name in done.context["papers"]] == (
        ["Letter", "A4"] if letter else ["A4", "Letter"]
    )
    sheet = f"/patient/shares/keys/{done.context['sheet'].public_id}/sheet/"
    body = done.content.decode()
    sizes = [size(ana.get(f"{sheet}?paper={paper}").content) for paper, _name in done.context["papers"]]
    assert sizes == [first, A4 if letter else LETTER]
    assert size(ana.get(sheet).content) == first
    assert body.index(f'btn-primary btn-lg" href="{sheet}?paper={done.context["papers"][0][0]}"') > 0


@pytest.mark.parametrize(("letter", "paper"), [(False, A4), (True, LETTER)])
def test_a_report_is_drawn_on_it(archive: object, letter: bool, paper: tuple[int, int]) -> None:
    change_setting(key="letter_paper", value=letter, by="test")
    study = Study.objects.get(study_instance_uid=cast.STUDIES["ana_ct"].uid)
    report = DiagnosticReport.objects.get(study=study)
    assert size(pdf_of(study, report)) == paper
