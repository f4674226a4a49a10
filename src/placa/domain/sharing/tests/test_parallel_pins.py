"""S4: of a crowd of guesses over several processes, at most five are ever looked at."""

import os
import subprocess
import sys
import time
from pathlib import Path

GUESS = """
import sys, time, django
django.setup()
from placa.domain.sharing import keys, opening
from placa.domain.sharing.errors import ShareGoneError, WrongPinError
token, pin, count, log, start = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5])
looked = keys.pin_fits
def counted(part, pin):
    with open(log, "a") as file:
        file.write("x")
    return looked(part, pin)
keys.pin_fits = counted
time.sleep(max(0, start - time.time()))
for number in range(count):
    try:
        opening.open_with_pin(token, str(int(pin) + number), address=f"198.51.100.{number}")
    except (WrongPinError, ShareGoneError):
        pass
"""
MAKE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from placa.demo import cast, rows
cast.institution_and_sites(); cast.people(); cast.orders(); rows.studies()
from placa.domain.sharing.tests.world import share
key = share().keys[0]
print(key.link.rpartition("/")[2], key.pin)
"""
CHECK = """
import sys, django
django.setup()
from placa.domain.access.models import SharePart
from placa.domain.notifications.models import OutboxMessage
from placa.domain.sharing import opening
from placa.domain.sharing.errors import ShareGoneError
part = SharePart.objects.get()
try:
    opening.open_with_pin(sys.argv[1], sys.argv[2]); answer = "opened"
except ShareGoneError:
    answer = "gone"
told = OutboxMessage.objects.filter(template="share_locked").count()
print(answer, part.wrong_pins, part.locked_at is not None, told)
"""


def test_parallel_guesses_over_processes(tmp_path: Path) -> None:
    home = {
        **os.environ,
        "PLACA_ENV": "test",
        "PLACA_HOME": str(tmp_path),
        "PLACA_SECRET_KEY": "s" * 50,
        "PLACA_DATABASE_URL": f"sqlite:///{tmp_path / 'placa.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "placa.config.settings",
    }

    def start(code: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(command, env=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(process: "subprocess.Popen[str]") -> str:
        said, error = process.communicate(timeout=100)
        assert process.returncode == 0, error
        return said

    token, pin = finish(start(MAKE)).split()
    log = tmp_path / "looked"
    log.touch()
    at = str(time.time() + 4)
    base = int(pin) + 1 if int(pin) < 999_000 else int(pin) - 500
    crowd = [start(GUESS, token, str(base + 10 * n), "8", str(log), at) for n in range(4)]
    for process in crowd:
        finish(process)
    assert log.read_text() == "xxxxx"
    # a restart forgets nothing, and the right PIN comes too late
    assert finish(start(CHECK, token, pin)).split() == ["gone", "5", "True", "1"]
