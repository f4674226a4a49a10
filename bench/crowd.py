"""A crowd of patients, orders, studies and reports, made inside the database in a minute or two: no model is loaded.

What a row has not is given its model's default, so that a new column needs no change here.
"""

import datetime as dt
import json
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED

DOCTORS, COMPANIES = 2_000, 50
FIRST = 10_000_000  # keys of the crowd begin here: far from the cast's
FAMILIES = 400
GIVEN = 150
_SYLLABLES = (
    "ma",
    "ro",
    "ga",
    "ler",
    "pe",
    "dri",
    "sa",
    "cor",
    "ve",
    "lan",
    "ti",
    "mon",
    "fer",
    "ba",
    "lo",
    "zu",
)
_EXAMS = (
    "tc de abdomen", "tc de torax", "tc de craneo", "rm de rodilla", "rm de columna lumbar", "radiografia de torax",
    "radiografia de mano", "mamografia bilateral", "sonografia abdominal", "sonografia renal", "electrocardiograma",
    "densitometria osea",
)  # fmt: skip
_MODALITIES = ("CT", "CT", "CT", "MR", "MR", "CR", "CR", "MG", "US", "US", "ECG", "OT")


def fill(studies: int, patients: int) -> None:
    """`studies` studies, each with its order and its report, of `patients` patients; then the statistics."""
    from placa.domain.archive.models import Study
    from placa.domain.orders.models import ServiceRequest
    from placa.domain.people.models import Patient, PatientIdentifier
    from placa.domain.reports.models import DiagnosticReport, ReportVersion

    if not _is_postgres():
        with (
            connection.cursor() as cursor
        ):  # for the filling; who asks afterwards has a connection of their own
            cursor.execute("PRAGMA cache_size = -1500000")
            cursor.execute("PRAGMA synchronous = OFF")
    _names()
    site, company = _one("institution_site"), _companies()
    doctors = _doctors()
    _insert(Patient, patients, {
        "id": f"{FIRST} + i", "family_name": "f.name", "given_name": "g.name", "birth_date": "date('1960-01-01')",
        "name_key": "f.name || ' ' || g.name", "sex": "'F'",
    }, joins=_name_joins("i"))  # fmt: skip
    _insert(PatientIdentifier, patients, {
        "id": f"{FIRST} + i", "patient_id": f"{FIRST} + i", "value": "'402-' || (1000000 + i) || '-1'",
        "issuer": "'BENCH'",
    })  # fmt: skip
    owner, days = f"({FIRST} + 1 + (i * 48271) % {patients})", f"(i * 1800.0 / {studies})"
    _insert(ServiceRequest, studies, {
        "id": f"{FIRST} + i", "accession_number": "'B' || i", "patient_id": owner,
        "requester_id": f"{doctors} + (i * 6007) % {DOCTORS}", "site_id": str(site),
        "payer_id": f"CASE WHEN i % 3 = 0 THEN {company} + (i * 31) % {COMPANIES} END",
        "description": "e.name", "modality": "e.modality", "ordered_at": _ago(days), "status": "'completed'",
    }, joins="JOIN bench_exam e ON e.id = (i * 7) % 12")  # fmt: skip
    _insert(Study, studies, {
        "id": f"{FIRST} + i", "study_instance_uid": "'1.2.826.0.1.3680043.8.498.' || i", "patient_id": owner,
        "order_id": f"{FIRST} + i", "site_id": str(site),
        "dicom_patient_id": f"'402-' || (1000001 + (i * 48271) % {patients}) || '-1'",
        "patient_name": "upper(f.name || '^' || g.name)", "name_key": "f.name || ' ' || g.name",
        "accession_number": "'B' || i", "study_description": "e.name",
        "search_key": "e.name || ' b' || i || ' sede central'",
        "modalities_in_study": _json("'[\"' || e.modality || '\"]'"), "study_date": _day(days), "exam_at": _ago(days),
        "clock_start": _ago(days), "first_received_at": _ago(days), "last_received_at": _ago(days),
        "number_of_series": "1", "number_of_instances": "1", "number_of_images": "1", "bytes": "500000",
    }, joins=_name_joins(f"(1 + (i * 48271) % {patients})") + " JOIN bench_exam e ON e.id = (i * 7) % 12")  # fmt: skip
    _insert(DiagnosticReport, studies, {
        "id": f"{FIRST} + i", "study_id": f"{FIRST} + i", "order_id": f"{FIRST} + i", "title": "'Informe'",
        "status": "CASE WHEN i % 10 = 0 THEN 'registered' ELSE 'final' END", "final_at": _ago(days),
    })  # fmt: skip
    _insert(ReportVersion, studies, {
        "id": f"{FIRST} + i", "report_id": f"{FIRST} + i", "number": "1", "status": "'final'", "source": "'hl7'",
        "text": "'Sin hallazgos.'", "digest": "'0'", "received_at": _ago(days),
    })  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()


def _names() -> None:
    """Names and exams to choose from; a few are frequent, as they are in life."""
    made = [
        _SYLLABLES[n % 16] + _SYLLABLES[n // 16 % 16] + _SYLLABLES[(n * 7) % 13] + ("ez" if n % 3 else "i")
        for n in range(FAMILIES + GIVEN)
    ]
    with connection.cursor() as cursor:
        for table, names in (("bench_family", made[:FAMILIES]), ("bench_given", made[FAMILIES:])):
            cursor.execute(f"CREATE TABLE {table} (id integer PRIMARY KEY, name varchar(60))")
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s)", list(enumerate(names)))
        cursor.execute(
            "CREATE TABLE bench_exam (id integer PRIMARY KEY, name varchar(60), modality varchar(4))"
        )
        rows = [(n, name, kind) for n, (name, kind) in enumerate(zip(_EXAMS, _MODALITIES, strict=True))]
        cursor.executemany("INSERT INTO bench_exam VALUES (%s, %s, %s)", rows)


def _name_joins(number: str) -> str:
    """A patient's names by number: squares make the first ones frequent (the first family: one in twenty)."""
    return (
        f"JOIN bench_family f ON f.id = ((({number} * 7919) % 1000) * (({number} * 7919) % 1000)) / 2500 "
        f"JOIN bench_given g ON g.id = ((({number} * 104729) % 1000) * (({number} * 104729) % 1000)) / 6700"
    )


def _doctors() -> int:
    from placa.domain.people.models import Practitioner

    made = [
        Practitioner(
            id=FIRST + n, family_name=f"doctor{n}", given_name="x", name_key=f"doctor{n} x", state="enabled"
        )
        for n in range(DOCTORS)
    ]
    Practitioner.objects.bulk_create(made, batch_size=500)
    return FIRST


def _companies() -> int:
    from placa.domain.people.models import Agreement, Organization

    made = [Organization(id=FIRST + n, name=f"Company {n}", kind="insurer") for n in range(COMPANIES)]
    Organization.objects.bulk_create(made)
    day = dt.date(2020, 1, 1)
    Agreement.objects.bulk_create([Agreement(organization=one, starts_on=day) for one in made])
    return FIRST


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


def _day(days: str) -> str:
    return (
        f"(now() - {days} * interval '1 day')::date" if _is_postgres() else f"date(julianday('now') - {days})"
    )


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
        return "gen_random_uuid()" if _is_postgres() else "lower(hex(randomblob(16)))"
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
