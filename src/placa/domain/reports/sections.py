"""The parts of a report that came as plain text: a page, a PDF and the viewer show their headings alike.

Text is never changed or left out: what is not surely a heading stays a line of the part that it stands in.
"""

import re
from dataclasses import dataclass

from placa.common.text import fold

# headings as reporting systems write them in the four languages, folded; alone on a line or before a colon
KNOWN = frozenset(
    fold(name)
    for name in (
        # Spanish
        "Técnica", "Técnica de examen", "Técnica de estudio", "Hallazgos", "Conclusión", "Conclusiones", "Impresión",
        "Impresión diagnóstica", "Diagnóstico", "Indicación", "Indicaciones", "Motivo", "Motivo del estudio",
        "Motivo de consulta", "Datos clínicos", "Antecedentes", "Historia clínica", "Comparación", "Contraste",
        "Recomendación", "Recomendaciones", "Informe", "Descripción", "Descripción macroscópica",
        "Descripción microscópica", "Nota", "Observaciones", "Procedimiento", "Resultado", "Resultados", "Adenda",
        # English
        "Technique", "Findings", "Impression", "Impressions", "Conclusion", "Conclusions", "Diagnosis", "Indication",
        "Clinical history", "Clinical information", "History", "Reason for exam", "Comparison", "Contrast",
        "Recommendation", "Recommendations", "Report", "Description", "Note", "Procedure", "Result", "Results",
        "Addendum",
        # Italian
        "Tecnica", "Tecnica di esame", "Reperti", "Referto", "Conclusioni", "Impressione", "Diagnosi", "Indicazione",
        "Quesito clinico", "Quesito diagnostico", "Anamnesi", "Confronto", "Mezzo di contrasto", "Raccomandazioni",
        "Descrizione", "Procedura", "Risultati",
        # Portuguese
        "Técnica do exame", "Achados", "Conclusão", "Conclusões", "Impressão", "Impressão diagnóstica", "Indicação",
        "Indicação clínica", "História clínica", "Informação clínica", "Comparação", "Recomendação", "Recomendações",
        "Relatório", "Laudo", "Descrição", "Observações",
    )
)  # fmt: skip
LONGEST = 60  # characters of a heading that is none of these


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: its heading, empty for what stands before the first one, and its lines."""

    heading: str
    body: str


def sections(text: str) -> list[Section]:
    """The parts of `text` in their order; one without a heading where none is found."""
    found: list[tuple[str, list[str]]] = [("", [])]
    shouts = text.isupper()  # then capitals mark nothing
    begins = True  # whether the line stands at the beginning of a block
    for line in text.splitlines():
        heading, rest = _split(line.strip(), begins=begins, shouts=shouts)
        if heading:
            found.append((heading, []))
        if not heading or rest:
            found[-1][1].append(rest if heading else line)
        begins = not line.strip()
    parts = [Section(heading, "\n".join(lines).strip("\n")) for heading, lines in found]
    return [part for part in parts if part.heading or part.body.strip()]


def _split(line: str, *, begins: bool, shouts: bool) -> tuple[str, str]:
    """The heading that a line is or begins with, and what follows it on the line."""
    name, colon, rest = line.partition(":")
    if fold(name) in KNOWN and (colon or len(name) == len(line)):
        return name.strip(), rest.strip()
    if not begins or len(line) > LONGEST or "." in line:
        return "", line
    if colon and not rest:
        return name.strip(), ""
    capitals = not shouts and line.isupper() and not re.search(r"\d", line) and len(line) > 3
    return (line, "") if capitals else ("", line)
