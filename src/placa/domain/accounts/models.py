"""Accounts and credentials only: who a user is as a person is said in `people`."""

from collections.abc import Iterator
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from placa.common.models import PublicId, Timestamped
from placa.domain.institution.models import Text


class UserManager(BaseUserManager["User"]):
    """Looks names up without regard to case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=(username or "").strip().casefold())


class User(AbstractBaseUser, PublicId, Timestamped):
    """One account. `username` is kept folded to lower case; an e-mail may serve several accounts."""

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True, db_index=True)
    mobile = models.CharField(max_length=20, blank=True)
    full_name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="es")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    one_time_until = models.DateTimeField(null=True)  # until when the one-time password may be used
    activated_at = models.DateTimeField(null=True)
    credentials_version = models.PositiveIntegerField(default=1)  # raised to end sessions and tokens

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def get_session_auth_hash(self) -> str:
        """What a session must carry: it changes with `credentials_version`, which ends every session."""
        return self._session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """No older server keys are accepted."""
        return iter(())

    def _session_hash(self, secret: str | bytes) -> str:
        value = f"{self.pk}:{self.credentials_version}"
        return salted_hmac("placa.accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def first_name(self) -> str:
        """How mails and pages address this person."""
        words = [word for word in self.full_name.split() if not word.endswith(".")]  # not "Dr."
        return (words or [self.username])[0]

    def __str__(self) -> str:
        return self.username


class NoticeAcceptance(models.Model):
    """Which user accepted or declined which version of the notice, and when."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    text = models.ForeignKey(Text, on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField()
    at = models.DateTimeField()


class RecoveryLink(models.Model):
    """A single-use link to choose a new password; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class RecoveryRequest(models.Model):
    """What somebody typed on a "forgotten" page, kept until a job has answered it.

    Known and unknown names cost the page the same: one row and one job (case 13).
    """

    class Kind(models.TextChoices):
        PASSWORD = "password"  # noqa: S105  what was forgotten
        NAME = "name"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    sealed = models.TextField()
    created_at = models.DateTimeField()


class AccessToken(models.Model):
    """A bearer token (`placa token`), for one user in one role; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=40)
    token_hash = models.CharField(max_length=64, unique=True)
    credentials_version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class Throttle(models.Model):
    """Failures counted for one key (account, address, PIN) in one window.

    Counted by a conditional UPDATE of the row, never in the cache (which let 32 of 32 through).
    """

    key = models.CharField(max_length=120, unique=True)
    failures = models.PositiveIntegerField(default=0)
    window_started = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)
