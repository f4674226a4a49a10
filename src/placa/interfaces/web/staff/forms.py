"""Forms of patients: what staff type, checked before a service sees it."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from placa.common import clock
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import ExamType
from placa.domain.people import selectors as people
from placa.domain.people.models import Guardianship, Patient

if TYPE_CHECKING:
    _ExamTypes = forms.ModelChoiceField[ExamType]
else:
    _ExamTypes = forms.ModelChoiceField  # Django's is no generic at run time

PHONE = r"^\+?[0-9 ()./-]{6,20}$"
OLDEST = dt.date(1880, 1, 1)


class DayField(forms.DateField):
    """A calendar day by the browser's own picker."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    input_formats = ["%Y-%m-%d"]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


def phone(label: Any, help_text: Any = "") -> forms.RegexField:
    """A telephone number, or nothing."""
    return forms.RegexField(
        PHONE, label=label, required=False, max_length=20, help_text=help_text,
        error_messages={"invalid": gettext_lazy("Write the number with digits, for example +1 809 555 0111.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )  # fmt: skip


class ExamTypeField(_ExamTypes):
    """The exam catalogue, by name; the code tells apart those of one name."""

    def label_from_instance(self, obj: ExamType) -> str:
        """Name and code."""
        return f"{obj.name} · {obj.code}"


class PatientForm(forms.Form):
    """Data of a patient, as they stand on the file."""

    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=120)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=120)
    birth_date = DayField(label=gettext_lazy("Birth date"), required=False)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=Patient.Sex.choices, required=False)
    mobile = phone(gettext_lazy("Mobile"))
    phone = phone(gettext_lazy("Other phone"))
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    marital_status = forms.CharField(label=gettext_lazy("Marital status"), max_length=40, required=False)
    family_doctor = forms.CharField(label=gettext_lazy("Family doctor"), max_length=120, required=False)
    contact_person = forms.CharField(label=gettext_lazy("Contact person"), max_length=120, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def clean_birth_date(self) -> dt.date | None:
        """A day that somebody alive can have been born on."""
        day: dt.date | None = self.cleaned_data["birth_date"]
        if day is not None and not OLDEST <= day <= clock.today(institution.zone()):
            raise forms.ValidationError(_("This day cannot be a birth date."))
        return day


class NewPatientForm(PatientForm):
    """A patient who is not on file yet: a number is needed, an e-mail is asked for."""

    identifier = forms.CharField(
        label=gettext_lazy("Patient's number"),
        max_length=64,
        help_text=gettext_lazy("The number that the equipment sends: medical record or identity card."),
    )
    issuer = forms.CharField(
        label=gettext_lazy("Who gave the number"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Empty: this institution."),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    another = forms.BooleanField(label=gettext_lazy("I have checked: this is another person"), required=False)
    namesakes: list[Patient] = []

    def __init__(self, *args: Any, patients: QuerySet[Patient], **kwargs: Any) -> None:
        """`patients`: whom this member of staff may know of."""
        super().__init__(*args, **kwargs)
        self.patients = patients

    def clean_identifier(self) -> str:
        """One blank between words, none around."""
        return " ".join(self.cleaned_data["identifier"].split())

    def clean(self) -> dict[str, Any]:
        """Stop at a patient of the same name and birth date, unless staff say that it is another person."""
        data = super().clean() or {}
        if data.get("family_name") and data.get("given_name"):
            self.namesakes = people.namesakes(
                self.patients, data["family_name"], data["given_name"], data.get("birth_date")
            )
            if self.namesakes and not data.get("another"):
                raise forms.ValidationError(
                    _(
                        "Somebody of this name is on file. Look whether it is the same person before you go on."
                    )
                )
        return data


class EmailForm(forms.Form):
    """The e-mail on file; empty takes it off."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class IdentifierForm(forms.Form):
    """Another number of the same person."""

    value = forms.CharField(label=gettext_lazy("Another number"), max_length=64)
    issuer = forms.CharField(
        label=gettext_lazy("Who gave the number"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Empty: this institution."),
    )


class GuardianForm(forms.Form):
    """A guardian of a child: who, which kind of link, and the document that proves it (9.5)."""

    guardian = forms.CharField(
        label=gettext_lazy("Number of the mother, father or guardian"),
        max_length=64,
        help_text=gettext_lazy(
            "They must be on file as a patient, since they sign in with their own account."
        ),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of link"), choices=Guardianship.Kind.choices)
    proof = forms.CharField(
        label=gettext_lazy("Document that proves it"),
        max_length=120,
        help_text=gettext_lazy("For example: birth certificate and its number."),
    )
