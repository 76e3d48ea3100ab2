"""Which rows are kept: whole ones only where something reads the features."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparkmon.errors import OptionError
from sparkmon.ingest import Ingest, _kept, _Task
from sparkmon.labels import LabelSource
from sparkmon.monitor.kept_models import kept_models
from sparkmon.panes import PaneBuilder
from sparkmon.protocol import Cells, RowBlock, events_to_batch
from sparkmon.slicing import Slices
from tests.labels.tables_of_a_model import SLICES, ModelTables
from tests.labels.test_labels_watch import Store
from tests.support.traffic import v1_event

NO_SLICES = Slices({})
SOURCE = LabelSource("./labels", "repaid")


def test_labels_need_the_answers_and_others_the_rows(tmp_path: Path) -> None:
    def kept(
        *keep_rows: str, slices: Slices = NO_SLICES, source: LabelSource = SOURCE, others: tuple[str, ...] = ()
    ) -> dict[str, bool]:
        return kept_models(keep_rows, {"loans": source}, others, (), slices, store)

    store = Store(ModelTables(tmp_path))
    assert kept() == {"loans": False}
    assert kept("shop") == {"loans": False, "shop": True}
    assert kept("loans") == kept(others=("loans",)) == {"loans": True}
    assert kept(slices=SLICES.slices) == {"loans": True}
    assert kept(source=LabelSource("./labels", entities={"loan": "id"}, time="at")) == {"loans": True}
    # Nothing says that the features of this one are not needed.
    assert kept_models((), {"new": SOURCE}, (), (), Slices({}), store) == {"new": True}
    assert kept_models((), {"loans": SOURCE}, (), ("a", "b"), Slices({}), store) == {"a/loans": False, "b/loans": False}
    with pytest.raises(OptionError, match="a list of models"):
        kept_models("loans", {}, (), (), Slices({}), store)


def test_what_is_left_of_blocks_is_what_is_kept() -> None:
    places, cells = np.arange(2), Cells(("x",), np.array([[1.0], [2.0]]))
    instance = places.astype(np.int32)
    request = RowBlock("loans", "", "request", places, places, instance, features=cells)
    response = RowBlock("loans", "", "response", places, places, instance, features=cells, predictions=cells)
    blocks = [request, response]
    assert [*_kept(blocks, {"loans": True})] == blocks
    (answers,) = _kept(blocks, {"loans": False})
    assert answers.sides() == {"predictions": cells}
    assert [*_kept(blocks, {"shop": True})] == []


def test_rows_are_the_same_in_files_and_without_them(tmp_path: Path) -> None:
    events = [v1_event("shop", minutes, [[1.0], [2.0]]) for minutes in range(5)] + [v1_event("bank", 9, [[3.0]])]

    def output(directory: str | None) -> pa.Table:
        task = _Task(Ingest(lambda: PaneBuilder(3_600_000_000), keep_rows={"shop": True}), {}, None, directory)
        return pa.Table.from_batches([*task.read(events_to_batch(events)), *task.summary()])

    yielded, written = output(None), output(str(tmp_path))
    structs: Any = yielded["row"].combine_chunks().drop_null()
    rows = pa.Table.from_struct_array(structs)
    assert written["row"].null_count == written.num_rows
    report: Any = written["task"].combine_chunks().drop_null().to_pylist()[0]
    [file] = report["row_files"]
    assert (report["rows"], file["models"], rows.num_rows) == (0, ["shop"], 10)
    assert pq.read_table(tmp_path / file["path"], partitioning=None).cast(rows.schema).equals(rows)
