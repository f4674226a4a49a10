"""Forms of the door."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placa.domain.accounts import passwords
from placa.domain.accounts.models import User


def _password(autocomplete: str, label: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=passwords.LONGEST, widget=widget)


_NAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(forms.Form):
    """User name and password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=254,
        help_text=_("Your e-mail or your document number will do as well."),
        widget=forms.TextInput(attrs=_NAME),
    )
    password = _password("current-password", _("Password"))


class NewPasswordForm(forms.Form):
    """A password typed twice, checked by the institution's rules."""

    new = _password("new-password", _("New password"))
    again = _password("new-password", _("Type it again"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new(self) -> str:
        """Name every rule that the password breaks."""
        new: str = self.cleaned_data["new"]
        if broken := passwords.broken(new, self.user):
            raise forms.ValidationError([str(rule.label) for rule in broken])
        return new

    def clean(self) -> dict[str, Any]:
        """Both times the same."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("new") and data["new"] != data.get("again"):
            self.add_error("again", _("The two passwords are not the same."))
        return data


class ChangePasswordForm(NewPasswordForm):
    """The same, with the old one."""

    old = _password("current-password", _("Your password until now"))
    field_order = ("old", "new", "again")


class RecoverForm(forms.Form):
    """Which account the new password is for."""

    typed = forms.CharField(label=_("User name"), max_length=254, widget=forms.TextInput(attrs=_NAME))


class RecoverNameForm(forms.Form):
    """Which address the user names are for."""

    typed = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
