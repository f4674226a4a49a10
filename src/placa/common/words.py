"""Search of words by their beginnings, over text that `fold` made, on both databases.

A table's texts are indexed by the database's own means: FTS5 in SQLite, a generated `tsvector` in PostgreSQL. Both
split at blanks and punctuation (PostgreSQL: of ASCII) and know nothing of languages, so both find the same. Neither is
part of the models: `prepare` makes what is missing after every migration (SQLite drops triggers when it remakes a table).

Names of tables and columns stand in the code; what somebody typed is always a parameter.
"""

import re
from collections.abc import Callable
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup, Model, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import IRegex

FEW = 2000  # matches that are sorted; more of them are walked through
MANY = 20_000  # matches that SQLite lists before it walks; of more the next page is near
_APART = re.compile(r"[\W_]+")
_APART_SQL = r"[\x01-/:-@\[-`{-\x7f]+"
INDEXED: dict[str, tuple[str, ...]] = {}  # table: its columns
STARTS: list[tuple[str, str]] = []  # table, column


def words_of(text: str) -> list[str]:
    """The words of folded `text`: runs of letters and digits."""
    return [word for word in _APART.split(text) if word]


class BeginWith(Lookup):
    """`column__begin_with=["gar", "mar"]`: in the row's indexed columns, whichever, each of these begins a word."""

    lookup_name = "begin_with"
    prepare_rhs = False
    joined, end = ("AND", "&"), ("*", ":*")  # as either database writes it
    sign = ""

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[str]]:
        """Rows that FTS5 names."""
        lhs: Any = self.lhs
        table, key = lhs.field.model._meta.db_table, connection.ops.quote_name("id")
        alias = compiler.quote_name_unless_alias(lhs.alias)
        found = f" {self.joined[0]} ".join(f'"{word}"{self.end[0]}' for word in self.rhs)
        return (
            f"{self.sign}{alias}.{key} IN (SELECT rowid FROM {table}_words WHERE {table}_words MATCH %s)",
            [found],
        )

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[str]]:
        """Rows whose generated column matches."""
        lhs: Any = self.lhs
        found = f" {self.joined[1]} ".join(f"'{word}'{self.end[1]}" for word in self.rhs)
        return f"{compiler.quote_name_unless_alias(lhs.alias)}.words @@ %s::tsquery", [found]


class BeginWithWalked(BeginWith):
    """The same, asked of rows that are walked through in another order: SQLite lists the matches once and looks there."""

    lookup_name = "begin_with_walked"
    sign = "+"  # this is no way to the rows


class BearAny(BeginWith):
    """`column__bear_any=["garcia", "arciniegas"]`: in the row's indexed columns one of these is a word."""

    lookup_name = "bear_any"
    joined, end = ("OR", "|"), ("", "")


class BearAnyWalked(BearAny):
    """The same, of rows that are walked through."""

    lookup_name = "bear_any_walked"
    sign = "+"


class Starts(Lookup):
    """`column__starts="40"`: the value begins so, whatever its case, by an index of its own (`index_starts`)."""

    lookup_name = "starts"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        """A range, which SQLite finds in the index of the same expression."""
        column, params = self.process_lhs(compiler, connection)
        return f"(upper({column}) >= upper(%s) AND upper({column}) < upper(%s))", [
            *params, self.rhs, *params, f"{self.rhs}\U0010ffff",
        ]  # fmt: skip

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        """A pattern, which PostgreSQL finds in an index of patterns whatever the database's collation."""
        column, params = self.process_lhs(compiler, connection)
        return f"upper({column}) LIKE upper(%s)", [
            *params,
            f"{connection.ops.prep_for_like_query(self.rhs)}%",
        ]


for field in (CharField, TextField):
    for lookup in (BeginWith, BeginWithWalked, BearAny, BearAnyWalked):
        field.register_lookup(lookup)
CharField.register_lookup(Starts)


Texts = Callable[[list[str]], Q]  # rows in whose texts each of these begins a word
Ways = Callable[[Texts], list[Q]]  # the alternatives, said with that


def anywhere(model: type[Model], asked: list[str], numbered: Callable[[str], Q | None]) -> Q:
    """Rows of `model` in whose indexed texts each of `asked` begins a word; one of them may be a number instead.

    `numbered` says which rows a word names in other ways, None for none.
    """

    def ways(texts: Texts) -> list[Q]:
        found = [texts(asked)]
        for index, word in enumerate(asked):
            if (named := numbered(word)) is not None:
                found.append(named & texts(asked[:index] + asked[index + 1 :]))
        return found

    return _found(model, ways)


def any_of(model: type[Model], words: list[str]) -> Q:
    """Rows of `model` in whose indexed texts one of `words` begins a word."""
    return _found(model, lambda texts: [texts([word]) for word in words])


def bearing(model: type[Model], words: list[str]) -> Q:
    """Rows of `model` in whose indexed texts one of `words` (of letters and digits) stands, where these are not most."""
    column = INDEXED[model._meta.db_table][0]
    listed = Q(**{f"{column}__bear_any": words}) if words else Q(pk__in=[])
    if (keys := few(model, listed)) is not None:
        return Q(pk__in=keys)
    if connection.vendor == "postgresql":
        return listed
    if model._default_manager.filter(listed).order_by()[: MANY + 1].count() > MANY:
        return Q()
    return Q(**{f"{column}__bear_any_walked": words})


def few(model: type[Model], *ways: Q) -> set[int] | None:
    """Keys of the rows that any of `ways` names; None where they are more than FEW.

    A question each: joined by OR no database would take an index.
    """
    keys: set[int] = set()
    for way in ways:
        keys |= set(model._default_manager.filter(way).order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(keys) > FEW:
            return None
    return keys


def _found(model: type[Model], ways: Ways) -> Q:
    """A few rows are named by their keys. Many are looked for in the order of the list, where a page is soon full."""
    listed = ways(partial(_in_index, model, "begin_with"))
    if (keys := few(model, *listed)) is not None:
        return Q(pk__in=keys)
    if connection.vendor != "postgresql":  # which itself weighs what is quicker
        most = max(model._default_manager.filter(way).order_by()[: MANY + 1].count() for way in listed)
        texts = partial(_in_row, model) if most > MANY else partial(_in_index, model, "begin_with_walked")
        listed = ways(texts)
    return reduce(or_, listed)


def _in_index(model: type[Model], lookup: str, asked: list[str]) -> Q:
    words = [part for word in asked for part in words_of(word)]
    column = INDEXED[model._meta.db_table][0]
    return Q(**{f"{column}__{lookup}": words}) if words else Q(pk__isnull=False)


def _in_row(model: type[Model], asked: list[str]) -> Q:
    texts: Any = Value("")
    for column in INDEXED[model._meta.db_table]:
        texts = Concat(texts, Value(" "), Cast(column, TextField()), output_field=TextField())
    found = Q(pk__isnull=False)
    for word in [part for one in asked for part in words_of(one)]:
        found &= Q(IRegex(texts, rf"(^|[\W_]){word}"))
    return found


def index(model: type[Model], *columns: str) -> None:
    """Have the words in `columns` of a model's table indexed by `prepare`."""
    INDEXED[model._meta.db_table] = columns


def index_starts(model: type[Model], *columns: str) -> None:
    """Have the beginnings of each of `columns` indexed by `prepare`."""
    STARTS.extend((model._meta.db_table, column) for column in columns)


def prepare(using: str, **_: Any) -> None:
    """Make the indexes that are not there. Listens to `post_migrate`; harmless when repeated."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    make = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}[connection.vendor]
    for table, columns in INDEXED.items():
        if table in tables:
            make(connection, table, columns)
    pattern = " text_pattern_ops" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for table, column in STARTS:
            if table in tables:
                name = f"{table}_{column}_starts"
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} (upper({column}){pattern})")


def _in_postgresql(connection: BaseDatabaseWrapper, table: str, columns: tuple[str, ...]) -> None:
    text = " || ' ' || ".join(f'"{column}"::text' for column in columns)
    split = f"array_remove(regexp_split_to_array(lower({text}), E'{_APART_SQL.replace(chr(92), chr(92) * 2)}'), '')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS words tsvector "
            f"GENERATED ALWAYS AS (array_to_tsvector({split})) STORED"
        )
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {table}_words ON {table} USING gin (words)")


def _in_sqlite(connection: BaseDatabaseWrapper, table: str, columns: tuple[str, ...]) -> None:
    names = ", ".join(columns)
    fresh, stale = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    changed = " OR ".join(f"new.{column} IS NOT old.{column}" for column in columns)
    forget = f"INSERT INTO {table}_words ({table}_words, rowid, {names}) VALUES ('delete', old.id, {stale});"
    learn = f"INSERT INTO {table}_words (rowid, {names}) VALUES (new.id, {fresh});"
    triggers = {
        "added": f"AFTER INSERT ON {table} BEGIN {learn} END",
        "removed": f"AFTER DELETE ON {table} BEGIN {forget} END",
        "changed": f"AFTER UPDATE OF {names} ON {table} WHEN {changed} BEGIN {forget} {learn} END",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        there = {name for (name,) in cursor.fetchall()}
        if {f"{table}_words_{event}" for event in triggers} <= there:
            return
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {table}_words USING fts5({names}, content='{table}', "
            f"content_rowid='id', prefix='1 2 3', tokenize='unicode61 remove_diacritics 0')"
        )
        for event, body in triggers.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {table}_words_{event} {body}")
        cursor.execute(f"INSERT INTO {table}_words ({table}_words) VALUES ('rebuild')")
