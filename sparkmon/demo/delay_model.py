"""The model of the demonstration: scikit-learn's gradient-boosted trees, fitted in a second."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sparkmon.demo.flights import FEATURES, LABEL, LEVELS
from sparkmon.errors import MissingExtraError

try:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder
    from threadpoolctl import threadpool_limits
except ImportError as error:
    raise MissingExtraError.of("scikit-learn", "demo") from error


class DelayModel:
    """Predicts the probability that a flight arrives more than 15 minutes late."""

    def __init__(self, flights: pa.Table) -> None:
        """Learn from flights with ``FEATURES`` and the label."""
        levels = [FEATURES.index(name) for name in LEVELS]
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
        trees = HistGradientBoostingClassifier(max_iter=60, categorical_features=[*range(len(levels))], random_state=0)
        self._pipeline = make_pipeline(ColumnTransformer([("levels", encoder, levels)], remainder="passthrough"), trees)
        rows = list(zip(*(flights[name].to_pylist() for name in FEATURES), strict=True))
        with threadpool_limits(limits=1):  # the demo's processes share two cores; threads would wait for each other
            self._pipeline.fit(np.array(rows, object), flights[LABEL].to_numpy())

    def predict(self, rows: Sequence[Sequence[object]]) -> list[float]:
        """Return one probability per row of ``FEATURES``; None is a missing value."""
        if not rows:
            return []
        probabilities = self._pipeline.predict_proba(np.array(rows, object))[:, 1]
        return [round(float(each), 6) for each in probabilities]
