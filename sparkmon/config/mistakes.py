"""What pydantic found wrong with a ``monitor.yaml``, as lines and sentences for the one who wrote it."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias, get_args

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
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "greater_than": "a number above 0",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "model_attributes_type": "keys with values",
    "model_type": "keys with values",
    "string_too_short": "some text",
    "string_type": "text",
    "too_short": "at least one",
    "tuple_type": "a list",
}
"""By pydantic's name of the mistake."""
_LIMITS = {
    "greater_than_equal": ("a number of {:g} or more", "ge"),
    "less_than_equal": ("a number of at most {:g}", "le"),
    "too_long": ("at most {}", "max_length"),
}
"""The same, with the limit that pydantic tells."""


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
    return sorted(_mistake(detail, lines) for detail in error.errors(include_url=False))


def _mistake(detail: ErrorDetails, lines: Mapping[Place, int]) -> tuple[int, str]:
    loc, kind, got = detail["loc"], detail["type"], detail["input"]
    if kind.startswith("union_tag"):  # the format of a source, the kind of a sink
        tag = detail["ctx"]["discriminator"].strip("'")
        loc, got = (*loc, tag), got.get(tag)
        kind = "missing" if got is None else "literal_error"
    found = _found(loc)
    place = found.place
    line = next(lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in lines)
    key = ".".join(map(str, place))
    if kind == "missing":
        return line, f"{key} is missing; expected {found.meaning}"
    if kind == "extra_forbidden":
        known = sorted(found.keys)
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return line, f"got the unknown key {key!r}; {hint}expected {', '.join(known)}"
    if kind == "value_error":
        said = _own(detail)
        # A whole sentence: of several keys together, or of what must not be repeated.
        if isinstance(got, Mapping | BaseModel) or said.startswith("got a "):
            return line, f"{key}: {said}" if key else said
    shown = _shown(got, place)
    if kind == "literal_error":
        return line, f"{key}: got {shown}; expected {found.meaning}"
    return line, f"{key}: got {shown}; {_expected(detail, found.meaning)}"


def _expected(detail: ErrorDetails, meaning: str) -> str:
    kind = detail["type"]
    if kind == "value_error":
        said = _own(detail)
        return said[said.index("expected") :] if "expected" in said else said
    said = _EXPECTED.get(kind, detail["msg"])
    if kind in _LIMITS:
        sentence, limit = _LIMITS[kind]
        said = sentence.format(detail["ctx"][limit])
    return f"expected {said}" + (f": {meaning}" if meaning else "")


def _own(detail: ErrorDetails) -> str:
    """Return what a validator of ours said."""
    return str(detail["ctx"]["error"]).removeprefix(f"[{OptionError.condition}] ")


def _shown(got: object, place: Place) -> str:
    """Show what was got, but not what is within a sink, which may be a secret in a wrong place."""
    if place[:1] == ("alerts",) and isinstance(got, Mapping | list):
        return "keys with values" if isinstance(got, Mapping) else "a list"
    return reprlib.repr(got)


class _Found(NamedTuple):
    """A key as the file has it: without what pydantic's location adds, the tags of unions."""

    place: Place
    meaning: str
    keys: Iterable[str]
    """Those that may stand beside it."""


def _found(loc: Place) -> _Found:
    """Follow a location through the models."""
    found = _Found((), "", ())
    inside: object = MonitorConfig
    for part in loc:
        models = list(_models(inside))
        tagged = _tags(models)
        if part in tagged:
            inside = tagged[str(part)]
        elif isinstance(part, int):
            found = _Found((*found.place, part), "", ())
        elif part != "[key]":
            fields = models[0].model_fields if models else {}
            field = fields.get(part)
            meaning = (field.description or "") if field is not None else ""
            found = _Found((*found.place, part), meaning, fields)
            inside = field.annotation if field is not None else None
    return found


def _tags(models: Sequence[type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Return the models of a union by the values of the key that tells them apart."""
    if len(models) < 2:
        return {}
    shared = set.intersection(*(set(each.model_fields) for each in models))
    for name in shared:
        values = [get_args(each.model_fields[name].annotation) for each in models]
        if all(len(value) == 1 and isinstance(value[0], str) for value in values):
            return {value[0]: each for value, each in zip(values, models, strict=True)}
    return {}


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
