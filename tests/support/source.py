"""The project's Python files as a reader of them sees them: path, room, text and syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

__all__ = ["ROOT", "Function", "Source", "package", "project"]

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file of Python."""

    path: Path

    @property
    def where(self) -> str:
        """The path as messages show it: from the project's root."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """The first name below the package: ``sparkmon/store/sql.py`` and ``sparkmon/cli.py``.

        The package's own face, ``sparkmon/__init__.py``, is in the room ``__init__``.
        """
        return self.path.relative_to(ROOT / "sparkmon").with_suffix("").parts[0]

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.path.read_text().splitlines()

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the syntax tree."""
        return list(ast.walk(self.tree))

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse("\n".join(self.lines), self.where)

    @property
    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (node for node in self.nodes if isinstance(node, Function))

    @property
    def imports(self) -> Iterator[tuple[int, str, str]]:
        """Every import as (line, module, name): ``import a.b`` has the empty name.

        A relative import keeps its dots: ``from .psi import psi`` is (1, ".psi", "psi").
        """
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                yield from ((node.lineno, module, alias.name) for alias in node.names)

    def code_lines(self, function: Function) -> int:
        """Count the lines of a function's body that are neither blank, comment nor docstring."""
        body = function.body[ast.get_docstring(function) is not None :]
        if not body:
            return 0
        span = range(body[0].lineno, (function.end_lineno or function.lineno) + 1)
        texts = (self.lines[number - 1].strip() for number in span)
        return sum(bool(text) and not text.startswith("#") for text in texts)


def package() -> list[Source]:
    """List the files of the package itself."""
    return [_source(path) for path in sorted((ROOT / "sparkmon").rglob("*.py"))]


def project() -> list[Source]:
    """List every file of Python that people read here: package, tests, scripts, examples."""
    folders = ("bench", "examples", "fuzz", "scripts", "sparkmon", "tests")
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [_source(path) for path in [ROOT / "conftest.py", *paths]]


@cache
def _source(path: Path) -> Source:
    """Give one object for each file, so that a file is read and parsed once."""
    return Source(path)
