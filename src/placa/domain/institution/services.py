"""Writes of the institution."""

from typing import Any

from django.db import transaction

from placa.common import colours
from placa.domain.institution import definitions, selectors
from placa.domain.institution.accent import Scheme, roles
from placa.domain.institution.models import Institution, Setting, Text


@transaction.atomic
def change_setting(*, key: str, value: Any, by: str) -> None:
    """Set one setting; raises KeyError for an unknown key, ValueError for a value that does not fit."""
    Setting.objects.update_or_create(
        key=key, defaults={"value": definitions.checked(key, value), "changed_by": by}
    )
    selectors.forget()


def set_accent(*, accent: str) -> frozenset[Scheme]:
    """Set the accent colour (`#rrggbb`, empty for none); the schemes in which its contrast is enough.

    In the others the theme keeps its own colours. Raises ValueError for what is no colour.
    """
    colour = colours.checked(accent) if accent else ""
    Institution.objects.update(accent=colour)
    selectors.forget()
    return frozenset(roles(colour)) if colour else frozenset()


@transaction.atomic
def publish_text(*, kind: str, bodies: dict[str, str]) -> int:
    """Publish a new version of a text; `bodies` by language. Returns its version."""
    newest = Text.objects.filter(kind=kind).order_by("-version").values_list("version", flat=True).first()
    version = (newest or 0) + 1
    Text.objects.bulk_create(
        [Text(kind=kind, version=version, language=language, body=body) for language, body in bodies.items()]
    )
    return version
