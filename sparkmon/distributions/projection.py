"""What makes two numbers of a whole row: how far it lies off the training data's plane, and where it lies in a kernel.

Columns whose own distributions have not changed may have parted company all the same. A projection is fixed by the
training data; the mean of what it makes of rows can be merged like any other, and says when that has happened.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import Float32Array, FloatArray
from sparkmon.distributions.row_features import (
    FREQUENCIES,
    GREATEST,
    distances_to,
    embedded,
    frequencies_for,
    law_of,
    moments_of,
    plane_of,
    standardised,
)
from sparkmon.errors import ProfileError

EMBEDDING = 2 * FREQUENCIES
"""How many numbers of a vector are the row's place in the kernel: a cosine and a sine per frequency."""
CONSTANTS = 5
"""How many follow that are the same for every row, so that their mean says whose projection it was."""

_LEAST_ERROR_STD = 0.01
_LEAST_ROWS = 20
_MOST_FEATURES = 500
_MOST_BYTES = 4_000_000
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Projection:
    """How rows are projected; made by :meth:`from_sample`.

    Parameters
    ----------
    names : tuple of str
        The features, in the order of the matrix's columns.
    means, scales : array, shape (d,)
        What a feature is standardised by.
    components : array, shape (d, k)
        The orthonormal directions of the plane.
    frequencies : array, shape (64, d)
        Of the kernel, in inverse standard deviations.
    error_mean, error_std : float
        What a row's distance to the plane is standardised by.
    spread : (float, float)
        The sums of squares and of cubes of the eigenvalues of the embedding's covariance, where they sum to 1.
    unit : float
        The squared distance between the mean embeddings of the sample and of one shifted by a standard deviation in
        one feature; by a quarter of it and extrapolated, averaged over the features.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=2_000)
    >>> projection = Projection.from_sample(["a", "b"], np.column_stack([x, x]))
    >>> errors, vectors = projection.project(np.array([[1.0, 1.0], [1.0, -1.0], [math.nan, 1e300]]))
    >>> errors.round().tolist(), vectors.shape
    ([0.0, 10.0, 10.0], (3, 133))
    """

    names: tuple[str, ...]
    means: FloatArray
    scales: FloatArray
    components: Float32Array
    frequencies: Float32Array
    error_mean: float
    error_std: float
    spread: tuple[float, float]
    unit: float

    def __post_init__(self) -> None:
        d = len(self.names)
        arrays: tuple[npt.NDArray[Any], ...] = (self.means, self.scales, self.components, self.frequencies)
        shapes = ((d,), (d,), (d, self.components.shape[-1]), (FREQUENCIES, d))
        numbers = (self.error_mean, self.error_std, *self.spread, self.unit)
        if not 2 <= d <= _MOST_FEATURES or len(set(self.names)) < d:
            raise _refused(f"{d} features", f"2 to {_MOST_FEATURES} of different names")
        if any(a.shape != shape for a, shape in zip(arrays, shapes, strict=True)):
            raise _refused(f"shapes {[a.shape for a in arrays]}", f"those of {d} features")
        if not all(np.isfinite(a).all() for a in arrays) or not all(map(math.isfinite, numbers)):
            raise _refused("numbers that are not", "finite numbers")
        if not ((self.scales > 0).all() and self.error_std > 0 and self.unit > 0):
            raise _refused("a scale that is not", "scales above 0")
        second, third = self.spread
        if not 0 < third <= second <= 1:
            raise _refused(f"spread={self.spread!r}", "0 < third <= second <= 1")

    @classmethod
    def from_sample(cls, names: Sequence[str], matrix: npt.ArrayLike) -> "Projection":
        """Make the projection of some training rows: a matrix of a row each, NaN where there is no number.

        Features without spread are left out. ProfileError if there are fewer than 20 rows or fewer than two features
        with spread, or too many features.

        Features are standardised by the mean and deviation of what lies between their 0.1 % and 99.9 % quantiles. The
        plane is that of the fewest principal components that keep 65 % of the variance, one fewer than there are
        features at most. The frequencies are normal, half of them for a Gaussian kernel as wide as the median
        distance of two rows and half for one a quarter as wide; their seed is fixed.

        References
        ----------
        .. [1] Rahimi, Recht: Random features for large-scale kernel machines. NIPS, 2007.
        """
        rows = np.array(matrix, np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise _refused(f"a matrix of shape {rows.shape}", f"(rows, {len(names)})")
        if rows.shape[0] < _LEAST_ROWS:
            raise _refused(f"{rows.shape[0]} rows", f"{_LEAST_ROWS} or more")
        means, scales = np.array([moments_of(column) for column in rows.T]).reshape(-1, 2).T
        varying = np.flatnonzero(scales > 0)
        chosen = tuple(names[int(at)] for at in varying)
        if not 2 <= varying.size <= _MOST_FEATURES:
            raise _refused(f"{varying.size} numeric features that vary", f"2 to {_MOST_FEATURES} of them")
        means, scales = means[varying], scales[varying]
        scaled = standardised(rows[:, varying], means, scales)
        components = plane_of(scaled)
        frequencies = frequencies_for(scaled)
        error_mean, error_std = moments_of(distances_to(scaled, components))
        spread, unit = law_of(scaled, frequencies)
        return cls(
            chosen, means, scales, components, frequencies, error_mean, max(error_std, _LEAST_ERROR_STD), spread, unit
        )

    def project(self, matrix: npt.ArrayLike) -> tuple[FloatArray, Float32Array]:
        """Project rows of the features in the order of ``names``; NaN, for a null too, stands for the mean.

        Returns the row's distance to the plane less the training rows' mean, in their standard deviations, in [-10,
        10], and vectors of 133: the embedding, of length 1, and what is the same for every row: ``spread``, ``unit``
        and ``fingerprint``. Features are taken to be 10 standard deviations off the mean at most, so that one row moves
        no mean by much.
        """
        scaled = standardised(np.asarray(matrix, np.float64), self.means, self.scales)
        errors = (distances_to(scaled, self.components) - self.error_mean) / self.error_std
        vectors = np.empty((len(scaled), EMBEDDING + CONSTANTS), np.float32)
        vectors[:, :EMBEDDING] = embedded(scaled, self.frequencies)
        vectors[:, EMBEDDING:] = (*self.spread, self.unit, *self.fingerprint)
        return np.clip(errors, -GREATEST, GREATEST), vectors

    @cached_property
    def fingerprint(self) -> tuple[int, int]:
        """Two numbers that differ from projection to projection; small, so that floats average them well."""
        digest = int.from_bytes(hashlib.sha256(self.to_bytes()).digest()[:4], "big")
        return digest % 1024, digest // 1024 % 1024

    def to_bytes(self) -> bytes:
        """Return the projection as JSON."""
        fields: dict[str, Any] = {
            "format": _FORMAT,
            "names": self.names,
            "means": _written(self.means),
            "scales": _written(self.scales),
            "components": _written(self.components),
            "frequencies": _written(self.frequencies),
            "error": [self.error_mean, self.error_std],
            "spread": self.spread,
            "unit": self.unit,
        }
        return json.dumps(fields).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Projection":
        """Read what :meth:`to_bytes` wrote, or raise ProfileError."""
        if len(data) > _MOST_BYTES:
            raise _refused(f"{len(data)} bytes", f"{_MOST_BYTES} at most")
        try:
            fields = json.loads(data)
            if fields["format"] != _FORMAT:
                raise _refused(f"the format {fields['format']!r:.20}", f"{_FORMAT}")
            names = tuple(str(name) for name in fields["names"])
            error_mean, error_std = map(float, fields["error"])
            second, third = map(float, fields["spread"])
            columns = max(1, len(names))
            return cls(
                names,
                _read(fields["means"], np.float64),
                _read(fields["scales"], np.float64),
                _read(fields["components"], np.float32).reshape(columns, -1),
                _read(fields["frequencies"], np.float32).reshape(-1, columns),
                error_mean,
                error_std,
                (second, third),
                float(fields["unit"]),
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            if isinstance(error, ProfileError):
                raise
            raise _refused(f"bytes that are not one ({error!s:.80})", "a projection") from error


def _written(array: npt.NDArray[Any]) -> str:
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()


def _read(text: str, kind: type[Any]) -> npt.NDArray[Any]:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _refused(f"bytes that are not one ({error!s:.80})", "a projection") from error
    return np.frombuffer(data, np.dtype(kind).newbyteorder("<")).astype(kind)


def _refused(got: str, expected: str) -> ProfileError:
    return ProfileError(f"got {got} for a projection; expected {expected}; make it with Projection.from_sample")
