"""The grammar of a slice's expression: words to a tree of typed parts, without Spark.

Slices are configuration, but they are evaluated over payloads that anybody may send, for ever. So an expression is not
handed to Spark's SQL parser: it is read here, word by word against lists of what is allowed, typed, and built
from functions that no value can make fail.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from sparkmon.errors import OptionError
from sparkmon.profiles.slicing.functions import MeantType
from sparkmon.profiles.slicing.parts import Part, PartMaker
from sparkmon.profiles.slicing.tokens import Token, TokenKind, tokens_of
from sparkmon.records import FeatureKind

__all__ = ["parse_slice"]

_DEPTH = 20
_WILDCARDS = 2
_TYPES: Mapping[str, MeantType] = {"double": "number", "string": "text"}
_COMPARED = ("=", "==", "<=>", "<>", "!=", "<", "<=", ">", ">=")


def parse_slice(expression: str, kinds: Mapping[str, FeatureKind]) -> Part:
    """Read an expression and settle the type of each of its parts.

    Parameters
    ----------
    expression : str
        A feature's name, bare or in backquotes, or an expression of SQL over features: comparisons (also ``IN``,
        ``BETWEEN``, ``LIKE``, ``IS NULL``), ``AND``, ``OR``, ``NOT``, ``+ - * / %``, ``CASE``, ``CAST`` to DOUBLE or
        STRING, and the functions of ``FUNCTIONS``.
    kinds : mapping of str to {"numeric", "categorical"}
        The features: numbers and texts.

    Raises
    ------
    OptionError
        Something is not allowed, not known, or of the wrong type; the message names it.

    Notes
    -----
    Where a value cannot be had the result is null: of a division by zero, a text that is no number, a text that is no
    time. ``LIKE`` has ``%`` twice at most, and there are no regular expressions, for a text can be made on which those
    take for ever.

    Examples
    --------
    >>> part = parse_slice("distance > 1000", {"distance": "numeric", "origin": "categorical"})
    >>> part.type, part.name, [argument.name for argument in part.arguments]
    ('truth', '>', ['distance', '1000'])
    >>> parse_slice("java_method('java.lang.System', 'exit')", {"distance": "numeric"})
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got 'java_method' in the slice ...; expected one of the functions ...
    """
    names = [name for name in kinds if name == expression.strip()]
    if names:  # also of a feature whose name is no word of SQL, such as `air.time`
        return _feature(names[0], kinds)
    parser = _Parser(expression, kinds)
    part = parser.any_of()
    parser.expect_end()
    if not parser.features:
        raise parser.make.refused(expression.strip(), f"a feature in it; {_listed(kinds)}")
    return part


def _feature(name: str, kinds: Mapping[str, FeatureKind]) -> Part:
    return Part("feature", name, "number" if kinds[name] == "numeric" else "text")


def _listed(kinds: Mapping[str, FeatureKind]) -> str:
    return f"known are {', '.join(kinds) or 'none'}"


class _Parser:
    """Reads one expression from left to right; each method reads what binds tighter than the one before it."""

    def __init__(self, expression: str, kinds: Mapping[str, FeatureKind]) -> None:
        self.kinds = kinds
        self.make = PartMaker(expression)
        self.features = 0
        self._tokens = tokens_of(expression)
        self._at = 0
        self._depth = 0

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise self._unexpected("an operator, or the end")

    def any_of(self) -> Part:
        self._depth += 1
        if self._depth > _DEPTH:
            raise self.make.refused(self._next.text, f"at most {_DEPTH} levels of brackets")
        part = self._all_of()
        while self._word("OR"):
            part = self.make.logical("or", part, self._all_of())
        self._depth -= 1
        return part

    def _all_of(self) -> Part:
        part = self._negation()
        while self._word("AND"):
            part = self.make.logical("and", part, self._negation())
        return part

    def _negation(self) -> Part:
        negations = 0
        while self._word("NOT"):
            negations += 1
        part = self._predicate()
        return self.make.logical("not", part) if negations % 2 else part

    def _predicate(self) -> Part:
        part = self._sum()
        while True:
            token = self._next
            if self._sign(*_COMPARED):
                name = {"==": "=", "<>": "!="}.get(token.text, token.text)
                part = self.make.comparison(name, part, self._sum())
            elif self._word("IS"):
                part = self._is(part)
            else:
                negated = token.is_word("NOT") and self._word("NOT")
                found = self._membership(part)
                if found is None:
                    if negated:
                        raise self._unexpected("IN, BETWEEN or LIKE")
                    return part
                part = self.make.logical("not", found) if negated else found

    def _membership(self, part: Part) -> Part | None:
        if self._word("BETWEEN"):
            low = self._sum()
            self._require_word("AND")
            return self.make.logical(
                "and",
                self.make.comparison(">=", part, low),
                self.make.comparison("<=", part, self._sum()),
            )
        if self._word("IN"):
            self._require("(")
            found = self.make.comparison("=", part, self._sum())
            while self._sign(","):
                found = self.make.logical("or", found, self.make.comparison("=", part, self._sum()))
            self._require(")")
            return found
        if self._word("LIKE"):
            token = self._take("text", "a pattern in single quotes")
            if token.text.count("%") > _WILDCARDS:
                raise self.make.refused(token.text, f"a pattern with % at most {_WILDCARDS} times")
            self.make.typed(part, "text", "LIKE")
            return Part("call", "like", "truth", (part, Part("literal", token.text, "text")))
        return None

    def _is(self, part: Part) -> Part:
        negated = self._word("NOT")
        if self._word("NULL"):
            found = Part("call", "is null", "truth", (part,))
        elif self._next.is_word("TRUE", "FALSE"):
            self.make.typed(part, "truth", "IS")
            found = Part("call", "<=>", "truth", (part, self._primary()))
        else:
            raise self._unexpected("NULL, TRUE or FALSE after IS")
        return self.make.logical("not", found) if negated else found

    def _sum(self) -> Part:
        part = self._product()
        while (token := self._next) and self._sign("+", "-"):
            part = self.make.arithmetic(token.text, part, self._product())
        return part

    def _product(self) -> Part:
        part = self._signed()
        while (token := self._next) and self._sign("*", "/", "%"):
            part = self.make.arithmetic(token.text, part, self._signed())
        return part

    def _signed(self) -> Part:
        negations = 0
        while (token := self._next) and self._sign("+", "-"):
            negations += token.text == "-"
        part = self._primary()
        return self.make.arithmetic("negative", part) if negations % 2 else part

    def _primary(self) -> Part:
        token = self._advance()
        if token.kind in ("number", "text"):
            return Part("literal", token.text, "number" if token.kind == "number" else "text")
        if token.is_word("TRUE", "FALSE"):
            return Part("literal", token.text, "truth")
        if token.is_word("NULL"):
            return Part("literal", token.text, "null")
        if token.is_sign("("):
            part = self.any_of()
            self._require(")")
            return part
        if token.is_word("CASE"):
            return self._case()
        if token.is_word("CAST"):
            return self._cast()
        if token.kind == "name" and self._next.is_sign("("):
            return self._call(token)
        if token.kind in ("name", "quoted"):
            return self._named(token)
        raise self._unexpected("a feature, a literal, a function or a bracket", token)

    def _named(self, token: Token) -> Part:
        if token.text not in self.kinds:
            near = difflib.get_close_matches(token.text, self.kinds, n=3)
            hint = f"perhaps {' or '.join(near)}; " if near else ""
            raise self.make.refused(token.text, f"a feature; {hint}{_listed(self.kinds)}")
        self.features += 1
        return _feature(token.text, self.kinds)

    def _case(self) -> Part:
        operand = None if self._next.is_word("WHEN") else self.any_of()
        choices: list[Part] = []
        while self._word("WHEN"):
            when = self.any_of()
            if operand is not None:
                when = self.make.comparison("=", operand, when)
            self._require_word("THEN")
            choices += [self.make.typed(when, "truth", "WHEN"), self.any_of()]
        if not choices:
            raise self._unexpected("WHEN")
        choices.append(self.any_of() if self._word("ELSE") else Part("literal", "NULL", "null"))
        self._require_word("END")
        meant = self.make.common([*choices[1:-1:2], choices[-1]], "CASE")
        return Part("call", "case", meant, tuple(choices))

    def _cast(self) -> Part:
        self._require("(")
        part = self.any_of()
        self._require_word("AS")
        token = self._take("name", "a type")
        self._require(")")
        meant = _TYPES.get(token.text.lower())
        if meant is None:
            raise self.make.refused(token.text, f"a type: {' or '.join(map(str.upper, _TYPES))}")
        return self.make.cast(part, meant)

    def _call(self, token: Token) -> Part:
        self._require("(")
        arguments: list[Part] = []
        if not self._next.is_sign(")"):
            arguments.append(self.any_of())
            while self._sign(","):
                arguments.append(self.any_of())
        self._require(")")
        return self.make.call(token.text, arguments)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _word(self, word: str) -> bool:
        """Take the next word if it is this keyword."""
        return self._next.is_word(word) and bool(self._advance())

    def _sign(self, *signs: str) -> bool:
        """Take the next word if it is one of these signs."""
        return self._next.is_sign(*signs) and bool(self._advance())

    def _require(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._unexpected(sign)

    def _require_word(self, word: str) -> None:
        if not self._word(word):
            raise self._unexpected(word)

    def _take(self, kind: TokenKind, meaning: str) -> Token:
        if self._next.kind != kind:
            raise self._unexpected(meaning)
        return self._advance()

    def _unexpected(self, expected: str, token: Token | None = None) -> OptionError:
        token = token or self._next
        said = token.text if token.kind != "end" else "its end"
        return self.make.refused(said, expected)
