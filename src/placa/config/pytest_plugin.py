"""Pytest plugin (`-p` in pyproject.toml): the test mode and a home of its own, before settings are read.

pytest-django reads the settings before any conftest.py runs, so this cannot stand in one.
With PLACA_TEST_DATABASE=postgres the tests run on a PostgreSQL that is started here, else on SQLite.
"""

import atexit
import os
import shutil
import tempfile

os.environ["PLACA_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
# one home a process: pytest-xdist's workers inherit the environment of their controller
_home = tempfile.mkdtemp(prefix="placa-test-")
os.makedirs(os.path.join(_home, "static"))  # whitenoise warns where there is none
os.environ["PLACA_HOME"] = _home
atexit.register(shutil.rmtree, _home, ignore_errors=True)

if os.environ.get("PLACA_TEST_DATABASE", "sqlite") == "postgres" and "PYTEST_XDIST_WORKER" not in os.environ:
    from placa.config.tests.postgres import postgres

    _server = postgres()  # one for all workers; each makes a database of its own in it
    os.environ["PLACA_DATABASE_URL"] = _server.url()
    atexit.register(_server.destroy)
