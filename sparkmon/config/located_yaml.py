"""YAML with the line of every key, and nothing in it that a configuration does not need."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

import yaml

from sparkmon.errors import OptionError

_DEPTH = 8
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class LocatedYaml:
    """A document and where its parts stand."""

    data: Any
    lines: dict[tuple[str | int, ...], int]
    """The line, from 1, of every key and list entry by its path from the top, which is ``()``."""


def load_yaml(text: str, name: str) -> LocatedYaml:
    """Read one YAML document of plain mappings, lists and scalars; ``name`` is what messages call it.

    ``${NAME}`` in a value is replaced by the environment variable; in a key it is not. Refused is what is no YAML, a
    key that comes twice, aliases, tags, nesting deeper than 8, and a variable that is not set.
    """
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    try:
        _refuse_tricks(text, name)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return LocatedYaml(None, lines)
        _visit(node, (), lines, name)
        return LocatedYaml(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise OptionError(f"{name}, line {line}: got no YAML: {error.problem}") from error
    except OptionError:
        raise
    except (yaml.YAMLError, ValueError) as error:  # the latter for a date such as 2026-13-01
        raise OptionError(f"{name}: got no YAML: {error}") from error


def _refuse_tricks(text: str, name: str) -> None:
    """Refuse aliases, tags and deep nesting before anything recurses into them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            raise _refusal(name, event, "got an alias; write the value out")
        if tag is not None:
            raise _refusal(name, event, f"got the tag {tag!r}; leave it out")
        if depth > _DEPTH:
            raise _refusal(name, event, f"got more than {_DEPTH} levels of nesting")


def _visit(
    node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], name: str
) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*path, str(key.value))
            if place in lines:
                raise _refusal(name, key, f"got the key {key.value!r} twice; remove one")
            lines[place] = _line(key)
            _visit(value, place, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            entry = (*path, index)
            lines[entry] = _line(value)
            _visit(value, entry, lines, name)
    else:
        for variable in _VARIABLE.findall(node.value):
            if variable not in os.environ:
                reason = f"the environment variable {variable!r} is not set"
                raise _refusal(name, node, f"{reason}; set it, or write the value in its place")
        node.value = _VARIABLE.sub(lambda match: os.environ[match[1]], node.value)


def _line(part: yaml.Node | yaml.Event) -> int:
    return part.start_mark.line + 1 if part.start_mark else 1


def _refusal(name: str, part: yaml.Node | yaml.Event, reason: str) -> OptionError:
    return OptionError(f"{name}, line {_line(part)}: {reason}")
