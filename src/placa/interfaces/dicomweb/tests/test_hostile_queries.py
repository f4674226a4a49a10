"""Queries that are no query: answered 400 or 404, never with a stuck or a broken worker."""

import time

import pytest
from django.test import RequestFactory

from placa.domain.access import images
from placa.domain.access.selectors import NotVisible
from placa.domain.archive.models import Instance, Study
from placa.interfaces.dicomweb import matching, qido, rendered
from placa.interfaces.dicomweb.door import BadQuery


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ["*" * 40 + "x", "*a*a*a*x", "?" * 60 + "*x"])
def test_a_wildcard_takes_no_time_to_fail(pattern: str) -> None:
    Study.objects.update(dicom_patient_id="a" * 64)
    started = time.perf_counter()
    assert not Study.objects.filter(matching.wild("dicom_patient_id", pattern)).exists()
    assert time.perf_counter() - started < 2


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ["*a*", "a*", "*a", "a" * 30 + "*", "**a**a**"])
def test_wildcards_still_find(pattern: str) -> None:
    Study.objects.update(dicom_patient_id="a" * 64)
    assert Study.objects.filter(matching.wild("dicom_patient_id", pattern)).exists()


def test_more_wildcards_than_anybody_needs_are_refused() -> None:
    with pytest.raises(BadQuery):
        matching.wild("dicom_patient_id", "*a" * 20)


def test_a_digit_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadQuery):
        qido.number(RequestFactory().get("/", {"limit": "²"}), "limit", 5, 1, 5)
    for read in (rendered.viewport_of, rendered.frame_numbers):
        with pytest.raises(BadQuery):
            read("²,²")
    with pytest.raises(BadQuery):
        rendered.quality_of("²", 80)


def test_a_frame_that_is_not_there_is_not_there() -> None:
    with pytest.raises(NotVisible):
        images.frame_is_computed(Instance(number_of_frames=1, frame_offsets=[[0, 4]]), 9)
