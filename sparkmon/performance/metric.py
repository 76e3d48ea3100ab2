"""The contract of this room: what a family of metrics is, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.outcomes import Outcomes
from sparkmon.registry import Registry

Task: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric's value with its 95 % confidence interval."""

    metric: str
    """Its name, as in ``sklearn.metrics`` where that has it."""
    place: int | None
    """The class or quantile it is of, by its place; None of all: the average of the classes (``average="macro"``) or
    quantiles where it is a metric of one."""
    value: float
    """NaN where the rows do not define it, as a recall of a class that no row has."""
    low: float
    high: float
    error: float = 0.0
    """How far the value may be off, because scores were counted in bins."""


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """Metrics that one set of sums gives.

    The sums of two blocks of rows add up to those of both, number by number.
    """

    name: str
    task: Task
    sums: Callable[[Outcomes], FloatArray]
    measure: Callable[[FloatArray], Iterator[Measured]]
    needs_scores: bool


METRICS: Registry[MetricFamily] = Registry("family of metrics")


def metric_family(
    task: Task, measure: Callable[[FloatArray], Iterator[Measured]], *, needs_scores: bool = False
) -> Callable[[Callable[..., FloatArray]], Callable[..., FloatArray]]:
    """Register the function that sums a block of rows, under its name; ``measure`` reads the metrics off the sums."""

    def register(function: Callable[..., FloatArray]) -> Callable[..., FloatArray]:
        name = function.__name__
        METRICS.add(name, MetricFamily(name, task, function, measure, needs_scores))
        return function

    return register
