"""The sets of NannyML: logged rows and answers, and the labels that came later."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pandas as pd

from bench.verdicts.packages import read_packaged

NANNYML = "0.13.1"


@dataclass(frozen=True)
class EstimateSet:
    """One model."""

    files: str
    later: str
    """How the file of labels ends."""
    label: str
    scores: tuple[str, ...]
    """In the order of the classes; none of a regression model."""
    chunk: int
    predicted: str = "y_pred"

    @property
    def features(self) -> list[str]:
        """The inputs of the model."""
        others = {"id", "timestamp", "period", self.label, self.predicted, *self.scores}
        return [name for name in self.reference().columns if name not in others]

    def reference(self) -> pd.DataFrame:
        """Return held-out rows, with labels."""
        return _read(f"{self.files}_reference").dropna(subset=[self.label])

    def live(self) -> pd.DataFrame:
        """Return the rows after them, with the labels that came later."""
        return _read(f"{self.files}_analysis").merge(_read(f"{self.files}_{self.later}"), on="id")


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(read_packaged("nannyml", NANNYML, f"/{name}.csv")))


_CARDS = tuple(f"y_pred_proba_{name}_card" for name in ("highstreet", "prepaid", "upmarket"))
SETS = {
    "car_loan": EstimateSet("synthetic_car_loan", "analysis_target", "repaid", ("y_pred_proba",), 5_000),
    "work_from_home": EstimateSet("synthetic_sample", "analysis_gt", "work_home_actual", ("y_pred_proba",), 5_000),
    "credit_card": EstimateSet("mc", "analysis_gt", "y_true", _CARDS, 5_000),
    "california": EstimateSet("california_housing", "analysis_gt", "clf_target", ("y_pred_proba",), 1_000),
    "car_price": EstimateSet("regression_synthetic", "analysis_targets", "y_true", (), 5_000),
}
"""By name: three whose inputs move alone, one whose concept changes, and one of numbers."""
