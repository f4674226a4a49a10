"""Which services `placa run` starts, when they are ready, and what it says then."""

import http.client
import socket
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from placa.config.environment import Environment
from placa.config.supervisor import Service


def services() -> list[Service]:
    """Every process of a one-machine installation."""
    command = [sys.executable, "-m", "placa.cli"]
    return [
        Service("web", [*command, "web"]),
        Service("dicom", [*command, "dicom"]),
        Service("render", [*command, "render"]),
        Service("worker (short)", [*command, "worker", "short"]),
        Service("worker (long)", [*command, "worker", "long"]),
    ]


def ports(environment: Environment) -> dict[str, int]:
    """The ports that `services` listen on, by the setting that moves each."""
    found = {"PLACA_HTTP_PORT": environment.http_port, "PLACA_DICOM_PORT": environment.dicom_port}
    if environment.dicom_tls_port:
        found["PLACA_DICOM_TLS_PORT"] = environment.dicom_tls_port
    return found


def waiting_for(environment: Environment) -> str:
    """What does not answer yet, in words; empty once listener and portal do."""
    if not _accepts(environment.bind, environment.dicom_port):
        return "the DICOM listener"
    status = _portal_status(environment)
    if status == http.client.OK:
        return ""
    return f"the portal, which answers {status}" if status else "the portal"


def greeting(environment: Environment, accounts: Mapping[str, str], password: str) -> str:
    """What is printed when everything is up: the address, and in the demo its `accounts` (name: who)."""
    lines = [
        "",
        f"Placa is ready: {environment.base_url}/",
        f"DICOM listener: {environment.dicom_aet} on {environment.bind}, port {environment.dicom_port}",
    ]
    if environment.is_demo:
        lines += ["", f"Demo accounts (password of all: {password}):"]
        lines += [f"  {name:<7} {who}" for name, who in accounts.items()]
        lines += ["", f"Every mail and SMS it sends: {environment.base_url}/demo/outbox"]
    return "\n".join([*lines, "Ctrl-C ends it.", ""])


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((_reachable(host), port), timeout=1).close()
    except OSError:
        return False
    return True


def _portal_status(environment: Environment) -> int:
    """Status of `/healthz` at the bound address, under the public host name; 0 where nobody answers."""
    connection = http.client.HTTPConnection(_reachable(environment.bind), environment.http_port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(environment.base_url).netloc})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _reachable(bind: str) -> str:
    """An address to connect to, for one that may mean "all interfaces"."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - asked, not bound to
