"""Two questions of whoever watches the portal: is the process alive, and can it do its work?

Neither names a version, a path or a person: both answer anybody.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from placa.domain.archive.storage import storage


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all; asks nothing of database or disk."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every check passes, else 503; the body says `ok` or `failed` for each by name."""
    results = {name: _passes(check) for name, check in CHECKS.items()}
    status = 200 if all(results.values()) else 503
    return JsonResponse({name: "ok" if good else "failed" for name, good in results.items()}, status=status)


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever it is, the answer is "not ready"; the log of the service tells why
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _storage() -> bool:
    """A file can be made in the home, and removed again; the archive takes and gives files."""
    probe = Path(settings.ENVIRONMENT.home) / f".ready-{secrets.token_hex(8)}"
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    probe.unlink()
    storage().check()
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrated,
    "storage": _storage,
}

urlpatterns = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
