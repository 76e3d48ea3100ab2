"""What the pages show of code is code: it parses, and what it names exists."""

import ast
import importlib
import importlib.util
import inspect
import re
import shlex
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path

import pytest
import typer
import yaml

import sparkmon
from sparkmon.cli.app import app
from sparkmon.config import read_config
from sparkmon.protocol import from_http
from sparkmon.statistics import STATISTICS
from tests.support.decoding import decode
from tests.support.pages import Block, pages
from tests.support.source import ROOT

SHOWN = [page for page in pages() if page.path.name != "CHANGELOG.md"]
NEEDED = {"source": {"format": "kserve", "path": "spool"}, "store": {"path": "store"}, "tables": "./t"}
COMMANDS = typer.main.get_command(app)
OTHERS = {"export", "beeline", "docker", "kubectl", "pip", "spark-pipelines", "spark-sql", "spark-submit", "tar"}
"""Programs that are not of this project."""
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def blocks(*languages: str) -> list[Block]:
    """List the blocks of code of all pages."""
    return [block for page in SHOWN for block in page.blocks(*languages)]


def of_block(block: Block) -> str:
    """Name a test by its block."""
    return block.where


@pytest.mark.parametrize("block", blocks("yaml"), ids=of_block)
def test_yaml_is_a_monitor_or_a_part_of_one(block: Block, tmp_path: Path) -> None:
    settings = NEEDED | yaml.safe_load(block.text)
    file = tmp_path / "monitor.yaml"
    file.write_text(yaml.safe_dump(settings))
    read_config(file)


@pytest.mark.parametrize("block", blocks("python"), ids=of_block)
def test_python_imports_and_calls_what_there_is(block: Block) -> None:
    tree = ast.parse(block.text, block.where)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
        elif isinstance(node, ast.Attribute) and is_sparkmon(node):
            assert node.attr in sparkmon.__all__
        elif isinstance(node, ast.Call) and is_sparkmon(node.func):
            assert unknown_arguments(node) == set()


def is_sparkmon(node: ast.AST) -> bool:
    """Tell whether a node is ``sparkmon.NAME``."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sparkmon"


def unknown_arguments(call: ast.Call) -> set[str]:
    """Return the keywords of a call of ``sparkmon.NAME`` that it does not have."""
    assert isinstance(call.func, ast.Attribute)
    parameters = inspect.signature(getattr(sparkmon, call.func.attr)).parameters
    return {keyword.arg or "" for keyword in call.keywords} - set(parameters)


@pytest.mark.parametrize("block", blocks("sh"), ids=of_block)
def test_commands_exist_and_have_these_options(block: Block) -> None:
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        program, arguments = Path(words[0]).name, words[1:]
        if program == "sparkmon":
            assert_sparkmon(arguments)
        elif program == "make":
            assert {word for word in arguments if "=" not in word} <= TARGETS
        elif program == "curl":
            assert_event(arguments)
        elif program == "python" and arguments[:1] == ["-m"]:
            assert importlib.util.find_spec(arguments[1]) is not None
        else:
            assert program in OTHERS


def assert_event(arguments: list[str]) -> None:
    """Read what curl would post as the receiver and the decoder do."""
    pairs = [*pairwise(arguments)]
    headers = dict(value.split(": ", 1) for name, value in pairs if name == "-H")
    assert headers["Ce-Time"] == "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    headers["Ce-Time"] = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    (body,) = (value for name, value in pairs if name == "-d")
    decoded = decode(from_http(headers, body.encode()))
    assert (decoded.kind, decoded.dead_letter) == ("v1_request", None)
    assert decoded.rows


def assert_sparkmon(arguments: list[str]) -> None:
    """Follow the verbs of a command line, and look its options up."""
    command = COMMANDS
    words = iter(arguments)
    while isinstance(command, typer.core.TyperGroup):
        command = command.commands[next(words)]
    options = {name for parameter in command.params for name in parameter.opts}
    given = {word.split("=")[0] for word in words if word.startswith("-")}
    assert given <= options


def test_every_verb_that_a_page_shows_is_run_by_a_test() -> None:
    shown = {match for block in blocks("sh") for match in re.findall(r"^\s*sparkmon ([a-z]+)", block.text, re.M)}
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(shown) >= 8
    assert [verb for verb in sorted(shown) if not re.search(rf'[\["]{verb}"', tests)] == []


@pytest.mark.parametrize("block", blocks("sql"), ids=of_block)
def test_sql_calls_functions_that_there_are(block: Block) -> None:
    functions = {f"sparkmon_{name}" for name in STATISTICS}
    assert set(re.findall(r"\b(sparkmon_\w+)\(", block.text)) <= functions


def test_every_page_with_commands_is_seen() -> None:
    assert {"README.md", "docs/alerts.md"} <= {block.where.split(":")[0] for block in blocks("sh")}
    assert len(blocks("yaml")) >= 5
    assert len(blocks("python")) >= 5
