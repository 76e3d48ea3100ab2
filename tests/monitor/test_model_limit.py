"""A client that invents a model with each request costs bounded memory and tables."""

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.monitor.model_limit import ModelLimit
from sparkmon.panes import OTHER
from tests.support.panes import MIDNIGHT, panes_of


def panes(*models: str) -> pa.Table:
    return pa.concat_tables([panes_of(model, MIDNIGHT, {"x": np.arange(3.0)}) for model in models])


def rows(table: pa.Table) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in table.to_pylist():
        counts[row["model"]] = counts.get(row["model"], 0) + row["profile"]["count"]
    return counts


def test_models_beyond_the_limit_are_pooled_and_those_of_references_never() -> None:
    limit = ModelLimit({"shop": ["x"], "bank": ["x"]}, ["known"], most=3)
    assert rows(limit.limited(panes("shop", "a", "b"), 800)) == {"shop": 3, "a": 3, "b": 3}
    invented = [f"invented-{number}" for number in range(50)]
    counts = rows(limit.limited(panes("bank", "a", "known", *invented), 800))
    assert counts == {"bank": 3, "a": 3, "known": 3, OTHER: 150}
    counts = rows(limit.limited(panes("shop", "b", *invented[:7]), 800))
    assert counts == {"shop": 3, "b": 3, OTHER: 21}


@pytest.mark.slow
def test_a_thousand_batches_of_new_names_leave_as_many_models() -> None:
    limit, models = ModelLimit({"shop": ["x"]}, most=10), set[str]()
    for batch in range(100):
        names = [f"m-{batch}-{number}" for number in range(5)]
        models |= {*rows(limit.limited(panes("shop", *names), 800))}
    assert len(models) == 10 + 2
    assert {"shop", OTHER} <= models
