"""The references of a directory are read without Spark."""

from pathlib import Path

from sparkmon.store import LocalStore
from sparkmon.tables import Tables
from tests.support.panes import reference_table


def test_references_are_read_by_their_name_without_a_session(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    assert store.read_references().num_rows == 0
    references = reference_table("taxi", {"fare": [1.0, 2.0, 3.5]})
    tables = Tables(str(tmp_path)).open()
    tables.append(references, "references")
    assert store.read_references() == references
    assert store.read_references("another").num_rows == 0
