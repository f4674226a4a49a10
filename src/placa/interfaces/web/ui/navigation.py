"""Which places each audience can go to. A place whose address does not exist (yet) is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from placa.interfaces.web.ui.rows import Text

AUDIENCES = ("patient", "recipient", "doctor", "company", "staff")


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of a navigation before it is known whether it exists; `also` are views that light it too."""

    label: Text
    icon: str
    view: str
    also: Sequence[str] = field(default=())
    count: str = ""
    group: Text = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry ready to show; `count_key` names a figure in the context's `nav_counts`."""

    label: Text
    icon: str
    url: str
    current: bool
    count_key: str = ""
    group: Text = ""


MAIN: dict[str, tuple[Place, ...]] = {
    "patient": (
        Place(_("Results"), "clipboard2-pulse", "patient:home", ("patient:study", "patient:share")),
        Place(_("Appointments"), "calendar2-week", "patient:appointments"),
        Place(_("Documents"), "folder", "patient:documents"),
        Place(_("Invoices"), "receipt", "patient:invoices"),
        Place(_("Shared"), "share", "patient:shares"),
    ),
    "doctor": (
        Place(_("Results"), "clipboard2-pulse", "doctor:home", ("doctor:study",)),
        Place(_("Patients"), "people", "doctor:patients"),
        Place(_("Group"), "diagram-3", "doctor:group"),
    ),
    "company": (
        Place(_("Exams"), "card-checklist", "company:home", ("company:study",)),
        Place(_("Agreement"), "file-earmark-ruled", "company:agreement"),
        Place(_("Users"), "people", "company:users"),
    ),
    "staff": (
        Place(_("Home"), "house", "staff:home", group=_("Today")),
        Place(_("Inbox"), "inbox", "staff:inbox", ("staff:inbox_item",), "inbox", _("Today")),
        Place(_("Approvals"), "person-check", "staff:approvals", (), "approvals", _("Today")),
        Place(_("Worklist"), "calendar3", "staff:worklist", group=_("Today")),
        Place(_("Studies"), "images", "staff:studies", ("staff:study",), group=_("Today")),
        Place(_("Orders"), "clipboard2-pulse", "staff:orders", ("staff:order",), group=_("Today")),
        Place(_("Upload"), "upload", "staff:upload", group=_("Today")),
        Place(_("Patients"), "people", "staff:patients", ("staff:patient",), group=_("People")),
        Place(_("Doctors"), "heart-pulse", "staff:doctors", ("staff:doctor",), group=_("People")),
        Place(_("Companies"), "building", "staff:companies", ("staff:company",), group=_("People")),
        Place(_("Children"), "person-hearts", "staff:guardians", group=_("People")),
        Place(_("Activation"), "envelope-paper", "staff:activation", group=_("People")),
        Place(_("Invoices"), "receipt", "staff:invoices", group=_("Centre")),
        Place(_("Questionnaires"), "ui-checks", "staff:questionnaires", group=_("Centre")),
        Place(_("Mail and SMS"), "send", "staff:messages", (), "messages", _("Centre")),
        Place(
            _("Archives"),
            "archive",
            "staff:archives",
            ("staff:archive", "staff:archive_create"),
            group=_("Centre"),
        ),
        Place(_("Figures"), "bar-chart", "staff:figures", group=_("Centre")),
        Place(_("Audit"), "journal-check", "staff:audit", group=_("Centre")),
        Place(
            _("Settings"),
            "sliders",
            "staff:settings",
            ("staff:rules", "staff:delays", "staff:devices", "staff:device_create", "staff:device"),
            group=_("Centre"),
        ),
    ),
}

PERSONAL: dict[str, tuple[Place, ...]] = {
    "patient": (
        Place(_("My data"), "person-vcard", "patient:profile"),
        Place(_("What I have shared"), "share", "patient:shares"),
        Place(_("Who has looked"), "eye", "patient:accesses"),
    ),
}
ACCOUNT = (
    Place(_("Security and password"), "shield-lock", "account:security"),
    Place(_("Change password"), "key", "account:change_password"),
)


def url_or_none(view: str) -> str | None:
    """Address of a view without arguments, None where no such view is routed."""
    try:
        return reverse(view)
    except NoReverseMatch:
        return None


def existing(places: Sequence[Place], here: str) -> Iterator[NavItem]:
    """The places that are routed; `here` is the view name of the page shown."""
    for place in places:
        if url := url_or_none(place.view):
            current = here == place.view or here in place.also
            yield NavItem(place.label, place.icon, url, current, place.count, place.group)


def audience_of(request: HttpRequest) -> str:
    """Whose portal a page belongs to: what was said in `request.audience`, else the URL namespace."""
    said = getattr(request, "audience", "")
    match = request.resolver_match
    namespaces = match.namespaces if match else []
    for name in (said, *namespaces):
        if name in AUDIENCES:
            return str(name)
    return "patient"


def main_nav(audience: str, here: str) -> list[NavItem]:
    """Places of the header (staff: of the side)."""
    return list(existing(MAIN.get(audience, ()), here))


def user_menu(audience: str, here: str) -> list[NavItem]:
    """Places under the user's name."""
    return list(existing((*PERSONAL.get(audience, ()), *ACCOUNT), here))
