"""What makes two numbers of a whole row: how far it lies off the training data's plane, and where it lies in a kernel.

Columns whose own distributions have not changed may have parted company all the same. A projection is fixed by the
training data; the mean of what it makes of rows can be merged like any other, and says when that has happened.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.errors import ProfileError

__all__ = ["CONSTANTS", "EMBEDDING", "Projection"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
Float32Array: TypeAlias = npt.NDArray[np.float32]

_FREQUENCIES = 64
EMBEDDING = 2 * _FREQUENCIES
"""How many numbers of a vector are the row's place in the kernel: a cosine and a sine per frequency."""
CONSTANTS = 4
"""How many follow that are the same for every row, so that their mean says whose projection it was."""

_BANDWIDTHS = (1.0, 0.25)
"""In median distances; the frequencies are shared among them."""
_VARIANCE = 0.65
"""The share of the variance that the plane keeps."""
_GREATEST = 10.0
"""How many standard deviations a value, and an error, is taken to be off at most."""
_LEAST_ERROR_STD = 0.01
_SHIFT = 0.25
_LEAST_ROWS = 20
_MOST_FEATURES = 500
_MOST_BYTES = 4_000_000
_OF_DISTANCES = 1000
_TAILS = (0.001, 0.999)
_FORMAT = 1
_SEED = 20_080_915


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
    >>> made = Projection.from_sample(["a", "b"], np.column_stack([x, x]))
    >>> errors, vectors = made.project(np.array([[1.0, 1.0], [1.0, -1.0], [math.nan, 1e300]]))
    >>> errors.round().tolist(), vectors.shape
    ([-0.0, 10.0, 10.0], (3, 132))
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
        arrays = (self.means, self.scales, self.components, self.frequencies)
        shapes = ((d,), (d,), (d, self.components.shape[-1]), (_FREQUENCIES, d))
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
    def from_sample(cls, names: Sequence[str], matrix: npt.ArrayLike) -> Projection:
        """Make the projection of some training rows.

        Parameters
        ----------
        names : sequence of str
            The features; those without spread in the sample are left out.
        matrix : array, shape (n, d)
            A row per training row; NaN where there is no number.

        Raises
        ------
        ProfileError
            There are fewer than 20 rows or fewer than two features with spread, or too many features.

        Notes
        -----
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
        means, scales = np.array([_moments(column) for column in rows.T]).reshape(-1, 2).T
        kept = np.flatnonzero(scales > 0)
        chosen = tuple(names[at] for at in kept)
        if not 2 <= kept.size <= _MOST_FEATURES:
            raise _refused(
                f"{kept.size} numeric features that vary", f"2 to {_MOST_FEATURES} of them"
            )
        means, scales = means[kept], scales[kept]
        scaled = _standardised(rows[:, kept], means, scales)
        components = _plane(scaled)
        frequencies = _frequencies(scaled)
        distances = _distances(scaled, components)
        spread, unit = _law(scaled, frequencies)
        return cls(
            chosen,
            means,
            scales,
            components,
            frequencies,
            float(distances.mean()),
            max(float(distances.std()), _LEAST_ERROR_STD),
            spread,
            unit,
        )

    def project(self, matrix: npt.ArrayLike) -> tuple[FloatArray, Float32Array]:
        """Project rows.

        Parameters
        ----------
        matrix : array, shape (n, d)
            The features in the order of ``names``; NaN, for a null too, stands for the mean.

        Returns
        -------
        errors : array, shape (n,)
            The row's distance to the plane less the training rows' mean, in their standard deviations; in [-10, 10].
        vectors : array, shape (n, 132)
            The embedding, of length 1, and what is the same for every row: ``spread``, ``unit`` and a number that
            differs from projection to projection.

        Notes
        -----
        Features are taken to be 10 standard deviations off the mean at most, so that one row moves no mean by much.
        """
        scaled = _standardised(np.asarray(matrix, np.float64), self.means, self.scales)
        errors = (_distances(scaled, self.components) - self.error_mean) / self.error_std
        vectors = np.empty((len(scaled), EMBEDDING + CONSTANTS), np.float32)
        vectors[:, :EMBEDDING] = _embedded(scaled, self.frequencies)
        vectors[:, EMBEDDING:] = (*self.spread, self.unit, self.number)
        return np.clip(errors, -_GREATEST, _GREATEST), vectors

    @cached_property
    def number(self) -> int:
        """A digest of the projection that a float holds exactly."""
        return int.from_bytes(hashlib.sha256(self.to_bytes()).digest()[:3], "big")

    def to_bytes(self) -> bytes:
        """Return the projection as JSON."""
        said: dict[str, Any] = {
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
        return json.dumps(said).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Projection:
        """Read what :meth:`to_bytes` wrote, or raise ProfileError."""
        if len(data) > _MOST_BYTES:
            raise _refused(f"{len(data)} bytes", f"{_MOST_BYTES} at most")
        try:
            said = json.loads(data)
            if said["format"] != _FORMAT:
                raise _refused(f"the format {said['format']!r:.20}", f"{_FORMAT}")
            names = tuple(str(name) for name in said["names"])
            error_mean, error_std = map(float, said["error"])
            second, third = map(float, said["spread"])
            columns = max(1, len(names))
            return cls(
                names,
                _read(said["means"], np.float64),
                _read(said["scales"], np.float64),
                _read(said["components"], np.float32).reshape(columns, -1),
                _read(said["frequencies"], np.float32).reshape(-1, columns),
                error_mean,
                error_std,
                (second, third),
                float(said["unit"]),
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            if isinstance(error, ProfileError):
                raise
            raise _refused(f"bytes that are not one ({error!s:.80})", "a projection") from error


def _moments(column: FloatArray) -> tuple[float, float]:
    """Return the mean and the deviation without the tails; a deviation of 0 where there is none to speak of."""
    finite = np.sort(column[np.isfinite(column)])
    if not finite.size:
        return 0.0, 0.0
    inner = np.clip(finite, *np.quantile(finite, _TAILS, method="nearest"))
    greatest = float(np.abs(inner).max())  # squares of values near 1e200 would overflow
    if not greatest:
        return 0.0, 0.0
    mean, std = float((inner / greatest).mean()), float((inner / greatest).std())
    scale = std * greatest
    return mean * greatest, scale if std > 1e-9 and math.isfinite(scale) else 0.0


def _standardised(rows: FloatArray, means: FloatArray, scales: FloatArray) -> Float32Array:
    with np.errstate(over="ignore"):
        scaled = np.clip((rows - means) / scales, -_GREATEST, _GREATEST)
    return np.nan_to_num(scaled, nan=0.0).astype(np.float32)


def _plane(scaled: Float32Array) -> Float32Array:
    values, vectors = np.linalg.eigh(np.cov(scaled.T.astype(np.float64)))
    shares = np.cumsum(values[::-1]) / values.sum()
    size = min(int(np.searchsorted(shares, _VARIANCE)) + 1, len(values) - 1)
    return vectors[:, ::-1][:, :size].astype(np.float32)


def _distances(scaled: Float32Array, components: Float32Array) -> FloatArray:
    off = scaled - (scaled @ components) @ components.T
    return np.sqrt(np.einsum("ij,ij->i", off, off, dtype=np.float64))


def _frequencies(scaled: Float32Array) -> Float32Array:
    some = scaled[:_OF_DISTANCES].astype(np.float64)
    squares = (some**2).sum(axis=1)
    pairs = np.triu_indices(len(some), 1)
    apart = (squares[:, None] + squares - 2 * some @ some.T)[pairs]
    apart = apart[apart > 1e-6]
    median = math.sqrt(float(np.median(apart))) if apart.size else 1.0
    widths = np.repeat(_BANDWIDTHS, _FREQUENCIES // len(_BANDWIDTHS))[:, None] * median
    normal = np.random.default_rng(_SEED).standard_normal((_FREQUENCIES, scaled.shape[1]))
    return (normal / widths).astype(np.float32)


def _embedded(scaled: Float32Array, frequencies: Float32Array) -> Float32Array:
    phases = scaled @ frequencies.T
    both: Float32Array = np.concatenate([np.cos(phases), np.sin(phases)], axis=1)
    return both / np.float32(math.sqrt(_FREQUENCIES))


def _law(scaled: Float32Array, frequencies: Float32Array) -> tuple[tuple[float, float], float]:
    """Return the spread of the embedding's covariance, and the squared distance that a shift makes."""
    embedded = _embedded(scaled, frequencies).astype(np.float64)
    mean, n = embedded.mean(axis=0), len(embedded)
    values = np.clip(np.linalg.eigvalsh(np.cov(embedded.T)), 0, None)
    shares = values / values.sum()
    # A sample's eigenvalues are spread more than those of all rows; cubes of it by nearly three times as much.
    second = max(float((shares**2).sum()) - 1 / n, 1 / EMBEDDING)
    third = max(float((shares**3).sum()) - 3 * second / n, second**2)
    cosines, sines = mean[:_FREQUENCIES], mean[_FREQUENCIES:]
    # A shift by s turns each frequency's mean by the angle f s: |e^(i f s) - 1|^2 = 2 - 2 cos(f s).
    turned = 2 - 2 * np.cos(_SHIFT * frequencies.astype(np.float64))
    unit = float(((cosines**2 + sines**2)[:, None] * turned).sum(axis=0).mean())
    return (second, third), max(unit / _SHIFT**2, 1e-9)


def _written(array: npt.NDArray[Any]) -> str:
    return base64.b64encode(
        np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
    ).decode()


def _read(text: str, kind: type[Any]) -> npt.NDArray[Any]:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _refused(f"bytes that are not one ({error!s:.80})", "a projection") from error
    return np.frombuffer(data, np.dtype(kind).newbyteorder("<")).astype(kind)


def _refused(got: str, expected: str) -> ProfileError:
    return ProfileError(
        f"got {got} for a projection; expected {expected}; make it with Projection.from_sample"
    )
