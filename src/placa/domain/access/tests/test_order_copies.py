"""A study's copies of its order's doctor and payer follow the order, and are believed by no rule."""

import pytest

from placa.demo import cast
from placa.domain.access import selectors
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive import services as archive
from placa.domain.archive.models import Study
from placa.domain.orders import services as orders
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Organization, Practitioner

pytestmark = pytest.mark.django_db
UID = cast.STUDIES["ana_ct"].uid


def viewer(name: str, role: str) -> Viewer:
    return viewer_for(User.objects.get(username=name), role)


def sees(name: str, role: str) -> bool:
    return selectors.studies_visible_to(viewer(name, role)).filter(study_instance_uid=UID).exists()


@pytest.fixture
def order() -> ServiceRequest:
    found = Study.objects.get(study_instance_uid=UID).order
    assert found is not None
    return found


def test_they_follow_a_changed_order(order: ServiceRequest) -> None:
    egea = Practitioner.objects.get(user__username="egea")
    assert (sees("diaz", "doctor"), sees("egea", "doctor"), sees("gomez", "company")) == (True, False, True)
    orders.update_order(order=order, by="system", requester=egea, payer=None, modality="MR")
    assert (sees("diaz", "doctor"), sees("egea", "doctor"), sees("gomez", "company")) == (False, True, False)
    study = Study.objects.get(study_instance_uid=UID)
    assert archive.copied(study.order) == {
        "requester_id": study.requester_id, "payer_id": study.payer_id, "ordered_modality": "MR",
        "ordered_urgent": False,
    }  # fmt: skip


def test_they_go_with_the_order_and_come_with_it(order: ServiceRequest) -> None:
    archive.unlink_order(study_instance_uid=UID, by="system")
    study = Study.objects.get(study_instance_uid=UID)
    assert (study.requester_id, study.payer_id, study.ordered_modality) == (None, None, "")
    assert not sees("diaz", "doctor")
    archive.link_order(study_instance_uid=UID, order=order, by="system")
    assert sees("diaz", "doctor")
    assert sees("gomez", "company")


def test_a_wrong_copy_shows_nothing_to_anybody() -> None:
    """Nor to whom it names: the order decides."""
    Study.objects.filter(study_instance_uid=UID).update(
        requester=Practitioner.objects.get(user__username="egea"),
        payer=Organization.objects.exclude(members__user__username="gomez").first(),
    )
    assert not sees("egea", "doctor")
    assert not sees("diaz", "doctor")
    assert not sees("gomez", "company")
    assert not sees("heras", "company")
