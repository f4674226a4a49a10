"""The PIN: five wrong ones lock, the right one opens, and it ends when it should."""

import datetime as dt

import pytest
import time_machine

from placa.common import clock
from placa.demo import cast
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.access.selectors import has_facet, studies_visible_to
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.services import change_setting
from placa.domain.notifications.models import BellNotice
from placa.domain.people.models import Guardianship, Organization, Patient
from placa.domain.sharing import periods, selectors, services
from placa.domain.sharing.errors import InvalidShareError, ShareGoneError, WrongPinError
from placa.domain.sharing.tests.world import CT, HUGO, mails, share, study, token_of, viewer, wrong

pytestmark = pytest.mark.django_db


def opened(key: services.Key) -> SharePart:
    return services.open_with_pin(token_of(key), key.pin)


def refused(key: services.Key) -> bool:
    try:
        opened(key)
    except ShareGoneError:
        return True
    return False


def visible(key: services.Key) -> set[str]:
    return set(studies_visible_to(selectors.viewer_of(key.part)).values_list("study_instance_uid", flat=True))


def test_the_right_pin_opens_exactly_what_was_shared() -> None:
    key = share().keys[0]
    part = opened(key)
    assert (part.openings, part.wrong_pins) == (1, 0)
    assert visible(key) == {CT}
    assert has_facet(selectors.viewer_of(part), CT, "images")
    assert not has_facet(selectors.viewer_of(part), CT, "share")


def test_five_wrong_pins_lock_and_tell_the_patient() -> None:
    key = share().keys[0]
    left = []
    for _ in range(4):
        with pytest.raises(WrongPinError) as no:
            services.open_with_pin(token_of(key), wrong(key.pin))
        left.append(no.value.left)
    assert left == [4, 3, 2, 1]
    with pytest.raises(ShareGoneError):
        services.open_with_pin(token_of(key), wrong(key.pin))
    assert refused(key)
    assert visible(key) == set()
    assert HUGO in mails("ana@correo.example")["share_locked"].text
    assert BellNotice.objects.get(key="share_locked").recipient == viewer("ana").actor
    assert AuditEvent.objects.filter(action="share_pin", outcome="refused").count() == 5
    assert AuditEvent.objects.filter(action="share_locked").count() == 1


def test_a_lock_is_that_part_s_alone() -> None:
    made = share(recipients=[HUGO, "otra@medicos.example"])
    for _ in range(4):
        with pytest.raises(WrongPinError):
            services.open_with_pin(token_of(made.keys[0]), wrong(made.keys[0].pin))
    with pytest.raises(ShareGoneError):
        services.open_with_pin(token_of(made.keys[0]), wrong(made.keys[0].pin))
    assert opened(made.keys[1])


def test_the_right_pin_gives_the_tries_back() -> None:
    key = share().keys[0]
    for _ in range(4):
        with pytest.raises(WrongPinError):
            services.open_with_pin(token_of(key), wrong(key.pin))
    assert opened(key).wrong_pins == 0


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٧٣٩٢٠٤", "012345"])
def test_what_is_no_pin_costs_no_try(typed: str) -> None:
    key = share().keys[0]
    with pytest.raises(WrongPinError) as no:
        services.open_with_pin(token_of(key), typed)
    assert no.value.left == 5


def test_one_part_s_pin_does_not_open_another() -> None:
    first, second = share(recipients=[HUGO, "otra@medicos.example"]).keys
    with pytest.raises(WrongPinError):
        services.open_with_pin(token_of(first), second.pin)


def test_a_random_token_opens_nothing() -> None:
    share()
    for token in ("", "x", "A" * 32, "../" * 8):
        with pytest.raises(ShareGoneError):
            services.open_with_pin(token, "739204")


def test_expiry_to_the_second() -> None:
    key = share().keys[0]
    ends = key.part.grant.expires_at
    with time_machine.travel(ends - dt.timedelta(seconds=1), tick=False):
        assert opened(key)
        assert visible(key) == {CT}
    with time_machine.travel(ends, tick=False):
        assert refused(key)
        assert visible(key) == set()


def test_sheet_opens_at_release_to_the_second() -> None:
    uid = cast.STUDIES["ana_mr"].uid
    key = share(study_uids=[uid], recipients=[], with_sheet=True).keys[0]
    starts = key.part.grant.starts_at
    with time_machine.travel(starts - dt.timedelta(seconds=1), tick=False):
        assert refused(key)
        assert visible(key) == set()
    with time_machine.travel(starts, tick=False):
        assert opened(key)
        assert has_facet(selectors.viewer_of(key.part), uid, "images")


def test_revoked_at_once() -> None:
    key = share().keys[0]
    opened(key)
    assert services.revoke(viewer=viewer("ana"), grant=key.part.grant)
    assert refused(key)
    assert visible(key) == set()
    assert not services.revoke(viewer=viewer("ana"), grant=key.part.grant)


def test_exclusive_later_kills_it() -> None:
    key = share().keys[0]
    Study.objects.filter(study_instance_uid=CT).update(
        exclusive_to=Organization.objects.get(identifier="arl")
    )
    assert refused(key)
    assert visible(key) == set()


@pytest.mark.parametrize("change", [{"release": "held"}, {"hand_delivery": True}, {"patient": None}])
def test_withdrawn_later_kills_it(change: dict[str, object]) -> None:
    key = share().keys[0]
    Study.objects.filter(study_instance_uid=CT).update(**change)
    assert refused(key)
    assert not has_facet(selectors.viewer_of(key.part), CT, "images")


def test_moved_to_another_patient_kills_it() -> None:
    key = share().keys[0]
    carla = Patient.objects.get(user__username="carla")
    Study.objects.filter(study_instance_uid=CT).update(patient=carla)
    assert refused(key)


def test_guardian_s_share_ends_the_day_the_child_turns_16() -> None:
    bruno = Patient.objects.get(given_name="Bruno")
    today = dt.datetime(2030, 6, 1, 16, 0, tzinfo=dt.UTC)
    bruno.birth_date = dt.date(2014, 6, 11)
    bruno.save()
    uid = cast.STUDIES["bruno_dx"].uid
    with time_machine.travel(today, tick=False):
        key = share(study_uids=[uid]).keys[0]
        assert visible(key) == {uid}
    midnight = dt.datetime(2030, 6, 11, 4, 0, tzinfo=dt.UTC)  # Santo Domingo is four hours behind
    with time_machine.travel(midnight - dt.timedelta(seconds=1), tick=False):
        assert opened(key)
    with time_machine.travel(midnight, tick=False):
        assert refused(key)
        assert visible(key) == set()


def test_unlinked_guardian_s_share_ends() -> None:
    key = share(study_uids=[cast.STUDIES["bruno_dx"].uid]).keys[0]
    Guardianship.objects.update(ended_at=key.part.grant.starts_at)
    assert refused(key)


def test_scope_leaves_out_what_the_patient_left_out() -> None:
    part = share(images=False, download=False).keys[0].part
    asker = selectors.viewer_of(part)
    assert has_facet(asker, CT, "report")
    assert not has_facet(asker, CT, "images")
    assert not has_facet(asker, CT, "download")


def test_no_more_openings_than_the_patient_gave() -> None:
    key = share(openings_maximum=2).keys[0]
    opened(key)
    opened(key)
    assert refused(key)
    assert visible(key) == {CT}  # whoever is inside stays inside


def test_the_patient_is_told_of_openings_unless_unwanted() -> None:
    opened(share().keys[0])
    assert HUGO in mails("ana@correo.example")["share_opened"].text
    assert BellNotice.objects.filter(key="share_opened").count() == 1
    opened(share(tells_openings=False).keys[0])
    assert BellNotice.objects.filter(key="share_opened").count() == 1


def test_link_sent_again_is_the_same_and_its_pin_stays() -> None:
    key = share().keys[0]
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)):
        services.resend(viewer=viewer("ana"), part=key.part, what="link")
    assert key.link in mails(HUGO)["share_link"].text
    assert opened(key)


def test_new_pin_replaces_the_old_one_alone() -> None:
    first, second = share(recipients=[HUGO, "otra@medicos.example"]).keys
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)):
        pin = services.resend(viewer=viewer("ana"), part=first.part, what="pin")
    assert pin in mails(HUGO)["share_pin"].text
    with pytest.raises(WrongPinError):
        opened(first)
    assert services.open_with_pin(token_of(first), pin)
    assert opened(second)


def test_renewed_key_kills_the_old_link_and_lifts_the_lock() -> None:
    key = share().keys[0]
    for _ in range(5):
        with pytest.raises((WrongPinError, ShareGoneError)):
            services.open_with_pin(token_of(key), wrong(key.pin))
    part = SharePart.objects.get(pk=key.part.pk)
    with pytest.raises(InvalidShareError):
        services.resend(viewer=viewer("ana"), part=part, what="pin")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)):
        fresh = services.renew(viewer=viewer("ana"), part=part)
    assert fresh.link != key.link
    assert refused(key)
    assert opened(fresh)


def test_prolonged_within_the_limit_and_only_while_it_works() -> None:
    made = share(days=15)
    before = made.grant.expires_at
    assert services.prolong(viewer=viewer("ana"), grant=made.grant, days=45) > before
    with pytest.raises(InvalidShareError):
        services.prolong(viewer=viewer("ana"), grant=made.grant, days=15)
    with pytest.raises(InvalidShareError):
        services.prolong(viewer=viewer("ana"), grant=made.grant, days=60)
    services.revoke(viewer=viewer("ana"), grant=made.grant)
    with pytest.raises(InvalidShareError):
        services.prolong(viewer=viewer("ana"), grant=ShareGrant.objects.get(), days=45)


def test_a_share_is_not_prolonged_without_end() -> None:
    made = share(days=30)
    latest = periods.longest([study("ana_ct")], made.grant.starts_at)
    start = clock.now()
    with time_machine.travel(start + dt.timedelta(days=10), tick=False):
        assert services.prolong(viewer=viewer("ana"), grant=made.grant, days=45) == latest
    for days in (20, 40):
        with (
            time_machine.travel(start + dt.timedelta(days=days), tick=False),
            pytest.raises(InvalidShareError),
        ):
            services.prolong(viewer=viewer("ana"), grant=made.grant, days=45)
    assert ShareGrant.objects.get().expires_at == latest <= start + dt.timedelta(days=46)


def test_a_share_is_not_prolonged_past_the_online_limit() -> None:
    change_setting(key="online_days", value=40, by="test")
    made = share(days=15)
    with time_machine.travel(clock.now() + dt.timedelta(days=10), tick=False):
        ends = services.prolong(viewer=viewer("ana"), grant=made.grant, days=45)
    assert ends == study("ana_ct").clock_start + dt.timedelta(days=40)


def test_a_try_abandoned_by_a_dead_process_locks_instead_of_hanging() -> None:
    key = share().keys[0]
    SharePart.objects.filter(pk=key.part.pk).update(
        wrong_pins=5, tried_at=key.part.grant.starts_at - dt.timedelta(minutes=5)
    )
    assert refused(key)
    assert SharePart.objects.get(pk=key.part.pk).locked_at is not None
    assert "share_locked" in mails("ana@correo.example")
