"""What each feature adds to a model's answer for a row: Shapley values, sampled over permutations of the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray

ObjectRows: TypeAlias = npt.NDArray[np.object_]
Predict: TypeAlias = Callable[[ObjectRows], FloatArray]
"""A model: rows x features to one number per row."""


@dataclass(frozen=True, eq=False)
class Attributions:
    """What the features of some rows add to the model's answers."""

    phi: FloatArray
    """Rows x features, in the unit of the answer."""
    answers: FloatArray
    """The model's answer for each row."""
    bases: FloatArray
    """The mean answer for the background rows that each row was compared with."""

    @property
    def importances(self) -> FloatArray:
        """The mean of the absolute values, by feature."""
        means: FloatArray = np.abs(self.phi).mean(axis=0)
        return means


def rows_asked(rows: int, features: int, permutations: int) -> int:
    """Return how many rows the model is asked for: each row, and for each permutation a background row and two walks.

    >>> rows_asked(200, 14, 3)
    16400
    """
    return rows * (1 + permutations * (1 + 2 * (features - 1)))


def permutation_shapley(
    predict: Predict, rows: ObjectRows, background: ObjectRows, permutations: int, generator: np.random.Generator
) -> Attributions:
    """Sample the Shapley values of rows against background rows.

    For each row and permutation, a background row is drawn, and its features are replaced by those of the row, one
    after the other, in the order of the permutation and in the reverse of it; the changes of the answer are what the
    features add. So ``phi`` of a row sums to its answer less its base, whatever the sample.

    Parameters
    ----------
    predict : callable
        The model; called once, with all rows: ``rows_asked`` says how many.
    rows, background : object arrays, shape (n, d) and (b, d)
        The values of the features; None is a missing value.
    permutations : int
        How many there are for each row, 1 or more.

    References
    ----------
    .. [1] Castro, Gomez, Tejada: Polynomial calculation of the Shapley value based on sampling. Computers & Operations
       Research 36, 2009.
    .. [2] Mitchell, Cooper, Frank, Holmes: Sampling permutations for Shapley value estimation. JMLR 23, 2022.

    Examples
    --------
    >>> rows, background = np.array([[3.0, 1.0]], object), np.array([[1.0, 0.0]], object)
    >>> answer = lambda x: (x[:, 0] * x[:, 1]).astype(float)
    >>> permutation_shapley(answer, rows, background, 1, np.random.default_rng(0)).phi
    array([[1., 2.]])
    """
    count, width = rows.shape
    pairs = count * permutations
    owner = np.repeat(np.arange(count), permutations)
    # Background rows are used equally often, so that the base varies little from sample to sample.
    drawn = generator.permutation(np.resize(generator.permutation(len(background)), pairs))
    order = generator.permuted(np.tile(np.arange(width), (pairs, 1)), axis=1)
    place = np.argsort(order, axis=1)  # of each feature in its permutation
    steps = np.arange(1, width)
    forward = place[:, None, :] < steps[None, :, None]
    backward = place[:, None, :] >= width - steps[None, :, None]
    masks = np.concatenate([forward, backward], axis=1)
    walks = np.where(masks, rows[owner][:, None, :], background[drawn][:, None, :]).reshape(-1, width)
    answers = predict(np.concatenate([rows, background[drawn], walks]))
    own, base, inner = np.split(answers, [count, count + pairs])
    values = inner.reshape(pairs, 2, width - 1)
    phi = np.zeros((pairs, width))
    for way, feature_order in enumerate((order, order[:, ::-1])):
        walk = np.concatenate([base[:, None], values[:, way], own[owner][:, None]], axis=1)
        phi[np.arange(pairs)[:, None], feature_order] += np.diff(walk, axis=1) / 2
    shape = (count, permutations)
    return Attributions(phi.reshape(*shape, width).mean(axis=1), own, base.reshape(shape).mean(axis=1))


def attribution_distances(reference: Any, current: Any) -> dict[str, float]:  # noqa: ANN401 - two float arrays
    """Compare importances: how far the current ones are from those of the reference.

    Returns
    -------
    dict of str to float
        ``relative_l1``: the sum of the absolute differences as a share of the reference's sum; 0 if alike. ``js``: the
        Jensen-Shannon distance of the shares, base 2, from 0 to 1. ``ndcg``: how well the current order ranks the
        reference's importances, 1 if it is the same order.

    Notes
    -----
    ``ndcg`` is what SageMaker Clarify alerts on below 0.90. It sees the order alone: a top feature that stands still
    may lose half of its importance and keep its place.

    Examples
    --------
    >>> attribution_distances(np.array([3.0, 1.0]), np.array([1.0, 1.0]))["relative_l1"]
    0.5
    """
    total, own = max(float(reference.sum()), 1e-300), max(float(current.sum()), 1e-300)
    p, q = reference / total, current / own
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(side > 0, side * np.log2(side / middle), 0.0).sum() for side in (p, q)]
    gains = 1 / np.log2(np.arange(2, len(reference) + 2))
    ideal = float(np.sort(reference)[::-1] @ gains)
    ndcg = float(reference[np.argsort(-current, kind="stable")] @ gains) / ideal if ideal else 1.0
    js = float(np.sqrt(max(sum(parts) / 2, 0.0)))
    return {"relative_l1": float(np.abs(current - reference).sum()) / total, "js": js, "ndcg": ndcg}
