"""CONTRIBUTING says which files a change touches: these exist, and no other knows of the thing."""

import ast
import re

import typer

from sparkmon.cli.app import app
from sparkmon.performance import METRICS
from sparkmon.sinks import SINKS
from sparkmon.sources import SOURCES
from sparkmon.statistics import STATISTICS
from tests.support.source import ROOT, Source, package

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
MOST_FILES = 3


def files_of(change: str) -> tuple[list[str], list[str]]:
    """Return the files of code and of tests of one row of the table."""
    (row,) = re.findall(rf"^\| {change}[^|]* \| ([^|]+) \| ([^|]+) \|$", TEXT, re.M)
    code, tests = (re.findall(r"`([\w./<>]+\.\w+)`", cell) for cell in row)
    return code, tests


def missing(patterns: list[str], names: list[str]) -> list[str]:
    """List the files of these patterns that some name does not have."""
    paths = [pattern.replace("<name>", name) for pattern in patterns for name in names]
    return [path for path in paths if not (ROOT / path).exists()]


def naming(name: str) -> set[str]:
    """Return the files of the package that have a name as a string or an identifier; prose does not count."""
    return {source.where for source in package() if name in words_of(source)}


def words_of(source: Source) -> set[str]:
    """Return the identifiers of a file, and its strings other than docstrings."""
    prose = {
        id(node.value) for node in source.nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    words: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            words.add(node.value)
        elif isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.alias | ast.ClassDef):
            words.add(node.name)
    return words


def test_every_change_touches_at_most_three_files_of_code() -> None:
    rows = re.findall(r"^\| (a .+?) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.M)
    assert len(rows) >= 3
    touched = {change: re.findall(r"`([\w./<>]+\.\w+)`", code) for change, code, _ in rows}
    assert {change: files for change, files in touched.items() if len(files) > MOST_FILES} == {}


def test_every_statistic_has_the_files_of_a_statistic() -> None:
    code, tests = files_of("a statistic")
    assert missing(code + tests, list(STATISTICS)) == []


def test_a_statistic_is_named_by_no_other_file() -> None:
    # Neither shared by default nor the base of another statistic: nothing else may know of it.
    code, _ = files_of("a statistic")
    allowed = {path.replace("<name>", "cramer_von_mises") for path in code}
    assert naming("cramer_von_mises") <= allowed


def test_every_family_of_metrics_has_its_files() -> None:
    code, tests = files_of("a family of metrics")
    assert missing(code + tests, list(METRICS)) == []


def test_every_sink_and_source_has_its_files() -> None:
    for change, registry in (("a sink", SINKS), ("a source", SOURCES)):
        code, tests = files_of(change)
        modules = [registry.get(name).__module__.rpartition(".")[2] for name in registry]
        assert missing(code + tests, modules) == []


def test_a_sink_is_named_by_no_other_file() -> None:
    code, _ = files_of("a sink")
    assert naming("TeamsSink") == {path.replace("<name>", "teams") for path in code}


def test_a_source_is_named_by_no_other_file() -> None:
    code, _ = files_of("a source")
    assert naming("KServeSource") == {path.replace("<name>", "kserve") for path in code}


def test_a_default_threshold_is_one_constant() -> None:
    code, _ = files_of("a default threshold")
    files = [source for source in package() if source.where == code[0].replace("<name>", "psi")]
    (psi,) = files
    assigned = [
        ast.literal_eval(node.value) for node in psi.nodes if isinstance(node, ast.keyword) and node.arg == "threshold"
    ]
    assert assigned == [STATISTICS.get("psi").default_threshold(None)]


def test_the_wording_of_alerts_is_in_one_file() -> None:
    code, tests = files_of("a wording of findings and alerts")
    assert missing(code + tests, [""]) == []
    for words in ("no longer drifts", "exceeds its", "of sketch error", "blocks of the reference"):
        pattern = re.compile(rf"\b{words}\b")
        assert {source.where for source in package() if any(pattern.search(word) for word in words_of(source))} == {
            *code
        }


def test_every_verb_has_the_files_of_a_verb() -> None:
    code, tests = files_of("a verb")
    commands = typer.main.get_command(app)
    assert isinstance(commands, typer.core.TyperGroup)
    verbs = [verb for verb in commands.commands if verb != "demo"]
    assert missing(code + tests, verbs) == []
