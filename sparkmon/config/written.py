"""How a file writes the types of options, as annotations that pydantic reads."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import timedelta
from functools import cache
from inspect import isabstract
from pathlib import Path
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter
from pydantic import ValidationInfo as Info

from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.option_types import WrittenAs
from sparkmon.secret import Secret

Part: TypeAlias = Callable[[type, Any, Any], Any]
"""Makes an instance of a class from what a file has for it: ``part(thing, data, context)``."""
_HIDDEN = ConfigDict(hide_input_in_errors=True)  # what was written in a wrong place may be a secret


@cache
def adapter_of(annotation: Any, part: Part) -> TypeAdapter[Any]:  # noqa: ANN401 - any annotation
    """Make the reader of an option of this type; ``part`` reads the classes in it."""
    return TypeAdapter(_written(annotation, part), config=_HIDDEN)


def _written(annotation: Any, part: Part) -> Any:  # noqa: ANN401
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _MARKED.get(inner[1], annotation)
    if origin in (Union, types.UnionType):
        if {str, Secret} <= set(inner):
            inner = (Annotated[Any, PlainValidator(_text_or_secret)], *(set(inner) - {str, Secret}))
        return Union[tuple(_written(each, part) for each in inner)]  # noqa: UP007 - made at run time
    if origin in (Sequence, tuple):
        item = inner[0] if inner[0] is str else _written(inner[0], part)
        return tuple[item, ...]  # type: ignore[valid-type]
    if origin in (Mapping, dict):
        value = _STRING if inner[1] is str else _written(inner[1], part)
        return dict[str, value]  # type: ignore[valid-type]
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and (is_dataclass(annotation) or isabstract(annotation)):
        return Annotated[
            Any, PlainValidator(lambda data, info: part(annotation, data, info.context))
        ]
    return annotation


def _location(path: str, info: Info) -> str:
    """Take a relative path as relative to the file that it was read from."""
    if not path:
        raise OptionError.malformed("path", path, "a path")
    base = (info.context or {}).get("base", ".")
    return path if "://" in path else str((Path(base) / path).absolute())


def _tables(location: str, info: Info) -> str:
    return _location(location, info) if "/" in location else location


def _secret(data: object, info: Info) -> Secret:
    """Read where a secret is held; what it is stands neither in the file nor in the error."""
    if isinstance(data, dict) and len(data) == 1:
        ((place, value),) = data.items()
        if place in ("env", "file") and isinstance(value, str) and value:
            return Secret(env=value) if place == "env" else Secret(file=_location(value, info))
    raise OptionError(
        f"got a {'text' if isinstance(data, str) else 'value'} that is no place of a secret; "
        "expected {env: NAME} or {file: PATH}, which name the place where it is held"
    )


def _text_or_secret(data: object, info: Info) -> str | Secret:
    if isinstance(data, str | int | float):
        return str(_as_string(data))
    return _secret(data, info)


def _as_string(value: object) -> object:
    """Write what YAML reads as numbers and truth values as Spark's option strings are."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _interval(text: object) -> timedelta:
    if not isinstance(text, str):
        raise OptionError.malformed("interval", text, "an interval such as '1 hour'")
    return parse_interval("interval", text)


_TEXT = Annotated[str, Field(min_length=1)]
_STRING = Annotated[str, BeforeValidator(_as_string)]
_PLAIN: dict[Any, Any] = {
    str: _TEXT,
    timedelta: Annotated[timedelta, PlainValidator(_interval)],
    Secret: Annotated[Any, PlainValidator(_secret)],
}
_MARKED: dict[Any, Any] = {
    WrittenAs.LOCATION: Annotated[str, AfterValidator(_location)],
    WrittenAs.TABLES: Annotated[_TEXT, AfterValidator(_tables)],
    WrittenAs.SECRET: _PLAIN[Secret],
}
