"""A part's link and PIN: how they are made, kept and compared."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from django.conf import settings

from placa.common import tokens
from placa.domain.access.models import SharePart

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's floor for argon2id


def token_of(part: SharePart) -> str:
    """The token of a part's link (192 bits); the same while `version` stays, so a link can be sent again."""
    return tokens.derived_token("share", part.public_id, part.version)


def link_of(part: SharePart) -> str:
    """The whole address behind which a part opens."""
    return f"{settings.ENVIRONMENT.base_url}/s/{token_of(part)}"


def set_token(part: SharePart) -> None:
    """Fill `token_hash` for the part's version."""
    part.token_hash = tokens.hashed(token_of(part))


def set_pin(part: SharePart, pin: str) -> None:
    """Fill `pin_hash`; the sheet's PIN is sealed too, so that the sheet can be printed again."""
    part.pin_hash = _HASHER.hash(_peppered(part, pin))
    part.pin_sealed = tokens.seal(pin) if part.kind == SharePart.SHEET else ""


def pin_fits(part: SharePart, pin: str) -> bool:
    """Whether `pin` is the part's."""
    try:
        return _HASHER.verify(part.pin_hash, _peppered(part, pin))
    except (VerificationError, InvalidHashError):
        return False


def _peppered(part: SharePart, pin: str) -> str:
    # 900,000 PINs are tried in hours once a hash is out: without the server key a stolen database gives none
    return tokens.derived_token("share-pin", part.public_id, pin)
