"""What each room and module offers: the names of its face, and the order of its arguments."""

import ast
import importlib

import pytest

import sparkmon
from sparkmon import schemas
from sparkmon.statistics import STATISTICS
from tests.support.source import Source, package

MODULES = [source for source in package() if source.path.stem != "__main__"]

LAZY = {"sparkmon/__init__.py": sparkmon, "sparkmon/schemas.py": schemas}
"""What loads its names when they are asked for, and so lists them in ``__all__``."""

FACES = [source for source in MODULES if source.path.stem == "__init__" and source.where not in LAZY]
"""A room's ``__init__.py``. Elsewhere a leading underscore says what is private."""

every_module = pytest.mark.parametrize("source", MODULES, ids=lambda source: source.where)


def test_only_what_is_lazy_has_an_all() -> None:
    assert {*LAZY} == {source.where for source in MODULES if any(line.startswith("__all__") for line in source.lines)}


@pytest.mark.parametrize("where", LAZY)
def test_all_is_unique_and_there(where: str) -> None:
    names = list(LAZY[where].__all__)
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(LAZY[where], name)] == []


@pytest.mark.parametrize("source", FACES, ids=lambda source: source.where)
def test_a_face_offers_what_it_imports_of_its_room_under_the_same_name(source: Source) -> None:
    used = {node.id for node in source.nodes if isinstance(node, ast.Name)}
    hidden = [
        alias.name
        for node in source.tree.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sparkmon")
        for alias in node.names
        if alias.asname != alias.name and alias.name not in used
    ]
    assert hidden == []


@every_module
def test_no_private_name_is_imported_from_another_file(source: Source) -> None:
    private = [
        f"{source.where}:{line} {name}"
        for line, module, name in source.imports
        if module.startswith("sparkmon") and name.startswith("_") and name != "__version__"
    ]
    assert private == []


@every_module
def test_the_reference_comes_before_the_current(source: Source) -> None:
    wrong = []
    for function in source.functions:
        names = [argument.arg for argument in function.args.args]
        if {"reference", "current"} <= set(names):
            wrong += [function.name] * (names.index("reference") > names.index("current"))
    assert wrong == []


@pytest.mark.parametrize("name", list(STATISTICS))
def test_a_statistics_file_function_and_name_agree(name: str) -> None:
    statistic = STATISTICS.get(name)
    module = importlib.import_module(f"sparkmon.statistics.{name}")
    assert statistic.name == name
    assert statistic.function is getattr(module, name)
    assert statistic.function is getattr(importlib.import_module("sparkmon.statistics"), name)
