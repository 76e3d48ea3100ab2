"""How right a model was over some rows: sums that add up, and the metrics that they give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError
from sparkmon.performance.metric import METRICS, Measured
from sparkmon.performance.outcomes import ClassOutcomes, Outcomes


@dataclass(frozen=True, eq=False)
class Performance:
    """The sums of some rows, by family of metrics; those of several blocks of rows merge in any order.

    Examples
    --------
    >>> import numpy as np
    >>> labels, predicted = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    >>> outcomes = ClassOutcomes.of_labels(labels, predicted, None, classes=2)
    >>> halves = [Performance.of(outcomes.take(rows)) for rows in (np.arange(2), np.arange(2, 4))]
    >>> next(Performance.merge(halves).metrics()).value
    0.75
    """

    rows: int
    sums: Mapping[str, FloatArray]

    @classmethod
    def of(cls, outcomes: Outcomes) -> Performance:
        """Sum a block of rows."""
        is_class = isinstance(outcomes, ClassOutcomes)
        has_scores = outcomes.scores is not None
        task = "classification" if is_class else "regression"
        families = [METRICS.get(name) for name in METRICS]
        chosen = [each for each in families if each.task == task and (has_scores or not each.needs_scores)]
        return cls(len(outcomes), {each.name: each.sums(outcomes) for each in chosen})

    def plus(self, other: Performance) -> Performance:
        """Return the sums of both; ProfileError if they are of different models."""
        shapes = [{name: each.shape for name, each in part.sums.items()} for part in (self, other)]
        if shapes[0] != shapes[1]:
            raise ProfileError(f"got sums of {shapes[0]} and {shapes[1]}; expected those of one model")
        return Performance(self.rows + other.rows, {name: self.sums[name] + other.sums[name] for name in self.sums})

    @classmethod
    def merge(cls, parts: Iterable[Performance]) -> Performance:
        """Return the sums of all parts, of which there is at least one."""
        return reduce(cls.plus, parts)

    def metrics(self) -> Iterator[Measured]:
        """Return the metrics with their intervals."""
        for name, sums in self.sums.items():
            yield from METRICS.get(name).measure(sums)
