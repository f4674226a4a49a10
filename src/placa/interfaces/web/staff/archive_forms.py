"""The form of an external archive."""

import ipaddress
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from placa.domain.institution.models import ExternalArchive
from placa.standards.dicom.peers.base import may_be_asked

Kind, Proof, Retrieval, Auth = (
    ExternalArchive.Kind, ExternalArchive.Proof, ExternalArchive.Retrieval, ExternalArchive.Auth,
)  # fmt: skip
OF_OTHERS = {
    Kind.DIMSE: ("url", "auth", "user", "secret"),
    Kind.DICOMWEB: ("ae_title", "host", "port", "own_ae_title", "report_port", "retrieval"),
}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


if TYPE_CHECKING:
    _Model = forms.ModelForm[ExternalArchive]
else:
    _Model = forms.ModelForm  # Django's is no generic at run time


class ArchiveForm(_Model):
    """An archive over DIMSE or DICOMweb."""

    kind = forms.ChoiceField(
        label=_("Speaks"), choices=[(one.value, one.label) for one in (Kind.DIMSE, Kind.DICOMWEB)]
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False)
    report_port = forms.IntegerField(
        label=_("Port for its storage commitment"), min_value=1, max_value=65535, required=False,
        help_text=_("Where it reports to us, as it has us in its configuration. Empty: over the same connection."),
    )  # fmt: skip
    answer_seconds = forms.IntegerField(
        label=_("Seconds until we give up waiting"), min_value=5, max_value=600, initial=60
    )
    secret = forms.CharField(
        label=_("Password or token"), required=False, max_length=2000, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted and never shown. Empty: it stays as it is."),
    )  # fmt: skip

    class Meta:
        model = ExternalArchive
        fields = (
            "name", "kind", "enabled", "priority", "ae_title", "host", "port", "own_ae_title", "retrieval", "tls",
            "report_port", "url", "auth", "user", "ca_pem", "proof", "answer_seconds",
        )  # fmt: skip
        labels = {
            "name": _("Name"),
            "enabled": _("In use"),
            "priority": _("Priority"),
            "ae_title": _("AE title"),
            "host": _("Host name or address"),
            "own_ae_title": _("Our AE title there"),
            "retrieval": _("How images come back"),
            "tls": _("TLS"),
            "url": _("DICOMweb address"),
            "auth": _("Sign-in"),
            "user": _("User"),
            "ca_pem": _("Certificate to trust (PEM)"),
            "proof": _("Proof that it keeps what was sent"),
        }
        help_texts = {
            "priority": _("The lowest is asked first, and gets what is sent away."),
            "own_ae_title": _("Empty: that of our DICOM listener."),
        }
        widgets = {"ca_pem": forms.Textarea(attrs={"rows": 4})}

    def clean_ca_pem(self) -> str:
        """A certificate that can be read, or none."""
        pem: str = self.cleaned_data["ca_pem"].strip()
        if pem:
            try:
                ssl.create_default_context().load_verify_locations(cadata=pem)
            except (ssl.SSLError, ValueError) as error:
                raise ValidationError(_("This is no certificate in PEM.")) from error
        return pem

    def clean(self) -> dict[str, Any]:
        """What the kind needs is there and fits together; fields of the other kind are not looked at."""
        data = super().clean() or self.cleaned_data
        for name in OF_OTHERS.get(data.get("kind", ""), ()):
            self.errors.pop(name, None)
        if data.get("kind") == Kind.DICOMWEB:
            self._web(data)
        elif data.get("kind") == Kind.DIMSE:
            self._dimse(data)
        return data

    def _dimse(self, data: dict[str, Any]) -> None:
        for name in ("ae_title", "host", "port"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("An archive over DIMSE needs this."))
        self._address("host", data.get("host") or "")
        if data.get("retrieval") == Retrieval.MOVE:
            if not _is_address(data.get("host") or ""):
                self.add_error(
                    "host", _("With C-MOVE it sends to us: give its IP address, by which we know it.")
                )
            if data.get("proof") == Proof.CONTENT:
                self.add_error("proof", _("With C-MOVE, choose storage commitment or the list."))
        data["url"], data["auth"], data["user"] = "", Auth.NONE, ""

    def _web(self, data: dict[str, Any]) -> None:
        try:
            parts = urlsplit(data.get("url") or "")
            host, _port = parts.hostname or "", parts.port
        except ValueError:
            parts, host = urlsplit(""), ""
        if (
            parts.scheme not in ("http", "https")
            or not host
            or parts.username
            or parts.query
            or parts.fragment
        ):
            self.add_error("url", _("Give an address such as https://pacs.example/dicom-web"))
            return
        self._address("url", host)
        if data.get("auth") != Auth.NONE and parts.scheme != "https" and host not in LOOPBACK:
            self.add_error("url", _("A password or token travels over https only."))
        if data.get("auth") != Auth.NONE and not data.get("secret") and not self.instance.secret_sealed:
            self.add_error("secret", _("It is missing."))
        if data.get("proof") == Proof.COMMITMENT:
            self.add_error("proof", _("DICOMweb has no storage commitment: choose another proof."))
        data["host"], data["port"], data["retrieval"] = host, None, Retrieval.GET

    def _address(self, field: str, host: str) -> None:
        if _is_address(host) and not may_be_asked(host, host.strip("[]")):
            self.add_error(field, _("This address is not allowed."))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
