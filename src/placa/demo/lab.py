"""The demo's laboratory report as PDF: blood count and chemistry with reference ranges."""

from dataclasses import dataclass
from html import escape

from weasyprint import HTML

from placa.demo.phantoms import Identity, Visit

_SEXES = {"F": "Mujer", "M": "Hombre", "O": "Otro"}


@dataclass(frozen=True)
class Measurement:
    """One row: `low` and `high` bound the reference range, None where it is open."""

    name: str
    value: float
    digits: int
    unit: str
    low: float | None
    high: float | None

    @property
    def flag(self) -> str:
        """Whether the value lies outside its range: bajo, alto or nothing."""
        if self.low is not None and self.value < self.low:
            return "bajo"
        if self.high is not None and self.value > self.high:
            return "alto"
        return ""

    def written(self, value: float) -> str:
        """A number with the digits of this measurement and a thin space at thousands."""
        return f"{value:,.{self.digits}f}".replace(",", "\u202f")

    @property
    def reference(self) -> str:
        """The reference range in words and figures."""
        if self.low is None and self.high is None:
            return "–"
        if self.low is None:
            return f"hasta {self.written(self.high or 0)}"
        if self.high is None:
            return f"desde {self.written(self.low)}"
        return f"{self.written(self.low)} – {self.written(self.high)}"


SECTIONS: dict[str, tuple[Measurement, ...]] = {
    "Hemograma": (
        Measurement("Eritrocitos", 4.52, 2, "10⁶/µL", 3.9, 5.2),
        Measurement("Hemoglobina", 12.9, 1, "g/dL", 12.0, 15.5),
        Measurement("Hematocrito", 38.6, 1, "%", 36.0, 46.0),
        Measurement("Volumen corpuscular medio", 85.4, 1, "fL", 80.0, 98.0),
        Measurement("Hemoglobina corpuscular media", 28.5, 1, "pg", 27.0, 33.0),
        Measurement("Leucocitos", 6450, 0, "/µL", 4000, 10500),
        Measurement("Neutrófilos", 57.8, 1, "%", 40.0, 70.0),
        Measurement("Linfocitos", 31.6, 1, "%", 20.0, 45.0),
        Measurement("Monocitos", 7.1, 1, "%", 2.0, 10.0),
        Measurement("Eosinófilos", 2.9, 1, "%", 0.0, 6.0),
        Measurement("Basófilos", 0.6, 1, "%", 0.0, 2.0),
        Measurement("Plaquetas", 248000, 0, "/µL", 150000, 400000),
    ),
    "Química": (
        Measurement("Glucosa en ayunas", 91, 0, "mg/dL", 70, 99),
        Measurement("Urea", 27, 0, "mg/dL", 15, 45),
        Measurement("Creatinina", 0.78, 2, "mg/dL", 0.5, 1.1),
        Measurement("Colesterol total", 184, 0, "mg/dL", None, 200),
        Measurement("Colesterol HDL", 56, 0, "mg/dL", 50, None),
        Measurement("Triglicéridos", 112, 0, "mg/dL", None, 150),
        Measurement("ALT (TGP)", 21, 0, "U/L", None, 35),
        Measurement("AST (TGO)", 19, 0, "U/L", None, 35),
        Measurement("Ferritina", 11, 0, "ng/mL", 15, 150),
    ),
}

_STYLE = """
@page { size: letter; margin: 18mm 16mm 20mm;
  @bottom-right { content: "Página " counter(page) " de " counter(pages); font: 8pt sans-serif; color: #5b6472
  } }
body { font: 9.5pt/1.4 Figtree, "DejaVu Sans", "Liberation Sans", sans-serif; color: #1d2430 }
header { border-bottom: 1.5pt solid #0f6bd7; padding-bottom: 4mm; margin-bottom: 5mm }
h1 { font-size: 15pt; margin: 0 } header p { margin: 1mm 0 0; color: #5b6472 }
dl { display: grid; grid-template-columns: 24mm 1fr 24mm 1fr; gap: 1mm 3mm; margin: 0 0 6mm }
dt { color: #5b6472 } dd { margin: 0; font-weight: 600 }
h2 { font-size: 11pt; margin: 5mm 0 1.5mm; color: #0b4f9e }
table { width: 100%; border-collapse: collapse } tr { break-inside: avoid }
th { text-align: left; font-weight: 600; color: #5b6472; border-bottom: .7pt solid #aab4c2; padding: 1mm }
td { padding: .9mm 1mm; border-bottom: .4pt solid #e1e6ed } .n { text-align: right; width: 22mm }
th.n { text-align: right } .u { width: 22mm } .r { width: 40mm }
.f { width: 14mm; font-weight: 700; color: #9a3412 }
footer { margin-top: 7mm; color: #5b6472; font-size: 8.5pt }
"""


def lab_report_pdf(identity: Identity, visit: Visit) -> bytes:
    """A letter-size PDF with the demo's values; the same bytes for the same person and visit."""
    document = HTML(string=lab_report_html(identity, visit))
    identifier = visit.study_instance_uid.encode()
    written: bytes | None = document.write_pdf(pdf_identifier=identifier)
    if written is None:
        raise RuntimeError("The PDF writer returned nothing.")
    return written


def lab_report_html(identity: Identity, visit: Visit) -> str:
    """The page that becomes the PDF; everything that comes from outside is escaped."""
    family, _, given = identity.patient_name.partition("^")
    facts = {
        "Paciente": f"{given} {family}".replace("^", " ").strip(),
        "Expediente": identity.patient_id,
        "Nacimiento": identity.birth_date.strftime("%d/%m/%Y"),
        "Sexo": _SEXES.get(identity.sex, "–"),
        "Toma": visit.study_datetime.strftime("%d/%m/%Y %H:%M"),
        "Acceso": visit.accession_number,
    }
    described = "".join(f"<dt>{escape(term)}</dt><dd>{escape(fact)}</dd>" for term, fact in facts.items())
    sections = "".join(_section(name, rows) for name, rows in SECTIONS.items())
    return (
        '<!doctype html><html lang="es"><head><meta charset="utf-8">'
        f"<title>{escape(visit.description)}</title>"
        f"<style>{_STYLE}</style></head><body><header><h1>{escape(visit.institution_name)}</h1>"
        f"<p>{escape(visit.description)}</p></header><dl>{described}</dl>{sections}"
        "<footer>Los intervalos de referencia son los de este laboratorio para mujeres adultas. "
        "Comente estos resultados con su médico.</footer></body></html>"
    )


def _section(name: str, rows: tuple[Measurement, ...]) -> str:
    body = "".join(
        f'<tr><td>{escape(row.name)}</td><td class="n">{row.written(row.value)}</td>'
        f'<td class="u">{row.unit}</td>'
        f'<td class="r">{row.reference}</td><td class="f">{row.flag}</td></tr>'
        for row in rows
    )
    heads = (
        '<tr><th>Prueba</th><th class="n">Resultado</th><th class="u">Unidad</th>'
        '<th class="r">Referencia</th><th class="f"></th></tr>'
    )
    table = f"<table><thead>{heads}</thead><tbody>{body}</tbody></table>"
    return f"<section><h2>{escape(name)}</h2>{table}</section>"
