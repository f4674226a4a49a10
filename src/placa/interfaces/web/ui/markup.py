"""What a list repeats many times (icon, chip, icon pair, menu, study row), written by Python.

A page of 30 studies has some 250 of these; as nested template components they took six times as long as here.
The components c-chip, c-icon-pair, c-icon-duo, c-more-menu and c-study-row call these functions, so there is
one source of each. Everything that is not markup of ours goes through `format_html`, which escapes it.
"""

import datetime as dt
import itertools
from collections.abc import Iterable
from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from placa.interfaces.web.ui import assets, dates, institution
from placa.interfaces.web.ui.rows import Chip, MenuItem, Opener, StudyRow, Text

_ids = itertools.count(1)
EMPTY = SafeString("")
# drawings of modalities (static/ui/img/modalities.svg) by DICOM code; ours for what DICOM has no image code
GLYPHS = {
    "CT": "ct",
    "PT": "ct",
    "NM": "ct",
    "MR": "mr",
    "CR": "rx",
    "DX": "rx",
    "RG": "rx",
    "RF": "rx",
    "XA": "rx",
    "IO": "rx",
    "PX": "rx",
    "BMD": "rx",
    "US": "us",
    "IVUS": "us",
    "MG": "mg",
    "ECG": "ecg",
    "EEG": "ecg",
    "HD": "ecg",
    "EPS": "ecg",
    "LAB": "lab",
    "SM": "lab",
}


def join(parts: Iterable[str]) -> SafeString:
    """One piece of markup out of pieces that are safe already."""
    return SafeString("".join(parts))


def unique_id(prefix: str) -> str:
    """An id that no other element of this process's pages has."""
    return f"{prefix}{next(_ids)}"


@lru_cache(maxsize=1024)
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; hidden from screen readers unless `label` says what it means.

    Raises ValueError for a name that icons.txt does not list, because the sprite would show nothing.
    """
    if name not in assets.icon_names():
        raise ValueError(f"icons.txt has no icon {name!r}")
    voice = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    classes = f"bi bi-{name} {css}".rstrip()
    sprite = static("build/vendor/icons.svg")
    return format_html('<svg class="{}" {}><use href="{}#{}"></use></svg>', classes, voice, sprite, name)


@lru_cache(maxsize=64)
def modality_icon(code: str) -> SafeString:
    """The drawing of a modality (DICOM code, or LAB, EEG); a plain picture for one that has none."""
    glyph = GLYPHS.get(code.upper())
    if glyph is None:
        return icon("image")
    return format_html(
        '<svg class="p-glyph" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("ui/img/modalities.svg"),
        glyph,
    )


def human_date(value: dt.datetime | dt.date | None) -> SafeString:
    """`<time>` with the date as one says it; the exact one on hover. Empty for None."""
    if value is None:
        return EMPTY
    zone = institution.zone()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        dates.exact(value, zone),
        dates.moment(value, zone),
    )


def chip(kind: str, icon_name: str, text: Text, title: Text = "") -> SafeString:
    """A state: icon and words, the exact form on hover."""
    hover = format_html(' title="{}"', title) if title else EMPTY
    picture = icon(icon_name) if icon_name else EMPTY
    return format_html('<span class="p-chip p-chip--{}"{}>{}{}</span>', kind, hover, picture, text)


def _half(opener: Opener, picture: str, name: str, what: Text, css: str, tab: str) -> SafeString:
    if opener.url:
        voice = format_html('<span class="visually-hidden">: {}</span>', what) if what else EMPTY
        inside = (opener.url, SafeString(css), SafeString(tab), icon(picture), name, voice)
        return format_html('<a href="{}"{}{}>{}{}{}</a>', *inside)
    why = format_html(
        '<span class="visually-hidden"> {}</span>', _("not available: %(why)s") % {"why": opener.why}
    )
    if opener.ask:
        return _asks(opener, format_html("{}{}{}", icon("cloud-arrow-down"), _("Bring back"), why))
    return format_html(
        '<span class="is-off" title="{}" role="link" aria-disabled="true">{}{}{}</span>',
        opener.why,
        icon(picture),
        name,
        why,
    )


def _asks(opener: Opener, inside: SafeString) -> SafeString:
    """A half that asks for what is away; the answer leads to the study's page."""
    return format_html(
        '<button class="p-ask" type="button" hx-post="{}" hx-swap="none" title="{}">{}</button>',
        opener.ask,
        opener.why,
        inside,
    )


def icon_pair(
    images: Opener, report: Opener, *, what: Text = "", main: bool = False, new_tab: bool = True
) -> SafeString:
    """Images and report side by side: lit when they open, grey with the reason when not."""
    css = ' class="is-main"' if main else ""
    tab = ' target="_blank" rel="noopener"' if new_tab else ""
    return format_html(
        '<div class="p-pair">{}{}</div>',
        _half(images, "images", _("Images"), what, css, tab),
        _half(report, "file-earmark-text", _("Report"), what, "", ""),
    )


def _duo_half(opener: Opener, picture: str, name: str, said: str, tab: str) -> SafeString:
    shown = format_html('{}<span class="p-duo__t" aria-hidden="true">{}</span>', icon(picture), name)
    voice = format_html('<span class="visually-hidden">{}</span>', said)
    if opener.url:
        return format_html('<a href="{}"{}>{}{}</a>', opener.url, SafeString(tab), shown, voice)
    if opener.ask:
        shown = format_html(
            '{}<span class="p-duo__t" aria-hidden="true">{}</span>', icon("cloud-arrow-down"), _("Bring back")
        )
        return _asks(opener, format_html("{}{}", shown, voice))
    return format_html('<span class="is-off" title="{}">{}{}</span>', opener.why, shown, voice)


def icon_duo(images: Opener, report: Opener, *, what: Text = "", new_tab: bool = True) -> SafeString:
    """The icon pair in a table: two squares, with words where the row is a card."""
    tab = ' target="_blank" rel="noopener"' if new_tab else ""
    seen, read = (
        (_("Images: %(what)s"), _("Report: %(what)s"))[which] % {"what": what}
        if opener.url
        else (_("Images not available: %(why)s"), _("Report not available: %(why)s"))[which]
        % {"why": opener.why}
        for which, opener in enumerate((images, report))
    )
    return format_html(
        '<span class="p-duo">{}{}</span>',
        _duo_half(images, "images", _("Images"), seen, tab),
        _duo_half(report, "file-earmark-text", _("Report"), read, ""),
    )


def menu_item(item: MenuItem, csrf_token: str) -> SafeString:
    """An entry of a menu: link, form post or opener of a dialog."""
    css = "p-menu__item p-menu__item--bad" if item.danger else "p-menu__item"
    inside = format_html("{}{}", icon(item.icon) if item.icon else EMPTY, item.label)
    if item.post:
        return format_html(
            '<li><form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<button class="{}">{}</button></form></li>',
            item.url,
            csrf_token,
            css,
            inside,
        )
    if item.dialog:
        return format_html(
            '<li><button class="{}" type="button" data-dialog-open="{}">{}</button></li>',
            css,
            item.dialog,
            inside,
        )
    return format_html('<li><a class="{}" href="{}">{}</a></li>', css, item.url, inside)


def more_menu(items: Iterable[MenuItem], what: Text, csrf_token: str) -> SafeString:
    """Three dots that open the menu of `what`."""
    uid = unique_id("more")
    label = _("More actions: %(what)s") % {"what": what}
    return format_html(
        '<span class="p-menu"><button class="btn btn-ghost btn-icon" type="button" popovertarget="{}" '
        'aria-haspopup="true" aria-label="{}">{}</button>'
        '<div class="p-menu__panel" id="{}" popover data-menu><ul>{}</ul></div></span>',
        uid,
        label,
        icon("three-dots-vertical"),
        uid,
        join(menu_item(item, csrf_token) for item in items),
    )


def share_button(url: str, what: Text) -> SafeString:
    """The share button of a row: a square where the row has no room for its word."""
    label = _("Share: %(what)s") % {"what": what}
    return format_html(
        '<a class="btn btn-line p-share" href="{}" aria-label="{}">{}<span>{}</span></a>',
        url,
        label,
        icon("share"),
        _("Share"),
    )


def study_row(row: StudyRow, csrf_token: str = "", heading: str = "h3", extra: str = "") -> SafeString:
    """One study of a list, as a list item; `extra` stands under the texts."""
    big = " p-study--big" if row.big else ""
    what = f"{row.title}, {dates.exact(row.when, institution.zone())}" if row.when else row.title
    foot = icon_pair(row.images, row.report, what=what, main=row.big, new_tab=row.images_new_tab)
    share = share_button(row.share_url, what) if row.share_url else EMPTY
    more = more_menu(row.menu, what, csrf_token) if row.menu else EMPTY
    return format_html(
        '<li class="p-study{}">{}<div class="p-study__txt">{}{}</div>'
        '<div class="p-study__foot">{}{}</div>{}</li>',
        big,
        _picture(row),
        _row_text(row, heading),
        extra,
        foot,
        share,
        format_html('<div class="p-study__more">{}</div>', more) if more else EMPTY,
    )


def _new_chip() -> SafeString:
    return chip("new", "stars", _("New"))


def _picture(row: StudyRow) -> SafeString:
    over = icon(row.picture_icon) if row.picture_icon else EMPTY
    if not row.thumbnail:
        return format_html(
            '<div class="p-study__pic p-study__pic--none">{}{}</div>',
            over or modality_icon(row.modality),
            _new_chip() if row.is_new and row.big else EMPTY,
        )
    return format_html(
        '<div class="p-study__pic{}"><img src="{}" alt="" loading="lazy" decoding="async">{}{}</div>',
        " p-study__pic--dim" if row.dim else "",
        row.thumbnail,
        over,
        _new_chip() if row.is_new and row.big else EMPTY,
    )


def _row_text(row: StudyRow, heading: str) -> SafeString:
    title = (
        format_html('<a href="{}">{}</a>', row.url, row.title) if row.url else format_html("{}", row.title)
    )
    level = heading if heading in ("h2", "h3", "h4") else "h3"
    parts = [format_html('<{0} class="p-study__title">{1}</{0}>', SafeString(level), title)]
    meta = [part for part in (human_date(row.when), row.where, row.who) if part]
    parts.append(
        format_html(
            '<p class="p-study__meta">{}</p>', join(format_html("<span>{}</span>", part) for part in meta)
        )
    )
    chips = [_new_chip()] if row.is_new and not row.big else []
    chips += [_chip(each) for each in row.chips]
    if chips:
        parts.append(format_html('<div class="p-study__chips">{}</div>', join(chips)))
    if row.progress is not None:
        parts.append(
            format_html(
                '<div class="p-study__prog"><progress class="p-prog" max="100" value="{}" aria-label="{}">'
                "</progress></div>",
                row.progress,
                _("Done so far"),
            )
        )
    if row.why:
        link = format_html(' <a href="{}">{}</a>', *row.why_link) if row.why_link else EMPTY
        parts.append(format_html('<p class="p-study__why mt-2">{}{}</p>', row.why, link))
    return join(parts)


def _chip(each: Chip) -> SafeString:
    return chip(each.kind, each.icon, each.text, each.title)
