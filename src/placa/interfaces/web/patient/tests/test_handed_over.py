"""A result for hand delivery: whom the patient must call, until it was handed over (2.3)."""

from typing import Any

import pytest
from django.utils.translation import gettext

from placa.demo import cast
from placa.domain.archive import services as archive
from placa.domain.institution.models import Institution, Site
from placa.interfaces.web.doctor.tests.browser import choose, enter, page

pytestmark = pytest.mark.django_db
UID = cast.STUDIES["ana_biopsy"].uid
URL = f"/patient/studies/{UID}/"


def row() -> Any:
    groups = enter("ana").get("/patient/").context["groups"]
    return next(one for _name, rows, _counted in groups for one in rows if one.url == URL)


def main() -> str:
    return page(enter("ana"), URL).partition("<main")[2].partition("</main>")[0]


def test_before_the_patient_is_told_where_and_whom_to_call_once() -> None:
    Site.objects.filter(code="CENTRO").update(name="Centro", address="Calle 1")
    body = main()
    assert body.count(gettext("Not validated: handed over in person")) == 1
    assert body.count("Centro, Calle 1") == 1
    assert body.count('href="tel:') == 1
    assert 'id="report"' not in body
    assert row().why_link is not None
    # the words that 2.3 wants frighten: they stand in the chip, with what they mean, and nowhere else
    assert "validad" not in body.replace(gettext("Not validated: handed over in person"), "")


@pytest.mark.parametrize(
    ("site", "phone", "email", "link"),
    [
        ("809 1", "809 2", "a@b.example", ("tel:809 1", "809 1")),
        ("", "809 2", "a@b.example", ("tel:809 2", "809 2")),
        ("", "", "a@b.example", ("mailto:a@b.example", "a@b.example")),
        ("", "", "", None),
    ],
)
def test_whom_to_ask(site: str, phone: str, email: str, link: tuple[str, str] | None) -> None:
    Site.objects.update(phone=site)
    Institution.objects.update(phone=phone, email=email)
    assert row().why_link == link


def test_afterwards_nobody_is_asked_to_call_and_it_still_does_not_open() -> None:
    archive.hand_over(study_instance_uid=UID, to="Ana Morales", by="user:1")
    body = main()
    assert gettext("Not validated: handed over in person") not in body
    assert 'href="tel:' not in body
    assert gettext("Handed over in person") in body
    assert gettext("The report is not here yet") not in body
    found = row()
    assert (found.why_link, found.report.url, found.images.url) == (None, "", "")
    assert found.why == gettext("It was handed over in person: %(when)s.") % {
        "when": found.why.partition(": ")[2][:-1]
    }
    assert body.count(found.why) == 1


def test_where_its_images_open_the_report_alone_is_handed_over() -> None:
    choose("hand_delivery_blocks_images", False)
    body = main()
    assert gettext("The report is not online") in body
    assert body.count('href="tel:') == 1
    assert f'href="/viewer/{UID}"' in body


def test_taken_back_it_waits_again() -> None:
    archive.hand_over(study_instance_uid=UID, to="Ana Morales", by="user:1")
    archive.mark_hand_delivery(study_instance_uid=UID, on=True, by="user:1")
    assert gettext("Not validated: handed over in person") in main()
