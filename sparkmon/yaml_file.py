"""A YAML file from disk: plain mappings, lists and scalars, with the line of each; and where the tables of one are."""

import os
import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from sparkmon.errors import OptionError

Place: TypeAlias = tuple[str | int, ...]
"""Where something is in a document: the keys and indices that lead to it."""
_LARGEST = 64 * 2**10
_DEPTH = 8
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def tables_location(path: str | Path) -> str:
    r"""Return where the tables of a ``monitor.yaml`` are; nothing else in it is checked, and Spark is not imported.

    Raises OptionError if the file cannot be read, is no YAML, or has no such key.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "monitor.yaml"
    >>> _ = file.write_text("tables: ./tables\nstore: {path: store}\n")
    >>> tables_location(file) == f"{file.parent}/tables", store_location(file) == f"{file.parent}/store"
    (True, True)
    """
    location = _keys(Path(path)).get("tables")
    if not isinstance(location, str) or not location:
        raise OptionError(f"{path}: got tables={location!r}; expected a directory or a catalog schema")
    return resolved_tables(location, Path(path).absolute().parent)


def store_location(path: str | Path) -> str | None:
    """Return where the feature store of a ``monitor.yaml`` is, as :func:`tables_location` does; None if it has none."""
    store = _keys(Path(path)).get("store")
    location = store.get("path") if isinstance(store, dict) else None
    return resolved(location, Path(path).absolute().parent) if isinstance(location, str) and location else None


def reference_name(path: str | Path) -> str | None:
    """Return the name of the references of a ``monitor.yaml``, as :func:`tables_location` does; None if it has none."""
    name = _keys(Path(path)).get("reference")
    return name if isinstance(name, str) else None


def _keys(path: Path) -> dict[Any, Any]:
    data, _ = read_document(path)
    return data if isinstance(data, dict) else {}


def resolved(path: str, base: str | Path) -> str:
    """Take a relative path as relative to a directory; a URL stays as it is."""
    return path if "://" in path else str((Path(base) / path).absolute())


def resolved_tables(location: str, base: str | Path) -> str:
    """Take the location of tables as :func:`resolved` does; the name of a catalog schema stays as it is."""
    return resolved(location, base) if "/" in location else location


def read_document(path: Path) -> tuple[Any, dict[Place, int]]:
    """Read one YAML document, with the line of every key and list entry; OptionError if it is none."""
    return _located(_text(path), path.name)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise OptionError(f"got {path} with more than {_LARGEST} bytes; expected a short file")
        return content.decode("utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise OptionError(f"cannot read {path}: {reason}; expected the path of a monitor.yaml") from error
    except UnicodeDecodeError as error:
        raise OptionError(f"{path}: got bytes that are no UTF-8; save it as UTF-8") from error


def _located(text: str, name: str) -> tuple[Any, dict[Place, int]]:
    """Read one YAML document of plain mappings, lists and scalars, with the line of every key and list entry.

    ``${NAME}`` in a value is replaced by the environment variable; in a key it is not. Refused is what is no YAML, a
    key that comes twice, aliases, tags, nesting deeper than 8, and a variable that is not set.
    """
    lines: dict[Place, int] = {(): 1}
    try:
        _refuse_tricks(text, name)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None, lines
        _visit(node, (), lines, name)
        return loader.construct_document(node), lines
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


def _visit(node: yaml.Node, path: Place, lines: dict[Place, int], name: str) -> None:
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
