"""One registry class for everything that is chosen by name.

A clash is refused, except that the same thing (same module and qualified name) may register again: a notebook
cell is run twice.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from sparkmon.errors import NameTakenError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and the things they stand for, iterated in alphabetical order.

    Parameters
    ----------
    kind : str
        What is registered, in the singular; used in messages ("statistic").
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> T:
        """Register ``thing`` under ``name`` and return it; raise NameTakenError on a clash."""
        other = self._things.get(name)
        if other is not None and _identity(other) != _identity(thing):
            raise NameTakenError(
                f"the {self._kind} name {name!r} belongs to {_identity(other)}; "
                f"choose another name for {_identity(thing)}"
            )
        self._things[name] = thing
        return thing

    def get(self, name: str) -> T:
        """Return what ``name`` stands for; raise UnknownNameError with the known names."""
        try:
            return self._things[name]
        except KeyError:
            raise UnknownNameError.of(self._kind, name, self._things) from None

    def remove(self, name: str) -> None:
        """Take a name out, such as that of a class which is to be written anew."""
        self._things.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __contains__(self, name: object) -> bool:
        return name in self._things


def _identity(thing: object) -> str:
    function = getattr(thing, "function", thing)
    owner = function if hasattr(function, "__qualname__") else type(function)
    return f"{owner.__module__}.{owner.__qualname__}"
