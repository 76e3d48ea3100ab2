"""Tables in an object store, over S3's own protocol: a server of moto."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import boto3
import pytest

from sparkmon.dashboard.settings import DashboardSettings
from sparkmon.tables import Maintenance, Tables, TableWriter
from sparkmon.views import heat_map, overview
from tests.support.served import served
from tests.support.watched import Watched
from tests.tables.writer_contract import HOUR, START, WriterContract, as_rows, counts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Start it as a process: delta-rs does not let other threads of Python run while it waits for an answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", f"{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def tables(endpoint: str, request: pytest.FixtureRequest) -> Tables:
    options = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    bucket = f"bucket-{abs(hash(request.node.nodeid)):x}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client.create_bucket(Bucket=bucket)
    return Tables(f"s3://{bucket}/monitoring", options)


class TestDeltaRsWriterOnS3(WriterContract):
    @pytest.fixture
    def writer(self, tables: Tables) -> TableWriter:
        return tables.open()

    @pytest.fixture
    def other(self, tables: Tables) -> TableWriter:
        return tables.open()


def test_no_commit_is_lost_when_two_append_at_once(tables: Tables) -> None:
    def append(name: str) -> None:
        writer = tables.open()
        for batch in range(10):
            writer.append(counts(batch), "seen", writer=name, batch_id=batch)

    threads = [threading.Thread(target=append, args=(name,)) for name in "qr"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert as_rows(tables.open().read("seen")) == as_rows(counts(*range(10), *range(10)))


def test_objects_are_maintained(tables: Tables) -> None:
    writer = tables.open()
    for batch in range(9):
        writer.append(counts(batch), "alert_actions")
    (done,) = Maintenance(writer).run_once(START + HOUR)
    assert (done.files, done.compacted_files) == (9, 9)
    assert as_rows(tables.open().read("alert_actions")) == as_rows(counts(*range(9)))


def test_views_are_of_a_bucket_as_of_a_directory(tables: Tables, watched: Watched) -> None:
    bucket = tables.open()
    for name in ("alerts", "drift_metrics", "closed_windows"):
        rows = watched.open().read(name)
        assert rows is not None
        bucket.append(rows, name)
    now = watched.end + HOUR
    assert overview(bucket, now).models == overview(watched.open(), now).models
    assert heat_map(bucket, "flights") == heat_map(watched.open(), "flights")
    with served(DashboardSettings(tables.location), bucket) as browser:
        assert "2 open incidents" in browser.get("/").text


def test_options_are_not_shown() -> None:
    assert "secret" not in repr(Tables("s3://b/m", {"AWS_SECRET_ACCESS_KEY": "secret"}))
