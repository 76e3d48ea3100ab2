"""Decision trees as arrays of nodes: fitted by scikit-learn, walked without it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import ProfileError


@dataclass(frozen=True, eq=False)
class Trees:
    """Some trees, one after the other.

    >>> from sklearn.tree import DecisionTreeRegressor
    >>> tree = DecisionTreeRegressor().fit([[1.0], [2.0]], [5.0, 7.0]).tree_
    >>> trees = Trees.of([tree], [tree.value[:, 0, 0]])
    >>> trees.values_of(np.array([[0.5], [3.0]])).tolist()
    [[5.0], [7.0]]
    """

    features: IntArray
    """By node of all trees: the column that is cut; -1 of a leaf."""
    cuts: FloatArray
    lower: IntArray
    upper: IntArray
    values: FloatArray
    """By node: the value of a row that ends there."""
    roots: IntArray

    def __post_init__(self) -> None:
        nodes = np.arange(self.features.size)
        goes_on = (self.lower > nodes) & (self.upper > nodes) & (np.maximum(self.lower, self.upper) < nodes.size)
        if not (goes_on | (self.features < 0)).all():
            raise ProfileError("got trees that do not end; expected children after their parents")

    @classmethod
    def of(cls, trees: Iterable[Any], values: Iterable[FloatArray]) -> "Trees":
        """Make them of scikit-learn's ``tree_``, with the value of each node."""
        parts, roots = [], [0]
        for tree, value in zip(trees, values, strict=True):
            start, nodes = roots[-1], np.arange(tree.node_count)
            is_leaf = tree.children_left < 0
            lower, upper = (
                np.where(is_leaf, nodes, each) + start for each in (tree.children_left, tree.children_right)
            )
            parts.append((np.where(is_leaf, -1, tree.feature), tree.threshold, lower, upper, value))
            roots.append(start + tree.node_count)
        features, cuts, *children, ends = (np.concatenate(each) for each in zip(*parts, strict=True))
        return cls(features, cuts, children[0], children[1], ends, np.array(roots[:-1], np.int64))

    def values_of(self, matrix: FloatArray) -> FloatArray:
        """Return by row and tree the value of the leaf in which the row ends."""
        read = matrix.astype(np.float32)  # as scikit-learn does
        nodes = np.tile(self.roots, (len(read), 1))
        row = np.arange(len(read))[:, None]
        while (self.features[nodes] >= 0).any():
            is_lower = read[row, self.features[nodes]] <= self.cuts[nodes]
            nodes = np.where(is_lower, self.lower[nodes], self.upper[nodes])
        values: FloatArray = self.values[nodes]
        return values
