"""Random expressions of slices, and values that are hard on them."""

import math
import random
from collections.abc import Sequence
from contextlib import suppress

from sparkmon.errors import OptionError
from sparkmon.records import FeatureKind
from sparkmon.slicing.parts import Part
from sparkmon.slicing.slices import parse_slice

__all__ = ["KINDS", "NUMBERS", "TEXTS", "expressions"]

KINDS: dict[str, FeatureKind] = {**dict.fromkeys(("n", "m"), "numeric"), **dict.fromkeys(("t", "u"), "categorical")}
NUMBERS = (
    *(None, math.nan, math.inf, -math.inf, 0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.675, 1.005),
    *(1.0, -1.0, 7.0, 365.25, 1e-3, 9.99e-4, 1e7, 1.25e7, 1.5e-5, 1e16, 1.2345e16, 1e300, -1e300),
    *(2.0**53, 2.0**53 - 1, -(2.0**53), 2.0**63, 123456789.125, 0.49999999999999994),
    *(86_399.0, 86_400.0, -1.0, 1_767_618_000.0, -62_135_596_801.0, 2.5e11, 249_999_999_999.5),
    *(-2.5e11, -249_999_999_999.0, 1e10, 951_782_400.0, 4.35, 0.285, 1.0000005, 12345.678955),
)
TEXTS = (
    *(None, "", " ", "  padded  ", "\ttab\n", "abc", "ABC", "aBc", "a", "b", "ab\ncd", "%_", "x%y"),
    *("\u00df", "\u0130stanbul", "\u039f\u03a3", "\ufb01n", "caf\u00e9", "\u65e5\u672c\u8a9e"),
    *("\U0001f600x", "a\U0001f600b", "\0", "a\0b", "x" * 256 + "tail", "\u00e9" * 300, "9" * 400),
    *("1", "12.5", "-0", "+7", "1.", ".5", ".", "1e3", "1E-3", "1e", "1d", "1F", "1L", "0x1"),
    *("1_000", "1,5", "1e400", "-1e400", "1e-400", "NaN", "nan", "+NaN", "-nan", "inf"),
    *("+INF", "-Infinity", "infinity", "Infinityd", " 12 ", "\u00a012", "\x1f12\x1f", "\u0661\u0662"),
    *("true", "2026", "2026-01", "2026-1-5", "2026-01-05", "2026-01-05T", "2026-01-05 13"),
    *("2026-01-05T13:05", "2026-01-05 3:5:7", "2026-01-05T13:05:59.123456789", "2026-01-05T13:05:59."),
    *("2026-01-05T13:05:59Z", "2026-01-05T13:05Z", "2026-01-05T13:05:59z", "2026-01-05T23:05:59+01:00"),
    *("2026-01-05 13:05:59 Europe/Paris", "2026-01-05 13:05:59 Mars/Base", "2026-01-05 13:05:59 PST"),
    *("2026-01-05T13:05:59+1", "2026-01-05T13:05:59+1:5", "2026-01-05T13:05:59-0530"),
    *("2026-01-05T13:05:59UTC+19", "2026-01-05T13:05:59GMT+18:00", "2026-01-05T13:05:59.5 UTC"),
    *("2026-01-05T13:05:59+18:01", "2026-01-05T13:05:59+01:60", "2026-01-05T13:05:59+01:02:03"),
    *("2026-02-29", "2024-02-29", "1900-02-29", "0000-01-01", "-0001-12-31", "+2026-01-05", "99-01-01"),
    *("294247-01-10T04:00:54.775807", "294247-01-10T04:00:54.775808", "-290308-12-21T19:59:05.224191"),
    *("-290308-12-21T19:59:05.224192", "999999-01-01", "1234567-01-01", "2026-13-01", "2026-01-32"),
    *("2026-01-05T24:00:00", "2026-01-05T23:60:00", "2026-01-05T23:59:60", "T13:05:59", "13:05", "13:05:00"),
    *(" 2026-01-05 ", "\x7f2026-01-05T01:00\0", "2026-01-05x", "2026-01-05  13", "\u0662026-01-05", "now"),
    *("2026-01-05T13:05:59.1.2", "2026-01-05T13:05:59 ", "2026/01/05", "20260105", "1767618000"),
)
_LITERALS = ("0", "1", "2.5", "1e3", "0.5", "7", "12", "100000000000", "2026", "9007199254740993")
_QUOTED = ("''", "'a'", "'abc'", "'1'", "'true'", "' '", "'2026-01-05T13:00:00'", "'\u00e9'", "'z'")
_PATTERNS = ("'%'", "''", "'a%'", "'%b'", "'%b%'", "'_'", "'__%'", "'a_c'", "'%_b%'", "'a%c'", "'2026%5_'")
_SIZES = ("0", "1", "2", "5", "255", "256", "300")


def expressions(seed: int, count: int) -> dict[str, Part]:
    """Write and read expressions over the features of ``KINDS``.

    At most one function changes the case of letters, because Spark leaves out the inner of two.
    """
    writer = _Writer(random.Random(seed))
    parts: dict[str, Part] = {}
    while len(parts) < count:
        text = writer.write(writer.random.choice(("number", "text", "truth")), 4)
        if text.count("upper") + text.count("lower") < 2:
            with suppress(OptionError):  # without a feature, or too long
                parts[text] = parse_slice(text, KINDS)
    return parts


class _Writer:
    def __init__(self, source: random.Random) -> None:
        self.random = source

    def write(self, kind: str, depth: int) -> str:
        """Write an expression of a type."""
        if depth == 0 or self.random.random() < 0.15:
            return self._leaf(kind)
        ways = {"number": self._number, "text": self._text, "truth": self._truth}
        return self._shared(kind, depth - 1) if self.random.random() < 0.2 else ways[kind](depth - 1)

    def _leaf(self, kind: str) -> str:
        leaves: dict[str, Sequence[str]] = {
            "number": ("n", "m", "n", "m", self.random.choice(_LITERALS)),
            "text": ("t", "u", "t", "u", self.random.choice(_QUOTED)),
            "truth": ("n > m", "t = u", "n = m", "t < u", "TRUE", "FALSE", "isnan(n)"),
        }
        return self.random.choice(leaves[kind])

    def _shared(self, kind: str, depth: int) -> str:
        one, other, third = (self.write(kind, depth) for _ in range(3))
        test = self.write("truth", depth)
        null = self.random.choice((other, "NULL"))
        return self.random.choice(
            (
                f"coalesce({one}, {null})",
                f"nullif({one}, {other})",
                f"greatest({one}, {null}, {third})",
                f"least({null}, {one})",
                f"if({test}, {one}, {null})",
                f"CASE WHEN {test} THEN {one} WHEN {other} IS NULL THEN {other} ELSE {null} END",
                f"CASE {one} WHEN {other} THEN {third} END",
            )
        )

    def _number(self, depth: int) -> str:
        one, other = self.write("number", depth), self.write("number", depth)
        text = self.write("text", depth)
        part = self.random.choice(("hour", "dayofweek", "month", "year"))
        name = self.random.choice(("abs", "ceil", "floor", "round", "sign", "sqrt"))
        truth = self.write("truth", depth)
        return self.random.choice(
            (
                f"({one} {self.random.choice('+-*/%')} {other})",
                f"({one} {self.random.choice('+-*/%')} {other})",
                f"(-{one})",
                f"{name}({one})",
                f"{name}({one})",
                f"round({one}, {self.random.choice('0123')})",
                f"{part}({one})",
                f"{part}({text})",
                f"{part}({self.random.choice('tu')})",
                f"length({text})",
                f"CAST({self.random.choice((text, 't', 'u', truth))} AS DOUBLE)",
            )
        )

    def _text(self, depth: int) -> str:
        one, other = self.write("text", depth), self.write("text", depth)
        number, size = self.write("number", depth), self.random.choice(_SIZES)
        name = self.random.choice(("lower", "upper", "trim", "ltrim", "rtrim"))
        return self.random.choice(
            (
                f"{name}({one})",
                f"{name}({one})",
                f"concat({one}, {other})",
                f"left({one}, {size})",
                f"right({one}, {size})",
                f"substring({one}, {size})",
                f"substring({one}, {size}, {self.random.choice(_SIZES)})",
                f"CAST({self.random.choice((number, 'n', self.write('truth', depth)))} AS STRING)",
            )
        )

    def _truth(self, depth: int) -> str:
        kind = self.random.choice(("number", "text", "number", "text", "truth"))
        one, other, third = (f"({self.write(kind, depth)})" for _ in range(3))
        text, truth = self.write("text", depth), self.write("truth", depth)
        sign = self.random.choice(("=", "!=", "<", "<=", ">", ">=", "<=>"))
        second = self.write("truth", depth)
        test = self.random.choice(("contains", "startswith", "endswith"))
        return self.random.choice(
            (
                f"{one} {sign} {other}",
                f"{one} {sign} {other}",
                f"({truth}) {self.random.choice(('AND', 'OR'))} ({second})",
                f"({truth}) {self.random.choice(('AND', 'OR'))} ({second})",
                f"NOT ({truth})",
                f"{one} IS {self.random.choice(('', 'NOT '))}NULL",
                f"({truth}) IS {self.random.choice(('TRUE', 'FALSE', 'NOT TRUE'))}",
                f"{one} IN ({other}, {third})",
                f"{one} BETWEEN {other} AND {third}",
                f"({text}) LIKE {self.random.choice(_PATTERNS)}",
                f"{test}({text}, {self.write('text', depth)})",
                f"isnan({self.write('number', depth)})",
            )
        )
