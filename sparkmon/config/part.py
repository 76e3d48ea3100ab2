"""Parts of a ``monitor.yaml``: each is an instance of a class, made from the keys that the class has options for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sparkmon.alerts import Alerting
from sparkmon.config.mistakes import (
    Mistake,
    PartError,
    list_of,
    missing,
    of_option,
    refused,
    unknown,
    unknown_name,
)
from sparkmon.config.options import REQUIRED, options_of
from sparkmon.config.written import adapter_of
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.registry import Registry
from sparkmon.sinks import SINKS, AlertSink
from sparkmon.sources import SOURCES, EventSource

CHOICES: Mapping[type, tuple[str, Registry[Any]]] = {
    AlertSink: ("sink", SINKS),
    EventSource: ("format", SOURCES),
}
"""What is chosen by name: the key that names it, and where the names are registered."""


def read_part(thing: type, data: Any, context: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what a file has, an instance
    """Make an instance of a class.

    Parameters
    ----------
    thing : type
        A dataclass, or one of :data:`CHOICES`, of which the data name one.
    data : object
        What the file has.
    context : mapping
        ``base``: the directory that paths are relative to.

    Raises
    ------
    PartError
        The data do not fit.

    Examples
    --------
    >>> from sparkmon.monitor import Windows
    >>> read_part(Windows, {"length": "1 day"}, {}).length
    '1 day'
    """
    hide = thing is Alerting or issubclass(thing, AlertSink)
    if not isinstance(data, Mapping):
        value = "a list" if hide and isinstance(data, list) else repr(data)
        raise PartError([Mistake((), f"got {value}; expected keys with values")])
    if thing not in CHOICES:
        return _made(thing, data, context, hide=hide)
    key, registry = CHOICES[thing]
    names, name = list_of(registry), data.get(key)
    if name is None:
        raise PartError([Mistake((key,), f"expected {names}", "{key} is missing; {text}")])
    if not isinstance(name, str) or name not in registry:
        raise PartError([Mistake((key,), f"got {name!r}; expected {names}")])
    return _made(registry.get(name), data, context, key, hide=hide)


def _made(
    thing: type, data: Mapping[Any, Any], context: Mapping[str, Any], *tag: str, hide: bool
) -> Any:  # noqa: ANN401 - an instance of thing
    options = options_of(thing)
    values, mistakes = {}, []
    for name, value in data.items():
        if name in options:
            try:
                adapter = adapter_of(options[name].annotation, read_part)
                values[name] = adapter.validate_python(value, context=dict(context))
            except ValidationError as error:
                mistakes += of_option(error, options[name], hide=hide)
        elif name not in tag:
            mistakes.append(unknown(str(name), [*options, *tag]))
    mistakes += [
        missing(option)
        for name, option in options.items()
        if option.default is REQUIRED and name not in data
    ]
    if mistakes:
        raise PartError(mistakes)
    try:
        return thing(**values)
    except OptionError as error:
        raise PartError([refused(error, data, hide=hide)]) from None
    except UnknownNameError as error:
        raise PartError([unknown_name(error, data)]) from None
