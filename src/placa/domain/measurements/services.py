"""Keeping what was measured."""

from typing import Any

from django.db import transaction

from placa.common import clock
from placa.domain.access.viewers import Viewer
from placa.domain.audit import services as audit
from placa.domain.measurements.content import checked
from placa.domain.measurements.models import MeasurementSet
from placa.domain.measurements.selectors import study_for


def save(*, viewer: Viewer, study_uid: str, content: Any) -> None:
    """Keep `content` as all that `viewer` measured on the study. Raises NotVisible, BadContent."""
    study = study_for(viewer, study_uid)
    items = checked(content)
    with transaction.atomic():
        MeasurementSet.objects.update_or_create(
            study=study, author_id=viewer.user_id, defaults={"content": items, "saved_at": clock.now()}
        )
        audit.record(
            action="save_measurements", actor=viewer.actor, role=viewer.role, session=viewer.session,
            address=viewer.address, study_uid=study_uid, once_in_window=True,
        )  # fmt: skip
