"""Hashing PINs and writing letters hold up no other writer: the transaction only writes."""

from collections.abc import Callable
from typing import Any

import pytest

from placa.domain.notifications import rendering
from placa.domain.sharing import keys, services
from placa.domain.sharing.services import SHEET
from placa.domain.sharing.tests.world import mails, share, viewer

pytestmark = pytest.mark.django_db
Watch = Callable[[Any, str], list[str]]


def test_a_share_a_new_pin_and_a_new_key_are_made_before_they_are_written(never_locked: Watch) -> None:
    hashed, written = never_locked(keys, "set_pin"), never_locked(rendering, "mail")
    made = share(recipients=["a@x.example", "b@x.example"], pin={SHEET: "582047"}, with_sheet=True)
    assert (len(hashed), len(written)) == (3, 4)
    services.resend(viewer=viewer("ana"), part=made.keys[0].part, what="pin")
    services.renew(viewer=viewer("ana"), part=made.keys[1].part)
    assert (len(hashed), len(written)) == (5, 7)


def test_of_two_clicks_within_a_second_the_pin_that_holds_is_mailed() -> None:
    part = share(recipients=["a@x.example"]).keys[0].part
    for _ in range(2):
        pin = services.resend(viewer=viewer("ana"), part=part, what="pin")
    assert pin in mails("a@x.example")["share_pin"].text
