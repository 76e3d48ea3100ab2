"""Tables written by delta-rs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkmon.tables import TableWriter
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from tests.tables.writer_contract import WriterContract


class TestDeltaRsWriter(WriterContract):
    @pytest.fixture
    def writer(self, tmp_path: Path) -> TableWriter:
        return DeltaRsWriter(f"{tmp_path}/it's here/")

    @pytest.fixture
    def other(self, tmp_path: Path) -> TableWriter:
        return DeltaRsWriter(f"{tmp_path}/it's here/")
