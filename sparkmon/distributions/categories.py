"""The categorical twin of Distribution: how often each named level stands in a column.

``align`` sets two of them side by side on one vocabulary, that of the reference.
"""

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.remembering import Remembering, for_one_pair, remembered
from sparkmon.errors import ProfileError

OTHER = "__other__"
"""Label of the levels that the reference has, but too rarely to stand alone."""
UNSEEN = "__unseen__"
"""Label of the levels that the reference never had."""
NULL = "__null__"
"""Label of the rows without a value."""

_LEAST_ROWS = 20
_LEAST_SHARE = 0.001
_MOST_RARE = 0.9
_TRUTH = ({"false": "0", "true": "1"}, {"0": "false", "1": "true"})


@dataclass(frozen=True, slots=True)
class Categories(Remembering):
    """How often each level of one column occurs.

    Parameters
    ----------
    counts : mapping of str to float
        Rows per tracked level, each >= 0. Where only the commonest levels are tracked, the rows of the others are
        the remainder ``n - sum(counts)``.
    null_count : float
        Rows without a value; not part of ``n``.
    n : float
        Rows with a value, tracked or not.

    Raises ProfileError: A count is negative or not finite, or the counts exceed ``n``.

    Examples
    --------
    >>> Categories({"red": 60, "blue": 30}, null_count=0, n=100).untracked
    10.0
    """

    counts: Mapping[str, float]
    null_count: float
    n: float

    def __post_init__(self) -> None:
        numbers = [*self.counts.values(), self.null_count, self.n]
        if not (min(numbers) >= 0 and sum(numbers) < math.inf):
            raise ProfileError(
                f"got counts {dict(self.counts)!r}, null_count {self.null_count!r}, n {self.n!r}; "
                "expected finite numbers >= 0; count rows, not shares"
            )
        tracked = math.fsum(self.counts.values())
        if tracked > self.n * (1 + 1e-9):
            raise ProfileError(
                f"got counts summing to {tracked:g} of n={self.n:g} rows; expected at most n; "
                "give all rows with a value as n"
            )
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))

    def __reduce__(self) -> "tuple[type[Categories], tuple[dict[str, float], float, float]]":
        return Categories, (dict(self.counts), self.null_count, self.n)

    @property
    def rows(self) -> float:
        """Rows with and without a value: ``n`` + ``null_count``."""
        return self.n + self.null_count

    @property
    @remembered
    def untracked(self) -> float:
        """Rows whose level is not tracked."""
        return max(0.0, self.n - math.fsum(self.counts.values()))

    @property
    @remembered
    def rare_share(self) -> float:
        """The share of the rows whose levels are too rare and too many to see them change, such as those of ids.

        They do not stand alone in :func:`align`. 0 if all levels are tracked: then strange ones show.
        """
        named = math.fsum(self.counts[level] for level in self.once(_labels)[:-3])
        return 1 - named / self.n if self.untracked > 0 else 0.0

    @property
    def is_rare(self) -> bool:
        """Whether nearly all rows have such a level."""
        return self.rare_share > _MOST_RARE


def align(reference: Categories, current: Categories) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
    """Count both sides on the reference's vocabulary: the labels, and the rows of either side per label.

    Labels are the reference's levels with at least 20 rows and 0.1 % of its rows, commonest first, then ``__other__``,
    ``__unseen__`` and ``__null__``; the last three are found by position: a level may have the same name. No row is
    dropped.

    A level counts as unseen only if the reference is known never to have had it, that is if the reference tracks
    every level it has. Then the current side's untracked rows are unseen too: they belong to levels of a column
    that has become more various than the reference tracked (a few of them may be rare reference levels, so that
    their share is an upper one). If the reference itself has untracked rows, an unknown level may be among them:
    such levels, and the untracked rows of the current side, are ``__other__``, where a flood of new levels still
    shows as growth.

    >>> reference = Categories({"red": 700, "blue": 290, "teal": 10}, null_count=0, n=1000)
    >>> current = Categories({"red": 50, "teal": 1, "pink": 9}, null_count=5, n=60)
    >>> align(reference, current)[0]
    ('red', 'blue', '__other__', '__unseen__', '__null__')
    >>> align(reference, current)[2]
    array([50.,  0.,  1.,  9.,  5.])
    """
    counts = reference.once(_own_counts), _counts(reference, current)
    return reference.once(_labels), counts[0].copy(), counts[1].copy()


def _labels(reference: Categories) -> tuple[str, ...]:
    least = max(_LEAST_ROWS, _LEAST_SHARE * reference.n)
    common = [(-count, level) for level, count in reference.counts.items() if count >= least]
    return (*(level for _, level in sorted(common)), OTHER, UNSEEN, NULL)


def _own_counts(reference: Categories) -> FloatArray:
    return _counts(reference, reference)


def truth_words(levels: Set[str]) -> Mapping[str, str]:
    """Return what truth values are called by levels that are nothing else: 0 and 1, or false and true.

    >>> truth_words({"0", "1"}), truth_words({"true"}), truth_words({"1", "2"})
    ({'false': '0', 'true': '1'}, {'0': 'false', '1': 'true'}, {})
    """
    return next((words for words in _TRUTH if levels and levels <= {*words.values()}), {})


def _in_words_of(reference: Categories, side: Categories) -> Mapping[str, float]:
    """Return the counts of a side, with truth values in the reference's words."""
    counts = dict(side.counts)
    for word, level in truth_words(reference.counts.keys()).items():
        if word in counts:
            counts[level] = counts.get(level, 0.0) + counts.pop(word)
    return counts


@for_one_pair
def _counts(reference: Categories, side: Categories) -> FloatArray:
    counts = _in_words_of(reference, side)
    named = [counts.get(level, 0.0) for level in reference.once(_labels)[:-3]]
    unseen = 0.0
    if side is not reference and not reference.untracked:
        strangers = counts.keys() - reference.counts.keys()
        unseen = math.fsum(counts[level] for level in strangers) + side.untracked
    return np.array([*named, max(0.0, side.n - math.fsum(named) - unseen), unseen, side.null_count], np.float64)
