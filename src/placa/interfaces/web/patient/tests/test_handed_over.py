"""A result for hand delivery: whom the patient must call, until it was handed over (2.3)."""

from typing import Any

import pytest
from django.utils.translation import gettext

from placa.demo import cast
from placa.domain.archive import services as archive
from placa.interfaces.web.doctor.tests.browser import enter, page

pytestmark = pytest.mark.django_db
UID = cast.STUDIES["ana_biopsy"].uid
URL = f"/patient/studies/{UID}/"


def row() -> Any:
    groups = enter("ana").get("/patient/").context["groups"]
    return next(one for _name, rows, _counted in groups for one in rows if one.url == URL)


def test_before_the_patient_is_told_to_call() -> None:
    body = page(enter("ana"), URL)
    assert gettext("Not validated") in body
    assert 'href="tel:' in body.partition("<main")[2].partition("</main>")[0]
    assert row().why_link is not None


def test_afterwards_nobody_is_asked_to_call_and_it_still_does_not_open() -> None:
    archive.hand_over(study_instance_uid=UID, to="Ana Morales", by="user:1")
    body = page(enter("ana"), URL).partition("<main")[2].partition("</main>")[0]
    assert gettext("Not validated") not in body
    assert 'href="tel:' not in body
    assert gettext("Handed over") in body
    assert gettext("The report is not online") in body
    assert gettext("The report is not here yet") not in body
    found = row()
    assert (found.why_link, found.report.url, found.images.url) == (None, "", "")
    assert found.why == gettext("It was handed over in person: %(when)s.") % {
        "when": found.why.partition(": ")[2][:-1]
    }


def test_taken_back_it_waits_again() -> None:
    archive.hand_over(study_instance_uid=UID, to="Ana Morales", by="user:1")
    archive.mark_hand_delivery(study_instance_uid=UID, on=True, by="user:1")
    assert gettext("Not validated") in page(enter("ana"), URL)
