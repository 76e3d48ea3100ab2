"""Tables written by delta-rs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from sparkmon.tables import Tables, TableWriter
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from tests.tables.writer_contract import WriterContract


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
