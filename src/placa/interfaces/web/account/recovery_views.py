"""Forgotten password, forgotten user name, and the page behind the mailed link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from placa.domain.accounts import onetime, recovery, throttle
from placa.domain.accounts.passwords import WeakPasswordError
from placa.interfaces.web.account import session as sessions
from placa.interfaces.web.account.forms import NewPasswordForm, RecoverForm, RecoverNameForm
from placa.interfaces.web.account.views import checklist, page, too_many


def _ask(request: HttpRequest, kind: str, form: RecoverForm | RecoverNameForm, template: str) -> HttpResponse:
    """One answer for known and unknown: "if there is an account, a mail is on its way"."""
    if request.method == "POST" and form.is_valid():
        try:
            recovery.ask(kind=kind, typed=form.cleaned_data["typed"], address=sessions.address_of(request))
        except throttle.ThrottledError as error:
            form.add_error(None, too_many(error.until))
            return render(request, template, {"form": form}, status=429)
        return render(request, "account/recover_sent.html", {"kind": kind})
    return render(request, template, {"form": form})


@page
def recover(request: HttpRequest) -> HttpResponse:
    """Forgotten password: by user name."""
    return _ask(request, "password", RecoverForm(request.POST or None), "account/recover.html")


@page
def recover_name(request: HttpRequest) -> HttpResponse:
    """Forgotten user name: by e-mail."""
    return _ask(request, "name", RecoverNameForm(request.POST or None), "account/recover_name.html")


@page
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the mailed link. Looking at it uses nothing up; a dead link says so."""
    user = onetime.user_of_link(token)
    if user is None:
        return _dead(request)
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = sessions.address_of(request)
        try:
            done = recovery.choose_by_link(token=token, password=form.cleaned_data["new"], address=address)
        except WeakPasswordError:  # the rules were changed between form and service
            return redirect(request.path)
        if done is None:
            return _dead(request)
        if sessions.user_of(request) is not None:
            sessions.end(request, "password")
        messages.success(request, _("Your password was changed. Please sign in with it."))
        return redirect("account:sign_in")
    return render(request, "account/new_password.html", {"form": form, **checklist(user)})


def _dead(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        address = throttle.address_subject(sessions.address_of(request))
        try:
            throttle.take(throttle.LINK_ADDRESS, address)
        except throttle.ThrottledError:
            return render(request, "account/link_dead.html", status=429)
    return render(request, "account/link_dead.html", status=404)
