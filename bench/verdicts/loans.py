"""NannyML's synthetic car loans: the first half of what came later is as the reference, the second is not."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from bench.verdicts.case import Case
from bench.verdicts.cut import cut
from bench.verdicts.packages import read_packaged

__all__ = ["car_loan", "car_loan_with_faults"]

_TENTH = Path(__file__).parents[2] / "tests" / "data" / "drift"
_CHANGE = {"car_value": 5, "salary_range": 5, "loan_length": 5, "repaid_loan_on_prev_car": 5, "y_pred_proba": 5}
_NOT_JUDGED = ["id", "timestamp", "repaid", "y_pred"]


def car_loan(*, quick: bool) -> list[Case]:
    """Ten windows; five columns change sharply after the fifth. Quickly, of every tenth row."""
    if quick:
        sides = [pd.read_parquet(_TENTH / f"car_loan_{side}.parquet") for side in _SIDES]
        return [_case("car-loan", sides, 500, _CHANGE)]
    sides = [_packaged(f"synthetic_car_loan_{side}.csv") for side in _SIDES]
    return [_case("car-loan", sides, 5_000, _CHANGE)]


def car_loan_with_faults(*, quick: bool) -> list[Case]:
    """Make the same with twice the nulls of ``driver_tenure`` from then on, and a new level throughout."""
    del quick  # there is no smaller one
    sides = [_packaged(f"synthetic_car_loan_dq_{side}.csv") for side in _SIDES]
    truth = _CHANGE | {"driver_tenure": 5, "size_of_downpayment": 0}
    return [_case("car-loan-dq", sides, 5_000, truth)]


_SIDES = ("reference", "analysis")


def _packaged(name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(read_packaged("nannyml", "0.13.1", f"/{name}")))


def _case(name: str, sides: list[pd.DataFrame], rows: int, truth: dict[str, int]) -> Case:
    reference, current = (
        cut(side.drop(columns=[each for each in _NOT_JUDGED if each in side]), rows) for side in sides
    )
    return Case(name, reference, current, truth)
