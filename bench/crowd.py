"""A crowd of patients, orders, studies and reports, made inside the database in minutes: no model is loaded.

What a row has not is given its model's default, so that a new column needs no change here. Indexes and triggers of a
table are taken away while it is filled, and made anew after. One doctor and one company are large, as some are.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED

from placa.common import vocabulary

COMPANIES = 50
STUDIES_OF_A_DOCTOR = 500
FIRST = 10_000_000  # keys of the crowd begin here, those of the large doctor and company: far from the cast's
FAMILIES, GIVEN = 400, 150
_SYLLABLES = tuple(re.findall("..", "marogalepedrsacovelatimofebalozu"))
RARE = 10_007  # one study in so many is of the last exam
_EXAMS = (
    ("tc de abdomen", "CT", "radiology"), ("tc de torax", "CT", "radiology"), ("tc de craneo", "CT", "radiology"),
    ("rm de rodilla", "MR", "radiology"), ("rm de columna lumbar", "MR", "radiology"),
    ("radiografia de torax", "CR", "radiology"), ("radiografia de mano", "CR", "radiology"),
    ("mamografia bilateral", "MG", "radiology"), ("sonografia abdominal", "US", "radiology"),
    ("sonografia renal", "US", "radiology"), ("electrocardiograma", "ECG", "ecg"), ("densitometria osea", "OT", "other"),
    ("gammagrafia osea", "NM", "eeg"),
)  # fmt: skip


def fill(studies: int, patients: int) -> None:
    """`studies` studies of `patients` patients, each with its order, series, instance and report; then the statistics."""
    from placa.domain.archive.models import Instance, Series, Study
    from placa.domain.archive.tasks import statistics
    from placa.domain.orders.models import ServiceRequest
    from placa.domain.people.models import Patient, PatientIdentifier
    from placa.domain.reports.models import DiagnosticReport, ReadReceipt, ReportVersion

    copies = ServiceRequest.copies_to.through
    _names()
    _exams()
    _companies()
    doctors = _doctors(studies)
    owner = f"({FIRST} + 1 + (i * 48271) % {patients})"
    ago = _ago(f"(i * 1800.0 / {studies})")
    requester = f"CASE WHEN i % 100 = 2 THEN {FIRST} ELSE {FIRST} + 1 + (i * 6007) % {doctors} END"
    payer = (
        f"CASE WHEN i % 10 = 1 THEN {FIRST} WHEN i % 3 = 0 THEN {FIRST} + 1 + (i * 31) % {COMPANIES - 1} END"
    )
    site = f"{_one('institution_site')} + (i / 7) % 2"
    last = len(_EXAMS) - 1
    exam = f"JOIN bench_exam e ON e.id = CASE WHEN i % {RARE} = 3 THEN {last} ELSE (i * 7) % {last} END"
    own = f"{FIRST} + i"
    uid = "'1.2.826.0.1.3680043.8.498.' || i"
    with _bare(Patient, PatientIdentifier, ServiceRequest, copies, Study, Series, Instance, DiagnosticReport,
               ReportVersion, ReadReceipt):  # fmt: skip
        _insert(Patient, patients, {
            "id": own, "family_name": "f.name", "given_name": "g.name", "birth_date": "date('1960-01-01')",
            "name_key": "f.name || ' ' || g.name", "sex": "'F'",
        }, joins=_name_joins("i"))  # fmt: skip
        _insert(PatientIdentifier, patients, {
            "id": own, "patient_id": own, "value": "'402-' || (1000000 + i) || '-1'", "issuer": "'BENCH'",
        })  # fmt: skip
        _insert(ServiceRequest, studies, {
            "id": own, "accession_number": "'B' || i", "patient_id": owner, "requester_id": requester, "site_id": site,
            "payer_id": payer, "description": "e.name", "modality": "e.modality", "exam_type_id": "e.type",
            "ordered_at": ago, "status": "'completed'", "urgent": "i % 50 = 0",
        }, joins=exam)  # fmt: skip
        _insert(copies, studies, {
            "id": own, "servicerequest_id": own, "practitioner_id": f"{FIRST} + 1 + (i * 7001) % {doctors}",
        }, joins="WHERE i % 10 = 5")  # fmt: skip
        _insert(Study, studies, {
            "id": own, "study_instance_uid": uid, "patient_id": owner, "order_id": own, "site_id": site,
            "requester_id": requester, "payer_id": payer, "ordered_modality": "e.modality",
            "ordered_urgent": "i % 50 = 0",
            "dicom_patient_id": f"'402-' || (1000001 + (i * 48271) % {patients}) || '-1'",
            "patient_name": "upper(f.name || '^' || g.name)", "name_key": "f.name || ' ' || g.name",
            "accession_number": "'B' || i", "study_description": "e.name",
            "search_key": "e.name || ' b' || i || ' sede central'",
            "modalities_in_study": _json("'[\"' || e.modality || '\"]'"), "study_date": f"date({ago})", "exam_at": ago,
            "study_time": "'10:00:00'", "clock_start": ago, "first_received_at": ago, "last_received_at": ago,
            "number_of_series": "1", "number_of_instances": "1", "number_of_images": "1", "bytes": "500000",
        }, joins=f"{_name_joins(f'(1 + (i * 48271) % {patients})')} {exam}")  # fmt: skip
        _insert(Series, studies, {
            "id": own, "study_id": own, "series_instance_uid": f"{uid} || '.1'", "modality": "e.modality",
            "series_number": "1", "series_description": "'axial'", "number_of_instances": "1", "number_of_images": "1",
        }, joins=exam)  # fmt: skip
        _insert(Instance, studies, {
            "id": own, "study_id": own, "series_id": own, "sop_instance_uid": f"{uid} || '.1.1'", "kind": "'image'",
            "sop_class_uid": "'1.2.840.10008.5.1.4.1.1.2'", "transfer_syntax_uid": "'1.2.840.10008.1.2.1'",
            "instance_number": "1", "storage_key": "'bench/' || i", "bytes": "500000", "crc32": "0", "digest": "'0'",
            "received_at": ago,
        })  # fmt: skip
        _insert(DiagnosticReport, studies, {
            "id": own, "study_id": own, "order_id": own, "title": "'Informe'", "final_at": ago,
            "status": "CASE WHEN i % 10 = 0 THEN 'registered' ELSE 'final' END",
        })  # fmt: skip
        _insert(ReportVersion, studies, {
            "id": own, "report_id": own, "number": "1", "status": "'final'", "source": "'hl7'",
            "text": "'Sin hallazgos.'", "digest": "'0'", "received_at": ago,
        })  # fmt: skip
        _insert(ReadReceipt, studies, {
            "id": own, "study_id": own, "practitioner_id": requester, "at": ago,
        }, joins=f"WHERE i % 5 < 4 AND i > {studies // 100}")  # fmt: skip
    statistics()
    if _is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # what its own housekeeping does in the hours after


@contextmanager
def _bare(*models: type[Model]) -> Iterator[None]:
    """Tables without what makes filling slow: indexes, the index of words, checks of foreign keys."""
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        if _is_postgres():
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET maintenance_work_mem = '1GB'")
            cursor.execute(
                "SELECT 'INDEX ' || c.relname, pg_get_indexdef(c.oid) FROM pg_index x "
                "JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid WHERE t.relname = ANY(%s) "
                "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)",
                [tables],
            )
        else:
            for pragma in ("cache_size = -1500000", "synchronous = OFF", "foreign_keys = OFF"):
                cursor.execute(f"PRAGMA {pragma}")
            marks = ", ".join(["%s"] * len(tables))
            cursor.execute(
                f"SELECT type || ' ' || name, sql FROM sqlite_master WHERE tbl_name IN ({marks}) "
                "AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type", tables,
            )  # fmt: skip
        taken = cursor.fetchall()
        for name, _sql in taken:
            cursor.execute(f"DROP {name}")
        yield
        for _name, sql in taken:
            cursor.execute(sql)
        if not _is_postgres():
            for table in tables:
                cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [f"{table}_words"])
                if cursor.fetchone():
                    cursor.execute(f"INSERT INTO {table}_words ({table}_words) VALUES ('rebuild')")
    for table, column in vocabulary.KEPT:
        vocabulary.fill(connection, table, column)
    connection.close()  # with what was set for the filling


def _names() -> None:
    """Names to choose from; a few are frequent, as they are in life."""
    made = [
        _SYLLABLES[n % 16] + _SYLLABLES[n // 16 % 16] + _SYLLABLES[(n * 7) % 13] + ("ez" if n % 3 else "i")
        for n in range(FAMILIES + GIVEN)
    ]
    with connection.cursor() as cursor:
        for table, names in (("bench_family", made[:FAMILIES]), ("bench_given", made[FAMILIES:])):
            cursor.execute(f"CREATE TABLE {table} (id integer PRIMARY KEY, name varchar(60))")
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s)", list(enumerate(names)))


def _exams() -> None:
    from placa.domain.institution.models import ExamType

    rows = []
    for number, (name, modality, kind) in enumerate(_EXAMS):
        made = ExamType.objects.create(code=f"BENCH-{number}", name=name, modality=modality, kind=kind)
        rows.append((number, name, modality, made.pk))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_exam (id integer PRIMARY KEY, name varchar(60), modality varchar(4), type bigint)"
        )
        cursor.executemany("INSERT INTO bench_exam VALUES (%s, %s, %s, %s)", rows)


def _name_joins(number: str) -> str:
    """A patient's names by number: squares make the first ones frequent (the first family: one in twenty)."""
    return (
        f"JOIN bench_family f ON f.id = ((({number} * 7919) % 1000) * (({number} * 7919) % 1000)) / 2500 "
        f"JOIN bench_given g ON g.id = ((({number} * 104729) % 1000) * (({number} * 104729) % 1000)) / 6700"
    )


def _doctors(studies: int) -> int:
    """The large one and as many as have some 500 studies each; how many these are."""
    from placa.domain.people.models import Practitioner

    count = max(2, studies // STUDIES_OF_A_DOCTOR)
    made = [
        Practitioner(
            id=FIRST + n, family_name=f"doctor{n}", given_name="x", name_key=f"doctor{n} x", state="enabled"
        )
        for n in range(count + 1)
    ]
    Practitioner.objects.bulk_create(made, batch_size=500)
    return count


def _companies() -> None:
    from placa.domain.people.models import Agreement, Organization

    made = [Organization(id=FIRST + n, name=f"Company {n}", kind="insurer") for n in range(COMPANIES)]
    Organization.objects.bulk_create(made)
    day = dt.date(2020, 1, 1)
    Agreement.objects.bulk_create([Agreement(organization=one, starts_on=day) for one in made])


def _one(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(id) FROM {table}")
        return int(cursor.fetchone()[0])


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _ago(days: str) -> str:
    if _is_postgres():
        return f"(now() - interval '2 days' - {days} * interval '1 day')"
    return f"strftime('%Y-%m-%d %H:%M:%f', julianday('now') - 2 - {days})"


def _json(text: str) -> str:
    return f"({text})::jsonb" if _is_postgres() else text


def _insert(model: type[Model], count: int, given: dict[str, str], joins: str = "") -> None:
    """INSERT … SELECT over the numbers 1 to `count`, called `i`."""
    columns = {
        field.column: given.get(field.column) or _default(field) for field in model._meta.concrete_fields
    }
    numbers = (
        f"(SELECT generate_series(1, {count})::bigint AS i) numbers"
        if _is_postgres()
        else f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n) numbers"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} FROM {numbers} {joins}"
        )  # fmt: skip


def _default(field: Any) -> str:
    kind = field.get_internal_type()
    if kind == "UUIDField":
        return "lpad(to_hex(i), 32, '0')::uuid" if _is_postgres() else "printf('%032x', i)"
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return "now()" if _is_postgres() else "datetime('now')"
    value = "" if field.default is NOT_PROVIDED else field.get_default()
    if field.null and value in ("", None):
        return "NULL"
    if kind == "BooleanField":
        return "(1 = 1)" if value else "(1 = 0)"
    if kind == "JSONField":
        return _json(f"'{json.dumps(value)}'")
    return str(value) if isinstance(value, int) else f"'{value}'"
