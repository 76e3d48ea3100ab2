"""The kinds of values that ``monitor.yaml`` has, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval

__all__ = ["Interval", "Location", "Options", "Strict", "Text", "as_strings", "resolved"]


class Strict(BaseModel):
    """A part of the file: it has the keys that it names, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


Text: TypeAlias = Annotated[str, Field(min_length=1)]
Location: TypeAlias = Annotated[str, AfterValidator(resolved)]
Interval: TypeAlias = Annotated[str, AfterValidator(_interval)]
Options: TypeAlias = dict[str, str]
