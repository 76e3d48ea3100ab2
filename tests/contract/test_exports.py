"""What each room and module offers: ``__all__`` of its face, its names, the order of its arguments."""

import importlib
from types import ModuleType

import pytest

from sparkmon.statistics import STATISTICS
from tests.support.source import ROOT, Source, package

MODULES = [source for source in package() if source.path.stem != "__main__"]

FACES = [source for source in MODULES if source.path.stem == "__init__" or source.path.parent.name == "sparkmon"]
"""A room's ``__init__.py``, or the file that is a room. Elsewhere a leading underscore says what is private."""

every_module = pytest.mark.parametrize("source", MODULES, ids=lambda source: source.where)
every_face = pytest.mark.parametrize("source", FACES, ids=lambda source: source.where)


def imported(source: Source) -> ModuleType:
    """Import the module that a file holds."""
    parts = source.path.relative_to(ROOT).with_suffix("").parts
    return importlib.import_module(".".join(part for part in parts if part != "__init__"))


def in_order(name: str) -> tuple[bool, bool, str]:
    """Sort as ruff does: CONSTANTS, then Classes, then functions."""
    return not name.isupper(), not name[0].isupper(), name


def test_only_faces_have_an_all() -> None:
    faces = {source.where for source in FACES}
    assert faces == {source.where for source in MODULES if any(line.startswith("__all__") for line in source.lines)}


@every_face
def test_all_is_sorted_unique_and_there(source: Source) -> None:
    module = imported(source)
    names = list(module.__all__)
    assert names == sorted(set(names), key=in_order)
    assert [name for name in names if not hasattr(module, name)] == []


@every_face
def test_a_faces_own_public_names_are_all_in_all(source: Source) -> None:
    defined = {node.name for node in source.tree.body if hasattr(node, "name")}
    public = {name for name in defined if not name.startswith("_")}
    assert public <= set(imported(source).__all__)


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
