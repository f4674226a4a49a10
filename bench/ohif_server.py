"""The viewer's anchor: OHIF's published build at `/`, and Orthanc's DICOMweb behind the same origin.

A process of its own (`python bench/ohif_server.py PORT DIST ORTHANC_PORT`), so that it shares no lock with what
measures. Files stand in memory; hashed names may be kept for ever, as any site that serves OHIF well would say.
"""

import http.client
import mimetypes
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HASHED = re.compile(r"[.-]?[0-9a-f]{16}\.\w+$")
START_SECONDS = 20.0
CONFIG = """
window.config = {
  routerBasename: '/', extensions: [], modes: [], customizationService: {}, showStudyList: true, maxNumberOfWebWorkers: 3,
  showWarningMessageForCrossOrigin: false, showCPUFallbackMessage: false, showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true, groupEnabledModesFirst: true,
  maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 25 },
  defaultDataSourceName: 'anchor',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'anchor',
    configuration: {
      friendlyName: 'Orthanc', name: 'Orthanc', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web', wadoUriRoot: '/dicom-web',
      qidoSupportsIncludeField: false, imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
      supportsFuzzyMatching: false, supportsWildcard: true, omitQuotationForMultipartRequest: true,
      bulkDataURI: { enabled: true, relativeResolution: 'studies' },
    },
  }],
};
"""


def run_node(script: str) -> str:
    """Run a script of the viewer's with the Node that builds it; what it printed."""
    found = subprocess.run(
        [ROOT / "scripts/node-path"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    command = [f"{found.stdout.strip()}/node", script]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def dist() -> Path:
    """OHIF as its makers built it, fetched from npm once (`npm run ohif-fetch` of viewer/)."""
    run_node("viewer/scripts/ohif-fetch.mjs")
    return ROOT / ".cache" / "ohif" / "dist"


@contextmanager
def ohif(dist: Path, orthanc_port: int) -> Iterator[str]:
    """Serve OHIF's `dist` on loopback; the address of its root."""
    from placa.interfaces.dimse.tests.listener import free_port  # the server itself does without it

    port = free_port()
    command = [sys.executable, __file__, str(port), str(dist), str(orthanc_port)]
    running = subprocess.Popen(command)
    try:
        limit = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if running.poll() is not None or time.monotonic() > limit:
                    raise SystemExit("the server of OHIF did not start") from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


class Handler(BaseHTTPRequestHandler):
    """Files, the page for every route of the application, and a pass-through to Orthanc."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    dist: Path
    orthanc_port: int
    files: dict[str, bytes] = {}
    _own = threading.local()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/dicom-web/"):
            self._pass_on()
        elif path == "/app-config.js":
            self._send(CONFIG.encode(), "text/javascript", "no-cache")
        else:
            self._file(path.lstrip("/"))

    def _file(self, name: str) -> None:
        if ".." in name or not (self.dist / name).is_file():
            name = "index.html"
        if name not in self.files:
            self.files[name] = (self.dist / name).read_bytes()
        kept = "public, max-age=31536000, immutable" if HASHED.search(name) else "no-cache"
        self._send(self.files[name], mimetypes.guess_type(name)[0] or "application/octet-stream", kept)

    def _send(self, body: bytes, kind: str, cache: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        self.wfile.write(body)

    def _pass_on(self) -> None:
        passed = [name for name in ("Accept", "Accept-Encoding") if name in self.headers]
        answer, body = self._ask({name: self.headers[name] for name in passed})
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in (
                "connection",
                "keep-alive",
                "transfer-encoding",
                "content-length",
                "date",
                "server",
            ):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _ask(self, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """One request to Orthanc on this thread's own connection, which Orthanc may have closed meanwhile."""
        headers["Host"] = self.headers["Host"]  # Orthanc's bulk data links name it
        for fresh in (False, True):
            link = getattr(self._own, "link", None)
            if link is None or fresh:
                link = self._own.link = http.client.HTTPConnection("127.0.0.1", self.orthanc_port, timeout=60)
                link.connect()
                link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                link.request("GET", self.path, headers=headers)
                answer = link.getresponse()
                return answer, answer.read()
            except (http.client.HTTPException, ConnectionError):
                if fresh:
                    raise
        raise AssertionError

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def main() -> None:
    """Serve until ended."""
    port, dist, orthanc_port = sys.argv[1:4]
    Handler.dist, Handler.orthanc_port = Path(dist), int(orthanc_port)
    with ThreadingHTTPServer(("127.0.0.1", int(port)), Handler) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main()
