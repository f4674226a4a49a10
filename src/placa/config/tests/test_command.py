"""The `placa` command as a person types it."""

import os
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file


def placa(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `placa arguments` in a process of its own, with `environment` on top of this one's."""
    return subprocess.run(
        [sys.executable, "-m", "placa.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=400,  # a machine full of other work takes ten times as long
        env=os.environ | environment,
    )


def test_version_prints_the_installed_one():
    result = placa("version")
    assert (result.returncode, result.stdout) == (0, version("placa") + "\n")


def test_an_unknown_command_is_refused_with_the_known_ones():
    result = placa("frobnicate")
    assert result.returncode == 2
    assert "invalid choice: 'frobnicate'" in result.stderr
    assert "migrate" in result.stderr


def test_migrate_makes_a_database_that_needs_nothing_more(tmp_path):
    home = str(tmp_path / "new" / "home")
    assert placa("migrate", PLACA_HOME=home).returncode == 0
    again = placa("manage", "migrate", "--check", PLACA_HOME=home)
    assert (again.returncode, again.stderr) == (0, "")


def test_check_deploy_refuses_what_is_no_production():
    result = placa("check", "--deploy")
    assert result.returncode == 1
    assert "placa.E001" in result.stderr


def test_check_deploy_passes_a_safe_production(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("u7Qm2fXz9Lr4Tn8VbK3sWd6Yh1Gc5PjEa0RiOoBtMlNqUvHyJe")
    result = placa(
        "check",
        "--deploy",
        PLACA_ENV="production",
        PLACA_HOME=str(tmp_path),
        PLACA_SECRET_KEY_FILE=str(secret),
        PLACA_BASE_URL="https://results.example.org",
        PLACA_EMAIL_URL="smtp+tls://mail.example.org:587",
    )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("command", ["run", "web", "worker", "dicom"])
def test_no_service_starts_in_an_unsafe_production(tmp_path, command):
    result = placa(command, PLACA_ENV="production", PLACA_HOME=str(tmp_path))
    assert result.returncode == 1
    assert "This is not safe to serve." in result.stderr


def test_run_names_a_taken_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = placa("run", PLACA_HTTP_PORT=port)
    assert result.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in result.stderr


def test_an_odd_port_is_named():
    result = placa("run", PLACA_HTTP_PORT="eighty")
    assert (result.returncode, result.stderr) == (
        1,
        "placa: PLACA_HTTP_PORT must be a port number, not 'eighty'\n",
    )


def test_the_demo_loads_into_no_other_mode():
    result = placa("demo")
    assert result.returncode == 1
    assert "PLACA_ENV=demo" in result.stderr


def test_import_names_a_path_that_is_not_there():
    result = placa("import", "/nowhere/at/all")
    assert (result.returncode, result.stderr) == (1, "placa: There is nothing at /nowhere/at/all.\n")


def test_a_scrub_says_what_it_found_and_ends_with_one_where_a_file_is_wrong(tmp_path):
    home = str(tmp_path / "home")
    assert placa("migrate", PLACA_HOME=home).returncode == 0
    assert placa("import", str(get_testdata_file("CT_small.dcm")), PLACA_HOME=home).returncode == 0
    whole = placa("scrub", PLACA_HOME=home)
    assert (whole.returncode, whole.stdout.splitlines()[0][:16]) == (0, "1 files checked ")
    (stored,) = Path(home, "archive").rglob("*.dcm")
    data = bytearray(stored.read_bytes())
    data[-1000] ^= 1
    stored.write_bytes(data)
    found = placa("scrub", "--since", "2020-01-01", "--limit", "5", PLACA_HOME=home)
    assert (found.returncode, found.stderr) == (1, "")
    assert "1 damaged or missing" in found.stdout
    assert stored.name in found.stdout
    moved = placa("storage", "move", "--to", f"file://{tmp_path}/other", PLACA_HOME=home)
    assert (moved.returncode, "1 not copied because they are damaged" in moved.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scrub", "--since", "yesterday"), "invalid fromisoformat value"),
        (("scrub", "--limit", "0"), "--limit must be 1 or more"),
        (("storage", "move"), "--to"),
        (("storage", "move", "--to", "ftp://x"), "unknown scheme 'ftp'"),
        (("storage", "shrink", "--to", "file:///x"), "invalid choice"),
    ],
)
def test_scrub_and_move_refuse_what_they_do_not_know(arguments, said):
    result = placa(*arguments)
    assert result.returncode in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_storage_that_cannot_be_written_is_told_in_one_line(tmp_path):
    home = str(tmp_path / "home")
    (tmp_path / "file").touch()
    assert placa("migrate", PLACA_HOME=home).returncode == 0
    for command in (("import", str(get_testdata_file("CT_small.dcm"))), ("scrub",)):
        result = placa(*command, PLACA_HOME=home, PLACA_STORAGE_URL=f"file://{tmp_path}/file/archive")
        assert result.returncode == 1
        assert result.stderr.startswith("placa: The storage or the database failed: cannot make a file")
