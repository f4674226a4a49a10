"""The forms of the four steps. What a share may be is decided in `domain.sharing`; here it is said early."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from placa.domain.sharing import pins
from placa.domain.sharing.errors import InvalidShareError
from placa.domain.sharing.services import MOST_RECIPIENTS, checked_email


@dataclass(slots=True)
class Person:
    """One line of the first step: an address, typed twice."""

    email: str = ""
    again: str = ""
    error: str | Promise = ""
    again_error: str | Promise = ""


class WhoForm(forms.Form):
    """Who gets it: addresses typed twice, a message, whether phone and e-mail go along."""

    message = forms.CharField(
        label=_("Message"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    shows_contact = forms.BooleanField(label=_("Show them my phone and e-mail"), required=False)

    def __init__(
        self, data: QueryDict | None = None, *, emails: list[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.print_only = data is not None and "print" in data
        if data is None:
            self.people = [Person(email, email) for email in emails or [""]]
        else:
            typed = zip(data.getlist("email"), data.getlist("again"), strict=False)
            self.people = [Person(email, again) for email, again in list(typed)[:MOST_RECIPIENTS]] or [
                Person()
            ]

    @property
    def emails(self) -> list[str]:
        """The addresses of the lines that were filled in."""
        return [checked_email(person.email) for person in self.people if person.email.strip()]

    def clean(self) -> dict[str, Any] | None:
        if not self.print_only:
            filled = [person for person in self.people if (person.email + person.again).strip()]
            if not filled:
                self._refuse(self.people[0], "error", _("Please write an e-mail."))
            seen: set[str] = set()
            for person in filled:
                self._check(person, seen)
        return self.cleaned_data

    def _check(self, person: Person, seen: set[str]) -> None:
        try:
            email = checked_email(person.email)
        except InvalidShareError as refused:
            return self._refuse(person, "error", refused.reason)
        if email.casefold() != person.again.strip().casefold():
            self._refuse(person, "again_error", _("The two addresses are not the same."))
        elif email.casefold() in seen:
            self._refuse(person, "error", _("This address is there twice."))
        seen.add(email.casefold())
        return None

    def _refuse(self, person: Person, where: str, why: str | Promise) -> None:
        setattr(person, where, why)
        self.add_error(None, str(why))


class HowForm(forms.Form):
    """What they will see, and until when."""

    images = forms.BooleanField(required=False)
    report = forms.BooleanField(required=False)
    download = forms.BooleanField(required=False)
    earlier = forms.BooleanField(required=False)
    days = forms.CharField(required=False)
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    openings_maximum = forms.IntegerField(
        label=_("How many openings"), required=False, min_value=1, max_value=1000,
        help_text=_("Each time somebody writes the PIN counts. Leave it empty for as many as they need."),
    )  # fmt: skip
    tells_openings = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("images") and not data.get("report"):
            self.add_error("images", _("Please choose images, report or both."))
        chosen = data.get("days", "")
        if chosen == "date":
            if not data.get("until") and "until" not in self.errors:
                self.add_error("until", _("Please choose a day."))
            data["days"] = None
        elif chosen.isdecimal():
            data["days"], data["until"] = int(chosen), None
        else:
            self.add_error("days", _("Please choose until when it works."))
        return data


class PinForm(forms.Form):
    """The PIN, if the patient chooses it, and how it travels."""

    pin = forms.CharField(required=False)
    delivery = forms.ChoiceField(choices=[("mail", ""), ("sms", ""), ("in_person", "")], required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        chosen: bool,
        secrets: tuple[list[dt.date | None], list[str]],
        message: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.chosen, self.secrets, self.message = chosen, secrets, message

    def clean_pin(self) -> str:
        pin = str(self.cleaned_data["pin"])
        if not self.chosen:
            return ""
        if why := pins.weakness(pin, *self.secrets):
            raise forms.ValidationError(str(why))
        if pins.mentions(self.message, pin):
            raise forms.ValidationError(_("Your message holds this PIN. Please choose another."))
        return pin
