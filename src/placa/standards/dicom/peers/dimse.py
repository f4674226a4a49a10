"""An archive over DIMSE: C-ECHO, C-FIND, C-MOVE or C-GET, C-STORE, storage commitment (PS3.4 A, B, C, J; PS3.7)."""

import itertools
import ssl
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid
from pynetdicom import AE, _config, build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made at run time
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from placa.standards.dicom.peers.base import (
    BAD_ANSWER,
    CANCELLED,
    NOT_ACCEPTED,
    REFUSED,
    Held,
    Moved,
    Outgoing,
    PermanentPeerError,
    RetriablePeerError,
    Take,
    Wanted,
    address_of,
)

COMMITMENT_INSTANCE: Final = "1.2.840.10008.1.20.1.1"  # the well-known SOP instance (PS3.4 J.3.5)
INSTANCES_MAX: Final = 200_000  # answers to one C-FIND; a peer that sends more is not asked on
CONTEXTS_MAX: Final = 126  # of the 128 of an association (PS3.8 9.3.2.2), less query and verification
PENDING: Final = (0xFF00, 0xFF01)


@dataclass(frozen=True, slots=True)
class DimseAddress:
    """Whom to call, and as whom. Seconds."""

    host: str
    port: int
    ae_title: str
    own_ae_title: str
    context: ssl.SSLContext | None = None
    connect_seconds: float = 10
    answer_seconds: float = 60


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the archive may call us back with its storage commitment, as its configuration names us."""

    ae_title: str
    bind: str
    port: int
    seconds: float = 60


class DimseArchive:
    """An archive behind an AE title. `kinds` are the (class, transfer syntax) pairs that a C-GET has to accept."""

    def __init__(
        self,
        address: DimseAddress,
        *,
        move_to: str = "",
        kinds: Iterable[tuple[str, str]] = (),
        reports: Reports | None = None,
        folder: Path | None = None,
    ) -> None:
        self.address = address
        self.delivers_itself = bool(move_to)
        self._move_to = move_to
        self._kinds = sorted(set(kinds))
        self._reports = reports
        self._folder = folder

    def echo(self) -> None:
        """C-ECHO."""
        with self._association([build_context(Verification)]) as assoc:
            _must(assoc.send_c_echo())

    def instances(self, study_instance_uid: str) -> dict[str, Held]:
        """C-FIND, study root, down to IMAGE; the relational query is not asked for, since few archives do it."""
        with self._association([build_context(StudyRootQueryRetrieveInformationModelFind)]) as assoc:
            found: dict[str, Held] = {}
            keys = {"StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": ""}
            for series in list(
                self._find(assoc, "SERIES", **keys)
            ):  # one operation at a time on an association
                uid = str(series.get("SeriesInstanceUID", ""))
                if not uid:
                    raise PermanentPeerError(BAD_ANSWER, "a series without UID")
                keys["SeriesInstanceUID"] = uid
                for one in self._find(assoc, "IMAGE", **keys, SOPInstanceUID="", SOPClassUID=""):
                    held = Held(str(one.get("SOPInstanceUID", "")), str(one.get("SOPClassUID", "")), uid)
                    found[held.sop_instance_uid] = held
            found.pop("", None)
            return found

    def _find(self, assoc: Association, level: str, **keys: str) -> Iterator[Dataset]:
        query = Dataset()
        query.QueryRetrieveLevel = level
        for keyword, value in keys.items():
            setattr(query, keyword, value)
        answers = assoc.send_c_find(query, StudyRootQueryRetrieveInformationModelFind)
        for count, (status, answer) in enumerate(answers):
            if getattr(status, "Status", None) not in PENDING:
                _must(status)
                return
            if count >= INSTANCES_MAX:
                raise PermanentPeerError(BAD_ANSWER, "more answers than a study has instances")
            if answer is not None:
                yield answer

    def fetch(self, wanted: Wanted, take: Take, moved: Moved) -> None:
        """C-MOVE to our listener, or C-GET over this association."""
        if self._move_to:
            self._move(wanted, moved)
        else:
            self._get(wanted, take, moved)

    def _move(self, wanted: Wanted, moved: Moved) -> None:
        model = StudyRootQueryRetrieveInformationModelMove
        with self._association([build_context(model)]) as assoc:
            for status, _identifier in assoc.send_c_move(_identifier_of(wanted), self._move_to, model):
                _retrieved(status, moved)

    def _get(self, wanted: Wanted, take: Take, moved: Moved) -> None:
        model = StudyRootQueryRetrieveInformationModelGet
        troubles: list[BaseException] = []

        def store(event: evt.Event) -> int:
            try:
                take(Path(event.dataset_path))
            except BaseException as error:  # raised where the caller waits, not in the library's handler
                troubles.append(error)
                return 0xA700
            return 0x0000

        for kinds in _parts(self._kinds, CONTEXTS_MAX) or [[]]:
            # a context a pair: of several syntaxes in one context the peer would accept a single one (PS3.8 9.3.3.2)
            contexts = [
                build_context(model),
                *(build_context(UID(of), [UID(syntax)]) for of, syntax in kinds),
            ]
            roles = [build_role(UID(of), scp_role=True) for of in sorted({of for of, _syntax in kinds})]
            handlers = [(evt.EVT_C_STORE, store)]
            with (
                _on_disk(self._folder),
                self._association(contexts, ext_neg=roles, evt_handlers=handlers) as assoc,
            ):
                for status, _identifier in assoc.send_c_get(_identifier_of(wanted), model):
                    if troubles:
                        break
                    _retrieved(status, moved)
                if troubles:
                    assoc.abort()  # it would go on sending
            if troubles:
                raise troubles[0]

    def store(self, files: Iterable[Outgoing]) -> None:
        """C-STORE, each in the transfer syntax in which it lies here, a context a pair of class and syntax."""
        by_kind: dict[tuple[str, str], list[Outgoing]] = {}
        for file in files:
            by_kind.setdefault((file.sop_class_uid, file.transfer_syntax_uid), []).append(file)
        for kinds in _parts(sorted(by_kind), CONTEXTS_MAX):
            contexts = [build_context(UID(sop_class), [UID(syntax)]) for sop_class, syntax in kinds]
            with _on_disk(self._folder), self._association(contexts) as assoc:
                for file in itertools.chain.from_iterable(by_kind[kind] for kind in kinds):
                    try:
                        status = assoc.send_c_store(file.path)
                    except ValueError as error:  # no accepted context: it does not take this kind
                        raise PermanentPeerError(NOT_ACCEPTED) from error
                    except RuntimeError as error:
                        raise RetriablePeerError("connection-lost") from error
                    if getattr(status, "Status", None) not in (0x0000, 0xB000, 0xB006, 0xB007):
                        _must(status)

    def commit(self, instances: Mapping[str, str]) -> set[str]:
        """N-ACTION, then the N-EVENT-REPORT on this association or on one that the archive opens to us."""
        answers = _Commitments()
        handlers = [(evt.EVT_N_EVENT_REPORT, answers.take)]
        request = Dataset()
        request.TransactionUID = answers.transaction
        request.ReferencedSOPSequence = [_reference(uid, of) for uid, of in instances.items()]
        seconds = self._reports.seconds if self._reports else self.address.answer_seconds
        contexts = [build_context(StorageCommitmentPushModel)]
        with self._called_back(handlers), self._association(contexts, handlers) as assoc:
            status, _reply = assoc.send_n_action(request, 1, StorageCommitmentPushModel, COMMITMENT_INSTANCE)
            _must(status)
            if not answers.come.wait(seconds):
                raise RetriablePeerError("no-report", "the archive took the request and did not report")
        return answers.kept

    @contextmanager
    def _called_back(self, handlers: list[Any]) -> Iterator[None]:
        """Listen for the archive's own association while the block runs."""
        if self._reports is None:
            yield
            return
        ae = AE(self._reports.ae_title)
        ae.maximum_associations, ae.network_timeout, ae.acse_timeout = 2, 10, 10
        ae.require_calling_aet = [self.address.ae_title]
        ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
        ae.add_supported_context(Verification)
        try:
            server = ae.start_server(
                (self._reports.bind, self._reports.port), block=False, evt_handlers=handlers
            )
        except OSError as error:
            raise RetriablePeerError("port-taken") from error
        assert server is not None
        try:
            yield
        finally:
            server.shutdown()

    @contextmanager
    def _association(
        self, contexts: list[Any], evt_handlers: Iterable[Any] = (), **options: Any
    ) -> Iterator[Association]:
        where, rejected = self.address, threading.Event()

        def seen(event: evt.Event) -> None:
            if isinstance(event.pdu, A_ASSOCIATE_RJ):  # the peer may hang up before the library has read it
                rejected.set()

        ae = AE(where.own_ae_title)
        ae.connection_timeout, ae.acse_timeout = where.connect_seconds, where.connect_seconds
        ae.dimse_timeout, ae.network_timeout = where.answer_seconds, where.answer_seconds
        ae.requested_contexts = contexts
        tls: dict[str, Any] = {"tls_args": (where.context, where.host)} if where.context else {}
        ip = address_of(where.host, where.port)
        handlers: list[Any] = [*evt_handlers, (evt.EVT_PDU_RECV, seen)]
        assoc = ae.associate(
            ip, where.port, ae_title=where.ae_title, max_pdu=131072, evt_handlers=handlers, **tls, **options
        )
        if not assoc.is_established:
            accepted = assoc.acceptor.primitive
            if rejected.is_set():
                raise PermanentPeerError(REFUSED, "the association was rejected")
            if accepted is not None:
                raise PermanentPeerError(NOT_ACCEPTED, "no presentation context was accepted")
            raise RetriablePeerError("no-connection")
        try:
            yield assoc
        except (
            ValueError,
            RuntimeError,
        ) as error:  # pynetdicom's words for a context or a connection that is not there
            if isinstance(error, ValueError):
                raise PermanentPeerError(NOT_ACCEPTED, "no presentation context was accepted") from error
            raise RetriablePeerError("connection-lost") from error
        except BaseException:
            with suppress(Exception):
                assoc.abort()
            raise
        finally:
            if assoc.is_established:
                with suppress(Exception):
                    assoc.release()


class _Commitments:
    """Waits for the report of one transaction; another's is answered and left alone."""

    def __init__(self) -> None:
        self.transaction = generate_uid()
        self.come = threading.Event()
        self.kept: set[str] = set()

    def take(self, event: evt.Event) -> tuple[int, None]:
        report = event.event_information
        if report.get("TransactionUID") == self.transaction:
            self.kept = {
                str(item.ReferencedSOPInstanceUID) for item in report.get("ReferencedSOPSequence", [])
            }
            self.come.set()
        return 0x0000, None


@contextmanager
def _on_disk(folder: Path | None) -> Generator[None]:
    """Objects come and go by files while the block runs, not by memory: settings of the library, for the process.

    They lie in a folder of their own, so that none is left of an association that breaks off.
    """
    before = _config.STORE_RECV_CHUNKED_DATASET, _config.STORE_SEND_CHUNKED_DATASET, tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="dimse-", dir=folder) as own:
        _config.STORE_RECV_CHUNKED_DATASET = _config.STORE_SEND_CHUNKED_DATASET = True
        tempfile.tempdir = own
        try:
            yield
        finally:
            _config.STORE_RECV_CHUNKED_DATASET, _config.STORE_SEND_CHUNKED_DATASET, tempfile.tempdir = before


def _identifier_of(wanted: Wanted) -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.StudyInstanceUID = wanted.study_instance_uid
    if wanted.series_instance_uid:
        query.QueryRetrieveLevel = "SERIES"
        query.SeriesInstanceUID = wanted.series_instance_uid
    if wanted.sop_instance_uids:
        query.QueryRetrieveLevel = "IMAGE"
        query.SOPInstanceUID = list(wanted.sop_instance_uids)
    return query


def _reference(sop_instance_uid: str, sop_class_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def _retrieved(status: Dataset, moved: Moved) -> None:
    """One answer of a C-MOVE or C-GET (PS3.4 C.4.2.1.5, C.4.3.1.4). What failed in part is seen when counted."""
    code = getattr(status, "Status", None)
    if code in PENDING or code in (0x0000, 0xB000):
        moved()
        return
    _must(status)


def _must(status: Dataset) -> None:
    """Raise what an answer's status means, unless it is Success."""
    code = getattr(status, "Status", None)
    if code is None:
        raise RetriablePeerError("no-answer", "time-out or connection lost")
    if code == 0x0000:
        return
    if code == 0xFE00:
        raise PermanentPeerError(CANCELLED)
    if code == 0x0124:
        raise PermanentPeerError(REFUSED, "not authorized")
    if code in (0x0122, 0xA900, 0xA801) or 0xA900 <= code <= 0xA9FF:
        raise PermanentPeerError(NOT_ACCEPTED, f"status {code:04X}")
    raise RetriablePeerError("failed", f"status {code:04X}")


def _parts(items: list[Any], size: int) -> list[list[Any]]:
    return [items[at : at + size] for at in range(0, len(items), size)]
