"""DICOM over TLS: 1.2 or newer, and only with whose certificate is good where that is asked (case 25)."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured
from pynetdicom import AE

from placa.common import clock
from placa.config import environment
from placa.domain.intake.tests.objects import CT
from placa.interfaces.dimse.tests.listener import Child, free_port, listening
from placa.interfaces.dimse.tests.test_store import EXPLICIT, new_slice, send


class Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self._save(name, self._signed(name, self.key, 30, ca=True), self.key)

    def issue(self, name: str, days: int = 30) -> Path:
        """A certificate with its key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._save(name, self._signed(name, key, days, ca=False), key)

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, days: int, *, ca: bool) -> x509.Certificate:
        now = clock.now()
        subject, issuer = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)]) for who in (name, self.name)
        )
        built = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        )
        built = built.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=60))
        built = built.not_valid_after(now + dt.timedelta(days=days))
        built = built.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        return built.add_extension(names, critical=False).sign(self.key, hashes.SHA256())

    def _save(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Path:
        path = self.folder / f"{self.name}-{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        return path


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("good"), "good")


@pytest.fixture(scope="module")
def listener(migrated: Path, tmp_path_factory: pytest.TempPathFactory, good: Authority) -> Iterator[Child]:
    """A listener that wants a certificate of the good authority on its TLS port."""
    own, port = good.issue("listener"), free_port()
    more = {
        "PLACA_DICOM_TLS_PORT": str(port), "PLACA_DICOM_TLS_CERT": str(own), "PLACA_DICOM_TLS_KEY": str(own),
        "PLACA_DICOM_TLS_CA": str(good.ca),
    }  # fmt: skip
    with listening(migrated, tmp_path_factory.mktemp("tls") / "home", more=more) as child:
        child.port = port  # what follows speaks to that one
        yield child


def _status(
    child: Child, good: Authority, certificate: Path | None, *, most: ssl.TLSVersion | None = None
) -> int:
    """Status of a store; -1 where there was no association."""
    context = ssl.create_default_context(cafile=str(good.ca))
    if most is not None:
        context.maximum_version = most
    if certificate is not None:
        context.load_cert_chain(certificate)
    ae = AE(ae_title="CT1")
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 10
    ae.add_requested_context(CT, EXPLICIT)
    association = ae.associate("127.0.0.1", child.port, ae_title="PLACA", tls_args=(context, "localhost"))
    bound = association.dul.socket.socket if association.dul.socket else None
    try:
        if not association.is_established:
            return -1
        status = send(association, new_slice(Rows=512, Columns=512, PixelData=bytes(524288)))
        association.release()
        return status
    finally:
        if bound is not None:
            bound.close()


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_peer_with_a_good_certificate_stores(
    listener: Child, good: Authority, most: ssl.TLSVersion
) -> None:
    assert _status(listener, good, good.issue("ct"), most=most) == 0


def test_wrong_expired_or_no_certificate_is_refused(listener: Child, good: Authority, tmp_path: Path) -> None:
    assert _status(listener, good, None) == -1
    assert _status(listener, good, good.issue("old", days=-1)) == -1
    assert _status(listener, good, Authority(tmp_path, "other").issue("ct")) == -1
    assert _status(listener, good, good.issue("ct")) == 0


def test_old_tls_and_no_tls_are_refused(listener: Child, good: Authority) -> None:
    with listener.association((CT, EXPLICIT), seconds=3) as association:
        assert not association.is_established
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        socket.create_connection(("127.0.0.1", listener.port), 10) as peer,
        pytest.raises(OSError, match=r"(?i)alert|proto|reset"),
    ):
        context.wrap_socket(peer)


@pytest.mark.parametrize(
    "given",
    [
        {"TLS_PORT": "2762"},
        {"TLS_CLIENTS": "required"},
        {"TLS_CLIENTS": "perhaps"},
        {"TLS_PORT": "2762", "TLS_CERT": "x"},
    ],
)
def test_half_a_configuration_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"PLACA_DICOM_{name}", value)
    with pytest.raises(ImproperlyConfigured):
        environment.load(environment.ROOT)
