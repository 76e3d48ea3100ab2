"""Docstrings, and the strings that follow assignments, as Markdown."""

import ast
import inspect
import itertools
import re
from collections.abc import Iterator
from types import ModuleType

__all__ = ["comments", "manual", "paragraphs", "plain", "summary"]


def plain(text: str) -> str:
    """Turn the marks of a docstring into those of a page, on one line."""
    text = re.sub(r":\w+:`~?(?:sparkmon\.)?([^`]+)`", r"`\1`", text)
    return " ".join(text.replace("``", "`").split())


def summary(thing: object) -> str:
    """Return the first sentence of a docstring."""
    return plain((inspect.getdoc(thing) or "").partition("\n\n")[0])


def comments(module: ModuleType | type) -> dict[str, str]:
    """Return the strings that follow assignments, by the name that is assigned."""
    body = ast.parse(inspect.cleandoc(inspect.getsource(module))).body
    if isinstance(module, type):
        (first,) = body
        assert isinstance(first, ast.ClassDef)
        body = first.body
    found = {}
    for node, after in itertools.pairwise(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        text = getattr(getattr(after, "value", None), "value", None)
        if isinstance(target, ast.Name) and isinstance(after, ast.Expr) and isinstance(text, str):
            found[target.id] = plain(text)
    return found


def manual(thing: object) -> Iterator[str]:
    """Yield the paragraphs of a docstring without its sources and examples."""
    return paragraphs(re.split(r"\n\n(?:References|Examples)\n", inspect.getdoc(thing) or "")[0])


def paragraphs(text: str) -> Iterator[str]:
    """Each paragraph of a docstring as one line, and an empty one."""
    return (f"{plain(part)}\n" for part in text.split("\n\n"))
