"""What is said about a person and a study beside the images, the same words for every audience."""

from django.utils.translation import gettext as _

from placa.common import clock
from placa.domain.access.types import Study
from placa.domain.institution import selectors as institution
from placa.domain.people.models import Patient
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Fact


def banner(person: Patient, *, contact: bool = True) -> list[Fact]:
    """Name, sex, birth date and age, identifiers, and with `contact` phone and e-mail (2.5)."""
    today = clock.today(institution.zone())
    birth = person.birth_date
    age = dates.age(birth, today) if birth else ""
    identifiers = ", ".join(person.identifiers.values_list("value", flat=True))
    facts = [
        Fact(_("Patient"), person.full_name),
        Fact(_("Sex and age"), ", ".join(filter(None, [str(person.get_sex_display()), age]))),
        Fact(_("Birth date"), dates.dated(birth, institution.zone()) if birth else ""),
        Fact(_("Identifiers"), identifiers),
    ]
    if contact:
        facts += [Fact(_("Phone"), person.mobile or person.phone), Fact(_("E-mail"), person.email)]
    return facts


def study_facts(found: Study) -> list[Fact]:
    """Order number, accession number, order date, site, prescriber (2.5)."""
    order = found.order
    zone = institution.zone()
    return [
        Fact(_("Order"), order.order_number if order else ""),
        Fact(_("Accession number"), found.accession_number),
        Fact(_("Ordered on"), dates.dated(order.ordered_at, zone) if order else ""),
        Fact(_("Site"), found.site.name if found.site else ""),
        Fact(_("Prescriber"), order.requester.full_name if order and order.requester else ""),
    ]
