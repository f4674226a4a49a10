"""PINs that only the patient can pass on: kept sealed for one page, the one that tells them."""

import json
from dataclasses import dataclass

from django.http import HttpRequest

from placa.common import tokens
from placa.domain.sharing.services import Key

_KEY = "share_told"


@dataclass(frozen=True, slots=True)
class Told:
    """The share that was just made or renewed, and the PINs to tell, by part."""

    share: str
    pins: dict[str, str]
    made: bool


def keep(request: HttpRequest, keys: list[Key], *, made: bool) -> None:
    """Keep what the next page tells; what was mailed or sent by SMS is not shown."""
    pins = {str(key.part.public_id): key.pin for key in keys if key.part.pin_by == "person" and key.pin}
    sealed = tokens.seal(json.dumps(pins))
    request.session[_KEY] = {"share": str(keys[0].part.grant.public_id), "pins": sealed, "made": made}


def read(request: HttpRequest) -> Told | None:
    """What is to be told, None for nothing. The PINs are told once: the session keeps the rest of the page."""
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict):
        return None
    request.session[_KEY] = {**kept, "pins": ""}
    pins = json.loads(tokens.unseal(kept["pins"])) if kept["pins"] else {}
    return Told(kept["share"], pins, kept["made"])
