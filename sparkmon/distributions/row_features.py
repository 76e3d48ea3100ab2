"""The arithmetic of a projection: rows standardised, their distance to a plane, their place in a kernel."""

import math

import numpy as np

from sparkmon.distributions.arrays import Float32Array, FloatArray

FREQUENCIES = 64
GREATEST = 10.0
"""How many standard deviations a value, and an error, is taken to be off at most."""

_BANDWIDTHS = (1.0, 0.25)
"""In median distances; the frequencies are shared among them."""
_VARIANCE = 0.65
"""The share of the variance that the plane keeps."""
_SHIFT = 0.25
"""In standard deviations; the squared distance grows with its square as long as it is small."""
_OF_DISTANCES = 1000
_TAILS = (0.001, 0.999)
_SEED = 20_080_915


def moments_of(column: FloatArray) -> tuple[float, float]:
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


def standardised(rows: FloatArray, means: FloatArray, scales: FloatArray) -> Float32Array:
    """Return rows in standard deviations off the mean, cut at ``GREATEST``; 0 for NaN."""
    with np.errstate(over="ignore"):
        scaled = np.clip((rows - means) / scales, -GREATEST, GREATEST)
    return np.nan_to_num(scaled, nan=0.0).astype(np.float32)


def plane_of(scaled: Float32Array) -> Float32Array:
    """Return the fewest principal directions that keep most of the variance, one fewer than there are at most."""
    values, vectors = np.linalg.eigh(np.cov(scaled.T.astype(np.float64)))
    shares = np.cumsum(values[::-1]) / values.sum()
    size = min(int(np.searchsorted(shares, _VARIANCE)) + 1, len(values) - 1)
    return vectors[:, ::-1][:, :size].astype(np.float32)


def distances_to(scaled: Float32Array, components: Float32Array) -> FloatArray:
    """Return each row's distance to the plane through 0, whatever other rows are projected with it."""
    # In double precision: products of float32 matrices depend on the number of rows, from the ninth digit on.
    exact, plane = scaled.astype(np.float64), components.astype(np.float64)
    off = exact - (exact @ plane) @ plane.T
    distances: FloatArray = np.sqrt(np.einsum("ij,ij->i", off, off))
    return distances


def frequencies_for(scaled: Float32Array) -> Float32Array:
    """Draw the frequencies of Gaussian kernels as wide as the median distance of two rows, and as a quarter of it."""
    some = scaled[:_OF_DISTANCES].astype(np.float64)
    squares = (some**2).sum(axis=1)
    apart = (squares[:, None] + squares - 2 * some @ some.T)[np.triu_indices(len(some), 1)]
    apart = apart[apart > 1e-6]
    median = math.sqrt(float(np.median(apart))) if apart.size else 1.0
    widths = np.repeat(_BANDWIDTHS, FREQUENCIES // len(_BANDWIDTHS))[:, None] * median
    normal = np.random.default_rng(_SEED).standard_normal((FREQUENCIES, scaled.shape[1]))
    return (normal / widths).astype(np.float32)


def embedded(scaled: Float32Array, frequencies: Float32Array) -> Float32Array:
    """Return the cosines and the sines of each row's phases; together of length 1."""
    phases = scaled @ frequencies.T
    both: Float32Array = np.concatenate([np.cos(phases), np.sin(phases)], axis=1)
    both /= np.float32(math.sqrt(FREQUENCIES))
    return both


def law_of(scaled: Float32Array, frequencies: Float32Array) -> tuple[tuple[float, float], float]:
    """Return the spread of the embedding's covariance, and the squared distance that a shift makes."""
    rows = embedded(scaled, frequencies).astype(np.float64)
    mean, n = rows.mean(axis=0), len(rows)
    values = np.clip(np.linalg.eigvalsh(np.cov(rows.T)), 0, None)
    shares = values / values.sum()
    # A sample's eigenvalues are spread more than those of all rows; cubes of it by nearly three times as much.
    second = max(float((shares**2).sum()) - 1 / n, 1 / len(mean))
    third = max(float((shares**3).sum()) - 3 * second / n, second**2)
    cosines, sines = mean[:FREQUENCIES], mean[FREQUENCIES:]
    # A shift by s turns each frequency's mean by the angle f s: |e^(i f s) - 1|^2 = 2 - 2 cos(f s).
    turned = 2 - 2 * np.cos(_SHIFT * frequencies.astype(np.float64))
    unit = float(((cosines**2 + sines**2)[:, None] * turned).sum(axis=0).mean())
    return (second, third), max(unit / _SHIFT**2, 1e-9)
