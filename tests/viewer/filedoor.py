"""A page and a DICOMweb door over a few files: what the portal answers, without the portal.

It calls the portal's own code for metadata, frames and pictures, so that a test of the viewer is one of those too.
"""

import gzip
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from placa.standards.dicom import ecg, metadata, pdf, render, sr, uids
from placa.standards.dicom.families import family_of
from placa.standards.dicom.frames import decode_frame, read_frame
from placa.standards.dicom.header import InstanceHeader, read_header

BUILD = Path(__file__).parents[2] / "src/placa/interfaces/web/ui/static/build/viewer"
STUDY = "2.25.1"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; frame-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
_INSTANCE = re.compile(rf"/dicomweb/studies/{STUDY}/series/([^/]+)/instances/([^/]+)/(.+)")
_FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


@dataclass
class Case:
    """A study of some files, by SOPInstanceUID."""

    files: dict[str, Path] = field(default_factory=dict)

    def headers(self) -> list[InstanceHeader]:
        """Of every file, in order."""
        return [read_header(path) for path in self.files.values()]


def _series(case: str, files: dict[str, Path], headers: list[InstanceHeader]) -> dict[str, Any]:
    first = headers[0]
    kind = uids.kind_of(first.sop_class_uid, first.modality, first.transfer_syntax_uid)
    instances = [
        {
            "uid": one.sop_instance_uid,
            "number": one.instance_number or 0,
            "frames": one.number_of_frames if kind == "image" else 1,
            "rows": one.rows,
            "columns": one.columns,
            "transfer_syntax": one.transfer_syntax_uid,
        }
        for one in sorted(headers, key=lambda one: one.instance_number or 0)
    ]
    uid = first.series_instance_uid
    return {
        "uid": uid,
        "number": first.series_number or 0,
        "description": first.series_description,
        "modality": first.modality,
        "kind": kind,
        "family": family_of(first.sop_class_uid, kind),
        "key_images": _key_images(files, headers),
        "count": sum(int(str(one["frames"])) for one in instances),
        "thumbnail_url": f"/{case}/dicomweb/studies/{STUDY}/series/{uid}/instances/{instances[0]['uid']}/rendered",
        "instances": instances,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A viewer breaks off what it does not want any more: nothing to print."""


def _key_images(files: dict[str, Path], headers: list[InstanceHeader]) -> list[dict[str, Any]]:
    """What key object selections among `headers` name, as the portal tells the viewer."""
    series = {uid: read_header(path).series_instance_uid for uid, path in files.items()}
    return [
        {"series": series[uid], "instance": uid, "frame": frame}
        for one in headers
        if family_of(one.sop_class_uid, "presentation") == "key_images"
        for _depth, item in sr.read_file(files[one.sop_instance_uid]).walk()
        if item.value_type == "IMAGE"
        for uid in item.references
        for frame in item.frames or (1,)
    ]


class FileDoor:
    """Serves the cases that are `add`ed, each at `address(name)`, until `close`."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.extra: dict[str, Any] = {}
        self.kept: dict[str, bytes] = {}  # measurements of each case, as they were sent
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    status, kind, body, more = door.answer(self.path, self.headers.get("Accept", ""))
                except Exception as error:
                    status, kind, body, more = 500, "text/plain", repr(error).encode(), {}
                self.send_response(status)
                for name, value in {
                    "Content-Type": kind,
                    "Content-Length": str(len(body)),
                    "Cache-Control": "no-store",
                    **more,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                door.kept[self.path.split("/")[1]] = body
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name: str, paths: Iterable[Path]) -> None:
        """A study named `name` of these files."""
        self.cases[name] = Case({read_header(path).sop_instance_uid: path for path in paths})

    def address(self, name: str, look: str = "full", language: str = "en") -> str:
        """Where the viewer shows a case."""
        return f"http://127.0.0.1:{self.server.server_port}/{name}/?look={look}&lang={language}"

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, target: str, accept: str) -> tuple[int, str, bytes, dict[str, str]]:
        """Status, content type, body and further headers for a path."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.startswith("/static/"):
            file = BUILD / url.path.removeprefix("/static/")
            return 200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes(), {}
        name, _, rest = url.path.removeprefix("/").partition("/")
        case = self.cases.get(name)
        if case is None:
            return 404, "text/plain", b"", {}
        if not rest:
            return (
                200,
                "text/html; charset=utf-8",
                self._page(name, case, query),
                {"Content-Security-Policy": POLICY},
            )
        if rest == "measurements":
            return 200, "application/json", self.kept.get(name, b"[]"), {}
        return self.dicomweb(name, case, f"/{rest}", query, accept)

    def _page(self, name: str, case: Case, query: dict[str, str]) -> bytes:
        entry = json.loads((BUILD / "manifest.json").read_text())["src/app/main.ts"]
        context = {
            "language": query.get("lang", "en"),
            "look": query.get("look", "full"),
            "dicomweb": f"/{name}/dicomweb",
            "study": {
                "uid": STUDY,
                "description": name,
                "date": "20261112",
                "date_text": "12 nov 2026",
                "accession_number": "A1",
                "modalities": [],
            },
            "patient": {
                "name": "Ana Morales",
                "birth_date": "",
                "age_text": "",
                "sex": "F",
                "patient_id": "1",
            },
            "institution": "Alborada",
            "back_url": "/",
            "report": None,
            "report_reason": "",
            "alive_url": None,
            "measurements_url": f"/{name}/measurements",
            "series": self.series_of(name, case),
            **self.extra,
        }
        told = json.dumps(context).replace("<", "\\u003c")
        styles = "".join(f'<link rel="stylesheet" href="/static/{css}">' for css in entry.get("css", []))
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{styles}<title>v</title>'
            f'<script type="application/json" id="viewer-context">{told}</script>'
            f'<script type="module" src="/static/{entry["file"]}"></script></head>'
            f'<body><div id="viewer"></div></body></html>'
        ).encode()

    def series_of(self, name: str, case: Case) -> list[dict[str, Any]]:
        """The series of a case as the page names them."""
        by_series: dict[str, list[InstanceHeader]] = {}
        for header in case.headers():
            by_series.setdefault(header.series_instance_uid, []).append(header)
        return sorted(
            (_series(name, case.files, headers) for headers in by_series.values()),
            key=lambda one: int(one["number"]),
        )

    def dicomweb(
        self, name: str, case: Case, path: str, query: dict[str, str], accept: str
    ) -> tuple[int, str, bytes, dict[str, str]]:
        root = f"/{name}/dicomweb/studies/{STUDY}"
        described = re.fullmatch(rf"/dicomweb/studies/{STUDY}/series/([^/]+)/metadata", path)
        if described:
            found = [
                metadata.metadata_json(file, f"{root}/series/{described[1]}/instances/{uid}/bulkdata")
                for uid, file in case.files.items()
                if read_header(file).series_instance_uid == described[1]
            ]
            return (
                200,
                "application/dicom+json",
                gzip.compress(json.dumps(found).encode()),
                {"Content-Encoding": "gzip"},
            )
        found_instance = _INSTANCE.fullmatch(path)
        file = case.files.get(found_instance[2]) if found_instance else None
        if not found_instance or file is None:
            return 404, "text/plain", b"", {}
        what = found_instance[3]
        if what.startswith("bulkdata/"):
            bulk = metadata.locate_bulk_data(file, what.removeprefix("bulkdata/"))
            if bulk is None:
                return 404, "text/plain", b"", {}
            body = b"".join(metadata.read_bulk_data(file, bulk))
            return 200, *multipart("application/octet-stream", body), {}
        frame = re.fullmatch(r"frames/(\d+)(/rendered)?", what)
        if frame and not frame[2]:
            return 200, *_frame(file, int(frame[1]), "transfer-syntax=1.2.840.10008.1.2.1" in accept), {}
        return 200, *_rendered(file, int(frame[1]) if frame else 1, query, accept), {}


def multipart(kind: str, body: bytes) -> tuple[str, bytes]:
    whole = b"--edge\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + body + b"\r\n--edge--\r\n"
    return 'multipart/related; type="application/octet-stream"; boundary=edge', whole


def _frame(file: Path, number: int, plain: bool) -> tuple[str, bytes]:
    header = read_header(file)
    syntax = header.transfer_syntax_uid
    compressed = uids.is_encapsulated(syntax)
    if (
        (plain and compressed)
        or header.frames.inflated
        or syntax == uids.EXPLICIT_VR_BIG_ENDIAN
        or not header.frames.byte_aligned
    ):
        samples = decode_frame(file, number - 1, header=header).samples
        body = np.ascontiguousarray(samples.astype(samples.dtype.newbyteorder("<"), copy=False)).tobytes()
        syntax = uids.EXPLICIT_VR_LITTLE_ENDIAN
    else:
        body = read_frame(file, header.frames, number - 1)
    return multipart(f"application/octet-stream; transfer-syntax={syntax}", body)


def _rendered(file: Path, frame: int, query: dict[str, str], accept: str) -> tuple[str, bytes]:
    header = read_header(file)
    kind = uids.kind_of(header.sop_class_uid, header.modality, header.transfer_syntax_uid)
    if kind == "pdf":
        return "application/pdf", pdf.extract_pdf(file).data
    if kind == "sr" or family_of(header.sop_class_uid, kind) == "report_data":
        return "text/html; charset=utf-8", sr.to_page(sr.read_file(file)).encode()
    if kind == "ecg":
        return "image/svg+xml", ecg.render_svg(file)
    if kind == "video":
        bulk = metadata.locate_bulk_data(file, "7FE00010")
        return "video/mp4", b"".join(metadata.read_bulk_data(file, bulk)) if bulk else b""
    center, width, function = (
        ([*query["window"].split(","), "linear"][:3]) if "window" in query else ("", "", "")
    )
    window = render.Window(float(center), float(width), _FUNCTIONS[function]) if center else None
    picture = render.render_frame(file, frame - 1, window=window)
    if "png" in query:
        return "image/png", render.encode_png(picture)
    return "image/jpeg", render.encode_jpeg(picture, 90)
