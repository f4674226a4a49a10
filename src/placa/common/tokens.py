"""Random and derived secrets, and the sealing of what must be read once more."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def random_token(bits: int = 192) -> str:
    """URL-safe random token of at least `bits` bits."""
    return secrets.token_urlsafe((bits + 7) // 8)


def derived_token(purpose: str, *parts: object) -> str:
    """HMAC-SHA-256 of server key over `purpose` and `parts`, cut to 192 bits, URL-safe.

    The same parts give the same token, so a link can be sent again; other parts kill it.
    """
    message = "\x1f".join([purpose, *map(str, parts)]).encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode().rstrip("=")


def hashed(token: str) -> str:
    """SHA-256 of a random token, hexadecimal: how tokens are stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def _fernet() -> Fernet:
    key = hashlib.sha256(b"placa.seal\x1f" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    """Encrypt `text` with the server key."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that `seal` took; raises ValueError when the key or the bytes are not the same."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("sealed with another key, or altered") from error
