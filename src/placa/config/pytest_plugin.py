"""Pytest plugin (`-p` in pyproject.toml): the test mode and a home of its own, before settings are read.

pytest-django reads the settings before any conftest.py runs, so this cannot stand in one.
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
