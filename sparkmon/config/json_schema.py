"""The JSON Schema of a ``monitor.yaml``, by which editors complete and check it; made of the same classes."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import timedelta
from inspect import isabstract
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from sparkmon.config.options import REQUIRED, Option, options_of
from sparkmon.config.part import CHOICES
from sparkmon.config.settings import MonitorConfig
from sparkmon.interval import format_interval
from sparkmon.option_types import WrittenAs
from sparkmon.secret import Secret

JsonSchema: TypeAlias = dict[str, Any]

_TEXT: JsonSchema = {"type": "string", "minLength": 1}
_SECRET: JsonSchema = {
    "type": "object",
    "description": WrittenAs.SECRET.value,
    "properties": {"env": _TEXT, "file": _TEXT},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_PLAIN: dict[Any, JsonSchema] = {
    str: _TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    timedelta: {"type": "string", "description": "an interval such as 90 minutes", "minLength": 1},
    Secret: _SECRET,
    type(None): {"type": "null"},
}
_SCALAR: JsonSchema = {"type": ["string", "number", "boolean"]}
"""What Spark's options are written as."""
_VARIABLE: JsonSchema = {"type": "string", "pattern": r"\$\{\w+\}"}


def json_schema() -> JsonSchema:
    """Make the JSON Schema (draft 2020-12) of a ``monitor.yaml``.

    It says which keys there are, of which type, with their documentation and defaults. What depends on several keys,
    on the store or on files is checked by :func:`read_config` and :class:`sparkmon.Monitor`.

    >>> schema = json_schema()
    >>> schema["required"], schema["properties"]["reference"]["default"]
    (['source', 'store', 'tables'], 'training')
    """
    parts: dict[str, JsonSchema] = {}
    whole = _object(MonitorConfig, parts)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sparkmon's monitor.yaml",
        **whole,
        "$defs": parts,
    }


def _object(thing: type, parts: dict[str, JsonSchema], **tag: str) -> JsonSchema:
    options = options_of(thing).values()
    return {
        "type": "object",
        "properties": {
            **{key: {"const": name} for key, name in tag.items()},
            **{option.name: _described(option, parts) for option in options},
        },
        "required": [*tag, *(option.name for option in options if option.default is REQUIRED)],
        "additionalProperties": False,
    }


def _described(option: Option, parts: dict[str, JsonSchema]) -> JsonSchema:
    schema = {"description": option.description, **_of(option.annotation, parts)}
    default = format_interval(option.default) if isinstance(option.default, timedelta) else option.default
    if isinstance(default, str | bool | int | float):
        schema["default"] = default
    return schema


def _of(annotation: Any, parts: dict[str, JsonSchema]) -> JsonSchema:  # noqa: ANN401 - any annotation
    """Return the schema of what a file writes for a type; parts are named in ``parts``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _SECRET if inner[1] is WrittenAs.SECRET else _TEXT
    if origin is Literal:
        return {"enum": [*inner]}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each, parts) for each in inner]}
    if origin in (Sequence, tuple):
        return {"type": "array", "items": _of(inner[0], parts)}
    if origin in (Mapping, dict):
        values = _SCALAR if inner[1] is str else _of(inner[1], parts)
        return {"type": "object", "additionalProperties": values}
    if annotation in _PLAIN:
        schema = _PLAIN[annotation]
        return schema if schema["type"] in ("string", "null", "object") else {"anyOf": [schema, _VARIABLE]}
    if isinstance(annotation, type) and (is_dataclass(annotation) or isabstract(annotation)):
        return _part(annotation, parts)
    return {}


def _part(thing: type, parts: dict[str, JsonSchema]) -> JsonSchema:
    if thing.__name__ not in parts:
        parts[thing.__name__] = {}  # before its own parts, which may have it
        if thing in CHOICES:
            key, registry = CHOICES[thing]
            parts[thing.__name__] = {"oneOf": [_object(registry.get(name), parts, **{key: name}) for name in registry]}
        else:
            parts[thing.__name__] = _object(thing, parts)
    return {"$ref": f"#/$defs/{thing.__name__}"}
