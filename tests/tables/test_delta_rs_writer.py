"""Tables written by delta-rs: the contract, writers at once, the cost of reading, and the end of a process."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from sparkmon.tables import Tables, TableWriter
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from tests.support.source import ROOT
from tests.tables.writer_contract import START, WriterContract, as_rows, counts, profiles


class TestDeltaRsWriter(WriterContract):
    @pytest.fixture
    def writer(self, tmp_path: Path) -> TableWriter:
        return DeltaRsWriter(f"{tmp_path}/it's here/")

    @pytest.fixture
    def other(self, tmp_path: Path) -> TableWriter:
        return DeltaRsWriter(f"{tmp_path}/it's here/")


def test_of_threads_that_replace_a_table_each_builds_on_what_it_has_read(tmp_path: Path) -> None:
    def add(number: int) -> None:
        writer, is_replaced = Tables(str(tmp_path)).open(), False
        while not is_replaced:
            version, rows = writer.version("leases"), writer.read("leases")
            own = pa.table({"number": [number]})
            rows = own if rows is None else pa.concat_tables([rows, own])
            is_replaced = writer.replace("leases", rows, version)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(8)))
    rows = Tables(str(tmp_path)).open().read("leases")
    assert rows is not None
    assert {*rows["number"].to_pylist()} == {*range(8)}


def at_once(count: int, call: Callable[[int], object]) -> list[object]:
    """Return the answers of calls in as many threads."""
    answers: list[object] = [None] * count
    start = threading.Barrier(count)

    def one(index: int) -> None:
        start.wait()
        answers[index] = call(index)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_writers_with_one_name_one_appends_a_batch(tmp_path: Path) -> None:
    writers = [DeltaRsWriter(f"{tmp_path}") for _ in range(4)]
    for batch in range(10):

        def append(index: int, batch: int = batch) -> bool:
            return writers[index].append(counts(batch), "seen", writer="q", batch_id=batch)

        answers = at_once(4, append)
        assert sorted(map(str, answers)) == ["False", "False", "False", "True"]
    assert as_rows(writers[0].read("seen")) == as_rows(counts(*range(10)))


def test_of_replacements_at_once_one_wins(tmp_path: Path) -> None:
    writers = [DeltaRsWriter(f"{tmp_path}") for _ in range(4)]
    for _ in range(5):
        version = writers[0].version("leases")

        def replace(index: int, version: int | None = version) -> bool:
            return writers[index].replace("leases", counts(index), version)

        answers = at_once(4, replace)
        assert answers.count(True) == 1
        assert as_rows(writers[0].read("leases")) == as_rows(counts(answers.index(True)))


def test_appends_at_once_are_all_there(tmp_path: Path) -> None:
    writers = [DeltaRsWriter(f"{tmp_path}") for _ in range(4)]
    at_once(4, lambda i: [writers[i].append(counts(i), "some") for _ in range(5)])
    assert as_rows(writers[0].read("some")) == as_rows(counts(*[0, 1, 2, 3] * 5))


def test_only_files_with_matching_times_are_opened(tmp_path: Path) -> None:
    writer = DeltaRsWriter(f"{tmp_path}")
    for hour in range(6):
        writer.append(profiles(hour), "profiles")
    for uri in DeltaTable(f"{tmp_path}/profiles").file_uris():  # all but the first
        path = Path(uri)
        if b"m0" in path.read_bytes():
            path.unlink()
    rows = writer.read("profiles", ["model"], [("model", "=", "m1"), ("window_start", ">", START)])
    assert as_rows(rows) == as_rows(profiles(1, 3, 5).select(["model"]))


def test_a_table_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    writer = DeltaRsWriter(f"{tmp_path}")
    writer.append(counts(1), "some", writer="q", batch_id=1)
    shutil.rmtree(f"{tmp_path}/some")
    assert writer.read("some") is None
    assert writer.append(counts(2), "some", writer="q", batch_id=1)
    assert as_rows(writer.read("some")) == as_rows(counts(2))


@pytest.mark.slow
def test_a_process_that_has_read_ends_by_itself(tmp_path: Path) -> None:
    """Arrow's threads abort a process whose end they meet in a file system that is written in Python."""
    writer = DeltaRsWriter(f"{tmp_path}")
    for _ in range(8):
        writer.append(profiles(*range(200)), "profiles")
    code = (
        "from sparkmon.tables import Tables\n"
        f"rows = Tables({str(tmp_path)!r}).open().read('profiles', ['model'])\n"
        "print(rows.num_rows)"
    )
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "1600\n", "")
