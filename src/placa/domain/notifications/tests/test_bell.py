"""The bell: rung once, read by its owner."""

import pytest
from django.utils import translation

from placa.domain.accounts.models import User
from placa.domain.notifications import selectors, services

pytestmark = pytest.mark.django_db


def user(name: str) -> User:
    return User.objects.get(username=name)


def ring(username: str, key: str = "result", role: str = "patient", **parameters: str) -> None:
    services.ring(
        user_id=user(username).pk,
        role=role,
        key=key,
        parameters=parameters,
        dedupe_key=f"{username}:{key}",
    )


def test_rung_once_and_read() -> None:
    ring("ana")
    ring("ana")
    assert selectors.unread_count(user("ana")) == 1
    notice = selectors.notices(user("ana"))[0]
    assert notice.unread
    assert services.mark_read(user_id=user("ana").pk, public_id=notice.public_id) == 1
    assert selectors.unread_count(user("ana")) == 0


def test_words_in_the_readers_language() -> None:
    ring("ana", "result_child", name="Bruno")
    with translation.override("en"):
        assert selectors.notices(user("ana"))[0].text == "Bruno has a new result."


def test_each_role_has_its_own() -> None:
    ring("ana", role="doctor", key="result_doctor")
    assert selectors.unread_count(user("ana"), "patient") == 0
    assert selectors.unread_count(user("ana"), "doctor") == 1


def test_anothers_notice_stays_unread() -> None:
    ring("ana")
    notice = selectors.notices(user("ana"))[0]
    assert services.mark_read(user_id=user("carla").pk, public_id=notice.public_id) == 0
    assert services.mark_read(user_id=user("carla").pk) == 0
    assert selectors.unread_count(user("ana")) == 1


def test_an_unknown_text_is_refused() -> None:
    with pytest.raises(KeyError):
        ring("ana", "no such text")
