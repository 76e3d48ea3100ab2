"""The docstrings are the manual: everything public has one, and a statistic's is a page."""

import ast
import inspect
import re

import pytest

from sparkmon.statistics import STATISTICS
from tests.support.source import Function, Source, package

PAGE = ["References", "Examples"]
"""The sections of a statistic's docstring, in this order; what all have in common is in the room's face."""


def undocumented(parent: ast.Module | ast.ClassDef) -> list[tuple[int, str]]:
    """List the (line, name) of the public classes, functions and methods without a docstring."""
    found = []
    for node in parent.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not is_overload(node):
            found.append((node.lineno, node.name))
        if isinstance(node, ast.ClassDef):
            found += undocumented(node)
    return found


def is_overload(node: Function | ast.ClassDef) -> bool:
    """Tell whether a definition is one of the signatures of a documented function."""
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


@pytest.mark.parametrize("source", package(), ids=lambda source: source.where)
def test_everything_public_has_a_docstring(source: Source) -> None:
    assert ast.get_docstring(source.tree) is not None
    assert [f"{source.where}:{line} {name}" for line, name in undocumented(source.tree)] == []


@pytest.mark.parametrize("name", list(STATISTICS))
def test_a_statistics_docstring_is_its_manual_page(name: str) -> None:
    page = inspect.getdoc(STATISTICS.get(name).function) or ""
    assert re.findall(r"^(\w+)\n-+$", page, re.M) == PAGE
    sections = dict(zip(PAGE, re.split(r"^\w+\n-+$", page, flags=re.M)[1:], strict=True))
    assert [word for word in ("accuracy", "noise") if word not in page.lower()] == []
    assert re.search(r"\b(1[89]|20)\d\d\b", sections["References"]), "a reference has a year"
    assert re.search(rf"^>>> .*\b{name}\(", sections["Examples"], re.M)


@pytest.mark.parametrize("name", list(STATISTICS))
def test_a_statistic_takes_reference_then_current(name: str) -> None:
    parameters = list(inspect.signature(STATISTICS.get(name).function).parameters)
    assert parameters[:2] == ["reference", "current"]
