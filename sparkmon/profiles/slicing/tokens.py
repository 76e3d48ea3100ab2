"""The words of a slice's expression: what may stand in one, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sparkmon.errors import OptionError

__all__ = ["KEYWORDS", "Token", "TokenKind", "refused", "tokens_of"]

TokenKind: TypeAlias = Literal["number", "text", "name", "quoted", "keyword", "sign", "end"]

KEYWORDS = frozenset(
    {
        *("AND", "AS", "BETWEEN", "CASE", "CAST", "ELSE", "END", "FALSE", "IN", "IS"),
        *("LIKE", "NOT", "NULL", "OR", "THEN", "TRUE", "WHEN"),
    }
)
"""In any case of letters; a feature of such a name stands in backquotes."""

_LONGEST = 200
_WORD = re.compile(
    r"""
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<text>'(?:[^'\\]|'')*')
    |(?P<quoted>`(?:[^`]|``)+`)
    |(?P<name>[^\W\d]\w*)
    |(?P<comment>--|/\*)
    |(?P<sign><=>|<=|>=|<>|!=|==|[-+*/%(),=<>])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: what it is, what it says, and where it stands."""

    kind: TokenKind
    text: str
    """Of a text or a quoted name, what the quotes hold; of a keyword, its capitals."""
    at: int

    def is_sign(self, *texts: str) -> bool:
        """Tell whether it is one of these signs."""
        return self.kind == "sign" and self.text in texts

    def is_word(self, *texts: str) -> bool:
        """Tell whether it is one of these keywords."""
        return self.kind == "keyword" and self.text in texts


def refused(expression: str, token: str, expected: str) -> OptionError:
    """Build the error that names what of a slice is not allowed."""
    return OptionError(f"got {token!r} in the slice {expression!r}; expected {expected}")


def tokens_of(expression: str) -> list[Token]:
    """Cut an expression into words, the last of them its end.

    Raises
    ------
    OptionError
        It is empty or too long, or something in it is no word of an expression.

    Examples
    --------
    >>> [token.text for token in tokens_of("`air time` >= 60 AND origin = 'JFK'")]
    ['air time', '>=', '60', 'AND', 'origin', '=', 'JFK', '']
    """
    if not expression.strip():
        raise OptionError.malformed(
            "slices", expression, "a feature or an expression over features"
        )
    if len(expression) > _LONGEST:
        raise OptionError(
            f"got a slice of {len(expression)} characters, {expression[:40]!r} ...; "
            f"expected at most {_LONGEST}"
        )
    tokens = []
    at = 0
    while at < len(expression):
        if expression[at].isspace():
            at += 1
            continue
        token, at = _read(expression, at)
        tokens.append(token)
    return [*tokens, Token("end", "", at)]


def _read(expression: str, at: int) -> tuple[Token, int]:
    found = _WORD.match(expression, at)
    kind = None if found is None else found.lastgroup
    if found is None or kind == "comment":
        raise refused(
            expression, found[0] if found else _bad(expression, at), _allowed(expression[at])
        )
    said = found[0]
    if kind == "text":
        return Token("text", said[1:-1].replace("''", "'"), at), found.end()
    if kind == "quoted":
        return Token("quoted", said[1:-1].replace("``", "`"), at), found.end()
    if kind == "name" and said.upper() in KEYWORDS:
        return Token("keyword", said.upper(), at), found.end()
    known: TokenKind = "number" if kind == "number" else "name" if kind == "name" else "sign"
    return Token(known, said, at), found.end()


def _bad(expression: str, at: int) -> str:
    """Return what cannot be read: a whole word where it begins like one."""
    word = re.compile(r"[\w.]+|.", re.DOTALL).match(expression, at)
    return word[0] if word else expression[at:]


def _allowed(first: str) -> str:
    if first in "'\"":
        return "a text in single quotes, without backslashes; a single quote in it is doubled"
    if first == "`":
        return "a name between two backquotes"
    return "features, numbers, 'texts', comparisons, + - * / %, keywords and functions"
