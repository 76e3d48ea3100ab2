"""What whole rows were like: the errors and the mean embedding that one projection made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.projection import CONSTANTS, EMBEDDING
from sparkmon.errors import ProfileError

_ROUNDING = 0.25
"""A mean merged many times is off by more than its last digit; a fingerprint is two whole numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """The numeric features of a model together.

    >>> from sparkmon.distributions.projection import Projection
    >>> x = np.random.default_rng(1).normal(size=(2_000, 2))
    >>> found = Joint.of(*Projection.from_sample(["a", "b"], x).project(x))
    >>> found.n, round(found.spread_out, 1)
    (2000.0, 0.7)
    """

    errors: Distribution
    vector: FloatArray

    def __post_init__(self) -> None:
        vector = np.array(self.vector, np.float64)
        if vector.shape != (EMBEDDING + CONSTANTS,):
            raise _refused(f"a vector of shape {vector.shape}", f"({EMBEDDING + CONSTANTS},)")
        if self.errors.n and not np.isfinite(vector).all():
            raise _refused("a vector that is not", "finite numbers")
        vector.flags.writeable = False
        object.__setattr__(self, "vector", vector)

    @classmethod
    def of(cls, errors: npt.ArrayLike, vectors: npt.ArrayLike) -> "Joint":
        """Summarise projected rows."""
        rows = np.asarray(vectors, np.float64).reshape(-1, EMBEDDING + CONSTANTS)
        mean = rows.mean(axis=0) if len(rows) else np.full(rows.shape[1], np.nan)
        return cls(Distribution.from_sample(errors), mean)

    @classmethod
    def from_profile(cls, errors: Distribution, vector: Sequence[float] | None) -> "Joint":
        """Make one of a profile's errors and vector, which is null without rows."""
        if vector is None:
            return cls(errors, np.full(EMBEDDING + CONSTANTS, np.nan))
        return cls(errors, np.asarray(vector, np.float64))

    @property
    def n(self) -> float:
        """Rows that were projected."""
        return self.errors.n

    @property
    def rows(self) -> float:
        """Rows, projected or not."""
        return self.errors.rows

    @property
    def embedding(self) -> FloatArray:
        """The mean embedding."""
        return self.vector[:EMBEDDING]

    @property
    def spread_out(self) -> float:
        """The sum of the embedding's variances: each row's has length 1."""
        return max(0.0, 1 - float(self.embedding @ self.embedding))

    @property
    def spread(self) -> tuple[float, float]:
        """See :class:`~sparkmon.distributions.Projection`."""
        return float(self.vector[EMBEDDING]), float(self.vector[EMBEDDING + 1])

    @property
    def unit(self) -> float:
        """See :class:`~sparkmon.distributions.Projection`."""
        return float(self.vector[EMBEDDING + 2])

    def is_comparable(self, other: "Joint") -> bool:
        """Return whether both sides have rows and all of these were projected alike."""
        if not (self.n and other.n):
            return False
        difference = self.vector[-2:] - other.vector[-2:]
        return bool((np.abs(difference) < _ROUNDING).all())


def _refused(got: str, expected: str) -> ProfileError:
    return ProfileError(f"got {got} for a joint summary; expected {expected}")
