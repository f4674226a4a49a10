"""Every word that stands in a column, once: by it a word is found of which the middle or the end is known.

No index of either database finds `*arci*`. A million studies bear some ten thousand different words of names, so these
are looked through, and the index of words (`words.py`) finds who bears those that match. Triggers write down what a row
brings; a word that nobody bears any more stays, and finds nothing. Several rows of one word do no harm: a unique index
would let transactions that store names wait for each other.

Columns hold words of letters and digits with blanks between (`standards.dicom.names.fold`).
"""

from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, Q

from placa.common import words

MOST = 500  # words that are looked for together; a piece of more says too little
KEPT: list[tuple[str, str]] = []  # table, column

_APART = {
    "sqlite": "json_each('[' || replace(json_quote({text}), ' ', '\",\"') || ']') w",
    "postgresql": "unnest(string_to_array({text}, ' ')) AS w(value)",
}
_NEW = "w.value <> '' AND NOT EXISTS (SELECT 1 FROM {seen} s WHERE s.word = w.value)"


def keep(model: type[Model], column: str) -> None:
    """Have the words of a model's column written down; `prepare` makes what it takes."""
    KEPT.append((model._meta.db_table, column))


def with_piece(model: type[Model], column: str, piece: str) -> Q:
    """Rows in whose `column` a word contains `piece`, as far as an index is a shorter way to them; else all."""
    pattern = f"%{connection.ops.prep_for_like_query(piece)}%"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT word FROM {_seen(model._meta.db_table, column)} WHERE word LIKE %s ESCAPE '\\' LIMIT %s",
            [pattern, MOST + 1],
        )
        found = [word for (word,) in cursor.fetchall()]
    return words.bearing(model, found) if len(found) <= MOST else Q()


def prepare(using: str, **_: Any) -> None:
    """Make the tables and triggers that are not there, and fill them. Listens to `post_migrate`."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    make = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}[connection.vendor]
    for table, column in KEPT:
        if table in tables and not _is_kept(connection, table, column):
            seen = _seen(table, column)
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {seen} (word text NOT NULL)")
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {seen}_word ON {seen} (word)")
            make(connection, table, column)
            fill(connection, table, column)


def fill(connection: BaseDatabaseWrapper, table: str, column: str) -> None:
    """Write down the words of all rows, where no trigger did it."""
    seen = _seen(table, column)
    apart = _APART[connection.vendor].format(text=f"t.{column}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {seen} (word) SELECT DISTINCT w.value FROM (SELECT DISTINCT {column} FROM {table}) t, {apart} "
            f"WHERE {_NEW.format(seen=seen)}"
        )


def _seen(table: str, column: str) -> str:
    return f"{table}_{column}_seen"


def _is_kept(connection: BaseDatabaseWrapper, table: str, column: str) -> bool:
    """Whether the triggers are there; SQLite drops them when a migration remakes a table."""
    where = {
        "sqlite": "sqlite_master WHERE type = 'trigger' AND name = %s",
        "postgresql": "pg_trigger WHERE tgname = %s",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {where}", [f"{_seen(table, column)}_changed"])
        return cursor.fetchone() is not None


def _in_sqlite(connection: BaseDatabaseWrapper, table: str, column: str) -> None:
    body = _insertion(connection, table, column, "new")
    with connection.cursor() as cursor:
        for name, event in (("added", "INSERT"), ("changed", f"UPDATE OF {column}")):
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {_seen(table, column)}_{name} AFTER {event} ON {table} BEGIN {body}; END"
            )


def _in_postgresql(connection: BaseDatabaseWrapper, table: str, column: str) -> None:
    seen, body = _seen(table, column), _insertion(connection, table, column, "NEW")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {seen}_note() RETURNS trigger LANGUAGE plpgsql AS "
            f"$note$ BEGIN {body}; RETURN NULL; END $note$"
        )
        cursor.execute(
            f"CREATE TRIGGER {seen}_changed AFTER INSERT OR UPDATE OF {column} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {seen}_note()"
        )


def _insertion(connection: BaseDatabaseWrapper, table: str, column: str, row: str) -> str:
    seen = _seen(table, column)
    apart = _APART[connection.vendor].format(text=f"{row}.{column}")
    return f"INSERT INTO {seen} (word) SELECT DISTINCT w.value FROM {apart} WHERE {_NEW.format(seen=seen)}"
