"""How a message leaves the house: a Protocol each for mail and SMS, with its adapters.

Two kinds of trouble: `LaterError` (try again) and `NeverError` (the other side refused it for good).
"""

import json
import smtplib
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.utils.text import Truncator

from placa.domain.institution import selectors as institution
from placa.domain.notifications.rendering import Content

SECONDS = 15  # patience with another server


class LaterError(Exception):
    """It did not work now. `down`: the whole server is out of reach, others need not be tried."""

    def __init__(self, reason: str, *, down: bool = False) -> None:
        super().__init__(reason)
        self.down = down


class NeverError(Exception):
    """The other side refused this message for good."""


class Transport(Protocol):
    """Takes one message to its address, or raises LaterError or NeverError."""

    def send(self, *, to: str, content: Content, message_id: str) -> None:
        """Hand one message over."""

    def close(self) -> None:
        """Let go of connections."""


class Kept:
    """The demo's and the tests' transport: the sealed words in the outbox are the delivery."""

    def send(self, *, to: str, content: Content, message_id: str) -> None:
        """Nothing to hand over."""

    def close(self) -> None:
        """Nothing held."""


class NotSetUp:
    """Production without a server for this channel: messages wait, and staff see why."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def send(self, *, to: str, content: Content, message_id: str) -> None:
        """Always LaterError: nothing is lost while the server is being set up."""
        raise LaterError(f"{self.variable} is not set", down=True)

    def close(self) -> None:
        """Nothing held."""


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """What `PLACA_EMAIL_URL` says."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str  # "starttls" | "ssl" | "none"
    sender: str

    @classmethod
    def parse(cls, url: str) -> "SmtpAddress":
        """Read `smtp://user:password@host:587?tls=starttls&from=results@clinic.example`.

        `smtps://` means TLS from the first byte. Without `tls`, STARTTLS is used unless the server is on
        loopback. Raises ImproperlyConfigured (without repeating the URL, which holds a password).
        """
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        host = parts.hostname or ""
        near = host in ("127.0.0.1", "::1", "localhost")
        tls = "ssl" if parts.scheme == "smtps" else query.get("tls", "none" if near else "starttls")
        tls = {"true": "starttls", "1": "starttls", "false": "none", "0": "none"}.get(tls, tls)
        if parts.scheme not in ("smtp", "smtps") or not host or tls not in ("starttls", "ssl", "none"):
            raise ImproperlyConfigured(
                "PLACA_EMAIL_URL must look like smtp://user:password@host:587?tls=starttls"
            )
        return cls(
            host=host,
            port=parts.port or {"ssl": 465, "starttls": 587, "none": 25}[tls],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            sender=query.get("from", ""),
        )


class Smtp:
    """Mail over SMTP; the connection stays open until `close`, so that a sweep needs one only."""

    def __init__(self, url: str) -> None:
        self.address = SmtpAddress.parse(url)
        self._backend = EmailBackend(
            host=self.address.host,
            port=self.address.port,
            username=self.address.user,
            password=self.address.password,
            use_tls=self.address.tls == "starttls",
            use_ssl=self.address.tls == "ssl",
            timeout=SECONDS,
        )

    def send(self, *, to: str, content: Content, message_id: str) -> None:
        """Send one mail. Raises NeverError when the recipient or the content is refused with a 5xx code."""
        try:
            self._backend.open()
            self._backend.send_messages([self._message(to, content, message_id)])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _refusal(code, reason) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self.close()
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise LaterError(type(error).__name__, down=True) from error

    def close(self) -> None:
        """Close the connection; one that is already gone is no trouble."""
        try:
            self._backend.close()
        except (smtplib.SMTPException, OSError):
            self._backend.connection = None

    def _message(self, to: str, content: Content, message_id: str) -> EmailMultiAlternatives:
        house = institution.current()
        sender = self.address.sender or house.email or f"no-reply@{self.address.host}"
        name = " ".join(house.name.split())
        message = EmailMultiAlternatives(
            subject=content.subject,
            body=content.text,
            from_email=sanitize_address((name, sender), "utf-8"),
            to=[to],
            reply_to=[house.email] if house.email else None,
            headers={
                "Message-ID": f"<{message_id}@{sender.rpartition('@')[2]}>",  # a duplicate can be told by it
                "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday answers
            },
        )
        message.attach_alternative(content.html, "text/html")
        return message


def _refusal(code: int, reason: bytes | str) -> LaterError | NeverError:
    words = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    said = f"{code} {Truncator(' '.join(words.split())).chars(150)}"
    return NeverError(said) if 500 <= code < 600 else LaterError(said)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """A gateway that redirects would take the text and the token elsewhere: refused."""
        return None


class HttpSms:
    """SMS by an HTTP gateway: POST of `{"to", "text", "from"}` as JSON.

    `PLACA_SMS_URL=https://:TOKEN@gateway.example/send?from=Clinic`: the password of the URL goes along as
    a bearer token, `from` as the sender's name. Plain http is taken for loopback only.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        near = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise ImproperlyConfigured("PLACA_SMS_URL must be an https address")
        self._token = unquote(parts.password or "")
        self._sender = parse_qs(parts.query).get("from", [""])[-1]
        port = f":{parts.port}" if parts.port else ""
        self._url = urlunsplit((parts.scheme, f"{parts.hostname}{port}", parts.path or "/", "", ""))
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, *, to: str, content: Content, message_id: str) -> None:
        """Hand one SMS to the gateway. 4xx but 408, 425, 429 are NeverError, the rest LaterError."""
        body = {"to": to, "text": content.text, "from": self._sender, "id": message_id}
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._url, data, method="POST")  # noqa: S310  https, checked above
        request.add_header("Content-Type", "application/json")
        request.add_header("Idempotency-Key", message_id)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with self._opener.open(request, timeout=SECONDS):
                return
        except urllib.error.HTTPError as error:
            if 400 <= error.code < 500 and error.code not in (401, 403, 408, 425, 429):
                raise NeverError(f"HTTP {error.code}") from error
            raise LaterError(f"HTTP {error.code}") from error
        except OSError as error:
            raise LaterError(type(error).__name__, down=True) from error

    def close(self) -> None:
        """Nothing held."""


def for_channel(channel: str) -> Transport:
    """The transport of `mail` or `sms` that the environment names; demo and tests keep."""
    environment = settings.ENVIRONMENT
    url = environment.email_url if channel == "mail" else environment.sms_url
    if url:
        return Smtp(url) if channel == "mail" else HttpSms(url)
    if environment.is_production:
        return NotSetUp("PLACA_EMAIL_URL" if channel == "mail" else "PLACA_SMS_URL")
    return Kept()
