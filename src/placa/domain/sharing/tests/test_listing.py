"""What a patient sees of their shares."""

import pytest

from placa.demo import cast
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.access.selectors import NotVisible
from placa.domain.archive.models import Study
from placa.domain.people.models import Organization
from placa.domain.sharing import selectors, services, tasks
from placa.domain.sharing.tests.world import CT, share, viewer

pytestmark = pytest.mark.django_db


def test_own_shares_and_those_of_the_children() -> None:
    first, second = share(), share(study_uids=[cast.STUDIES["bruno_dx"].uid])
    rows = selectors.shares_of(viewer("ana"))
    assert [row.grant for row in rows] == [second.grant, first.grant]
    assert [state for row in rows for _part, state in row.parts] == ["active", "active"]
    for other in ("carla", "diaz", "gomez", "heras", "ines", "jefe"):
        assert selectors.shares_of(viewer(other)) == []


def test_another_s_share_is_not_there() -> None:
    made = share()
    with pytest.raises(NotVisible):
        selectors.get_share(viewer("carla"), made.grant.public_id)
    with pytest.raises(NotVisible):
        selectors.get_part(viewer("diaz"), made.keys[0].part.public_id)
    assert selectors.get_part(viewer("ana"), made.keys[0].part.public_id) == made.keys[0].part


def test_an_exclusive_study_is_not_named_in_the_list() -> None:
    share()
    Study.objects.filter(study_instance_uid=CT).update(
        exclusive_to=Organization.objects.get(identifier="arl")
    )
    assert selectors.shares_of(viewer("ana")) == []


def test_states() -> None:
    made = share()
    part = made.keys[0].part
    assert selectors.state_of(part) == "active"
    services.revoke(viewer=viewer("ana"), grant=made.grant)
    assert selectors.get_share(viewer("ana"), made.grant.public_id).parts[0][1] == "revoked"


def test_sealed_pins_of_ended_shares_are_wiped() -> None:
    ended, live = (share(recipients=[], with_sheet=True) for _ in range(2))
    ShareGrant.objects.filter(pk=ended.grant.pk).update(expires_at=ended.grant.starts_at)
    tasks.wipe()
    assert SharePart.objects.get(grant=ended.grant).pin_sealed == ""
    assert SharePart.objects.get(grant=live.grant).pin_sealed != ""
