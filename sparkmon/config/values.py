"""The kinds of values that ``monitor.yaml`` has, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
)

from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.sinks import Secret
from sparkmon.sinks.post import checked_url

__all__ = [
    "Interval",
    "Location",
    "Options",
    "SecretPlace",
    "Setting",
    "Strict",
    "Text",
    "Url",
    "as_strings",
    "resolved",
]


class Strict(BaseModel):
    """A part of the file: it has the keys that it names, and no others."""

    # What was written in a wrong place may be a secret.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def resolved(path: str, info: ValidationInfo) -> str:
    """Take a relative path as relative to the file it was read from."""
    if not path:
        raise OptionError("expected a path")
    base = (info.context or {}).get("base", ".")
    return path if "://" in path else str((Path(base) / path).absolute())


def as_strings(options: object) -> object:
    """Write what YAML reads as numbers and truth values as Spark's option strings are."""
    if not isinstance(options, dict):
        return options
    return {name: _as_string(value) for name, value in options.items()}


def _as_string(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _interval(text: str, info: ValidationInfo) -> str:
    parse_interval(info.field_name or "interval", text)
    return text


def _secret(said: object, info: ValidationInfo) -> Secret:
    """Read where a secret is held; what it is does not stand in the file, nor in the error."""
    if isinstance(said, Secret):
        return said
    if isinstance(said, dict) and len(said) == 1:
        ((place, value),) = said.items()
        if place in ("env", "file") and isinstance(value, str) and value:
            return Secret(env=value) if place == "env" else Secret(file=resolved(value, info))
    raise OptionError(
        f"got a {'text' if isinstance(said, str) else 'value'} that is no place of a secret; "
        "expected {env: NAME} or {file: PATH}, which say where it is held"
    )


def _url(said: object, info: ValidationInfo) -> str | Secret:
    if isinstance(said, str):
        checked_url(said)
        return said
    return _secret(said, info)


def _setting(said: object, info: ValidationInfo) -> str | Secret:
    if isinstance(said, str | int | float):
        return str(_as_string(said))
    return _secret(said, info)


Text: TypeAlias = Annotated[str, Field(min_length=1)]
Location: TypeAlias = Annotated[str, AfterValidator(resolved)]
Interval: TypeAlias = Annotated[str, AfterValidator(_interval)]
Options: TypeAlias = dict[str, str]
SecretPlace: TypeAlias = Annotated[Secret, PlainValidator(_secret)]
"""``{env: NAME}`` or ``{file: PATH}``, relative to the file."""
Url: TypeAlias = Annotated[str | Secret, PlainValidator(_url)]
"""A URL, or the place of one that is a secret."""
Setting: TypeAlias = Annotated[str | Secret, PlainValidator(_setting)]
"""A text, number or truth value, or the place of a secret."""
