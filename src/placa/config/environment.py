"""The only place that reads the process environment (see interfaces: `PLACA_*`).

Every secret may come from `NAME` or from a file named by `NAME_FILE`.
"""

import os
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

Mode = Literal["demo", "production", "test"]
Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ROOT = Path(__file__).resolve().parents[3]  # the checkout
CACHE_BYTES = 20 * 1024**3
# PostgreSQL: a server that hangs, or lost its power, is away after half a minute, not after TCP's two hours
NO_ANSWER = {
    "connect_timeout": "5", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}  # fmt: skip


def read(name: str, default: str = "") -> str:
    """Value of `PLACA_<name>`, or the stripped content of the file named by `PLACA_<name>_FILE`.

    Raises ImproperlyConfigured when the named file cannot be read.
    """
    key = f"PLACA_{name}"
    if path := os.environ.get(f"{key}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{key}_FILE names {path}, which cannot be read") from error
    return os.environ.get(key, default)


def read_port(name: str, default: int) -> int:
    """TCP port from `PLACA_<name>`; raises ImproperlyConfigured outside 1..65535."""
    text = read(name, str(default))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ImproperlyConfigured(f"PLACA_{name} must be a port number, not {text!r}")
    return int(text)


def read_gigabytes(name: str, default: int) -> int:
    """Bytes from `PLACA_<name>`, a whole number of gigabytes; raises ImproperlyConfigured for anything else."""
    text = read(name, str(default))
    if not text.isdigit() or len(text) > 6:
        raise ImproperlyConfigured(f"PLACA_{name} must be a whole number of gigabytes, not {text!r}")
    return int(text) * 1_000_000_000


def read_bytes(name: str, default: int) -> int:
    """Bytes from `PLACA_<name>`; raises ImproperlyConfigured for less than a MiB, or for no number."""
    text = read(name, str(default))
    if not text.isdecimal() or int(text) < 1024**2:
        raise ImproperlyConfigured(f"PLACA_{name} must be a number of bytes, a MiB or more, not {text!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Environment:
    """What the machine tells us; what an institution decides is in its settings instead."""

    mode: Mode
    home: Path
    database_url: str
    storage_url: str
    http_port: int
    dicom_port: int
    dicom_aet: str
    hl7_port: int
    bind: str
    base_url: str
    secret_key: str = field(repr=False)
    email_url: str = field(repr=False)
    sms_url: str = field(repr=False)
    cache_url: str = field(repr=False)
    picture_cache_bytes: int = 20_000_000_000
    storage_access_key: str = field(default="", repr=False)
    storage_secret_key: str = field(default="", repr=False)
    storage_cache_bytes: int = CACHE_BYTES  # of files of S3 on the local disk
    trusted_proxies: tuple[Network, ...] = LOOPBACK  # whose X-Forwarded-For is believed
    jobs_url: str = field(default="", repr=False)
    dicom_tls_port: int = 0  # 0: no TLS
    dicom_tls_cert: str = ""
    dicom_tls_key: str = ""
    dicom_tls_ca: str = ""
    dicom_tls_clients: str = "none"  # optional, required: whether a peer must show a certificate of the CA

    @property
    def is_production(self) -> bool:
        return self.mode == "production"

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"


def load(root: Path) -> Environment:
    """Read `PLACA_*`; `root` is the checkout, whose `var/` is the default home."""
    mode = _read_mode()
    home = Path(read("HOME", str(root / "var"))).resolve()
    http_port = read_port("HTTP_PORT", 8000)
    bind = read("BIND", "127.0.0.1")
    if mode == "demo" and bind not in ("127.0.0.1", "::1", "localhost"):
        raise ImproperlyConfigured("The demo keeps its mails readable: it binds to loopback only")
    return Environment(
        mode=mode,
        home=home,
        database_url=read("DATABASE_URL", f"sqlite:///{home / 'placa.sqlite3'}"),
        storage_url=read("STORAGE_URL", f"file://{home / 'archive'}"),
        http_port=http_port,
        dicom_port=read_port("DICOM_PORT", 11112),
        dicom_aet=read("DICOM_AET", "PLACA"),
        hl7_port=read_port("HL7_PORT", 2575),
        bind=bind,
        base_url=read("BASE_URL", f"http://127.0.0.1:{http_port}").rstrip("/"),
        secret_key=read("SECRET_KEY") or _kept_secret(home, mode),
        email_url=read("EMAIL_URL"),
        sms_url=read("SMS_URL"),
        cache_url=read("CACHE_URL"),
        picture_cache_bytes=read_gigabytes("PICTURE_CACHE_GB", 20),
        storage_access_key=read("STORAGE_ACCESS_KEY"),
        storage_secret_key=read("STORAGE_SECRET_KEY"),
        storage_cache_bytes=read_bytes("STORAGE_CACHE_BYTES", CACHE_BYTES),
        trusted_proxies=_read_networks("TRUSTED_PROXIES") or LOOPBACK,
        jobs_url=read("JOBS_URL"),
        **_dicom_tls(),
    )


def _read_networks(name: str) -> tuple[Network, ...]:
    """Addresses and networks from `PLACA_<name>`, with commas between. Raises ImproperlyConfigured."""
    try:
        found = tuple(ip_network(part.strip()) for part in read(name).split(",") if part.strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"PLACA_{name}: {error}") from error
    if any(network.prefixlen == 0 for network in found):
        raise ImproperlyConfigured(f"PLACA_{name} trusts everybody: name the proxies")
    return found


def _dicom_tls() -> dict[str, Any]:
    """Port, files and demands of DICOM over TLS. Raises ImproperlyConfigured for half a configuration."""
    port = read_port("DICOM_TLS_PORT", 2762) if read("DICOM_TLS_PORT") else 0
    cert, key, ca = (read(f"DICOM_TLS_{name}") for name in ("CERT", "KEY", "CA"))
    clients = read("DICOM_TLS_CLIENTS", "required" if ca else "none")
    if clients not in ("none", "optional", "required"):
        raise ImproperlyConfigured(
            f"PLACA_DICOM_TLS_CLIENTS must be none, optional or required, not {clients!r}"
        )
    if port and not (cert and key):
        raise ImproperlyConfigured("PLACA_DICOM_TLS_PORT wants PLACA_DICOM_TLS_CERT and PLACA_DICOM_TLS_KEY")
    if clients != "none" and not ca:
        raise ImproperlyConfigured(f"PLACA_DICOM_TLS_CLIENTS={clients} wants PLACA_DICOM_TLS_CA")
    return {
        "dicom_tls_port": port, "dicom_tls_cert": cert, "dicom_tls_key": key, "dicom_tls_ca": ca,
        "dicom_tls_clients": clients,
    }  # fmt: skip


def _read_mode() -> Mode:
    match read("ENV", "production"):
        case "demo" | "production" | "test" as mode:
            return mode
        case other:
            raise ImproperlyConfigured(f"PLACA_ENV must be demo, production or test, not {other!r}")


def _kept_secret(home: Path, mode: str) -> str:
    """A secret key made once and kept in the home; production must be given its own."""
    if mode == "production":
        return ""
    import secrets

    path = home / "secret-key"
    home.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for `sqlite:///path` or `postgresql://user:password@host/name`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path) or ":memory:",
            # without IMMEDIATE 85 % of requests failed under three writing processes, with it none
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
            "CONN_MAX_AGE": 600,
        }
    if parts.scheme in ("postgres", "postgresql"):
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": {**NO_ANSWER, **query},
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(f"PLACA_DATABASE_URL: unknown scheme {parts.scheme!r}")


def socket_address(host: str, port: int) -> str:
    """`host:port` as it stands in a URL; an IPv6 address gets its brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
