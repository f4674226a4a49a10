"""Writes the rules of the mails' style sheet into `style` attributes; mail programs drop style sheets.

Knows only what mail.css uses: elements, classes, "class element", lists of them; `var(--role)` with the roles
of the theme taken from the same token files as the pages. What stands in `@media` stays in a `<style>` element.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path

CSS = Path(__file__).parent / "static" / "ui" / "css"
VOID = {"meta", "img", "br", "hr", "link"}
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """Selector split into (ancestor class or "", own element or .class), with its declarations."""

    ancestor: str
    own: str
    declarations: str


@cache
def roles(theme: str, *, dark: bool = False) -> dict[str, str]:
    """Colour roles of a theme, light or dark, from the token files of the pages."""
    text = (CSS / ("themes-dark.css" if dark else "themes-light.css")).read_text()
    text = re.sub(r"/\*.*?\*/", "", text.split("@media")[0], flags=re.S)
    found: dict[str, str] = {}
    for wanted in ("patient", theme):
        for selector, body in _RULE.findall(text):
            if f'[data-theme="{wanted}"]' in selector:
                found.update(re.findall(r"(--[\w-]+):\s*([^;]+);", body))
    return found


@cache
def sheet(theme: str) -> tuple[tuple[Rule, ...], str]:
    """The rules to write into elements, and the `@media` part to keep, in the theme's colours."""
    text = re.sub(r"/\*.*?\*/", "", (CSS / "mail.css").read_text(), flags=re.S)
    start = text.index("@media")
    plain, kept = _coloured(text[:start], theme), text[start:]
    dark_at = kept.index("@media (prefers-color-scheme: dark)")
    media = _coloured(kept[:dark_at], theme) + _coloured(kept[dark_at:], theme, dark=True)
    rules = []
    for selectors, declarations in _RULE.findall(plain):
        for selector in selectors.split(","):
            *before, own = selector.split()
            rules.append(Rule(before[0].lstrip(".") if before else "", own, " ".join(declarations.split())))
    return tuple(rules), " ".join(media.split())


def _coloured(text: str, theme: str, *, dark: bool = False) -> str:
    known = roles(theme, dark=dark)
    return re.sub(r"var\((--[\w-]+)\)", lambda match: known[match[1]].strip(), text)


@dataclass(slots=True)
class _Open:
    tag: str
    classes: frozenset[str] = field(default=frozenset())


class _Inliner(HTMLParser):
    def __init__(self, theme: str) -> None:
        super().__init__(convert_charrefs=False)
        self.rules, self.media = sheet(theme)
        self.out: list[str] = []
        self.open: list[_Open] = []

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = frozenset((dict(attrs).get("class") or "").split())
        around = frozenset().union(*(each.classes for each in self.open)) if self.open else frozenset()
        styles = [rule.declarations for rule in self.rules if self._fits(rule, tag, classes, around)]
        written = [f' {name}="{escape(value or "")}"' for name, value in attrs if name != "style"]
        own = dict(attrs).get("style")
        if styles or own:
            written.append(f' style="{escape(" ".join([*styles, own or ""]).strip())}"')
        self.out.append(f"<{tag}{''.join(written)}>")
        if tag not in VOID:
            self.open.append(_Open(tag, classes))

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self.out.append(f"<style>{self.media}</style>")
        while self.open and self.open.pop().tag != tag:
            pass
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")

    @staticmethod
    def _fits(rule: Rule, tag: str, classes: frozenset[str], around: frozenset[str]) -> bool:
        if rule.ancestor and rule.ancestor not in around:
            return False
        return rule.own[1:] in classes if rule.own.startswith(".") else rule.own == tag


def inline(html: str, theme: str = "patient") -> str:
    """The mail with its style sheet written into its elements, in the colours of `theme`."""
    parser = _Inliner(theme)
    parser.feed(html)
    parser.close()
    return "".join(parser.out)
