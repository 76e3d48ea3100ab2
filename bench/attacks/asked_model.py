"""A model behind a door that keeps who asked what: the rows of an attack as a log would have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

__all__ = ["AskedModel", "Enough", "Space", "fit_model"]

_FAR = 0.001


class Enough(Exception):  # noqa: N818 - it ends an attack, and is no error
    """So many rows were asked for."""


class Space:
    """Rows as points of the unit cube: numbers between the training rows' extremes, levels by their place.

    Back from there numbers have no more decimals than those of the training rows, so that precision alone does not
    give an attack away.
    """

    def __init__(self, training: pd.DataFrame) -> None:
        self.names = [*training.columns]
        self.levels = {name: sorted(training[name].unique()) for name in self.names if training[name].dtype == object}
        numbers = self._numbers(training)
        self._low, self._high = np.quantile(numbers, [_FAR, 1 - _FAR], axis=0)
        self._high = np.where(self._high > self._low, self._high, self._low + 1)
        self._decimals = [_decimals(column) for column in numbers.T]

    def points(self, rows: pd.DataFrame) -> np.ndarray:
        """Return rows x columns."""
        points: np.ndarray = np.clip((self._numbers(rows) - self._low) / (self._high - self._low), 0, 1)
        return points

    def rows(self, points: np.ndarray) -> pd.DataFrame:
        """Return the rows that points stand for."""
        numbers = self._low + np.clip(points, 0, 1) * (self._high - self._low)
        columns: dict[str, Any] = {}
        for place, name in enumerate(self.names):
            column = np.round(numbers[:, place], self._decimals[place])
            levels = self.levels.get(name)
            columns[name] = column if levels is None else np.array(levels, object)[column.astype(int)]
        return pd.DataFrame(columns)

    def _numbers(self, rows: pd.DataFrame) -> np.ndarray:
        codes = {name: {level: place for place, level in enumerate(levels)} for name, levels in self.levels.items()}
        columns = [rows[name].map(codes[name]).fillna(0) if name in codes else rows[name] for name in self.names]
        return np.column_stack([column.to_numpy(float) for column in columns])


class AskedModel:
    """Answers, and keeps what was asked until it is enough."""

    def __init__(self, model: Any, space: Space, most: int) -> None:  # noqa: ANN401 - of scikit-learn
        self._model, self._space, self._most = model, space, most
        self._rows: list[pd.DataFrame] = []
        self._scores: list[np.ndarray] = []
        self._count = 0

    def scores(self, points: np.ndarray) -> np.ndarray:
        """Return the probabilities of points, or raise Enough."""
        rows = self._space.rows(np.atleast_2d(np.asarray(points, float)))
        scores = np.asarray(self._model.predict_proba(rows))
        self._rows.append(rows)
        self._scores.append(scores)
        self._count += len(rows)
        if self._count >= self._most:
            raise Enough
        return scores

    def labels(self, points: np.ndarray) -> np.ndarray:
        """Return the classes of points, or raise Enough."""
        labels: np.ndarray = self.scores(points).argmax(axis=1)
        return labels

    def log(self) -> pd.DataFrame:
        """Return the rows that were asked for, in order, with the columns p0, p1..."""
        if not self._rows:
            return pd.DataFrame()
        rows = pd.concat(self._rows, ignore_index=True)
        return with_scores(rows, np.vstack(self._scores)).iloc[: self._most]


def with_scores(rows: pd.DataFrame, scores: np.ndarray) -> pd.DataFrame:
    """Return rows with the columns p0, p1..."""
    names = [f"p{place}" for place in range(scores.shape[1])]
    return pd.concat([rows.reset_index(drop=True), pd.DataFrame(scores, columns=names)], axis=1)


def fit_model(kind: str, rows: pd.DataFrame, labels: np.ndarray, seed: int) -> Any:  # noqa: ANN401 - of scikit-learn
    """Train ``trees``, a ``network`` or ``logistic``."""
    texts = [name for name in rows if rows[name].dtype == object]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("texts", encoder, texts)], remainder=StandardScaler())
    models = {
        "trees": HistGradientBoostingClassifier(max_iter=60, random_state=seed),
        "network": MLPClassifier((32, 16), max_iter=60, early_stopping=True, random_state=seed),
        "logistic": LogisticRegression(max_iter=500),
    }
    return make_pipeline(columns, models[kind]).fit(rows, labels)


def _decimals(column: np.ndarray) -> int:
    return next((places for places in range(15) if np.allclose(column, np.round(column, places), 0, 1e-12)), 15)
