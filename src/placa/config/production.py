"""What makes a production unsafe; asked by `placa check --deploy`, and by every service before it starts."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from placa.config.environment import Environment

SECRET_LENGTH = 50  # characters, as Django's own check asks
SECRET_VARIETY = 10  # different characters
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason not to serve: what is wrong, and what to do about it."""

    id: str
    message: str
    hint: str


def problems(environment: Environment) -> list[Problem]:
    """Everything that forbids `environment` to face patients; empty when it may."""
    return [
        problem
        for problem in (
            _mode(environment),
            _secret(environment.secret_key),
            _address(environment.base_url),
            _mail(environment.email_url),
            _storage(environment),
        )
        if problem
    ]


def _mode(environment: Environment) -> Problem | None:
    if environment.is_production:
        return None
    return Problem(
        "placa.E001",
        f"The mode is {environment.mode}, which shows every mail and keeps a well-known password.",
        "Set PLACA_ENV=production.",
    )


def _secret(key: str) -> Problem | None:
    if len(key) >= SECRET_LENGTH and len(set(key)) >= SECRET_VARIETY and "insecure" not in key:
        return None
    return Problem(
        "placa.E002",
        "The secret key is missing, short or easy to guess.",
        f"Put {SECRET_LENGTH} random characters into a file and name it in PLACA_SECRET_KEY_FILE.",
    )


def _address(base_url: str) -> Problem | None:
    parts = urlsplit(base_url)
    if parts.scheme == "https" and parts.hostname and parts.hostname not in LOOPBACK:
        return None
    return Problem(
        "placa.E003",
        f"The address {base_url} is not one that people outside reach safely.",
        "Set PLACA_BASE_URL to the portal's public https:// address.",
    )


def _mail(email_url: str) -> Problem | None:
    if urlsplit(email_url).scheme:
        return None
    return Problem(
        "placa.E004",
        "No mail server is set, so nobody could be invited or told of a result.",
        "Set PLACA_EMAIL_URL, for example smtp+tls://user:password@mail.example.org:587.",
    )


def _storage(environment: Environment) -> Problem | None:
    parts = urlsplit(environment.storage_url)
    if parts.scheme != "s3":
        return None
    endpoint = urlsplit(parse_qs(parts.query).get("endpoint", ["https://"])[-1])
    if endpoint.scheme != "https" and endpoint.hostname not in LOOPBACK:
        return Problem(
            "placa.E010",
            "Images would go to the S3 server unencrypted.",
            "Give an https:// endpoint in PLACA_STORAGE_URL.",
        )
    if bool(environment.storage_access_key) != bool(environment.storage_secret_key):
        return Problem(
            "placa.E011",
            "Of the two keys of the S3 storage only one is set.",
            "Set both PLACA_STORAGE_ACCESS_KEY and PLACA_STORAGE_SECRET_KEY_FILE, or neither.",
        )
    return None
