"""The sets by name: what each is made of, and whether a quick run has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.verdicts.annotated import annotated_series, shuttle
from bench.verdicts.case import Case
from bench.verdicts.dependent import dependent_streams
from bench.verdicts.flights import airline_merger, flight_days, flight_weeks
from bench.verdicts.loans import car_loan, car_loan_with_faults
from bench.verdicts.moderate import moderate_chosen, moderate_reported
from bench.verdicts.shapes import quiet_shapes
from bench.verdicts.synthetic import normal_million, normal_small, planted

__all__ = ["SETS", "CaseSet"]


@dataclass(frozen=True)
class CaseSet:
    """What the tables call it, and how it is made."""

    title: str
    make: Callable[..., list[Case]]
    in_quick: bool = False
    """Whether a quick run has it: it is small, and nothing of it has to be fetched."""

    @property
    def is_chosen(self) -> bool:
        """Whether the rule's parameters were chosen on it."""
        return self.make in _CHOSEN

    def made(self, *, quick: bool, seed: int) -> list[Case]:
        """Make its cases; those that nothing was chosen on are drawn anew by another seed than 0."""
        options = {"seed": seed} if self.make in _DRAWN else {}
        return self.make(quick=quick, **options)


_CHOSEN = (normal_small, planted, car_loan, flight_days, moderate_chosen)
_DRAWN = (dependent_streams, quiet_shapes, moderate_reported)
SETS = {
    "normal_100": CaseSet("N(0, 1), 10 columns, windows of 100 rows, reference of 10,000", normal_small, True),
    "normal_1m": CaseSet("N(0, 1), 10 columns, one window of 1,000,000 rows", normal_million),
    "planted": CaseSet("20 columns, windows of 5,000 rows, one shifted by 0.2 sd from window 3", planted, True),
    "car_loan": CaseSet("NannyML's car loans, 5 of 8 columns change at window 6", car_loan, True),
    "car_loan_dq": CaseSet("the same with nulls and a new level", car_loan_with_faults),
    "airline_merger": CaseSet("US flights 2015, one carrier taken over", airline_merger, True),
    "flight_days": CaseSet("flights of New York, January to March 2013: odd days against even", flight_days, True),
    "flight_weeks": CaseSet("flights of New York 2013: odd weeks against even", flight_weeks),
    "annotated": CaseSet(
        "airline passengers, occupancy, run log: the first change that people mark; any column", annotated_series
    ),
    "shuttle": CaseSet("shuttle sensors, anomalies 7 % to 25 % at window 16; any column", shuttle),
    "dependent": CaseSet(
        "hours that hang together, without drift: days, weeks, weather; 2 columns each", dependent_streams
    ),
    "shapes": CaseSet("24 shapes of columns, windows of 20 to 100,000 rows", quiet_shapes),
    "moderate_chosen": CaseSet("drifts of moderate size, windows of 500, 1,000 and 5,000 rows", moderate_chosen, True),
    "moderate": CaseSet("drifts of moderate size that nothing was chosen on, the same windows", moderate_reported),
}
