"""A tree of sqlglot to typed parts: only the classes, arguments and functions of the lists below."""

import difflib
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from sqlglot import TokenType, exp
from sqlglot.tokens import Token  # type: ignore[attr-defined]

from sparkmon.errors import OptionError
from sparkmon.records import FeatureKind
from sparkmon.slicing.parts import Part, PartMaker, feature_part

_OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.NullSafeEQ: "<=>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.And: "and",
    exp.Or: "or",
}
_TYPES = {"double": "number", "string": "text"}
_WILDCARDS = 2
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[^\W\d]\w*")
_OPERANDS = (
    *(TokenType.VAR, TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.STRING),
    *(TokenType.R_PAREN, TokenType.END, TokenType.NULL, TokenType.TRUE, TokenType.FALSE),
)
"""What an operator follows, or the end."""


class Reader:
    """Reads one expression over the features of some kinds."""

    def __init__(self, expression: str, kinds: Mapping[str, FeatureKind]) -> None:
        self._kinds = kinds
        self._make = PartMaker(expression)
        self.features = 0

    def check_names(self, tokens: list[Token]) -> None:
        """Refuse the first name that is neither a feature nor a function of the list."""
        kinds = [None, *(token.token_type for token in tokens), None]
        for token, before, after in zip(tokens, kinds, kinds[2:], strict=False):
            is_word = token.token_type == TokenType.VAR
            if not is_word and token.token_type != TokenType.IDENTIFIER:
                continue
            if is_word and not _NAME.fullmatch(token.text):
                raise self._make.refused(token.text, "features, numbers, 'texts' and functions")
            if is_word and after == TokenType.L_PAREN:
                if token.text.lower() != "cast":
                    self._make.function(token.text)
            elif before != TokenType.ALIAS and token.text not in self._kinds:
                if before in _OPERANDS:
                    raise self._make.refused(token.text, "an operator, or the end")
                raise self._unknown(token.text)

    def read(self, node: object) -> Part:
        """Make the part of a node, or refuse it."""
        if not isinstance(node, exp.Expr):
            raise self._make.refused("nothing", "a feature, a literal, a function or a bracket")
        if type(node) not in _READ:
            raise self._not_allowed(node)
        arguments, read = _READ[type(node)]
        self._require_only(node, arguments)
        return read(self, node)

    def _require_only(self, node: exp.Expr, arguments: str) -> None:
        used = {name for name, value in node.args.items() if value not in (None, False, [])}
        if not used <= {*arguments.split()}:
            raise self._not_allowed(node)

    def _not_allowed(self, node: exp.Expr) -> OptionError:
        return self._make.refused(
            node.key.upper(), "comparisons, IN, BETWEEN, LIKE, IS, AND, OR, NOT, + - * / %, CASE, CAST and functions"
        )

    def _unknown(self, name: str) -> OptionError:
        near = difflib.get_close_matches(name, self._kinds, n=3)
        hint = f"perhaps {' or '.join(near)}; " if near else ""
        names = ", ".join(self._kinds) or "none"
        return self._make.refused(name, f"a feature; {hint}known are {names}")

    def _feature(self, node: exp.Column) -> Part:
        name = node.name
        if not isinstance(node.this, exp.Identifier) or name not in self._kinds:
            raise self._unknown(name)
        self.features += 1
        return feature_part(name, self._kinds[name])

    def _literal(self, node: exp.Expr) -> Part:
        if isinstance(node, exp.Null):
            return Part("literal", "NULL", "null")
        if isinstance(node, exp.Boolean):
            return Part("literal", "TRUE" if node.this else "FALSE", "truth")
        if node.is_string:
            return Part("literal", node.name, "text")
        if not _NUMBER.fullmatch(node.name):
            raise self._make.refused(node.name, "a number such as 1000, 2.5 or 1e3")
        return Part("literal", node.name, "number")

    def _operator(self, node: exp.Expr) -> Part:
        return self._make.operator(_OPERATORS[type(node)], *(self.read(node.this), self.read(node.expression)))

    def _call(self, node: exp.Expr) -> Part:
        return self._make.call(str(node.this), [self.read(each) for each in node.expressions])

    def _negation(self, node: exp.Expr) -> Part:
        kind, negations, inner = type(node), 0, node
        while type(inner) is kind:
            inner, negations = inner.this, negations + 1
        part = self.read(inner)
        name = "not" if kind is exp.Not else "negative"
        return self._make.operator(name, part) if negations % 2 else part

    def _is(self, node: exp.Expr) -> Part:
        part = self.read(node.this)
        if isinstance(node.expression, exp.Null):
            return self._make.operator("is null", part)
        if not isinstance(node.expression, exp.Boolean):
            raise self._make.refused("IS", "NULL, TRUE or FALSE after IS")
        self._make.require("truth", part, "IS")
        return self._make.operator("<=>", part, self._literal(node.expression))

    def _like(self, node: exp.Expr) -> Part:
        part, pattern = self.read(node.this), node.expression
        if not isinstance(pattern, exp.Literal) or not pattern.is_string:
            raise self._make.refused("LIKE", "a pattern in single quotes after LIKE")
        if pattern.name.count("%") > _WILDCARDS:
            raise self._make.refused(pattern.name, f"a pattern with % at most {_WILDCARDS} times")
        like = self._make.operator("like", part, self._literal(pattern))
        return self._make.operator("not", like) if node.args.get("negate") else like

    def _between(self, node: exp.Expr) -> Part:
        make, part = self._make.operator, self.read(node.this)
        low, high = (self.read(node.args.get(name)) for name in ("low", "high"))
        return make("and", make(">=", part, low), make("<=", part, high))

    def _in(self, node: exp.Expr) -> Part:
        make, part = self._make.operator, self.read(node.this)
        if not node.expressions:
            raise self._make.refused("IN", "a list in brackets after IN")
        equal = [make("=", part, self.read(each)) for each in node.expressions]
        return reduce(lambda one, other: make("or", one, other), equal)

    def _case(self, node: exp.Expr) -> Part:
        operand = None if node.this is None else self.read(node.this)
        parts: list[Part] = []
        for choice in node.args.get("ifs") or []:
            self._require_only(choice, "this true")
            when = self.read(choice.this)
            if operand is not None:
                when = self._make.operator("=", operand, when)
            self._make.require("truth", when, "WHEN")
            parts += [when, self.read(choice.args.get("true"))]
        if not parts:
            raise self._make.refused("CASE", "WHEN after CASE")
        parts.append(self.read(node.args.get("default") or exp.Null()))
        return Part("call", "case", self._make.common([*parts[1:-1:2], parts[-1]], "CASE"), tuple(parts))

    def _cast(self, node: exp.Expr) -> Part:
        kind = node.args["to"]
        self._require_only(kind, "this kind")
        name = str(kind.args.get("kind"))
        if name.lower() not in _TYPES:
            raise self._make.refused(name, f"a type: {' or '.join(map(str.upper, _TYPES))}")
        part, type_ = self.read(node.this), _TYPES[name.lower()]
        return part if part.type == type_ else self._make.operator(f"to {type_}", part)


_READ: Mapping[type[exp.Expr], tuple[str, Callable[[Reader, Any], Part]]] = {
    **dict.fromkeys(_OPERATORS, ("this expression", Reader._operator)),
    exp.Div: ("this expression typed safe", Reader._operator),
    **dict.fromkeys((exp.Not, exp.Neg), ("this", Reader._negation)),
    exp.Paren: ("this", lambda reader, node: reader.read(node.this)),
    exp.Column: ("this", Reader._feature),
    exp.Literal: ("this is_string", Reader._literal),
    exp.Boolean: ("this", Reader._literal),
    exp.Null: ("", Reader._literal),
    exp.Is: ("this expression", Reader._is),
    exp.Like: ("this expression negate", Reader._like),
    exp.Between: ("this low high", Reader._between),
    exp.In: ("this expressions", Reader._in),
    exp.Case: ("this ifs default", Reader._case),
    **dict.fromkeys((exp.Cast, exp.TryCast), ("this to", Reader._cast)),
    exp.Anonymous: ("this expressions", Reader._call),
}
"""The classes that a tree may have, with the arguments that each may have, and what makes the part of it."""
