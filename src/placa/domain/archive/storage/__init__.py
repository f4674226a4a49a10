"""Where files lie: one small protocol, found by `storage()`. Keys are our own ids, never a sender's words."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from placa.domain.archive.storage.base import Storage, StorageError, Writer
from placa.domain.archive.storage.local import LocalStorage

__all__ = ["LocalStorage", "Storage", "StorageError", "Writer", "storage"]


def storage() -> Storage:
    """The storage that `PLACA_STORAGE_URL` names."""
    return _opened(settings.ENVIRONMENT.storage_url)


@lru_cache(maxsize=8)
def _opened(url: str) -> Storage:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStorage(Path(unquote(parts.path)))
    raise ImproperlyConfigured(f"PLACA_STORAGE_URL: unknown scheme {parts.scheme!r}")
