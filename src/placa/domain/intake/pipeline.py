"""From a stored object to its place: index, report, match. Each step can be repeated without harm.

`process` reads the files, then takes a batch in one transaction, which only writes. What the database refuses as
one batch is tried one by one, so that one bad object holds up nobody.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from placa.domain.archive import indexing
from placa.domain.archive.errors import RetriableError
from placa.domain.archive.indexing import Indexed, Outcome
from placa.domain.archive.records import Received, Record, read_record
from placa.domain.archive.storage import StorageError, storage
from placa.domain.intake import inbox, services
from placa.domain.reports import dicom, pdf
from placa.domain.reports import services as reports
from placa.domain.reports.dicom import Content
from placa.standards.dicom.errors import InvalidObject

_PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EAGAIN})
_TRIES = 5
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """What one batch brought, filled step by step."""

    records: list[Record]
    contents: Mapping[str, Content | InvalidObject] = field(
        default_factory=dict
    )  # of reports, by storage key
    indexed: list[Indexed] = field(default_factory=list)
    unneeded: list[str] = field(default_factory=list)  # keys of files to remove once all is committed


def index(batch: Batch) -> None:
    """Rows of studies, series and instances."""
    batch.indexed = indexing.index(batch.records)


def sort_out(batch: Batch) -> None:
    """Duplicates are not kept twice; conflicts go to the inbox."""
    for item in batch.indexed:
        if item.outcome is Outcome.DUPLICATE or (
            item.outcome is Outcome.OTHER_CONTENT and not inbox.other_content(item)
        ):
            batch.unneeded.append(item.record.key)
        elif item.outcome is Outcome.RESTORED:
            batch.unneeded.append(item.replaced)
        elif item.outcome is Outcome.OTHER_PATIENT:
            inbox.other_patient(item)


def report(batch: Batch) -> None:
    """Encapsulated PDF and structured reports become reports."""
    for item in batch.indexed:
        content = batch.contents.get(item.record.key)
        if content is None or item.outcome is not Outcome.NEW:
            continue
        if isinstance(content, InvalidObject):
            inbox.unreadable_report(item, content.reason)
        else:
            reports.add_from_dicom(instance=item.instance, content=content)


def match(batch: Batch) -> None:
    """Patient and order of each study that got something new."""
    for uid in sorted(new_studies(batch.indexed)):
        services.match_study(study_instance_uid=uid)


STEPS: list[Callable[[Batch], None]] = [index, sort_out, report, match]


def process(received: Iterable[Received]) -> list[Indexed]:
    """Give every file its rows. Raises RetriableError where the database is away; then nothing was done."""
    records = [record for item in received if (record := _read(item)) is not None]
    contents: dict[str, Content | InvalidObject] = {}
    try:
        for record in filter(lambda record: dicom.is_report(record.header), records):
            contents[record.key] = _content(record)
        return _process(records, contents) if records else []
    except StorageError as error:
        raise RetriableError(str(error)) from error
    finally:
        stored = (content.pdf for content in contents.values() if isinstance(content, Content))
        pdf.discard_unused(one.key for one in stored if one is not None)


def _content(record: Record) -> Content | InvalidObject:
    """What a report says, or why it says nothing; read before the transaction, because that takes its time."""
    try:
        return dicom.content_of(record.key, record.header)
    except InvalidObject as error:
        return error
    except (RetriableError, StorageError):
        raise
    except Exception as error:  # it was acknowledged: as in `_read`
        log.error("%s cannot be read as a report: %s", record.key, type(error).__name__)
        return InvalidObject(inbox.NOT_READABLE)


def new_studies(indexed: Iterable[Indexed]) -> set[str]:
    """UIDs of the studies in which something new is served."""
    return {item.study.study_instance_uid for item in indexed if item.outcome is Outcome.NEW}


def _read(received: Received) -> Record | None:
    if received.record is not None:
        return received.record
    try:
        return read_record(received)
    except FileNotFoundError:
        return None  # a duplicate that was removed meanwhile
    except StorageError as error:
        raise RetriableError(str(error)) from error
    except InvalidObject as error:
        inbox.unreadable(received, error.reason)
    except OSError as error:
        if error.errno in _PASSING:
            raise RetriableError(os.strerror(error.errno)) from error
        log.exception("%s cannot be read", received.key)
        inbox.unreadable(received, inbox.NOT_READABLE)
    except (
        Exception
    ) as error:  # it was acknowledged: it waits for staff, and those behind it do not wait for it
        log.error("%s cannot be read: %s", received.key, type(error).__name__)
        inbox.unreadable(received, inbox.NOT_READABLE)
    return None


def _process(
    records: list[Record], contents: Mapping[str, Content | InvalidObject], *, tries: int = _TRIES
) -> list[Indexed]:
    batch = Batch(records, contents)
    try:
        with transaction.atomic():
            for step in STEPS:
                step(batch)
    except (OperationalError, InterfaceError, StorageError) as error:
        raise RetriableError(str(error)) from error
    except (
        Exception
    ) as error:  # whatever it is, one object must not hold up the others, now or at every start
        return _apart(batch, error, tries - 1)
    for key in batch.unneeded:
        storage().delete(key)
    return batch.indexed


def _apart(batch: Batch, error: Exception, left: int) -> list[Indexed]:
    records, contents = batch.records, batch.contents
    if len(records) > 1:
        return [item for record in records for item in _process([record], contents)]
    if isinstance(error, IntegrityError) and left:  # another process made the same rows: now they are there
        return _process(records, contents, tries=left)
    log.error("%s cannot be indexed: %s", records[0].key, type(error).__name__)
    inbox.unreadable(Received(records[0].key, records[0].sender), inbox.NOT_INDEXABLE)
    return []
