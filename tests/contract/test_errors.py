"""What every class of ``sparkmon.errors`` keeps, found by inspection."""

import pickle
import re

import pytest

from sparkmon import errors

CLASSES: list[type[errors.SparkmonError]] = [
    each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.SparkmonError)
]

every_class = pytest.mark.parametrize("kind", CLASSES)


@every_class
def test_an_error_survives_pickling_with_its_text(kind: type[errors.SparkmonError]) -> None:
    error = kind("got 3; expected 4; count again")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert str(back) == str(error) == f"[{kind.condition}] got 3; expected 4; count again"


@every_class
def test_an_error_wrapped_again_has_its_condition_once(kind: type[errors.SparkmonError]) -> None:
    text = str(kind("got 3"))
    assert str(kind(text)) == text


@every_class
def test_a_condition_is_its_classes_own(kind: type[errors.SparkmonError]) -> None:
    assert "condition" in vars(kind)
    assert re.fullmatch(r"SPARKMON_[A-Z_]+", kind.condition)
    assert [other for other in CLASSES if other.condition == kind.condition] == [kind]


@every_class
def test_a_docstring_says_when_the_error_is_raised(kind: type[errors.SparkmonError]) -> None:
    assert (kind.__doc__ or "").startswith("Raised when ")


def test_every_exception_of_the_module_is_public_and_ours() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert [each.__name__ for each in kinds if each not in CLASSES or each.__name__.startswith("_")] == []
