"""Forms of the settings: who the institution is, its rules, its release delays, the devices that may send."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from placa.common import colours
from placa.domain.institution import selectors
from placa.domain.institution.definitions import DEFINITIONS, Definition
from placa.domain.institution.models import DicomPeer, ExamType, Institution, Site
from placa.interfaces.web.ohif import files as ohif
from placa.interfaces.web.staff.forms import ExamTypeField, phone

if TYPE_CHECKING:
    _InstitutionModel = forms.ModelForm[Institution]
    _PeerModel = forms.ModelForm[DicomPeer]
else:
    _InstitutionModel = _PeerModel = forms.ModelForm  # Django's is no generic at run time

DELAY = DEFINITIONS["release_delay_hours"]
# every key of DEFINITIONS once: the title under which staff find it
GROUPS: tuple[tuple[Promise | str, tuple[str, ...]], ...] = (
    (gettext_lazy("When results open"), (
        "release_delay_hours", "report_release_delay_hours", "doctor_first", "doctor_first_limit_days",
        "hand_delivery_blocks_images", "unlinked_studies_wait", "online_days", "consent_required", "patient_may_hide",
        "guardianship_until_age",
    )),
    (gettext_lazy("Accounts"), (
        "portal_enabled_by_itself", "activation_hours", "notice_every_time", "password_composition", "idle_minutes",
    )),
    (gettext_lazy("Sharing"), ("share_days", "share_days_maximum", "share_pin_chosen", "share_sheet_prints_pin")),
    (gettext_lazy("Paper"), ("letter_paper",)),
    (gettext_lazy("Doctors"), ("doctor_download", "doctor_ohif", "groups_see_each_other")),
    (gettext_lazy("Notices"), ("sms_new_result", "sms_recall")),
    (gettext_lazy("Images and archive"), (
        "evict_after_days", "evict_unused_days", "archive_gigabytes_maximum", "recall_hours", "prefetch_studies",
        "prefetch_same_modality", "scrub_days", "fuzzy_names",
    )),
)  # fmt: skip


class InstitutionForm(_InstitutionModel):
    """Who the institution is, as every page, mail and sheet says it."""

    phone = phone(gettext_lazy("Phone"))
    accent = forms.CharField(
        label=gettext_lazy("Accent colour"), required=False, max_length=7,
        help_text=gettext_lazy(
            "For the patients' pages, as #rrggbb. Empty: the portal's own blue. Left out where it cannot be read well."
        ),
        widget=forms.TextInput(attrs={"placeholder": "#126ed5", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    class Meta:
        model = Institution
        fields = ("name", "short_name", "address", "phone", "email", "hours", "accent")
        labels = {
            "name": gettext_lazy("Name"),
            "short_name": gettext_lazy("Short name"),
            "address": gettext_lazy("Address"),
            "email": gettext_lazy("E-mail"),
            "hours": gettext_lazy("When somebody answers"),
        }
        help_texts = {
            "short_name": gettext_lazy("For the header of a phone."),
            "hours": gettext_lazy("For example: Monday to Friday, 8:00 to 17:00."),
        }

    def clean_accent(self) -> str:
        """A colour, or none."""
        typed: str = self.cleaned_data["accent"].strip()
        try:
            return colours.checked(typed) if typed else ""
        except ValueError as error:
            raise ValidationError(_("Write the colour as #rrggbb, for example #126ed5.")) from error


class DaysField(forms.CharField):
    """A list of days, with commas."""

    def prepare_value(self, value: Any) -> Any:
        """What was typed as it was, else the days."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The days in their order, each once; a mistake is said."""
        parts = [part.strip() for part in (value or "").split(",") if part.strip()]
        if not all(part.isascii() and part.isdecimal() and len(part) <= 3 and int(part) for part in parts):
            raise ValidationError(_("Write days with commas, for example 15, 30, 45."))
        return sorted({int(part) for part in parts})


class RulesForm(forms.Form):
    """Every setting of `definitions.py`, with the value that holds now."""

    shown = forms.JSONField(widget=forms.HiddenInput, required=False)  # the values that the page had

    def __init__(self, typed: Any = None) -> None:
        now = {key: selectors.setting(key) for key in DEFINITIONS}
        super().__init__(typed, initial={**now, "shown": now})
        self.fields.update({key: _field(definition) for key, definition in DEFINITIONS.items()})
        self.fields["release_delay_hours"].help_text = _("For one exam or one site: under Release delays.")
        if not ohif.built():
            self.fields["doctor_ohif"].disabled = True
            self.fields["doctor_ohif"].help_text = _(
                "OHIF is not installed with this portal: there is nothing to open."
            )

    def groups(self) -> Iterable[tuple[Promise | str, list[forms.BoundField]]]:
        """The fields under their titles."""
        return [(title, [self[key] for key in keys]) for title, keys in GROUPS]

    def typed(self) -> dict[str, Any]:
        """What is another value than the page showed; a page that stood open takes nothing back."""
        shown = self.cleaned_data["shown"]
        known = shown if isinstance(shown, dict) else {}
        return {
            key: self.cleaned_data[key]
            for key in DEFINITIONS
            if key not in known or self.cleaned_data[key] != known[key]
        }

    def clean(self) -> dict[str, Any]:
        """No share is offered that lasts longer than the longest (5.1)."""
        data = super().clean() or self.cleaned_data
        days, longest = data.get("share_days"), data.get("share_days_maximum")
        if days and longest and max(days) > longest:
            self.add_error("share_days", _("The longest share is %(days)d days.") % {"days": longest})
        return data


def _field(definition: Definition) -> forms.Field:
    if isinstance(definition.default, bool):
        return forms.BooleanField(label=str(definition.label), required=False)
    if isinstance(definition.default, list):
        return DaysField(label=str(definition.label))
    return forms.IntegerField(
        label=str(definition.label), required=not definition.optional,
        min_value=definition.minimum, max_value=definition.maximum,
        help_text=gettext_lazy("Empty: not used.") if definition.optional else "",
    )  # fmt: skip


class DelayForm(forms.Form):
    """A release delay of a type of exam, of a site, or of a type at a site."""

    exam_type = ExamTypeField(
        ExamType.objects.order_by("name"), label=gettext_lazy("Exam"), required=False,
        empty_label=gettext_lazy("Every exam"),
    )  # fmt: skip
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=gettext_lazy("Site"), required=False,
        empty_label=gettext_lazy("Every site"),
    )  # fmt: skip
    hours = forms.IntegerField(
        label=gettext_lazy("Hours after the exam"), min_value=DELAY.minimum, max_value=DELAY.maximum
    )

    def clean(self) -> dict[str, Any]:
        """For every exam at every site there is the institution's own delay, which is a rule."""
        data = super().clean() or self.cleaned_data
        if not self.errors and data.get("exam_type") is None and data.get("site") is None:
            raise ValidationError(_("Choose an exam, a site or both. For all of them, change the rule."))
        return data


class DeviceForm(_PeerModel):
    """A modality, workstation or PACS that may send."""

    ae_title = forms.CharField(
        label=gettext_lazy("AE title"), max_length=16,
        validators=[RegexValidator(r"^[ -\[\]-~]+$", gettext_lazy("Letters, digits and signs, without a backslash."))],
        help_text=gettext_lazy("As the device calls itself; capitals count."),
    )  # fmt: skip
    port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, required=False,
        help_text=gettext_lazy("Where it listens for our storage commitment. Empty: it does not ask for one."),
    )  # fmt: skip
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=gettext_lazy("Site"), required=False, empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("Where its exams are done."),
    )  # fmt: skip

    class Meta:
        model = DicomPeer
        fields = ("name", "ae_title", "address", "port", "site", "default_issuer", "may_store", "enabled")
        labels = {
            "name": gettext_lazy("Name"),
            "address": gettext_lazy("IP address"),
            "default_issuer": gettext_lazy("Who gives the patients' numbers"),
            "may_store": gettext_lazy("May send images"),
            "enabled": gettext_lazy("In use"),
        }
        help_texts = {
            "default_issuer": gettext_lazy("Where the device does not say it itself."),
        }

    def clean(self) -> dict[str, Any]:
        """A device is known by AE title and address: no two entries mean the same one."""
        data = super().clean() or self.cleaned_data
        same = DicomPeer.objects.filter(ae_title=data.get("ae_title"), address=data.get("address"))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("ae_title", _("Another entry has this AE title at this address."))
        return data
