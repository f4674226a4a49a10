"""The component gallery and sample pages, in the demo only."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from placa.interfaces.web.ui import accent, assets, demo, forms, institution

THEMES = ("patient", "recipient", "doctor", "company", "staff")
PAGES = {
    "patient-home": "patient",
    "study": "patient",
    "sign-in": "patient",
    "first-password": "patient",
    "pin": "recipient",
    "doctor": "doctor",
    "company": "company",
    "staff": "staff",
    "print": "patient",
}
ERRORS = {
    "400": "400.html",
    "403": "403.html",
    "csrf": "403_csrf.html",
    "404": "404.html",
    "500": "500.html",
    "offline": "ui/offline.html",
}


def _only_in_demo() -> None:
    if not settings.ENVIRONMENT.is_demo:
        raise Http404


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """All components; `?theme=` chooses one of the five."""
    _only_in_demo()
    theme = request.GET.get("theme", "patient")
    if theme not in THEMES:
        raise Http404
    contact = forms.Contact({"mobile": "829-555-0117", "email": "ana.morales@correo", "duration": "30"})
    context = {
        **demo.chrome(theme),
        **demo.pieces(),
        "themes": THEMES,
        "theme": theme,
        "pages": PAGES,
        "errors": ERRORS,
        "contact": contact,
        "modalities": ("CT", "MR", "DX", "US", "MG", "ECG", "LAB", "OT"),
        "icon_names": sorted(assets.icon_names()),
        "password": forms.NewPassword(auto_id="gallery_%s"),
    }
    messages.success(request, "Study shared")
    return render(request, "ui/demo/gallery.html", context)


@require_GET
def page(request: HttpRequest, name: str) -> HttpResponse:
    """A sample page, or an error page, as it really looks."""
    _only_in_demo()
    if template := ERRORS.get(name):
        return render(request, template, {"institution": demo.INSTITUTION})
    if name not in PAGES:
        raise Http404
    context = {
        **demo.chrome(PAGES[name]),
        **demo.pieces(),
        "form": forms.SignIn(),
        "password": forms.NewPassword(),
    }
    if name in ("sign-in", "first-password", "pin"):
        context["signed_in"] = False
    return render(request, f"ui/demo/{name}.html", context)


LOGO_TYPES = ("image/png", "image/jpeg", "image/webp")


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The institution's logo; `digest` only makes the address change with the picture."""
    current = institution.current()
    if not current.logo or current.logo_type not in LOGO_TYPES:
        raise Http404
    return HttpResponse(bytes(current.logo), content_type=current.logo_type)


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def accent_sheet(request: HttpRequest, digest: str) -> HttpResponse:
    """The institution's accent as a stylesheet; `digest` only makes the address change with it."""
    css = accent.sheet(institution.current().accent)
    if not css:
        raise Http404
    return HttpResponse(css, content_type="text/css; charset=utf-8")
