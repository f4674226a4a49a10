"""An unsafe production is refused, each reason by its own name (security case 25)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from placa.config import environment, production

SAFE = environment.Environment(
    mode="production",
    home=Path("/srv/placa"),
    database_url="sqlite:////srv/placa/placa.sqlite3",
    storage_url="file:///srv/placa/archive",
    http_port=8000,
    dicom_port=11112,
    dicom_aet="PLACA",
    hl7_port=2575,
    bind="0.0.0.0",
    base_url="https://results.example.org",
    secret_key="u7Qm2fXz9Lr4Tn8VbK3sWd6Yh1Gc5PjEa0RiOoBtMlNqUvHyJe",
    email_url="smtp+tls://mail.example.org:587",
    sms_url="",
    cache_url="",
)


def ids(**changes: Any) -> list[str]:
    return [problem.id for problem in production.problems(replace(SAFE, **changes))]


def test_a_safe_production_has_no_problem():
    assert ids() == []


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_demo_and_test_are_no_production(mode):
    assert ids(mode=mode) == ["placa.E001"]


@pytest.mark.parametrize("key", ["", "short", "a" * 80, "insecure-" + SAFE.secret_key])
def test_a_poor_secret_is_refused(key):
    assert ids(secret_key=key) == ["placa.E002"]


@pytest.mark.parametrize(
    "url", ["http://results.example.org", "https://localhost", "https://127.0.0.1:8000", ""]
)
def test_an_address_without_tls_or_on_loopback_is_refused(url):
    assert ids(base_url=url) == ["placa.E003"]


@pytest.mark.parametrize("url", ["", "mail.example.org"])
def test_no_mail_server_is_refused(url):
    assert ids(email_url=url) == ["placa.E004"]


@pytest.mark.parametrize("bind", ["0.0.0.0", "192.0.2.7", "::"])
def test_the_demo_binds_to_loopback_only(monkeypatch, tmp_path, bind):
    monkeypatch.setenv("PLACA_ENV", "demo")
    monkeypatch.setenv("PLACA_BIND", bind)
    with pytest.raises(ImproperlyConfigured, match="loopback"):
        environment.load(tmp_path)


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    secret = tmp_path / "key"
    secret.write_text("from the file\n")
    monkeypatch.setenv("PLACA_SECRET_KEY_FILE", str(secret))
    assert environment.load(tmp_path).secret_key == "from the file"


def test_an_unreadable_secret_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PLACA_SECRET_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match=r"PLACA_SECRET_KEY_FILE names .*absent"):
        environment.load(tmp_path)


def test_production_is_never_given_a_secret_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("PLACA_ENV", "production")
    monkeypatch.setenv("PLACA_HOME", str(tmp_path))
    assert environment.load(tmp_path).secret_key == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "keys", "found"),
    [
        ("s3://images", ("", ""), []),
        ("s3://images?endpoint=https%3A%2F%2Fs3.example.org", ("key", "secret"), []),
        ("s3://images?endpoint=http%3A%2F%2F127.0.0.1%3A8333", ("key", "secret"), []),
        ("s3://images?endpoint=http%3A%2F%2Fs3.example.org", ("key", "secret"), ["placa.E010"]),
        ("s3://images", ("key", ""), ["placa.E011"]),
    ],
)
def test_images_go_to_s3_encrypted_and_with_both_keys(url, keys, found):
    assert ids(storage_url=url, storage_access_key=keys[0], storage_secret_key=keys[1]) == found


def test_the_secrets_of_s3_are_printed_nowhere():
    assert "hush" not in repr(replace(SAFE, storage_secret_key="hush", storage_access_key="hush"))


@pytest.mark.parametrize("text", ["", "20G", "-1", "1000"])
def test_a_cache_of_no_size_is_refused(monkeypatch, tmp_path, text):
    monkeypatch.setenv("PLACA_STORAGE_CACHE_BYTES", text)
    with pytest.raises(ImproperlyConfigured, match="PLACA_STORAGE_CACHE_BYTES"):
        environment.load(tmp_path)
