"""Parts of a ``monitor.yaml``: each is an instance of a class, made from the keys that the class has options for."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import timedelta
from functools import cache
from inspect import isabstract
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pydantic
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationInfo as Info,
)

from sparkmon.alerts import Alerting
from sparkmon.config.mistakes import Mistake, PartError, missing, of_option, refused, unknown
from sparkmon.config.options import REQUIRED, options_of
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.interval import parse_interval
from sparkmon.option_types import WrittenAs
from sparkmon.registry import Registry
from sparkmon.secret import Secret
from sparkmon.sinks import SINKS, AlertSink
from sparkmon.sources import SOURCES, EventSource
from sparkmon.yaml_file import resolved, resolved_tables

CHOICES: Mapping[type, tuple[str, Registry[Any]]] = {AlertSink: ("sink", SINKS), EventSource: ("format", SOURCES)}
"""What is chosen by name: the key that names it, and where the names are registered."""
_HIDDEN = ConfigDict(hide_input_in_errors=True)  # what was written in a wrong place may be a secret


def read_part(thing: type, data: Any, context: Any) -> Any:  # noqa: ANN401 - what a file has, an instance
    """Make an instance of a dataclass, or of one of the choices by name, from what the file has.

    ``context["base"]`` is the directory that paths are relative to. Raises a :class:`PartError` if the data do not fit.
    """
    hide = thing is Alerting or issubclass(thing, AlertSink)
    if not isinstance(data, Mapping):
        value = "a list" if hide and isinstance(data, list) else repr(data)
        raise PartError([Mistake((), f"got {value}; expected keys with values")])
    if thing not in CHOICES:
        return _made(thing, data, context, hide=hide)
    key, registry = CHOICES[thing]
    *first, last = registry
    names, name = f"{', '.join(first)} or {last}", data.get(key)
    if name is None:
        raise PartError([missing(key, names)])
    if not isinstance(name, str) or name not in registry:
        raise PartError([Mistake((key,), f"got {name!r}; expected {names}")])
    return _made(registry.get(name), data, context, key, hide=hide)


def _made(thing: type, data: Mapping[Any, Any], context: Any, *tag: str, hide: bool) -> Any:  # noqa: ANN401
    options = options_of(thing)
    values, mistakes = {}, []
    for name, value in data.items():
        if name in options:
            try:
                values[name] = _adapter_of(options[name].annotation).validate_python(value, context=context)
            except pydantic.ValidationError as error:
                mistakes += of_option(error, options[name], hide=hide)
        elif name not in tag:
            mistakes.append(unknown(str(name), [*options, *tag]))
    mistakes += [
        missing(name, option.meaning)
        for name, option in options.items()
        if option.default is REQUIRED and name not in data
    ]
    if mistakes:
        raise PartError(mistakes)
    try:
        return thing(**values)
    except (OptionError, UnknownNameError) as error:
        raise PartError([refused(error, data, hide=hide)]) from None


@cache
def _adapter_of(annotation: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any annotation
    return TypeAdapter(_written(annotation), config=_HIDDEN)


def _written(annotation: Any) -> Any:  # noqa: ANN401
    """Return how a file writes a type, as an annotation that pydantic reads."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _MARKED.get(inner[1], annotation)
    if origin in (Union, types.UnionType):
        if {str, Secret} <= set(inner):
            inner = (Annotated[Any, PlainValidator(_text_or_secret)], *(set(inner) - {str, Secret}))
        return Union[tuple(_written(each) for each in inner)]  # noqa: UP007 - made at run time
    if origin in (Sequence, tuple):
        item = inner[0] if inner[0] is str else _written(inner[0])
        return tuple[item, ...]  # type: ignore[valid-type]
    if origin in (Mapping, dict):
        value = _STRING if inner[1] is str else _written(inner[1])
        return dict[str, value]  # type: ignore[valid-type]
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and (is_dataclass(annotation) or isabstract(annotation)):
        part = PlainValidator(lambda data, info: read_part(annotation, data, info.context))
        return Annotated[Any, part]
    return annotation


def _location(path: str, info: Info) -> str:
    """Take a relative path as relative to the file that it was read from."""
    if not path:
        raise OptionError.malformed("path", path, "a path")
    return resolved(path, _base(info))


def _tables(location: str, info: Info) -> str:
    return resolved_tables(location, _base(info))


def _base(info: Info) -> str | Path:
    base: str | Path = (info.context or {}).get("base", ".")
    return base


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
