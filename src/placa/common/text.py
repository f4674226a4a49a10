"""Folding of text for search and comparison."""

import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents or repeated blanks: the form in which names are searched."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())
