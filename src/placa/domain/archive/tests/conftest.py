"""The S3 server of these tests."""

from collections.abc import Iterator

import pytest

from placa.domain.archive.tests.s3 import S3Server, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """One server for all tests of this room; a test takes a bucket of its own."""
    with s3_server() as server:
        yield server
