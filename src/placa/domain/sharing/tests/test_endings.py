"""Who ended a share, and what became of it: in the history of its studies, and beside the share."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from placa.common import clock
from placa.demo import cast
from placa.domain.access.models import ShareGrant
from placa.domain.accounts.models import User
from placa.domain.audit.models import AuditEvent
from placa.domain.sharing import selectors, services
from placa.domain.sharing.tests.world import share, study, viewer
from placa.interfaces.web.doctor.tests.browser import enter
from placa.interfaces.web.staff import studies as staff
from placa.interfaces.web.staff import words

pytestmark = pytest.mark.django_db


def history(key: str = "ana_ct") -> list[tuple[str, str]]:
    """What the history of a study says, newest first: what, and who."""
    found = staff._trail(viewer("jefe"), study(key))
    assert found is not None
    return [(one["what"], one["who"]) for one in found]


def ending(grant: ShareGrant, name: str = "ana") -> str:
    rows = enter(name).get("/patient/shares/").context["rows"]
    return next(str(row["ended"]) for row in rows if row["share"].grant.pk == grant.pk)


def test_staff_read_who_ended_a_share_and_what_else_became_of_it() -> None:
    made = share()
    services.prolong(viewer=viewer("ana"), grant=made.grant, days=45)
    services.renew(viewer=viewer("ana"), part=made.keys[0].part)
    services.revoke(viewer=viewer("ana"), grant=made.grant)
    name = cast.PATIENTS["ana"]
    ana = f"{name.given_name} {name.family_name}"
    wanted = ("share_revoked", "share_renewed", "share_prolonged", "share")
    assert history()[:4] == [(words.action_words(one), ana) for one in wanted]
    assert len({what for what, _who in history()[:4]}) == 4
    assert history("ana_mr") == []


def test_shares_of_others_stand_in_no_history_of_this_study() -> None:
    made = share(study_uids=[cast.STUDIES["ana_ecg"].uid])
    services.revoke(viewer=viewer("ana"), grant=made.grant)
    revoked = words.action_words("share_revoked")
    assert revoked not in {what for what, _who in history()}
    assert revoked in {what for what, _who in history("ana_ecg")}


def test_the_patient_reads_who_ended_it_and_when() -> None:
    made, other = share(), share()
    assert ending(made.grant) == ""
    services.revoke(viewer=viewer("ana"), grant=made.grant)
    made.grant.refresh_from_db()
    assert ending(made.grant).startswith(gettext("You ended it: %(when)s.").partition("%")[0])
    assert ending(other.grant) == ""
    event = AuditEvent.objects.filter(action="share_revoked")
    boss = User.objects.get(username="jefe")
    event.update(actor=f"user:{boss.pk}", role="staff")  # somebody who acts for her
    assert boss.full_name in ending(made.grant)
    event.delete()
    assert ending(made.grant).startswith(gettext("Ended: %(when)s.").partition("%")[0])


def test_one_that_ran_out_ended_by_itself() -> None:
    made = share()
    past = clock.now() - dt.timedelta(days=1)
    ShareGrant.objects.filter(pk=made.grant.pk).update(expires_at=past)
    assert ending(made.grant).startswith(gettext("It ended by itself: %(when)s.").partition("%")[0])


def test_many_endings_cost_one_query() -> None:
    for made in [share() for _ in range(3)]:
        services.revoke(viewer=viewer("ana"), grant=made.grant)
    shares = selectors.shares_of(viewer("ana"))
    with CaptureQueriesContext(connection) as asked:
        found = selectors.endings_of(shares)
    assert (len(asked.captured_queries), len(found)) == (1, 3)
    assert {event.detail["share"] for event in found.values()} == set(found)
