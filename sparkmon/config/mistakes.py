"""What pydantic found wrong with a ``monitor.yaml``, as lines and sentences for the one who wrote it."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sparkmon.config.settings import MonitorConfig
from sparkmon.errors import OptionError

__all__ = ["mistakes_of"]

Place: TypeAlias = tuple[str | int, ...]

_EXPECTED = {
    "dict_type": "keys with values",
    "finite_number": "a number of 0 or more",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "a number above 0",
    "greater_than_equal": "a number of {ge} or more",
    "less_than_equal": "a number of at most {le}",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "model_attributes_type": "keys with values",
    "model_type": "keys with values",
    "string_too_short": "some text",
    "string_type": "text",
    "too_short": "at least one",
    "tuple_type": "a list",
}
"""By pydantic's name of the mistake."""

_FORMATS = ("kserve", "kafka", "hopsworks")


def mistakes_of(error: ValidationError, lines: Mapping[Place, int]) -> list[tuple[int, str]]:
    """Tell every mistake by its line.

    Parameters
    ----------
    error : ValidationError
        Of :class:`MonitorConfig`.
    lines : mapping
        The line of every key by its path; see :class:`sparkmon.config.located_yaml.LocatedYaml`.

    Returns
    -------
    list of (int, str)
        In the order of the file.

    Examples
    --------
    >>> try:
    ...     MonitorConfig.model_validate({"store": {"pth": "x"}, "tables": "./t", "source": {"format": "kafk"}})
    ... except ValidationError as error:
    ...     for line, sentence in mistakes_of(error, {(): 1, ("source",): 1, ("store", "pth"): 3}):
    ...         print(line, sentence)
    1 source.format: got 'kafk'; expected kserve, kafka or hopsworks
    1 store.path is missing; expected the directory of the feature store, or its mysql:// or hopsworks:// URL
    3 got the unknown key 'store.pth'; did you mean 'path'? expected path
    """
    meanings = dict(_meanings(MonitorConfig))
    return sorted(_mistake(detail, lines, meanings) for detail in error.errors(include_url=False))


def _mistake(
    detail: ErrorDetails, lines: Mapping[Place, int], meanings: Mapping[Place, str]
) -> tuple[int, str]:
    loc, kind, got = detail["loc"], detail["type"], detail["input"]
    if kind.startswith("union_tag"):  # the format of the source
        loc, got = (*loc, "format"), got.get("format")
        kind = "missing" if got is None else "literal_error"
    place = _in_file(loc)
    names = tuple(part for part in loc if isinstance(part, str))
    meaning = meanings.get(names) or meanings.get((names[0], "kserve", *names[1:]) if names else ())
    line = next(lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in lines)
    key = ".".join(map(str, place))
    if kind == "missing":
        return line, f"{key} is missing; expected {meaning}"
    if kind == "extra_forbidden":
        known = sorted(str(other[-1]) for other in meanings if other[:-1] == names[:-1])
        near = difflib.get_close_matches(names[-1], known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return line, f"got the unknown key {key!r}; {hint}expected {', '.join(known)}"
    if kind == "value_error" and (not place or _own(detail).startswith("got a ")):
        return line, _own(detail)  # a whole sentence
    if kind == "literal_error":
        return line, f"{key}: got {reprlib.repr(got)}; expected {meaning}"
    return line, f"{key}: got {reprlib.repr(got)}; {_expected(detail, meaning)}"


def _expected(detail: ErrorDetails, meaning: str | None) -> str:
    if detail["type"] == "value_error":
        said = _own(detail)
        return said[said.index("expected") :] if "expected" in said else said
    said = _EXPECTED.get(detail["type"], detail["msg"]).format(**_bounds(detail))
    return f"expected {said}" + (f": {meaning}" if meaning else "")


def _bounds(detail: ErrorDetails) -> dict[str, str]:
    """Return the limits that a number breaks, as a person writes them."""
    return {
        name: f"{value:g}" for name, value in detail.get("ctx", {}).items() if name in ("ge", "le")
    }


def _own(detail: ErrorDetails) -> str:
    """Return what a validator of ours said."""
    return str(detail["ctx"]["error"]).removeprefix(f"[{OptionError.condition}] ")


def _in_file(loc: Place) -> Place:
    """Strip from pydantic's location what the file does not have: the tag of the source's format."""
    if len(loc) > 1 and loc[0] == "source" and loc[1] in _FORMATS:
        loc = ("source", *loc[2:])
    return tuple(part for part in loc if part != "[key]")


def _meanings(model: type[BaseModel], above: Place = ()) -> Iterator[tuple[Place, str]]:
    """List every key by its path, a source's behind its format, with what it means."""
    for name, field in model.model_fields.items():
        yield (*above, name), field.description or ""
        models = list(_models(field.annotation))
        for each in models:
            tag = get_args(each.model_fields["format"].annotation) if len(models) > 1 else ()
            yield from _meanings(each, (*above, name, *tag))


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
