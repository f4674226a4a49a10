"""Who was told of a result, and telling them once more (9.8)."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from placa.common import clock
from placa.domain.accounts.services import actor
from placa.domain.archive.models import Study
from placa.domain.audit import services as audit
from placa.domain.enrolment import notices
from placa.domain.enrolment.models import ResultNotice
from placa.domain.notifications import services as notifications


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told: name, role (patient, doctor), of what (images, report, amended), when."""

    name: str
    role: str
    what: str
    at: dt.datetime


def told_of(study: Study) -> list[Told]:
    """Everybody who was told of a study, newest first."""
    rows = ResultNotice.objects.filter(study=study).select_related("user").order_by("-at", "-pk")
    return [Told(row.user.full_name, row.role, row.what.partition(":")[0], row.at) for row in rows]


@transaction.atomic
def tell_again(*, study: Study, by: str) -> int:
    """Send the mail of a result once more to everybody who may open it now; returns how many mails.

    Two presses within a minute make one mail each, not two. Who may not open it yet is not told.
    """
    minute = f"{clock.now():%Y%m%d%H%M}"
    sent = 0
    for person in notices._people(study):
        if not person.user.email or not notices._openable(study, person):
            continue
        message = notifications.send_mail(
            to=person.user.email,
            template="result_doctor" if person.role == "doctor" else "result",
            context={
                "user": person.user,
                "child": person.child.given_name if person.child else "",
                "link": f"{settings.ENVIRONMENT.base_url}/",
            },
            language=person.user.language,
            recipient=actor(person.user),
            dedupe_key=f"again:{study.pk}:{person.user.pk}:{person.role}:{minute}",
        )
        sent += message is not None
    audit.record(
        action="tell_again", actor=by, study_uid=study.study_instance_uid,
        patient=str(study.patient_id or ""), detail={"mails": sent},
    )  # fmt: skip
    return sent
