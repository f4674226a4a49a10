"""The mail layout carries its styles in its elements, in the colours of the theme."""

import re

from django.template import engines

from placa.interfaces.web.ui import inliner
from placa.interfaces.web.ui.institution import Unnamed

SOURCE = """{% extends "ui/mail/base.html" %}{% block title %}Title{% endblock %}
{% block content %}<h1>{{ words }}</h1>
{% include "ui/mail/button.html" with url="https://x.example/?a=1&b=2" label="Open" %}
{% endblock %}"""


def mail(theme: str, words: str = "Hello") -> str:
    template = engines["django"].from_string(SOURCE)
    return template.render({"theme": theme, "words": words, "institution": Unnamed(name="Alborada & Co")})


def test_elements_have_the_themes_colours() -> None:
    assert inliner.roles("recipient")["--accent"] == "#b05201"
    drawn = mail("recipient")
    button = re.search(r'<td class="btn" style="([^"]*)"', drawn)
    assert button is not None
    assert "background: #b05201" in button[1]
    assert "#126ed5" not in drawn  # patient's blue
    assert "var(" not in drawn


def test_no_theme_means_the_patients() -> None:
    assert "background: #126ed5" in mail("")


def test_a_rule_below_a_class_reaches_only_there() -> None:
    drawn = inliner.inline('<p class="foot"><a href="x">in</a></p><a href="y">out</a>')
    inside, outside = re.findall(r"<a [^>]*>", drawn)
    assert "style=" in inside
    assert "style=" not in outside


def test_text_is_neither_changed_nor_run() -> None:
    drawn = mail("patient", words="<b>&amp; 3 < 4</b>")
    assert "&lt;b&gt;&amp;amp; 3 &lt; 4&lt;/b&gt;" in drawn
    assert "Alborada &amp; Co" in drawn
    assert "https://x.example/?a=1&amp;b=2" in drawn


def test_dark_and_narrow_rules_are_kept() -> None:
    drawn = mail("patient")
    kept = re.search(r"<style>(.*?)</style>", drawn)
    assert kept is not None
    assert "prefers-color-scheme: dark" in kept[1]
    assert inliner.roles("patient", dark=True)["--surface"] in kept[1]
