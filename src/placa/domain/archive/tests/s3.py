"""A real S3 server (SeaweedFS) on loopback, with a folder and ports of its own; ended by its process."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ACCESS_KEY, SECRET_KEY = "placa-test", "placa-test-secret"
START_SECONDS = 60.0


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass
class S3Server:
    """Where it listens. `stop` and `start` make an outage; the folder and the ports stay."""

    folder: Path
    ports: list[int] = field(default_factory=lambda: _free_ports(8))
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def url(self, bucket: str, **options: str) -> str:
        """The `PLACA_STORAGE_URL` of a bucket, which is made where it is not there."""
        client = self._client()
        with contextlib.suppress(
            client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou
        ):
            client.create_bucket(Bucket=bucket.partition("/")[0])
        more = "".join(f"&{name}={quote(value, safe='')}" for name, value in options.items())
        return f"s3://{bucket}?endpoint={quote(self.endpoint, safe='')}{more}"

    def start(self) -> None:
        """Start, and wait until it takes an object."""
        identity = {
            "name": "placa", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }  # fmt: skip
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = self.ports
        with (self.folder / "weed.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    Path(sys.executable).with_name("weed"), "server", f"-dir={self.folder}", "-ip=127.0.0.1", "-s3",
                    f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}", f"-s3.config={config}", "-s3.port.iceberg=0",
                    "-s3.port.lance=0", f"-master.port={master}", f"-master.port.grpc={master_grpc}",
                    f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}", f"-filer.port={filer}",
                    f"-filer.port.grpc={filer_grpc}", "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
                    f"-filer.localSocket={self.folder}/f.sock", f"-s3.localSocket={self.folder}/s.sock",
                    "-volume.preStopSeconds=0", "-master.electionTimeout=1s", "-volume.max=60",
                ],
                cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait()

    def _client(self) -> Any:
        return boto3.session.Session().client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
        )  # fmt: skip

    def _wait(self) -> None:
        limit, client = time.monotonic() + START_SECONDS, self._client()
        while time.monotonic() < limit:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            with contextlib.suppress(BotoCoreError, ClientError):
                client.put_object(Bucket="ready", Key="ready", Body=b"?")
                return
            time.sleep(0.1)
        raise AssertionError(f"S3 does not answer: {self.log()}")

    def stop(self) -> None:
        """End it at once, as a lost machine does."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.folder / "weed.log").read_text()[-3000:]


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A running server, ended and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="placa-s3-"))  # short: it makes sockets in it
    server = S3Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
