"""Settings: set, changed, cleared again; what does not fit is refused."""

import pytest

from placa.domain.institution.models import Setting
from placa.domain.institution.selectors import setting
from placa.domain.institution.services import change_setting

pytestmark = pytest.mark.django_db


def test_an_optional_setting_is_cleared_again() -> None:
    for value in (30, None, None, 45):
        change_setting(key="online_days", value=value, by="jefe")
        assert setting("online_days") == value
    assert Setting.objects.get(key="online_days").changed_by == "jefe"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scrub_days", None),
        ("online_days", 0),
        ("online_days", True),
        ("online_days", "30"),
        ("share_days", [0]),
    ],
)
def test_what_does_not_fit_is_refused_and_the_old_value_stays(key: str, value: object) -> None:
    before = setting(key)
    with pytest.raises(ValueError, match=key):
        change_setting(key=key, value=value, by="jefe")
    assert setting(key) == before


def test_a_setting_that_does_not_exist_is_none() -> None:
    with pytest.raises(KeyError):
        change_setting(key="colour_of_the_sky", value="blue", by="jefe")
