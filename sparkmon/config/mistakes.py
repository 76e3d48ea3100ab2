"""What is wrong with a ``monitor.yaml``, as sentences for the one who wrote it."""

import difflib
import reprlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sparkmon.config.options import Option
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.yaml_file import Place

_EXPECTED = {
    **{"bool": "true or false", "dict": "keys with values", "float": "a number"},
    **{"int": "a whole number", "string": "text", "string_too_short": "some text", "tuple": "a list"},
}
"""By pydantic's name of the mistake, or its first word."""


class Mistake(NamedTuple):
    """One mistake."""

    place: Place
    """The path of the key from the part that was read."""
    text: str
    form: str = "{key}: {text}"

    def sentence(self) -> str:
        """Name the key, and say what is wrong with it."""
        key = ".".join(map(str, self.place))
        return self.form.format(key=key, text=self.text) if key else self.text

    def line(self, lines: Mapping[Place, int]) -> int:
        """Return the line of the key, or of the part that lacks it."""
        return next(lines[self.place[:n]] for n in range(len(self.place), -1, -1) if self.place[:n] in lines)


class PartError(OptionError):
    """Raised when a part of the file has mistakes; the file's error lists them by line."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__("a part of the file has mistakes")
        self.mistakes = list(mistakes)

    def within(self, *place: str | int) -> list[Mistake]:
        """List the mistakes as those of the part that this part is in."""
        return [each._replace(place=(*place, *each.place)) for each in self.mistakes]


def missing(key: str, meaning: str) -> Mistake:
    """Report a key that has to be set and is not."""
    return Mistake((key,), f"expected {meaning}", "{key} is missing; {text}")


def unknown(key: str, keys: Collection[str]) -> Mistake:
    """Report an unknown key, and suggest the one that may be meant."""
    near = difflib.get_close_matches(key, keys, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Mistake((key,), f"{hint}expected {', '.join(sorted(keys))}", "got the unknown key {key!r}; {text}")


def of_option(error: ValidationError, option: Option, *, hide: bool) -> list[Mistake]:
    """List the mistakes in a value; ``hide`` lists and mappings, which may have a secret in a wrong place."""
    mistakes: list[Mistake] = []
    for detail in error.errors(include_url=False):
        place = (option.name, *(part for part in detail["loc"] if part != "[key]"))
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, PartError):
            mistakes += inner.within(*place)
        elif isinstance(inner, OptionError):
            mistakes.append(Mistake(place, _reason(inner, detail["input"], hide=hide)))
        else:
            value = _shown(detail["input"], hide=hide)
            mistakes.append(Mistake(place, f"got {value}; expected {_expected(detail, option)}"))
    return mistakes


def refused(error: OptionError | UnknownNameError, data: Mapping[str, Any], *, hide: bool) -> Mistake:
    """Report what a class says of its options, at the option or the entry of a list that it names."""
    if isinstance(error, UnknownNameError):
        text = f"got {error.name!r}; expected one of {', '.join(error.names)}"
        lists = ((key, each) for key, each in data.items() if isinstance(each, list))
        places = ((key, each.index(error.name)) for key, each in lists if error.name in each)
        return Mistake(next(places, ()), text)
    value: Any = data
    place: list[str | int] = []
    for part in (error.option or "").split("."):
        if not isinstance(value, Mapping) or part not in value:
            break
        value = value[part]
        place.append(part)
    if not place:
        return Mistake((), _text(error))
    if isinstance(value, list) and error.value in value:
        place.append(value.index(error.value))
        value = error.value
    return Mistake(tuple(place), _reason(error, value, hide=hide))


def _reason(error: OptionError, value: object, *, hide: bool) -> str:
    if error.expected is None:
        return _text(error)
    return f"got {_shown(value, hide=hide)}; expected {error.expected}"


def _text(error: OptionError) -> str:
    return str(error).removeprefix(f"[{error.condition}] ")


def _expected(detail: ErrorDetails, option: Option) -> str:
    if detail["type"] == "literal_error":
        return str(detail["ctx"]["expected"]).replace("'", "")
    kind = detail["type"]
    expected = _EXPECTED.get(kind, _EXPECTED.get(kind.partition("_")[0], detail["msg"]))
    return f"{expected}: {option.meaning}" if option.meaning else expected


def _shown(value: object, *, hide: bool) -> str:
    if hide and isinstance(value, Mapping | list | tuple):
        return "keys with values" if isinstance(value, Mapping) else "a list"
    return reprlib.repr(value)
