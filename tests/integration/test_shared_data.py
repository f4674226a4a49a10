"""Real objects of every kind, sent by dcmtk and pynetdicom: all kept, named right; damaged ones harm nothing.

Needs the shared test data (PLACA_TESTDATA); its manifest says what each file is.
"""

import csv
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from placa.interfaces.dimse.tests.listener import Child, listening, placa
from placa.interfaces.dimse.tests.test_store import send_raw
from placa.standards.dicom.errors import InvalidObject
from placa.standards.dicom.header import read_header
from placa.standards.dicom.names import display
from placa.standards.dicom.part10 import chunks, read_file_meta
from placa.standards.dicom.source import FileSource

DATA = Path(os.environ.get("PLACA_TESTDATA", "/nonexistent"))
KINDS = ("studies", "transfer-syntax", "special", "charset")
# dcmtk 3.6.7 does not know these transfer syntaxes (HTJ2K, JPEG XL, Deflated Image Frame)
BEYOND_DCMTK = frozenset(
    [f"1.2.840.10008.1.2.4.{number}" for number in (110, 201, 202, 203)] + ["1.2.840.10008.1.2.8.1"]
)
# files whose declared character set is not the one of their bytes: what people read in them
LYING = {
    "charset/es-latin1-no-charset-declared.dcm": "NÚÑEZ PEÑA^MARÍA JOSÉ",
    "charset/es-utf8-declared-latin1-bytes.dcm": "NÚÑEZ PEÑA^MARÍA JOSÉ",
}

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not (DATA / "manifest.csv").is_file(), reason="PLACA_TESTDATA names no test data"),
]

Row = dict[str, str]
Group = tuple[str, str]  # SOP class, transfer syntax


def _rows(*kinds: str) -> list[Row]:
    with (DATA / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["kind"] in kinds and row["sop_uid"]]


def _whole(row: Row) -> bool:
    """Whether a file names its study and series; an object that does not has no place and must be refused."""
    return bool(row["study_uid"] and row["series_uid"])


def _groups(rows: list[Row]) -> dict[Group, list[Path]]:
    found: dict[Group, list[Path]] = defaultdict(list)
    for row in rows:
        header = read_header(DATA / row["path"], require_uids=False)
        found[header.sop_class_uid, header.transfer_syntax_uid].append(DATA / row["path"])
    return found


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A demo listener with an empty database."""
    home = tmp_path_factory.mktemp("template") / "home"
    placa("migrate", home=home)
    with listening(home, tmp_path_factory.mktemp("shared") / "home") as child:
        yield child


def _profile(path: Path, group: Group) -> list[str]:
    """storescu's arguments for exactly one presentation context."""
    path.write_text(
        f"[[TransferSyntaxes]]\n[TS]\nTransferSyntax1 = {group[1]}\n"
        f"[[PresentationContexts]]\n[PC]\nPresentationContext1 = {group[0]}\\TS\n"
        "[[Profiles]]\n[P]\nPresentationContexts = PC\n"
    )
    return ["-xf", str(path), "P"]


def _by_dcmtk(listener: Child, group: Group, files: list[Path], config: Path) -> int:
    """Send with storescu; how many Success responses came back."""
    command = [
        "/usr/bin/storescu",
        "-v",
        *_profile(config, group),
        "-aec",
        "PLACA",
        "127.0.0.1",
        str(listener.port),
    ]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, timeout=300)
    return (done.stdout + done.stderr).count("Received Store Response (Success)")


def _by_pynetdicom(listener: Child, group: Group, files: list[Path]) -> int:
    """Send the data sets as they lie in the files; how many Success responses came back."""
    good = 0
    with listener.association((group[0], [group[1]])) as association:
        assert association.is_established, group
        for file in files:
            with FileSource(file) as source:
                data_set = b"".join(chunks(source, read_file_meta(source).data_set_start))
            instance = read_header(file, require_uids=False).sop_instance_uid
            good += send_raw(association, group[0], instance, data_set) == 0x0000
    return good


def test_every_object_is_accepted_indexed_and_named_right(listener: Child, tmp_path: Path) -> None:
    rows = [row for row in _rows(*KINDS) if _whole(row)]
    failures = []
    for group, files in sorted(_groups(rows).items()):
        sender = _by_pynetdicom if group[1] in BEYOND_DCMTK else _by_dcmtk
        extra = () if sender is _by_pynetdicom else (tmp_path / "storescu.cfg",)
        good = sender(listener, group, files, *extra)
        if good != len(files):
            failures.append((group, good, len(files)))
    assert failures == []
    expected = {row["sop_uid"] for row in rows}
    listener.wait_for("select id from archive_instance", count=len(expected), seconds=120)
    kept = dict(listener.rows("select sop_instance_uid, storage_key from archive_instance"))
    assert set(kept) == expected, set(kept) ^ expected
    assert all((listener.home / "archive" / key).is_file() for key in kept.values())
    _names_are_right(listener, rows)
    _counts_are_right(listener)


def test_an_object_without_a_study_is_refused(listener: Child) -> None:
    rows = [row for row in _rows(*KINDS) if not _whole(row)]
    assert rows
    for group, files in _groups(rows).items():
        assert _by_pynetdicom(listener, group, files) == 0


def _names_are_right(listener: Child, rows: list[Row]) -> None:
    """Names as the manifest has them, which pydicom read; where charsets lie, the reading that people expect."""
    stored = dict(listener.rows("select study_instance_uid, patient_name from archive_study"))
    assert "Jérôme Buc" in {display(name) for name in stored.values()}
    wrong = {
        row["path"]: (stored[row["study_uid"]], row["patient_name"])
        for row in rows
        if row["kind"] == "charset" and row["path"] not in LYING
        and stored[row["study_uid"]].rstrip("=") != row["patient_name"].rstrip("=")
    }  # fmt: skip
    assert wrong == {}
    by_path = {row["path"]: stored[row["study_uid"]] for row in rows}
    assert {path: by_path[path] for path in LYING} == LYING


def _counts_are_right(listener: Child) -> None:
    """A study's counters are what its rows say."""
    query = """
        select s.study_instance_uid, s.number_of_instances, s.number_of_series,
               count(i.id), count(distinct i.series_id)
        from archive_study s left join archive_instance i on i.study_id = s.id and not i.held group by s.id
    """
    wrong = [row for row in listener.rows(query) if row[1:3] != row[3:5]]
    assert wrong == []


def test_damaged_files_are_refused_or_set_aside_and_the_service_goes_on(
    migrated: Path, tmp_path: Path
) -> None:
    with listening(migrated, tmp_path / "home") as child:
        for path in sorted((DATA / "malformed").iterdir()):
            _send_anyhow(child, path)
        assert child.process is not None
        assert child.process.poll() is None
        done = subprocess.run(["/usr/bin/echoscu", "-aec", "PLACA", "127.0.0.1", str(child.port)], timeout=30)
        assert done.returncode == 0
        child.stop()
        kept = {path.relative_to(child.home / "archive").as_posix() for path in child.stored()}
        placed = {key for (key,) in child.rows("select storage_key from archive_instance")}
        placed |= {
            key for (key,) in child.rows("select storage_key from intake_inboxitem where storage_key != ''")
        }
        assert kept == placed


def _send_anyhow(child: Child, path: Path) -> int:
    """C-STORE of whatever a file holds behind its header."""
    try:
        header = read_header(path)
        syntax, sop_class, instance = (
            header.transfer_syntax_uid,
            header.sop_class_uid,
            header.sop_instance_uid,
        )
        with FileSource(path) as source:
            data_set = b"".join(chunks(source, read_file_meta(source).data_set_start))
    except InvalidObject:
        syntax, sop_class, instance = "1.2.840.10008.1.2.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"
        data_set = path.read_bytes() or b"\0"
    with child.association((sop_class, [syntax])) as association:
        if not association.is_established:
            return -1
        return send_raw(association, sop_class, instance, data_set)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty, migrated database."""
    home = tmp_path_factory.mktemp("migrated") / "home"
    placa("migrate", home=home)
    return home
