"""What a password must be (1.4)."""

import pytest

from placa.domain.accounts import passwords
from placa.domain.accounts.models import User
from placa.domain.institution.services import change_setting

pytestmark = pytest.mark.django_db
ANA = User(username="ana", full_name="Ana Morales Peralta", email="ana.mp@correo.example")


def broken(password: str) -> set[str]:
    return {rule.key for rule in passwords.broken(password, ANA)}


@pytest.mark.parametrize(
    ("password", "wanted"),
    [
        ("Guayac7!", set()),
        ("Guayac!", {"len8", "num"}),
        ("guayacan7!", {"up"}),
        ("GUAYACAN7!", {"low"}),
        ("Guayacan!", {"num"}),
        ("Guayacan77", {"sym"}),
        ("Morales-77x", {"name"}),
        ("Ana-2026-xyz!", {"name"}),
        ("Manzana-77x!", set()),  # "ana" inside a longer word is no name
        ("Correo-77xyz", {"name"}),
        ("Password1!", {"common"}),
        ("P@ssw0rd123!", {"common"}),
        ("Ñandú-4567", set()),
    ],
)
def test_composition(password: str, wanted: set[str]) -> None:
    assert broken(password) == wanted


@pytest.mark.parametrize(
    ("password", "wanted"),
    [
        ("siete caballos lentos", set()),
        ("siete caballos", {"len15"}),
        ("los morales de la casa", {"name"}),
        ("aaaaaaaaaaaaaaaa", {"common"}),
        ("1111111111111111", {"common"}),
        ("passwordpassword", {"common"}),
    ],
)
def test_length_alone(password: str, wanted: set[str]) -> None:
    change_setting(key="password_composition", value=False, by="test")
    assert broken(password) == wanted


def test_check_names_the_rules() -> None:
    with pytest.raises(passwords.WeakPasswordError) as error:
        passwords.check("ana", ANA)
    assert {rule.key for rule in error.value.rules} >= {"len8", "up", "num", "sym", "name"}
