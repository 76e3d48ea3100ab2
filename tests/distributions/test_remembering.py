import copy
import pickle
from dataclasses import replace

from sparkmon.distributions import Categories, Distribution
from sparkmon.distributions.remembering import for_one_pair


def total(side: Distribution, factor: float = 1.0) -> float:
    CALLS.append(factor)
    return factor * side.n


CALLS: list[float] = []


def test_a_function_is_called_once_for_each_object_and_argument() -> None:
    CALLS.clear()
    side = Distribution.from_sample([1, 2])
    assert [side.once(total), side.once(total), side.once(total, 3.0), side.once(total)] == [*(2.0, 2.0, 6.0, 2.0)]
    assert CALLS == [1.0, 3.0]
    assert Distribution.from_sample([1]).once(total) == 1


def test_what_is_remembered_is_no_part_of_the_object() -> None:
    side = Distribution.from_sample([1, 2, 2, 7])
    printed, size = repr(side), len(pickle.dumps(side))
    assert side.quantile(0.5) == 2
    assert side.ranks.tolist() == [0, 1, 3, 4]
    assert (repr(side), len(pickle.dumps(side))) == (printed, size)
    for other in (pickle.loads(pickle.dumps(side)), copy.copy(side), replace(side, null_count=1)):
        assert other.ranks is not side.ranks
        assert other.ranks.tolist() == side.ranks.tolist()
    levels = Categories({"a": 1}, 0, 1)
    assert levels == Categories({"a": 1}, 0, 1)
    assert pickle.loads(pickle.dumps(levels)) == levels


def test_the_last_pair_is_known_again() -> None:
    pairs: list[tuple[object, ...]] = []

    @for_one_pair
    def pair(*sides: object) -> int:
        pairs.append(sides)
        return len(pairs)

    one, two = Distribution.from_sample([1]), Distribution.from_sample([1])
    assert [pair(one, two), pair(one, two), pair(two, one), pair(one, two, 5)] == [1, 1, 2, 3]
    assert pair(one, two, 5) == 3
