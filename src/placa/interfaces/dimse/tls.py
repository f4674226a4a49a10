"""TLS of the DICOM listener: 1.2 or newer, as PS3.15 B.12 (BCP 195) asks."""

import ssl

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_CLIENTS = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


def context() -> ssl.SSLContext:
    """The server's side: our certificate, and whose clients' certificates are good.

    Raises ImproperlyConfigured where certificate, key or authorities are missing or cannot be read.
    """
    environment = settings.ENVIRONMENT
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        made.load_cert_chain(environment.dicom_tls_cert, environment.dicom_tls_key)
        if environment.dicom_tls_ca:
            made.load_verify_locations(environment.dicom_tls_ca)
            made.verify_mode = _CLIENTS[environment.dicom_tls_clients]
    except (OSError, ssl.SSLError) as error:
        raise ImproperlyConfigured(f"PLACA_DICOM_TLS_CERT, _KEY or _CA cannot be used: {error}") from error
    return made
