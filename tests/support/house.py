"""What the rules of the house look for in a file."""

import ast
import builtins

from tests.support.source import Source

__all__ = ["builtin_raises", "inside_a_function", "is_broad", "names_in"]

BUILTIN_ERRORS = {
    name for name, thing in vars(builtins).items() if isinstance(thing, type) and issubclass(thing, BaseException)
}


def inside_a_function(source: Source, line: int) -> bool:
    """Tell whether a line runs only when some function is called."""
    return any(each.lineno < line <= (each.end_lineno or 0) for each in source.functions)


def names_in(node: ast.AST) -> set[str]:
    """Return the names that this very node spells: a name, an attribute, an imported thing."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.alias):
        return set(node.name.split("."))
    if isinstance(node, ast.ImportFrom):
        return set((node.module or "").split("."))
    return set()


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches every exception."""
    if handler.type is None:
        return True
    kinds = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(kinds & {"Exception", "BaseException"})


def builtin_raises(source: Source) -> list[tuple[int, str]]:
    """List the (line, class) of the built-in exceptions raised where ours should be.

    Allowed are a contract's NotImplementedError, the AttributeError by which a lazy module says
    that it has no such name, and the SystemExit of a command line.
    """
    allowed = {"NotImplementedError"}
    if source.room in {"cli", "__main__"}:
        allowed.add("SystemExit")
    lazy = {id(node) for function in source.functions if function.name == "__getattr__" for node in ast.walk(function)}
    found = []
    for node in source.nodes:
        if not isinstance(node, ast.Raise) or node.exc is None:
            continue
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        name = raised.id if isinstance(raised, ast.Name) else ""
        is_lazy = id(node) in lazy and name == "AttributeError"
        if name in BUILTIN_ERRORS - allowed and not is_lazy:
            found.append((node.lineno, name))
    return found
