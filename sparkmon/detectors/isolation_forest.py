"""How few random cuts set a row apart from the training rows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sparkmon.detectors.row_detector import RowDetector, register_detector
from sparkmon.detectors.rows import Columns, Rows
from sparkmon.detectors.trees import Trees
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import MissingExtraError

_TREES, _ROWS = 100, 256


@register_detector
@dataclass(frozen=True, eq=False)
class IsolationForest(RowDetector):
    """Isolation Forest of 100 trees on 256 rows each: 2 to the power of -(mean depth / expected depth).

    It is fitted by scikit-learn (extra ``explain``) and scored without it. Named columns enter as the place of the
    level among the commonest. It costs some ten times as much as the other detectors, and is the one to choose where
    the training data has outliers itself.

    References
    ----------
    .. [1] Liu, Ting & Zhou, Isolation Forest, ICDM 2008.

    Examples
    --------
    >>> table = np.random.default_rng(1).normal(size=(1_000, 2))
    >>> rows = Rows(table, np.zeros((1_000, 2), np.int8), np.empty((1_000, 0), np.int64))
    >>> forest = IsolationForest.fit(Columns(("a", "b"), (0.0, 0.0), {}), rows)
    >>> some = Rows(np.array([[0.0, 0.0], [5.0, 5.0]]), np.zeros((2, 2), np.int8), np.empty((2, 0), np.int64))
    >>> forest.score(some).round(1).tolist()
    [0.4, 0.8]
    """

    name = "isolation_forest"
    phrase = "is easily set apart"

    features: IntArray
    """By node of all trees, as in :class:`Trees`."""
    cuts: FloatArray
    lower: IntArray
    upper: IntArray
    depths: FloatArray
    """By node: the depth of a row that ends there."""
    roots: IntArray
    expected: FloatArray

    def __post_init__(self) -> None:
        _ = self._trees  # which end, or are refused

    @cached_property
    def _trees(self) -> Trees:
        return Trees(self.features, self.cuts, self.lower, self.upper, self.depths, self.roots)

    @classmethod
    def fit(cls, columns: Columns, training: Rows) -> "IsolationForest":
        """See :meth:`RowDetector.fit`; MissingExtraError without scikit-learn."""
        try:
            from sklearn import ensemble
        except ModuleNotFoundError as error:
            raise MissingExtraError.of("scikit-learn", "explain") from error
        size = min(_ROWS, len(training))
        options: dict[str, Any] = {"n_estimators": _TREES, "max_samples": size, "random_state": 0}
        forest: Any = ensemble.IsolationForest(**options)
        forest.fit(_matrix(training))
        trees = [each.tree_ for each in forest.estimators_]
        grown = Trees.of(trees, map(_depths, trees))
        nodes = grown.features, grown.cuts, grown.lower, grown.upper, grown.values
        return cls(*nodes, grown.roots, _path_length(np.array([size])))

    def score(self, rows: Rows) -> FloatArray:
        """See :meth:`RowDetector.score`."""
        scores: FloatArray = 2.0 ** -(self._trees.values_of(_matrix(rows)).mean(axis=1) / self.expected)
        return scores


def _matrix(rows: Rows) -> FloatArray:
    return np.hstack([rows.numbers, rows.levels])


def _depths(tree: Any) -> FloatArray:  # noqa: ANN401 - scikit-learn's
    """Return by node the depth of a row that ends there."""
    depth = np.zeros(tree.node_count)
    for node in np.flatnonzero(tree.children_left >= 0):  # parents come before their children
        depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1
    return depth + _path_length(tree.n_node_samples)


def _path_length(sizes: IntArray) -> FloatArray:
    """Return the mean depth at which a search for what is not in a tree of so many rows ends."""
    sizes = np.asarray(sizes, np.float64)
    harmonic = 2 * (np.log(np.maximum(sizes - 1, 1)) + np.euler_gamma) - 2 * (sizes - 1) / np.maximum(sizes, 1)
    return np.where(sizes > 2, harmonic, np.where(sizes == 2, 1.0, 0.0))
