"""A share being made: kept in the server-side session between the four steps, never in an address."""

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.http import HttpRequest

from placa.common import tokens

_KEY = "share_draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was chosen so far. `mark` names this draft in its forms: an older tab cannot finish another's."""

    mark: str
    studies: list[str]
    emails: list[str] = field(default_factory=list)
    print_only: bool = False
    message: str = ""
    shows_contact: bool = True
    images: bool = True
    report: bool = True
    download: bool = True
    earlier: bool = False
    days: int | None = None
    until: str = ""
    openings_maximum: int | None = None
    tells_openings: bool = True
    pin_chosen: bool = False
    pins: dict[str, str] = field(default_factory=dict)
    delivery: str = "mail"
    mobiles: dict[str, str] = field(default_factory=dict)

    @property
    def has_who(self) -> bool:
        """Whether the first step is done."""
        return bool(self.emails) or self.print_only

    @property
    def has_period(self) -> bool:
        """Whether the second step is done."""
        return self.days is not None or bool(self.until)


def new(studies: list[str]) -> Draft:
    """A fresh draft for these studies."""
    return Draft(mark=secrets.token_hex(8), studies=studies)


def load(request: HttpRequest) -> Draft | None:
    """The draft of this session, if one is under way."""
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict):
        return None
    values: dict[str, Any] = {**kept, "pins": json.loads(tokens.unseal(kept["pins"]))}
    return Draft(**values)


def save(request: HttpRequest, draft: Draft, **changes: Any) -> Draft:
    """Keep `draft` with `changes`; PINs are sealed, since the session lies in the database."""
    changed = replace(draft, **changes)
    request.session[_KEY] = {**asdict(changed), "pins": tokens.seal(json.dumps(changed.pins))}
    return changed


def drop(request: HttpRequest) -> None:
    """Forget the draft: it was finished or given up."""
    request.session.pop(_KEY, None)
