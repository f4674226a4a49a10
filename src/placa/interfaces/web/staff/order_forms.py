"""Form of an order: what is asked for, by whom, who pays."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from placa.domain.access.viewers import Viewer
from placa.domain.institution.models import ExamType, Site
from placa.domain.orders.services import checked_accession
from placa.domain.people import selectors as people
from placa.domain.people.models import Organization, Patient
from placa.interfaces.web.listing import MODALITIES
from placa.interfaces.web.staff.forms import ExamTypeField

if TYPE_CHECKING:
    _Payers = forms.ModelChoiceField[Organization]
else:
    _Payers = forms.ModelChoiceField  # Django's is no generic at run time

NOT_CHOSEN = gettext_lazy("Not chosen")


class PayerField(_Payers):
    """Companies; those whose studies become theirs alone say so."""

    def label_from_instance(self, obj: Organization) -> str:
        """Name, and the mark of an exclusive payer."""
        return _("%(company)s (exclusive)") % {"company": obj.name} if obj.is_exclusive else obj.name


class OrderForm(forms.Form):
    """An order. `exclusive_payer` is set where the chosen payer would have the study alone."""

    exam_type = ExamTypeField(
        ExamType.objects.order_by("name"), label=gettext_lazy("Exam"), required=False, empty_label=NOT_CHOSEN
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Empty: the name of the exam."),
    )
    modality = forms.ChoiceField(
        label=gettext_lazy("Modality"),
        choices=[("", gettext_lazy("As the exam says")), *((code, code) for code in MODALITIES)],
        required=False,
    )
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=gettext_lazy("Site"), required=False, empty_label=NOT_CHOSEN
    )
    requester = forms.ModelChoiceField(
        people.requesters(),
        label=gettext_lazy("Doctor who asks for it"),
        required=False,
        empty_label=NOT_CHOSEN,
    )
    copies_to = forms.ModelMultipleChoiceField(
        people.requesters(),
        label=gettext_lazy("Copies to"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": "4"}),
        help_text=gettext_lazy("Other doctors who see the result."),
    )
    payer = PayerField(
        people.payers(),
        label=gettext_lazy("Company that pays"),
        required=False,
        empty_label=gettext_lazy("No company"),
    )
    understood = forms.BooleanField(
        label=gettext_lazy("I understand: only this company and authorised staff will see the study"),
        required=False,
    )
    urgent = forms.BooleanField(label=gettext_lazy("Urgent"), required=False)
    hand_delivery = forms.BooleanField(
        label=gettext_lazy("Hand delivery"),
        required=False,
        help_text=gettext_lazy("The result is handed over in person and does not open online."),
    )

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exclusive_payer: Organization | None = None
        if viewer.sites is not None:  # whoever works at some sites orders for those
            own = Site.objects.filter(pk__in=viewer.sites).order_by("name")
            self.fields["site"] = forms.ModelChoiceField(
                own, label=gettext_lazy("Site"), empty_label=None, initial=own.first()
            )

    def clean(self) -> dict[str, Any]:
        """An exam is needed; an exclusive payer must be understood."""
        data = super().clean() or {}
        if not data.get("exam_type") and not data.get("description", "").strip():
            self.add_error("exam_type", _("Choose the exam or describe it."))
        payer = data.get("payer")
        if payer is not None and payer.is_exclusive:
            self.exclusive_payer = payer
            if not data.get("understood"):
                self.add_error("understood", _("Confirm it, or choose another company."))
        return data

    @property
    def order_data(self) -> dict[str, Any]:
        """What a service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name in SERVICE_FIELDS}


SERVICE_FIELDS = frozenset(
    {
        "exam_type", "description", "modality", "site", "requester", "copies_to", "payer", "urgent",
        "hand_delivery",
    }
)  # fmt: skip


class NewOrderForm(OrderForm):
    """A new order: for whom, and under which accession number."""

    patient_number = forms.CharField(
        label=gettext_lazy("Patient's number"), max_length=64, required=False,
        help_text=gettext_lazy("As it stands on the file. A patient who is new is created first."),
    )  # fmt: skip
    accession_number = forms.CharField(
        label=gettext_lazy("Accession number"),
        max_length=16,
        required=False,
        help_text=gettext_lazy("Empty: the portal gives the next one."),
    )

    def __init__(self, *args: Any, patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient = patient
        if patient is not None:
            del self.fields["patient_number"]

    def clean_patient_number(self) -> str:
        """A number that names one patient; whoever has the card in hand may order at any site."""
        value = str(self.cleaned_data["patient_number"])
        found = people.patients_numbered(value) if value.strip() else []
        if not value.strip():
            raise forms.ValidationError(_("Write the patient's number."))
        if not found:
            raise forms.ValidationError(_("No patient has this number. Create the patient first."))
        if len(found) > 1:
            raise forms.ValidationError(
                _("Two patients have this number. Start from the page of the patient.")
            )
        self.patient = found[0]
        return value

    def clean_accession_number(self) -> str:
        """As DICOM's SH allows it."""
        try:
            return checked_accession(self.cleaned_data["accession_number"])
        except ValueError as error:
            raise forms.ValidationError(_("Use at most 16 letters and digits.")) from error
