"""Whose address counts, for throttles and the audit log, behind proxies and in spite of liars."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from placa.config import environment
from placa.interfaces.web.account.session import address_of

PROXIES = (ip_network("10.1.0.0/16"), ip_network("2001:db8::/48"))


@pytest.mark.parametrize(
    ("near", "forwarded", "counts"),
    [
        ("10.1.0.9", "198.51.100.7", "198.51.100.7"),
        ("10.1.0.9", "198.51.100.7:4711", "198.51.100.7"),
        ("10.1.0.9", "[2001:db9::7]:4711", "2001:db9::7"),
        ("10.1.0.9", "198.51.100.7, 10.1.0.8", "198.51.100.7"),  # two proxies
        ("2001:db8::1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:10.1.0.9", "198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", "198.51.100.7"),  # a local socket
        ("10.1.0.9", "", "10.1.0.9"),
        # a client behind the proxy lies: what it wrote stands further left
        ("10.1.0.9", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("10.1.0.9", "10.1.0.8, 198.51.100.7", "198.51.100.7"),
        ("10.1.0.9", "192.0.2.1, evil, 198.51.100.7", "198.51.100.7"),
        ("10.1.0.9", "192.0.2.1, evil, 10.1.0.8", "10.1.0.8"),
        ("10.1.0.9", "evil", "10.1.0.9"),
        # somebody who is no proxy: whatever they say
        ("198.51.100.66", "192.0.2.1", "198.51.100.66"),
        ("127.0.0.1", "192.0.2.1", "127.0.0.1"),
        ("198.51.100.66", "10.1.0.9", "198.51.100.66"),
    ],
)
def test_only_a_trusted_proxy_is_believed(settings: Any, near: str, forwarded: str, counts: str) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode="production", trusted_proxies=PROXIES)
    request = RequestFactory().get("/", REMOTE_ADDR=near, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == counts


def test_by_default_the_machine_itself_is_the_proxy(settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode="production")
    for near, counts in (("127.0.0.1", "192.0.2.1"), ("::1", "192.0.2.1"), ("10.0.0.1", "10.0.0.1")):
        request = RequestFactory().get("/", REMOTE_ADDR=near, HTTP_X_FORWARDED_FOR="192.0.2.1")
        assert address_of(request) == counts


def test_the_machine_names_its_proxies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLACA_TRUSTED_PROXIES", "10.1.0.0/16, 2001:db8::/48")
    assert environment.load(tmp_path).trusted_proxies == PROXIES
    for wrong in ("proxy.example.org", "10.1.0.9/16", "0.0.0.0/0", "::/0"):
        monkeypatch.setenv("PLACA_TRUSTED_PROXIES", wrong)
        with pytest.raises(ImproperlyConfigured, match="PLACA_TRUSTED_PROXIES"):
            environment.load(tmp_path)
