"""Values of expressions: those done by hand, and none that fails, whatever a payload has."""

import math
import time
from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.protocol.row_block import Cells
from sparkmon.records import FeatureKind
from sparkmon.slicing import Evaluation
from sparkmon.slicing.slices import parse_slice
from tests.support.slice_expressions import KINDS as HARD_KINDS, TEXTS as HARD, expressions

KINDS: dict[str, FeatureKind] = {"n": "numeric", "t": "categorical"}
NUMBERS = [0.0, -0.0, 7.0, 2.5, -2.5, 1e300, -1e300, math.nan, math.inf, -math.inf, None]
TEXTS = ["", "abc", "12.5", "2026-01-05T13:00:00Z", "x" * 100_000, "%_\\", "\0", "9" * 400, None]
NOON = datetime(2026, 1, 5, 12, 30, tzinfo=timezone.utc)
HOSTILE = [(number, text) for number in NUMBERS for text in TEXTS]


def values(pairs: list[tuple[float | None, str | None]], *expressions: str) -> list[tuple[str | None, ...]]:
    numbers = np.array([[number if number is not None else np.nan, np.nan] for number, _ in pairs])
    has_number = np.array([[number is not None, False] for number, _ in pairs])
    texts = pa.array([text for _, text in pairs], pa.string())
    rows = Evaluation(Cells(("n", "t"), numbers, has_number, {1: texts}))
    columns = [rows.texts(parse_slice(each, KINDS)).to_pylist() for each in expressions]
    return [*zip(*columns, strict=True)]


def test_values_are_those_of_the_sums_done_by_hand() -> None:
    pairs: list[tuple[float | None, str | None]] = [(-7.5, "John F. K"), (4.0, None)]
    expected = {
        "n": ("-7.5", "4"),
        "n + 1": ("-6.5", "5"),
        "n * 2 - n / 4": ("-13.125", "7"),
        "n % 2": ("-1.5", "0"),
        "n / 0": (None, None),
        "floor(n)": ("-8", "4"),
        "ceil(n)": ("-7", "4"),
        "round(n)": ("-8", "4"),
        "abs(n) BETWEEN 4 AND 7": ("false", "true"),
        "sqrt(greatest(n, 0.0))": ("0", "2"),
        "n > 0 OR t = 'x'": ("false", "true"),
        "n > 5 AND t = 'x'": ("false", "false"),
        "t IS NULL": ("false", "true"),
        "t = 'x'": ("false", None),
        "(t = 'x') IS TRUE": ("false", "false"),
        "t LIKE 'J_hn%'": ("true", None),
        "substring(t, 6, 2)": ("F.", None),
        "left(upper(t), 3)": ("JOH", None),
        "length(t) + n": ("1.5", None),
        "coalesce(t, 'none')": ("John F. K", "none"),
        "CASE WHEN n < 0 THEN 'below' WHEN n < 9 THEN 'low' END": ("below", "low"),
        "CASE t WHEN 'John F. K' THEN 1 ELSE 0 END": ("1", "0"),
        "if(n > 0, 1, 2.5)": ("2.5", "1"),
        "cast(concat(t, '1') as double)": (None, None),
        "cast(cast(n as string) as double) = n": ("true", "true"),
    }
    columns = zip(*values(pairs, *expected), strict=True)
    assert dict(zip(expected, columns, strict=True)) == expected


def test_times_are_read_as_they_are_written_and_seconds_in_utc() -> None:
    times = [NOON + timedelta(days=day, hours=7 * day) for day in range(-800, 800, 97)]
    pairs: list[tuple[float | None, str | None]] = [(time.timestamp(), time.isoformat()) for time in times]
    parts = ("hour", "dayofweek", "month", "year")
    found = values(pairs, *(f"{part}({name})" for part in parts for name in "nt"))
    expected = [
        tuple(str(number) for number in (time.hour, time.isoweekday() % 7 + 1, time.month, time.year) for _ in "nt")
        for time in times
    ]
    assert found == expected


def test_no_value_makes_an_expression_fail() -> None:
    numbers = ("abs", "ceil", "exp", "floor", "ln", "round", "sign", "sqrt", "isnan")
    times = ("hour", "dayofweek", "month", "year")
    texts = ("lower", "upper", "trim", "length", *times)
    found = values(
        HOSTILE,
        *(f"{name}(n)" for name in (*numbers, *times)),
        *(f"{name}(t)" for name in texts),
        *(f"n {sign} n" for sign in "+-*/%"),
        *("n / 0", "n % 0", "-n", "cast(t as double)", "cast(n as string)", "t LIKE '%a%_'"),
        *("substring(t, 0)", "right(t, 99)", "round(n, 15)", "nullif(n, 0)", "n IN (0, 2.5)"),
    )
    assert len(found) == len(NUMBERS) * len(TEXTS)
    assert max(len(value) for row in found for value in row if value is not None) == 256


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [0, 1, 40])
def test_random_expressions_have_one_value_for_each_row(size: int) -> None:
    random = np.random.default_rng(size)
    bits = random.integers(0, 2**64, (size, 4), np.uint64).view(np.float64)
    has_number = random.random((size, 4)) < 0.5
    texts = {place: pa.array(random.choice(np.array(HARD), size), pa.string()) for place in (0, 2, 3)}
    rows = Evaluation(Cells(tuple(HARD_KINDS), np.where(has_number, bits, np.nan), has_number, texts))
    for part in expressions(size, 200).values():
        array = rows.texts(part)
        array.validate(full=True)
        assert len(array) == size


def test_whole_numbers_are_written_without_a_point() -> None:
    found = {row[0] for row in values(HOSTILE, "n")}
    assert found == {*("0", "7", "2.5", "-2.5", "1.0E300", "-1.0E300", "NaN", "Infinity", "-Infinity", None)}


def test_texts_are_read_as_numbers_as_java_reads_them() -> None:
    numbers = {
        **{" 12.5\t": "12.5", "1e3": "1000", "1d": "1", "0x1p-1": None, "-inf": "-Infinity"},
        **{"9" * 400: "1.0E256", "1_000": None, "\u0661": None, "": None, "Infinityd": None},
    }
    found = values([(None, text) for text in numbers], "CAST(t AS DOUBLE)")
    assert [row[0] for row in found] == [*numbers.values()]


def digits(text: str) -> str:
    return text.upper().split("E")[0].replace(".", "").strip("-0")


def test_the_text_of_a_number_gives_the_number_back_with_the_fewest_digits() -> None:
    random = np.random.default_rng(3)
    bits = random.integers(0, 2**64, 2000, np.uint64).view(np.float64)
    numbers = [float(number) for number in bits if np.isfinite(number)]
    for number, (text,) in zip(numbers, values([(each, None) for each in numbers], "n"), strict=True):
        assert text is not None
        assert float(text) == number
        is_whole = abs(number) < 2.0**63 and number.is_integer()
        assert text == str(int(number)) if is_whole else digits(text) == digits(repr(number))


def test_halves_are_rounded_away_from_zero_as_they_are_written() -> None:
    pairs: list[tuple[float | None, str | None]] = [
        *((number, None) for number in (2.675, 1.005, -0.125, 4.35, 2.0**52 + 0.5, 0.49999999999999994))
    ]
    found = [*zip(*values(pairs, "round(n, 2)", "round(n)"), strict=True)]
    assert found == [
        ("2.68", "1.01", "-0.13", "4.35", "4503599627370496", "0.5"),
        ("3", "1", "0", "4", "4503599627370496", "0"),
    ]


@pytest.mark.slow
def test_a_hundred_thousand_different_texts_take_seconds_and_not_minutes() -> None:
    pairs: list[tuple[float | None, str | None]] = [(at / 7, "a" * 200 + str(at)) for at in range(100_000)]
    for expression in ("t LIKE '%a%b'", "upper(concat(t, t)) = t", "CAST(n AS STRING)", "hour(t)"):
        begin = time.process_time()
        values(pairs, expression)
        assert time.process_time() - begin < 15
