import pytest

from sparkmon.errors import NameTakenError, UnknownNameError
from sparkmon.registry import Registry


def square() -> int:
    return 4


def circle() -> int:
    return 0


class Wrapped:
    """A registered thing that carries its function, as a statistic does."""

    def __init__(self, function: object) -> None:
        self.function = function


def test_names_are_iterated_in_alphabetical_order() -> None:
    shapes: Registry[object] = Registry("shape")
    shapes.add("square", square)
    shapes.add("circle", circle)
    assert list(shapes) == ["circle", "square"]


def test_what_was_added_is_returned_and_found() -> None:
    shapes: Registry[object] = Registry("shape")
    assert shapes.add("square", square) is square
    assert shapes.get("square") is square
    assert "square" in shapes
    assert "circle" not in shapes


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    shapes: Registry[object] = Registry("shape")
    shapes.add("square", square)
    shapes.add("circle", circle)
    with pytest.raises(UnknownNameError, match=r"no shape named 'cone'; known are circle, square"):
        shapes.get("cone")


def test_a_second_thing_under_a_taken_name_is_refused_and_changes_nothing() -> None:
    shapes: Registry[object] = Registry("shape")
    shapes.add("square", square)
    with pytest.raises(NameTakenError, match=r"'square' belongs to .*\.square; .* for .*\.circle"):
        shapes.add("square", circle)
    assert shapes.get("square") is square


def test_the_same_thing_may_register_again_and_the_newer_one_stands() -> None:
    shapes: Registry[object] = Registry("shape")
    namespace: dict[str, object] = {"__name__": "cell"}
    cells = []
    for _ in range(2):  # a notebook runs its cell twice
        code = "def cube():\n    return 8\n"
        exec(code, namespace)
        cells.append(namespace["cube"])
        shapes.add("cube", cells[-1])
    assert cells[0] is not cells[1]
    assert shapes.get("cube") is cells[1]


def test_a_wrapped_function_is_known_by_its_function() -> None:
    shapes: Registry[object] = Registry("shape")
    shapes.add("square", Wrapped(square))
    again = Wrapped(square)
    shapes.add("square", again)
    assert shapes.get("square") is again
    with pytest.raises(NameTakenError):
        shapes.add("square", Wrapped(circle))
