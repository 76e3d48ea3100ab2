"""Which rows are kept: whole ones only where something reads the features."""

from pathlib import Path

import numpy as np
import pytest

from sparkmon.errors import OptionError
from sparkmon.ingest import _kept
from sparkmon.labels import LabelSource
from sparkmon.monitor.kept_models import kept_models
from sparkmon.protocol import Cells, RowBlock
from sparkmon.slicing import Slices
from tests.labels.tables_of_a_model import SLICES, ModelTables
from tests.labels.test_labels_watch import Store

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
