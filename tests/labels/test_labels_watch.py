"""Labels next to a running monitor: a pass when something has changed, and none otherwise."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import OptionError
from sparkmon.labels import LabelSource
from sparkmon.monitor.labels_watch import LabelsWatch
from sparkmon.store import ReferenceStore
from tests.labels.tables_of_a_model import HOUR, ModelTables, answers

NO_VALUES = dict.fromkeys(["count", "num_nulls", "num_nan", "num_inf", "num_numbers", "num_texts"], 0)


class Store(ReferenceStore):
    """A store with the validation of one model."""

    def __init__(self, model: ModelTables) -> None:
        row = {"model": "loans", "model_version": "", "reference": "validation", "column_name": ":validation"}
        row |= {"column_kind": "validation", "data_type": "numeric"}
        own = {"column_index": 0, "created_time": datetime.now(timezone.utc), "profile": NO_VALUES}
        state = {"detectors": model.validation.to_bytes()}
        self._table = pa.Table.from_pylist([row | own | state], schema=REFERENCES)

    def read_references(self, reference: str = "training") -> pa.Table:
        return self._table if reference == "validation" else REFERENCES.empty_table()


@pytest.fixture
def model(tmp_path: Path) -> ModelTables:
    return ModelTables(tmp_path)


def watch_of(model: ModelTables, **labels: LabelSource) -> LabelsWatch:
    return LabelsWatch(model.tables, Store(model), labels, process=model.findings.append)


def test_a_pass_is_made_when_windows_close_or_labels_come(model: ModelTables) -> None:
    source = LabelSource(f"{model.folder}/labels", "repaid", horizon=HOUR)
    watch = watch_of(model, loans=source)
    assert watch.look() == 0
    x, score, labels = answers(200, seed=7)
    ids = model.answer(0, x, score)
    assert watch.look() == 1  # the estimate
    assert watch.look() == 0
    model.label(request_id=ids, repaid=labels.tolist())
    assert watch.look() == 1
    assert watch.look() == 0
    assert [each.num_rows for each in model.findings] == [1, 3]


def test_a_model_without_a_validation_is_left_out_with_a_warning(
    model: ModelTables, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watch_of(model, other=LabelSource(f"{model.folder}/labels", "repaid"))
    assert watch.look() == 0
    assert "other has no validation; make one of held-out rows with: sparkmon profile --label" in caplog.text


def test_labels_that_come_after_the_rows_have_gone_are_refused() -> None:
    source = LabelSource("/labels", horizon=timedelta(days=30))
    with pytest.raises(OptionError, match="labels of loans for 35 days, horizon and revise_for together"):
        source.check_kept(timedelta(days=7), "loans")
    source.check_kept(None, "loans")
