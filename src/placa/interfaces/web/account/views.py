"""The way in and out: sign-in, first password, notice, roles, language, bell."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from placa.common import clock
from placa.domain.accounts import notice as notices_of_use
from placa.domain.accounts import passwords, throttle
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.enrolment.roles import roles_of
from placa.domain.institution import selectors as institution
from placa.domain.notifications import selectors as bell
from placa.domain.notifications.services import mark_read
from placa.interfaces.web.account import session as sessions
from placa.interfaces.web.account.forms import ChangePasswordForm, NewPasswordForm, SignInForm
from placa.interfaces.web.account.middleware import next_step

page = require_http_methods(["GET", "HEAD", "POST"])


def too_many(until: datetime) -> str:
    """What a person reads who tried too often: the same for every name."""
    minutes = max(1, -(-int((until - clock.now()).total_seconds()) // 60))
    wait = _("There were too many tries. Please wait %(minutes)d min and try again.") % {"minutes": minutes}
    return wait + " " + _("With the link below you can choose a new password meanwhile.")


def _onward(request: HttpRequest) -> HttpResponseRedirect:
    return redirect(next_step(request) or sessions.home_url(request))


@page
def sign_in(request: HttpRequest) -> HttpResponse:
    """`/`: the sign-in; who is signed in goes to their portal."""
    if sessions.user_of(request) is not None and request.method != "POST":
        return _onward(request)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.sign_in(
                name=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                address=sessions.address_of(request),
            )
        except throttle.ThrottledError as error:
            form.add_error(None, too_many(error.until))
            status = 429
        except accounts.WrongCredentialsError:
            form.add_error(None, _("The user name or the password is not right."))
        else:
            sessions.begin(request, user)
            if wanted := sessions.safe_next(request, request.POST.get("next")):
                request.session[sessions.NEXT] = wanted
            return _onward(request)
    wanted = sessions.safe_next(request, request.POST.get("next") or request.GET.get("next"))
    return render(request, "account/sign_in.html", {"form": form, "next": wanted}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sessions.end(request, "asked")
    messages.success(request, _("You have signed out."))
    return redirect("account:sign_in")


@require_safe
def expired(request: HttpRequest) -> HttpResponse:
    """Why one has to sign in again, and where to."""
    wanted = sessions.safe_next(request, request.GET.get("next"))
    minutes = institution.setting("idle_minutes")
    return render(request, "account/expired.html", {"next": wanted, "minutes": minutes})


def checklist(user: User) -> dict[str, Any]:
    """What the live checklist of a new password needs."""
    composition = institution.setting("password_composition")
    return {
        "composition": composition,
        "length": 8 if composition else 15,
        "names": " ".join(sorted(passwords.own_parts(user))),
    }


@page
def first_password(request: HttpRequest) -> HttpResponse:
    """The forced first password: nothing else opens before it."""
    user = sessions.user_of(request)
    if user is None:
        return sessions.to_sign_in(request)
    if not user.must_change_password:
        return _onward(request)
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = sessions.address_of(request)
        accounts.choose_password(user=user, password=form.cleaned_data["new"], address=address)
        sessions.renew(request, user)
        return _onward(request)
    context = {"form": form, "bell_url": "", **checklist(user)}
    return render(request, "account/first_password.html", context)


@page
def notice(request: HttpRequest) -> HttpResponse:
    """The notice on the use of information: accept goes on, decline signs out."""
    user = sessions.user_of(request)
    if user is None:
        return sessions.to_sign_in(request)
    role = sessions.role_of(request)
    text = institution.notice(role, user.language) if role else None
    if text is None or user.must_change_password:
        return _onward(request)
    answer = request.POST.get("answer", "")
    if (
        request.method != "POST"
        or request.POST.get("text") != str(text.pk)
        or answer not in ("accept", "decline")
    ):
        context = {"text": text, "bell_url": "", "at_work": text.kind != "notice"}
        return render(request, "account/notice.html", context)  # a newer one came meanwhile: shown first
    notices_of_use.answer(
        user=user,
        text=text,
        accepted=answer == "accept",
        address=sessions.address_of(request),
        session=sessions.session_id(request),
    )
    if answer == "decline":
        sessions.end(request, "declined")
        messages.info(request, _("You did not accept the notice, so we signed you out."))
        return redirect("account:sign_in")
    request.session[sessions.NOTICE] = [*sessions.accepted_notices(request), text.mark]
    return _onward(request)


@page
def change_password(request: HttpRequest) -> HttpResponse:
    """Old password, new one twice; the other sessions end."""
    user = sessions.user_of(request)
    if user is None:
        return sessions.to_sign_in(request)
    form = ChangePasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = sessions.address_of(request)
        try:
            accounts.change_password(
                user=user, old=form.cleaned_data["old"], new=form.cleaned_data["new"], address=address
            )
        except throttle.ThrottledError as error:
            form.add_error(None, too_many(error.until))
        except accounts.WrongCredentialsError:
            form.add_error("old", _("This is not your password until now."))
        else:
            sessions.renew(request, user)
            messages.success(request, _("Your password was changed."))
            return redirect(sessions.home_url(request))
    request.audience = sessions.role_of(request)  # type: ignore[attr-defined]
    context = {"form": form, "back": sessions.home_url(request), **checklist(user)}
    return render(request, "account/change_password.html", context)


@page
def roles(request: HttpRequest) -> HttpResponse:
    """Choose the role to act in; who has none reads why."""
    user = sessions.user_of(request)
    if user is None:
        return sessions.to_sign_in(request)
    choices = roles_of(user)
    if request.method == "POST":
        role = request.POST.get("role", "")
        if role not in {choice.key for choice in choices}:
            raise Http404
        sessions.change_role(request, role)
        if wanted := sessions.safe_next(request, request.POST.get("next")):
            request.session[sessions.NEXT] = wanted
        return redirect(sessions.home_url(request))
    wanted = sessions.safe_next(request, request.GET.get("next"))
    context = {
        "choices": choices,
        "here": sessions.role_of(request),
        "to": request.GET.get("to", ""),
        "next": wanted,
    }
    return render(request, "account/roles.html", context)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on; kept with the account, or in a cookie before sign-in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise Http404
    user = sessions.user_of(request)
    if user is not None:
        accounts.set_language(user=user, language=code)
    response = redirect(sessions.safe_next(request, request.POST.get("next")) or "/")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
def alive(request: HttpRequest) -> HttpResponse:
    """The person is here ("stay signed in", a viewer in use): the idle clock starts anew. Else 401."""
    if sessions.user_of(request) is None:
        return HttpResponse(status=401)
    sessions.touch(request, at_least=timedelta(seconds=5))
    return HttpResponse(status=204)


@page
def notices(request: HttpRequest) -> HttpResponse:
    """The bell: what is new, read and unread. POST marks one notice (and goes to it) or all as read."""
    user = sessions.user_of(request)
    if user is None:
        return sessions.to_sign_in(request)
    role = sessions.role_of(request)
    rows = bell.notices(user, role)
    if request.method == "POST":
        one = request.POST.get("notice", "")
        found = next((row for row in rows if str(row.public_id) == one), None)
        if one and found is None:
            raise Http404
        mark_read(user_id=user.pk, public_id=UUID(one) if one else None)
        return redirect((found.link if found else "") or reverse("account:notices"))
    request.audience = role  # type: ignore[attr-defined]
    request.roles = sessions.switch(request)  # type: ignore[attr-defined]
    return render(
        request, "account/notices.html", {"notices": rows, "unread": any(row.unread for row in rows)}
    )
