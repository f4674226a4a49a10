"""Sample data of /demo/ui: the cast of the demo, shown by the same components as the real pages."""

import datetime as dt
from typing import Any

from django.templatetags.static import static
from django.urls import reverse

from placa.common import clock
from placa.interfaces.web.ui.context import PORTAL_NAMES
from placa.interfaces.web.ui.institution import Unnamed, zone
from placa.interfaces.web.ui.navigation import NavItem
from placa.interfaces.web.ui.rows import Chip, Fact, Filter, MenuItem, Opener, Person, Step, StudyRow

INSTITUTION = Unnamed(
    name="Clínica Alborada",
    phone="809-555-0142",
    email="resultados@alborada.example",
    hours="Lunes a sábado, 7:00 a 19:00",
    address="Av. Independencia 214, Santo Domingo",
)
HERE = "#main"


class Ana:
    """The signed-in person of the samples."""

    username = "ana"
    is_authenticated = True
    full_name = "Ana Morales"


def chrome(audience: str) -> dict[str, Any]:
    """What the context processor would give to a page of `audience`, with somebody signed in."""
    home = reverse("demo_ui")
    items = {
        "patient": (
            ("Results", "clipboard2-pulse"),
            ("Appointments", "calendar2-week"),
            ("Documents", "folder"),
            ("Invoices", "receipt"),
        ),
        "doctor": (("Results", "clipboard2-pulse"), ("Patients", "people"), ("Group", "diagram-3")),
        "company": (("Exams", "card-checklist"), ("Agreement", "file-earmark-ruled"), ("Users", "people")),
        "staff": (
            ("Home", "house"),
            ("Inbox", "inbox"),
            ("Worklist", "calendar3"),
            ("Studies", "images"),
            ("Patients", "people"),
            ("Settings", "sliders"),
        ),
    }.get(audience, ())
    groups = {"Patients": "People", "Settings": "Centre"}
    nav = [
        NavItem(
            label,
            icon,
            home,
            not index,
            "inbox" if label == "Inbox" else "",
            groups.get(label, "Today"),
        )
        for index, (label, icon) in enumerate(items)
    ]
    return {
        "institution": INSTITUTION,
        "audience": audience,
        "portal_name": PORTAL_NAMES.get(audience, ""),
        "nav": nav,
        "nav_counts": {"inbox": 6},
        "user": Ana(),
        "signed_in": audience != "recipient",
        "user_menu": [NavItem("Security and password", "shield-lock", home, False)],
        "bell_url": home,
        "bell_count": 2,
        "home_url": home,
        "sign_out_url": home,
        "set_language_url": home,
        "alive_url": home,
        "idle_seconds": 900,
    }


def _at(days: int, hour: int, minute: int) -> dt.datetime:
    day = clock.today(zone()) + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=zone())


def _picture(name: str) -> str:
    return static(f"ui/demo/{name}")


def menu() -> list[MenuItem]:
    """Entries of a row's menu; every row offers the download."""
    return [
        MenuItem("Download", "download", HERE),
        MenuItem("Share", "share", HERE),
        MenuItem("Who has looked", "eye", HERE),
    ]


def new_row() -> StudyRow:
    """The study of today, large."""
    return StudyRow(
        title="TC de abdomen y pelvis con contraste",
        url=reverse("demo_ui_page", args=["study"]),
        when=_at(-4, 9, 20),
        where="Sede Norte",
        who="Dr. Rafael Díaz",
        modality="CT",
        thumbnail=_picture("tc-axial.jpg"),
        big=True,
        is_new=True,
        chips=(Chip("ok", "check-circle", "Report signed"), Chip("line", "clock", "Since today, 9:05")),
        images=Opener(HERE),
        report=Opener(HERE),
        share_url=HERE,
        menu=menu(),
    )


def coming_rows() -> list[StudyRow]:
    """Studies that something is still missing of."""
    return [
        StudyRow(
            title="Resonancia de rodilla derecha",
            url=HERE,
            when=_at(0, 10, 40),
            where="Sede Norte",
            modality="MR",
            chips=(Chip("info", "hourglass-split", "Available tomorrow, 10:40"),),
            images=Opener(why="they open tomorrow at 10:40"),
            report=Opener(why="it opens tomorrow at 10:40"),
            menu=menu(),
        ),
        StudyRow(
            title="Radiografía de tórax",
            url=HERE,
            when=_at(-1, 8, 5),
            where="Sede Centro",
            who="Dr. Rafael Díaz",
            modality="DX",
            thumbnail=_picture("rx-mini.jpg"),
            chips=(Chip("wait", "pen", "Report being signed"),),
            why="The images can be seen already. We will tell you when the report is signed.",
            images=Opener(HERE),
            report=Opener(why="it is being signed; that usually takes a day"),
            share_url=HERE,
            menu=menu(),
        ),
        StudyRow(
            title="Biopsia guiada por sonografía",
            when=_at(-12, 11, 0),
            where="Sede Centro",
            picture_icon="person-lock",
            chips=(Chip("mute", "person-raised-hand", "Handed over in person"),),
            why="We give you this result in person. Call us and we will find a time:",
            why_link=("tel:809-555-0142", "809-555-0142"),
            images=Opener(why="handed over in person"),
            report=Opener(why="handed over in person"),
            menu=menu(),
        ),
        StudyRow(
            title="Mamografía bilateral",
            url=HERE,
            when=_at(-620, 9, 0),
            where="Sede Centro",
            who="Dra. Sol Egea",
            modality="MG",
            thumbnail=_picture("mamo-mini.jpg"),
            picture_icon="cloud-arrow-down",
            dim=True,
            progress=38,
            chips=(Chip("info", "arrow-repeat", "Fetching the images"),),
            why="About an hour left. We will write to you.",
            images=Opener(why="they are coming from the archive"),
            report=Opener(HERE),
            share_url=HERE,
            menu=menu(),
        ),
        StudyRow(
            title="Laboratorio: hemograma y química",
            url=HERE,
            when=_at(-16, 7, 30),
            where="Sede Norte",
            modality="LAB",
            chips=(Chip("ok", "check-circle", "Report signed"),),
            images=Opener(why="this exam has no images"),
            report=Opener(HERE),
            share_url=HERE,
            menu=menu(),
        ),
    ]


def pieces() -> dict[str, Any]:
    """Values of the gallery and the sample pages."""
    return {
        "new_row": new_row(),
        "rows": coming_rows(),
        "people": [Person("Ana", HERE, current=True), Person("Bruno", HERE, note="11 years", child=True)],
        "filters": [
            Filter("All", HERE, on=True),
            Filter("New", HERE, count=1),
            Filter("Pending", HERE, count=3),
        ],
        "steps": [Step("To whom", HERE), Step("What and until when"), Step("PIN"), Step("Check")],
        "facts": [
            Fact("Patient", "Ana Morales Peralta"),
            Fact("Sex and age", "F, 41"),
            Fact("Identifier", "001-0000041-0"),
            Fact("Record", "ALB-20417"),
            Fact("Phone", ""),
            Fact("E-mail", "ana.morales@correo.example", wide=True),
        ],
        "summary_facts": [
            Fact("For", "hugo.lantigua@medicos.example"),
            Fact("Until", "17 Dec 2026"),
            Fact("PIN", ""),
        ],
        "menu_items": [*menu(), MenuItem("End it now", "x-circle", dialog="demo-confirm", danger=True)],
        "opens": Opener(HERE),
        "closed": Opener(why="it is being signed"),
        "thumb": _picture("tc-mini.jpg"),
        "stage": _picture("tc-axial.jpg"),
        "xray": _picture("rx-mini.jpg"),
        "series": [
            ("Axial", 240, _picture("tc-mini.jpg")),
            ("Coronal", 96, _picture("tc-coronal.jpg")),
            ("Hueso", 240, _picture("tc-hueso.jpg")),
        ],
        "today": clock.today(zone()),
        "now": clock.now(),
        "signed_at": _at(-2, 18, 40),
        "exam_at": _at(-4, 9, 20),
        "swatches": [
            ("bg", "bg"),
            ("", "surface"),
            ("s3", "surface-3"),
            ("ac", "accent"),
            ("as", "accent-soft"),
            ("ink", "ink"),
            ("ok", "ok"),
            ("wait", "wait"),
            ("bad", "bad"),
            ("info", "info"),
        ],
    }
