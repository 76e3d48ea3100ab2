"""What was computed of a summary stays with it, so that a reference is prepared once for all windows."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Result = TypeVar("Result")
Pair = ParamSpec("Pair")


class Remembering:
    """A frozen object that keeps what functions made of it.

    What it keeps is no part of it: it is not compared, printed or pickled, and a copy begins without.
    """

    __slots__ = ("_memory",)
    _memory: dict[Hashable, Any]

    def once(self, make: Callable[..., Result], *arguments: Hashable) -> Result:
        """Return ``make(self, *arguments)``, computed at the first call; ``make`` is a function of a module."""
        key = (make, *arguments)
        try:
            result: Result = self._memory[key]
        except KeyError:
            result = self._memory[key] = make(self, *arguments)
        except AttributeError:
            self.remember({})
            return self.once(make, *arguments)
        return result

    def keep(self, result: Result, make: Callable[..., Result], *arguments: Hashable) -> None:
        """Keep ``make(self, *arguments)``, which was computed elsewhere."""
        if not hasattr(self, "_memory"):
            self.remember({})
        key = (make, *arguments)
        self._memory[key] = result

    def remember(self, results: dict[Hashable, Any]) -> None:
        """Keep results in a dictionary, which may have those of an equal object from before."""
        object.__setattr__(self, "_memory", results)


def remembered(method: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Let a method without arguments compute its result once for each object."""

    @wraps(method)
    def of(self: Remembering) -> Result:
        return self.once(method)

    return of


def for_one_pair(make: Callable[Pair, Result]) -> Callable[Pair, Result]:
    """Let a function of two summaries keep its last result: the statistics of one comparison all ask for it."""
    last: tuple[object, Result] | None = None

    @wraps(make)
    def of_pair(*pair: Pair.args, **options: Pair.kwargs) -> Result:
        nonlocal last
        key, earlier = (pair, options), last
        if earlier and earlier[0] == key:
            return earlier[1]
        result = make(*pair, **options)
        last = (key, result)
        return result

    return of_pair
