"""The part of Spark's SQL that a slice may be written in, read by sqlglot.

Its tokenizer has the words below and no comments, its parser no functions of its own: every call is an
``Anonymous``, which :mod:`sparkmon.slicing.reader` looks up in its list.
"""

from typing import Any, ClassVar

from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.slicing.parts import refused

try:
    import sqlglot
    from sqlglot import TokenType, exp
    from sqlglot.dialects.spark import Spark
    from sqlglot.errors import ParseError, TokenError
    from sqlglot.parsers.spark import SparkParser
    from sqlglot.tokens import Token  # type: ignore[attr-defined]
except ImportError as error:
    raise MissingExtraError.of("sqlglot", "slices") from error

WORDS = (
    *("AND", "AS", "BETWEEN", "CASE", "ELSE", "END", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL"),
    *("OR", "THEN", "TRUE", "WHEN"),
)
"""Upper or lower case; a feature with such a name has to stand in backquotes."""

_SIGNS = ("==", "<=>", "<>", "!=", "<=", ">=")
_REFUSED = TokenType.HINT
"""The type of signs that no slice has."""

_QUOTES = {
    "'": "a text in single quotes, without backslashes; a single quote in it is doubled",
    "`": "a name between two backquotes",
}


class _Slice(Spark):
    SUPPORTS_USER_DEFINED_TYPES = True  # so that the name of a type is no keyword

    class Tokenizer(sqlglot.Tokenizer):
        QUOTES: ClassVar[list[str | tuple[str, str]]] = ["'"]
        STRING_ESCAPES: ClassVar[list[str]] = ["'"]
        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`"]
        COMMENTS: ClassVar[list[str | tuple[str, str]]] = []
        KEYWORDS: ClassVar[dict[str, Any]] = {
            **{word: sqlglot.Tokenizer.KEYWORDS[word] for word in (*WORDS, *_SIGNS)},
            **dict.fromkeys(("--", "/*"), _REFUSED),
        }
        SINGLE_TOKENS: ClassVar[dict[str, Any]] = {
            sign: type_ if sign in "(),.+-*/%=<>'`" else _REFUSED
            for sign, type_ in {**sqlglot.Tokenizer.SINGLE_TOKENS, ";": 0, "$": 0}.items()
        }

    class Parser(SparkParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CAST": SparkParser.FUNCTION_PARSERS["CAST"]}
        NO_PAREN_FUNCTIONS: ClassVar[dict[TokenType, Any]] = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {"CASE": SparkParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


_DIALECT = _Slice()


def tokens_of(expression: str) -> list[Token]:
    """Cut an expression into tokens; refuse quotes that are not closed, and signs that belong to no expression.

    >>> [token.text for token in tokens_of("`air time` >= 60 AND origin = 'JFK'")]
    ['air time', '>=', '60', 'AND', 'origin', '=', 'JFK']
    """
    try:
        tokens: list[Token] = _DIALECT.tokenize(expression)
    except TokenError as error:
        quote = "'" if expression.count("'") % 2 else "`"
        raise refused(expression, quote, _QUOTES[quote]) from error
    for token in tokens:
        is_refused = token.token_type == _REFUSED
        if token.text == '"' or (token.token_type == TokenType.STRING and "\\" in token.text):
            raise refused(expression, '"' if is_refused else "'", _QUOTES["'"])
        if is_refused:
            expected = "features, numbers, 'texts', comparisons, + - * / %, keywords and functions"
            raise refused(expression, token.text, expected)
    return tokens


def parse(expression: str, tokens: list[Token]) -> exp.Expr | None:
    """Parse tokens to a tree; refuse what is not one expression, and what is nested too deeply."""
    try:
        trees = _DIALECT.parser().parse_into(exp.Condition, tokens, expression)
    except ParseError as error:
        raise _unparsed(expression, error, tokens[-1]) from error
    except RecursionError as error:
        raise refused(expression, expression, "fewer levels") from error
    return trees[0] if trees else None


def _unparsed(expression: str, error: ParseError, last: Token) -> OptionError:
    first = error.errors[0]
    is_unexpected = str(first["description"]).startswith("Invalid expression")
    is_end = not is_unexpected and first["col"] == last.col
    expected = "a feature, a literal, a function or a bracket"
    if is_unexpected:
        expected = "an operator, or the end"
    elif first["description"] == "Expecting )":
        expected = ")"
    return refused(expression, "its end" if is_end else str(first["highlight"]), expected)
