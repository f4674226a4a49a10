"""Sample forms of /demo/ui, and the pattern for real ones: plain Django forms, drawn by c-field."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignIn(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        help_text=_("Your e-mail or identity number works too."),
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class NewPassword(forms.Form):
    new = forms.CharField(
        label=_("New password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("Write it again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )


class Contact(forms.Form):
    mobile = forms.CharField(label=_("Mobile"), help_text=_("To tell you when there is a result."))
    email = forms.EmailField(label=_("E-mail"))
    duration = forms.ChoiceField(
        label=_("For how long"), choices=[("15", _("15 days")), ("30", _("30 days"))]
    )
    remember = forms.BooleanField(label=_("Remember this phone"), required=False)
