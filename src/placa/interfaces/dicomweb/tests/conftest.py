"""Ana's CT, released and stored: three slices."""

import pytest

from placa.domain.archive.models import Study
from placa.domain.downloads.tests import world as ct


@pytest.fixture(autouse=True)
def _stored(db: None, archive: object) -> None:
    # the cast's row counts a file that it does not have
    Study.objects.filter(study_instance_uid=ct.CT).update(number_of_series=0, number_of_instances=0)
    ct.slices(3)
