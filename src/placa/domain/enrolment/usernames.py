"""User names made by the portal: first letter and family name, with a number where taken."""

import re
from collections.abc import Callable

from django.db import IntegrityError, transaction

from placa.common.text import fold
from placa.domain.accounts.models import User


def stem(given_name: str, family_name: str) -> str:
    """`Nuria`, `Campos Lora` → `ncampos`; `paciente` where there are no Latin letters to take."""
    given = re.sub(r"[^a-z0-9]", "", fold(given_name))
    family = re.sub(r"[^a-z0-9]", "", (fold(family_name).split() or [""])[0])
    return (given[:1] + family)[:30] or "paciente"


def create_user(wanted: str, make: Callable[[str], User]) -> User:
    """Create a user called `wanted`, or `wanted2`, `wanted3` …; two at once get two names."""
    taken = set(User.objects.filter(username__startswith=wanted).values_list("username", flat=True))
    number = 1
    while True:
        name = wanted if number == 1 else f"{wanted}{number}"
        number += 1
        if name in taken:
            continue
        try:
            with transaction.atomic():
                return make(name)
        except IntegrityError:
            taken.add(name)
            if number > len(taken) + 50:
                raise
