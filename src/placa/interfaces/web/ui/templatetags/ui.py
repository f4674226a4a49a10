"""Template tags of the shared look: icons, dates as people say them, names, sizes, built files."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.loader import select_template
from django.templatetags.static import static
from django.utils import translation
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString

from placa.common import clock
from placa.domain.reports.sections import sections
from placa.interfaces.web.ui import assets, dates, institution, markup
from placa.interfaces.web.ui.rows import MenuItem, Opener, StudyRow, Text

register = template.Library()
FIELD_CLASSES = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}
register.simple_tag(markup.icon)
register.simple_tag(markup.modality_icon)
register.simple_tag(markup.human_date)


@register.simple_tag
def chip(kind: str, icon: str = "", text: Text = "", title: Text = "") -> SafeString:
    """A state in words with an icon."""
    return markup.chip(kind, icon, text, title)


@register.simple_tag
def icon_pair(
    images: Opener, report: Opener, what: Text = "", main: bool = False, new_tab: bool = True
) -> SafeString:
    """Images and report, lit or grey with the reason."""
    return markup.icon_pair(images, report, what=what, main=main, new_tab=new_tab)


@register.simple_tag
def icon_duo(images: Opener, report: Opener, what: Text = "", new_tab: bool = True) -> SafeString:
    """The icon pair in a table."""
    return markup.icon_duo(images, report, what=what, new_tab=new_tab)


@register.simple_tag(takes_context=True)
def more_menu(context: template.Context, items: Iterable[MenuItem], what: Text = "") -> SafeString:
    """Three dots with the actions on `what`."""
    return markup.more_menu(items, what, str(context.get("csrf_token", "")))


@register.simple_tag(takes_context=True)
def study_row(context: template.Context, row: StudyRow, heading: str = "h3", extra: str = "") -> SafeString:
    """One study of a list."""
    return markup.study_row(row, str(context.get("csrf_token", "")), heading, extra)


@register.filter
def exact_date(value: dt.datetime | dt.date | None) -> str:
    """The whole date (and time) in the institution's zone."""
    return "" if value is None else dates.exact(value, institution.zone())


@register.filter
def day_group(value: dt.datetime | dt.date) -> str:
    """Month of this year, or the year: for `{% regroup %}` of a list."""
    return dates.day_group(value, institution.zone())


@register.filter
def age(birth: dt.date | None, on: dt.date | None = None) -> str:
    """Age in words, today in the institution's zone unless `on` is given."""
    return "" if birth is None else dates.age(birth, on or clock.today(institution.zone()))


@register.filter
def person_name(person: Any) -> str:
    """A person's name as read aloud: from a DICOM PN ("Morales^Ana") or an object that knows its name."""
    if person is None:
        return ""
    if isinstance(person, str):
        family, _sep, rest = person.split("=")[0].partition("^")
        return " ".join(part for part in (*rest.split("^")[:2], family) if part.strip()).strip()
    for attribute in ("display_name", "full_name", "get_full_name", "name"):
        if found := getattr(person, attribute, None):
            return str(found() if callable(found) else found)
    return str(person)


@register.filter
def initials(name: Any) -> str:
    """At most two capitals for an avatar; titles such as "Dr." do not count."""
    words = [word for word in person_name(name).split() if not word.endswith(".")]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter(is_safe=True)
def report_text(text: str) -> SafeString:
    """A report's plain text with its parts under headings of the third level."""
    parts = ((part.heading, SafeString(linebreaks(part.body, autoescape=True))) for part in sections(text))
    return markup.join(
        format_html("<section><h3>{}</h3>{}</section>", heading, body) if heading else body
        for heading, body in parts
    )


@register.filter
def filesize(size: int | None) -> str:
    """Bytes as kB, MB, GB (powers of 1000, as systems and phones show them)."""
    if size is None:
        return ""
    amount, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            break
        amount /= 1000
    places = 1 if amount < 9.95 and unit not in ("B", "kB") else 0
    return f"{number_format(round(amount, places), places)}\u00a0{unit}"


@register.simple_tag
def static_built(path: str) -> str:
    """Address of a file that `npm run build` took from a package."""
    return static(f"build/vendor/{path}")


@register.simple_tag
def ui_styles() -> SafeString:
    """Links to the style sheets of every page, in order."""
    return format_html_join(
        "\n",
        '<link rel="stylesheet" href="{}">',
        ((static(path),) for path in assets.styles(bundled=assets.is_bundled())),
    )


@register.simple_tag
def ui_scripts() -> SafeString:
    """The modules of every page; each works alone and does nothing where its part is not on the page."""
    return format_html_join(
        "\n",
        '<script type="module" src="{}"></script>',
        ((static(path),) for path in assets.scripts(bundled=assets.is_bundled())),
    )


@register.simple_tag
def vite_entry(entry: str) -> SafeString:
    """Script, styles and preloads of an entry of the viewer's build.

    Vite has put a hash into each name and its chunks import each other by these names: under the second name that
    `static()` makes in production the entry would be another module, and run twice.
    """
    script, styles, preload = assets.vite_chunks(entry)
    parts = [format_html('<link rel="stylesheet" href="{}">', _as_built(path)) for path in styles]
    parts += [format_html('<link rel="modulepreload" href="{}">', _as_built(path)) for path in preload]
    parts.append(format_html('<script type="module" src="{}"></script>', _as_built(script)))
    return SafeString("\n".join(parts))


def _as_built(path: str) -> str:
    return f"{settings.STATIC_URL}{path}"


@register.simple_tag
def unique_id(prefix: str = "u") -> str:
    """An id that no other element of this page has."""
    return markup.unique_id(prefix)


@register.simple_tag
def language_name(code: str) -> str:
    """A language's name in itself: español, italiano, English, português."""
    return str(translation.get_language_info(code)["name_local"]).capitalize()


@register.simple_tag
def bound_widget(field: BoundField) -> SafeString:
    """A form field's widget with our classes, and aria wiring to the help and error that c-field writes."""
    kind = getattr(field.field.widget, "input_type", "")
    css = FIELD_CLASSES.get(kind, "form-control")
    described = [f"{field.id_for_label}-error"] if field.errors else []
    described += [f"{field.id_for_label}-help"] if field.help_text else []
    own = field.field.widget.attrs.get("class", "")
    attrs: dict[str, str | bool] = {"class": f"{own} {css}{' is-invalid' if field.errors else ''}".strip()}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.simple_tag(takes_context=True)
def help_text(context: template.Context) -> SafeString:
    """This page's help: ui/help/<audience>/<help_topic>.html, else the audience's, else the general one."""
    audience, topic = context.get("audience", "patient"), context.get("help_topic", "")
    names = [f"ui/help/{audience}/{topic}.html"] if topic else []
    found = select_template(
        [*names, f"ui/help/account/{topic}.html", f"ui/help/{audience}/index.html", "ui/help/index.html"]
    )
    return SafeString(found.render({str(key): value for key, value in context.flatten().items()}))


@register.simple_tag
def person_label(user: Any) -> str:
    """What the header calls a signed-in user: the name, else the user name."""
    name = person_name(user) if user is not None else ""
    return name or str(getattr(user, "username", ""))


@register.simple_tag(takes_context=True)
def nav_count(context: template.Context, key: str) -> int:
    """Figure beside a place of the navigation, from the context's `nav_counts`; 0 where none is kept."""
    counts: dict[str, int] = context.get("nav_counts") or {}
    return counts.get(key, 0) if key else 0
