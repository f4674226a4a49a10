"""Texts of the demo's reports, in Spanish as a radiologist writes them; each says what its phantom shows.

Clinical text is content, not interface: it is never translated.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportText:
    """One report: `title` of the examination, then the three parts that a reader looks for."""

    title: str
    technique: str
    findings: str
    conclusion: str

    @property
    def text(self) -> str:
        """The whole report as plain text, parts under their headings."""
        parts = (("Técnica", self.technique), ("Hallazgos", self.findings), ("Conclusión", self.conclusion))
        return "\n\n".join(f"{heading}\n{body}" for heading, body in parts)


CT_ABDOMEN = ReportText(
    "TC de abdomen y pelvis con contraste",
    "Se realizó tomografía de abdomen con contraste intravenoso en fase portal, con cortes de 2.3 mm y "
    "reconstrucciones coronales.",
    "Hígado de tamaño y densidad normales, sin lesiones focales. Vesícula sin cálculos; vía biliar no "
    "dilatada. Páncreas, bazo y suprarrenales sin alteraciones. Ambos riñones de tamaño normal, con buena"
    " concentración del contraste; quiste simple de 9 mm en el polo superior izquierdo, de contornos "
    "lisos y sin realce. Aorta, vena cava y vena porta permeables y de calibre normal. Asas intestinales "
    "sin dilatación. No hay líquido libre ni ganglios aumentados. Bases pulmonares sin consolidación. "
    "Estructuras óseas sin lesiones.",
    "Estudio sin hallazgos agudos. Quiste renal simple izquierdo de 9 mm (Bosniak I), sin necesidad de "
    "control.",
)

CT_ABDOMEN_FIRST_READING = ReportText(
    CT_ABDOMEN.title,
    CT_ABDOMEN.technique,
    "Hígado, vesícula, páncreas y bazo sin alteraciones. Ambos riñones de tamaño normal. No hay líquido "
    "libre.",
    "Lectura preliminar sin hallazgos agudos. Pendiente de revisión.",
)

CHEST = ReportText(
    "Radiografía de tórax",
    "Proyección posteroanterior en inspiración.",
    "Campos pulmonares bien expandidos, sin consolidaciones ni nódulos. Hilios de morfología normal. "
    "Silueta cardíaca de tamaño normal. Ángulos costofrénicos libres. Tráquea centrada. Estructuras óseas"
    " sin alteraciones.",
    "Radiografía de tórax dentro de límites normales.",
)

RENAL_ULTRASOUND = ReportText(
    "Sonografía renal",
    "Exploración en tiempo real con transductor convexo de 1 a 5 MHz.",
    "Riñón derecho de 90 × 40 mm, de contornos lisos, con buena diferenciación entre corteza y médula y "
    "sin dilatación del sistema colector. Riñón izquierdo de tamaño normal, con una imagen anecoica de 9 "
    "mm en el polo superior, de pared fina. No se observan cálculos. Vesícula de paredes finas, sin "
    "cálculos en su interior.",
    "Quiste simple de 9 mm en el riñón izquierdo. Sin hidronefrosis ni cálculos.",
)

ECG = ReportText(
    "Electrocardiograma de 12 derivaciones",
    "Registro en reposo a 25 mm/s y 10 mm/mV.",
    "Ritmo sinusal a 72 latidos por minuto. Eje a 48°. PR 158 ms, QRS 88 ms, QT 384 ms (QTc 421 ms). "
    "Progresión normal de la onda R en derivaciones precordiales. Sin alteraciones del segmento ST ni de "
    "la onda T.",
    "Electrocardiograma normal.",
)

MAMMOGRAPHY = ReportText(
    "Mamografía bilateral",
    "Proyecciones craneocaudal y medio-lateral oblicua de ambas mamas.",
    "Mamas con tejido fibroglandular heterogéneamente denso (patrón C). No se observan nódulos "
    "espiculados, microcalcificaciones agrupadas ni distorsión de la arquitectura. Piel y pezones sin "
    "alteraciones. Músculos pectorales bien incluidos, sin ganglios axilares aumentados.",
    "Mamografía sin signos de malignidad, BI-RADS 1. Control en un año.",
)

LUMBAR_SPINE = ReportText(
    "Radiografía de columna lumbosacra",
    "Proyecciones anteroposterior y lateral.",
    "Cuerpos vertebrales de altura y alineación conservadas. Espacios intervertebrales de altura normal. "
    "Lordosis lumbar conservada. Pedículos y apófisis transversas íntegros. Articulaciones sacroilíacas "
    "simétricas. Gas intestinal de distribución habitual.",
    "Columna lumbosacra sin alteraciones óseas significativas.",
)

WRIST = ReportText(
    "Radiografía de muñeca derecha",
    "Proyección posteroanterior.",
    "Radio y cúbito distales de morfología normal, con fisis abiertas, acordes con la edad. Huesos del "
    "carpo alineados. No se observan trazos de fractura ni luxación. Partes blandas sin aumento de "
    "volumen.",
    "Sin lesión ósea aguda.",
)

KNEE_MR = ReportText(
    "Resonancia de rodilla derecha",
    "Secuencia sagital en densidad protónica con supresión grasa, en equipo de 1.5 T.",
    "Línea de alta señal en el cuerno posterior del menisco medial, que alcanza su superficie articular. "
    "Menisco lateral íntegro. Ligamentos cruzados anterior y posterior continuos, de señal y trayecto "
    "normales. Cartílago articular conservado. Tendones cuadricipital y rotuliano sin alteraciones. "
    "Pequeña cantidad de líquido en el receso suprarrotuliano. Médula ósea de señal normal.",
    "Rotura del cuerno posterior del menisco medial. Derrame articular leve.",
)

LABORATORY = ReportText(
    "Laboratorio: hemograma y química",
    "Sangre venosa en ayunas; analizadores automatizados.",
    "Los valores, con sus intervalos de referencia, están en el documento adjunto.",
    "Ferritina por debajo del intervalo de referencia; resto de los valores dentro de él.",
)

#: By the name of the generator in `placa.demo.phantoms` that draws the images.
REPORTS = {
    "ct_abdomen": CT_ABDOMEN,
    "cr_chest": CHEST,
    "us_renal": RENAL_ULTRASOUND,
    "ecg_12lead": ECG,
    "mg_pair": MAMMOGRAPHY,
    "lumbar_xray": LUMBAR_SPINE,
    "dx_wrist": WRIST,
    "mr_knee": KNEE_MR,
    "lab_pdf": LABORATORY,
}
