"""What a class can be given: its options with their types, defaults and documentation, read from the class itself."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple, TextIO, get_args, get_type_hints

REQUIRED = inspect.Parameter.empty
"""The default of an option that has none."""
_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", re.M | re.S)
_PARAMETER = re.compile(r"^(\w[\w, ]*) : .*\n((?: .*\n?|\n)+)", re.M)
_ROLE = re.compile(r":\w+:`~?([^`]*)`")


class Option(NamedTuple):
    """One option of a class."""

    name: str
    annotation: Any
    default: Any
    """:data:`REQUIRED` if there is none."""
    description: str
    """In plain text."""

    @property
    def meaning(self) -> str:
        """The first sentence of the description, to stand after "expected"."""
        first = re.split(r"(?<=[.;])\s", self.description, maxsplit=1)[0].rstrip(".;")
        return first[:1].lower() + first[1:] if first[1:2].islower() else first


@cache
def options_of(thing: type) -> MappingProxyType[str, Option]:
    """List what a class can be given in a file: the fields of a dataclass, or the parameters of a constructor.

    Text streams cannot be written in a file and are left out.
    """
    return MappingProxyType({option.name: option for option in _options(thing) if TextIO not in get_args(option[1])})


def _options(thing: type) -> Iterator[Option]:
    described = _described(thing)
    source = thing if is_dataclass(thing) else thing.__init__  # type: ignore[misc]
    hints = get_type_hints(source, include_extras=True)
    factories = {
        each.name: each.default_factory
        for each in (fields(thing) if is_dataclass(thing) else ())
        if each.default_factory is not MISSING
    }
    for name, parameter in inspect.signature(thing).parameters.items():
        default = factories[name]() if name in factories else parameter.default
        yield Option(name, hints[name], default, described.get(name, ""))


def _described(thing: type) -> dict[str, str]:
    """Return the documentation of options by name: the strings below fields, and numpydoc's section of parameters."""
    described: dict[str, str] = {}
    for each in reversed(thing.__mro__[:-1]):
        section = _PARAMETERS.search(inspect.cleandoc(each.__doc__ or "") + "\n")
        for names, text in _PARAMETER.findall(section[1] + "\n" if section else ""):
            described |= dict.fromkeys(names.split(", "), _plain(text))
        described |= _strings_below_fields(each)
    return described


def _strings_below_fields(thing: type) -> dict[str, str]:
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    except (OSError, TypeError, SyntaxError):  # it was not written in a file
        return {}
    body = node.body if isinstance(node, ast.ClassDef) else []
    return {
        field.target.id: _plain(below.value.value)
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(below.value.value, str)
    }


def _plain(text: str) -> str:
    return " ".join(_ROLE.sub(r"\1", text).replace("``", "").split())
