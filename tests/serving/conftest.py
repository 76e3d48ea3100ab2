"""A store with features of cards, a model of them, and its predictor, once for the folder."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.local import LocalStore
from sparkmon.store.online import FeatureValue
from tests.support.serving import Served, start_predictor

__all__ = ["World"]

VIEW = FeatureView(
    "fraud",
    1,
    ("mean_amount", "amount", "count", "bank_risk"),
    (
        GroupInView(
            "cards_1",
            {"card_id": "card_id"},
            {"mean_amount": "mean_amount", "count": "count"},
            time="computed_time",
            max_age_s=3600.0,
        ),
        GroupInView("banks_1", {"bank": "bank"}, {"risk": "bank_risk"}),
    ),
)
BIG_ID = 2**53 + 1


class World(NamedTuple):
    """The store's place, a predictor, what it was asked, the model's file, and the vectors of some requests."""

    store: str
    predictor: Served
    seen: Path
    model: Path
    asked: list[dict[str, object]]
    vectors: list[list[float | None]]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("serving")
    random = np.random.default_rng(7)
    rows = random.normal(size=(200, 4))
    target = rows @ np.array([1.0, -2.0, 0.5, 3.0]) + (rows[:, 0] > 0)
    model = folder / "model.joblib"
    joblib.dump(HistGradientBoostingRegressor(max_iter=20).fit(rows, target), model)
    store = LocalStore(folder / "store")
    now = datetime.now(timezone.utc)
    cards: list[dict[str, FeatureValue]] = [
        {"card_id": 7, "mean_amount": 0.25, "count": 3, "computed_time": now},
        {"card_id": BIG_ID, "mean_amount": -1.5, "count": 1, "computed_time": now - timedelta(hours=2)},
        {"card_id": BIG_ID - 1, "mean_amount": 99.0, "count": 99, "computed_time": now},
    ]
    store.write_rows("cards_1", ["card_id"], cards)
    store.write_rows("banks_1", ["bank"], [{"bank": "dænske", "risk": 0.125}])
    store.write_view(VIEW)
    asked: list[dict[str, object]] = [
        {"card_id": 7, "bank": "dænske", "amount": 0.5},
        {"card_id": BIG_ID, "bank": "dænske", "amount": -2.0},
        {"card_id": 404, "bank": "dænske", "amount": 1.0},
    ]
    vectors: list[list[float | None]] = [[0.25, 0.5, 3.0, 0.125], [-1.5, -2.0, 1.0, 0.125], [None, 1.0, None, 0.125]]
    seen = folder / "seen.jsonl"
    with start_predictor(model, seen) as predictor:
        yield World(str(folder / "store"), predictor, seen, model, asked, vectors)
