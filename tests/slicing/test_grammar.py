"""What a slice may say: the types of what is allowed, and what is refused with its reason."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from sparkmon.errors import OptionError
from sparkmon.records import FeatureKind
from sparkmon.slicing.dialect import WORDS
from sparkmon.slicing.functions import FUNCTIONS
from sparkmon.slicing.parts import Part
from sparkmon.slicing.slices import parse_slice

KINDS: dict[str, FeatureKind] = {
    "distance": "numeric",
    "origin": "categorical",
    "air time": "numeric",
    "end": "numeric",
    "a`b.c": "categorical",
}


def shape(part: Part) -> str:
    """Write a tree with all its brackets."""
    if part.kind != "call":
        return part.name
    return f"({part.name} {' '.join(map(shape, part.arguments))})"


@pytest.mark.parametrize(
    ("expression", "type_", "tree"),
    [
        ("distance", "number", "distance"),
        (" origin ", "text", "origin"),
        ("a`b.c", "text", "a`b.c"),
        ("`a``b.c` = 'it''s'", "truth", "(= a`b.c it's)"),
        ("`end` > 1e3", "truth", "(> end 1e3)"),
        ("distance + 2 * `air time` - 1", "number", "(- (+ distance (* 2 air time)) 1)"),
        ("-distance % 7", "number", "(% (negative distance) 7)"),
        (
            "NOT distance > 1 AND origin = 'a' OR origin <> 'b'",
            "truth",
            "(or (and (not (> distance 1)) (= origin a)) (!= origin b))",
        ),
        (
            "distance between 1 and 2 and origin in ('a', 'b')",
            "truth",
            "(and (and (>= distance 1) (<= distance 2)) (or (= origin a) (= origin b)))",
        ),
        ("origin NOT LIKE 'J%'", "truth", "(not (like origin J%))"),
        ("origin is not null", "truth", "(not (is null origin))"),
        ("(distance > 1) IS FALSE", "truth", "(<=> (> distance 1) FALSE)"),
        ("CASE origin WHEN 'a' THEN 1 END", "number", "(case (= origin a) 1 NULL)"),
        (
            "case when distance > 9 then 'far' else upper(origin) end",
            "text",
            "(case (> distance 9) far (upper origin))",
        ),
        ("CAST(floor(distance / 10) AS STRING)", "text", "(to text (floor (/ distance 10)))"),
        ("hour(origin) < 6", "truth", "(< (hour origin) 6)"),
        ("if(distance > 1, NULL, origin)", "text", "(if (> distance 1) NULL origin)"),
    ],
)
def test_an_expression_has_a_type_and_binds_as_in_sql(expression: str, type_: str, tree: str) -> None:
    part = parse_slice(expression, KINDS)
    assert (part.type, shape(part)) == (type_, tree)


@pytest.mark.parametrize(
    ("expression", "token", "expected"),
    [
        ("SELECT 1", "SELECT", "a feature; known are distance, origin"),
        ("(SELECT max(x) FROM t) > distance", "SELECT", "a feature"),
        ("distance > 1; DROP TABLE alerts", ";", "features, numbers, 'texts'"),
        ("distance > 1 -- and so on", "--", "features, numbers"),
        ("distance /* hidden */ > 1", "/*", "features, numbers"),
        ("reflect('java.lang.System', 'exit')", "reflect", "one of the functions abs, ceil"),
        ("java_method('java.lang.Runtime', 'x') = origin", "java_method", "one of the functions"),
        ("rand() > 0.5", "rand", "one of the functions"),
        ("uuid() = origin", "uuid", "one of the functions"),
        ("current_user() = origin", "current_user", "one of the functions"),
        ("current_timestamp > origin", "current_timestamp", "a feature"),
        ("count(distance)", "count", "one of the functions"),
        ("sum(distance) OVER (ORDER BY 1)", "sum", "one of the functions"),
        ("explode(origin)", "explode", "one of the functions"),
        ("input_file_name() = origin", "input_file_name", "one of the functions"),
        ("upperr(origin)", "upperr", "perhaps upper"),
        ("distnce > 1", "distnce", "a feature; perhaps distance; known are"),
        ("origin RLIKE '(a+)+$'", "RLIKE", "an operator"),
        ("origin LIKE '%a%b%'", "%a%b%", "a pattern with % at most 2 times"),
        ('origin = "JFK"', '"', "a text in single quotes, without backslashes"),
        ("origin = 'a\\' OR 1 = 1 OR ''", "'", "a text in single quotes, without backslashes"),
        ("origin = 'never ends", "'", "a text in single quotes"),
        ("r'raw' = origin", "r", "a feature"),
        ("origin dest", "dest", "an operator, or the end"),
        ("distance AS other", "AS", "an operator, or the end"),
        ("distance::string", ":", "features, numbers"),
        ("origin.field", "field", "a feature; known are"),
        ("origin[0]", "[", "features, numbers"),
        ("origin -> 1", ">", "a feature, a literal"),
        ("$distance", "$", "features, numbers"),
        ("{fn abs(distance)}", "{", "features, numbers"),
        ("distance > 10L", "10L", "features, numbers"),
        ("distance = origin", "=", "a number on both sides, but origin is a text"),
        ("origin > 5", ">", "a text on both sides, but 5 is a number"),
        ("distance = NULL", "NULL", "IS NULL"),
        ("distance AND origin = 'a'", "AND", "true or false, but distance is a number"),
        ("lower(distance)", "lower", "a text, but distance is a number"),
        ("hour(distance > 3)", "hour", "a number or a text, but the result of > is true or false"),
        ("substring(origin, distance)", "substring", "whole numbers written out"),
        ("abs(distance, 1)", "abs", "abs(number), not 2 arguments"),
        ("CAST(origin AS TIMESTAMP)", "TIMESTAMP", "a type: DOUBLE or STRING"),
        ("1 = 1", "1 = 1", "a feature in it"),
        ("coalesce(NULL, NULL) = distance", "coalesce", "a part that is not NULL"),
        ("distance >", "its end", "a feature, a literal"),
        ("(" * 30 + "distance" + ")" * 30, "(", "at most 20 levels"),
    ],
)
def test_what_is_not_allowed_is_named(expression: str, token: str, expected: str) -> None:
    with pytest.raises(OptionError) as refused:
        parse_slice(expression, KINDS)
    message = str(refused.value)
    assert f"got {token!r} in the slice {expression!r}; expected " in message
    assert expected in message


@pytest.mark.parametrize("expression", ["", "  ", "\n"])
def test_an_empty_slice_is_refused(expression: str) -> None:
    with pytest.raises(OptionError, match="expected a feature or an expression over features"):
        parse_slice(expression, KINDS)


def test_a_slice_of_more_than_a_line_is_refused_without_reading_it() -> None:
    with pytest.raises(OptionError, match=r"got a slice of 3000 characters, .{42} \.\.\.; expected"):
        parse_slice("a" * 3000, KINDS)


TOKENS = st.sampled_from([*WORDS, *FUNCTIONS, *"()+-*/%,=<>", "distance", "origin", "'a'", "1", "``", "rand", ";"])


@given(st.lists(TOKENS, max_size=30).map(" ".join) | st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(expression: str) -> None:
    try:
        part = parse_slice(expression, KINDS)
    except OptionError:
        return
    names = set(re.findall(r"[a-z]+", shape(part))) - set("abcdefghijklmnopqrstuvwxyz")
    assert "rand" not in names
    assert part.type in ("number", "text", "truth")


SQL_NAMES = (
    *("all", "any", "array", "at", "collate", "date", "distinct", "escape", "exists", "filter"),
    *("from", "interval", "json", "limit", "map", "order", "over", "prior", "select", "time", "to"),
    *("unique", "using", "values", "within", "x", "zone"),
)
SQL_KINDS: dict[str, FeatureKind] = {name: "numeric" if at % 2 else "categorical" for at, name in enumerate(SQL_NAMES)}
SQL_TOKENS = st.sampled_from([*WORDS, *SQL_NAMES, *"(),.=<+-*", "CAST(", "count(", "abs(", "'a'", "1"])


@given(st.lists(SQL_TOKENS, max_size=20).map(" ".join))
def test_a_feature_with_the_name_of_a_clause_opens_no_clause(expression: str) -> None:
    try:
        part = parse_slice(expression, SQL_KINDS)
    except OptionError:
        return
    operators = {
        *("abs", "and", "or", "not", "case", "like", "to", "number", "text", "is", "null"),
        *("negative", "TRUE", "FALSE", "NULL", "a"),
    }
    assert set(re.findall("[a-zA-Z]+", shape(part))) <= {*SQL_NAMES} | operators


@pytest.mark.parametrize(
    ("expression", "token", "expected"),
    [
        ("x IS distinct from date", "NULLSAFENEQ", "comparisons, IN, BETWEEN"),
        ("x AT TIME ZONE 'UTC' = 'a'", "AT", "an operator"),
        ("x IN select", "IN", "comparisons, IN, BETWEEN"),
        ("x = (any, 'a')", "TUPLE", "comparisons, IN, BETWEEN"),
        ("x.any > 1", "COLUMN", "comparisons, IN, BETWEEN"),
        ("x = 'a' 'b'", "CONCAT", "comparisons, IN, BETWEEN"),
    ],
)
def test_a_form_that_sqlglot_knows_and_slices_do_not_have_is_refused(
    expression: str, token: str, expected: str
) -> None:
    with pytest.raises(OptionError) as refused:
        parse_slice(expression, SQL_KINDS)
    assert f"got {token!r} in the slice {expression!r}; expected {expected}" in str(refused.value)


WITHOUT_SQLGLOT = """
import sys
sys.modules["sqlglot"] = None
from sparkmon.errors import MissingExtraError
from sparkmon.slicing.slices import parse_slice
print(parse_slice("origin", {"origin": "categorical"}).name)
try:
    parse_slice("origin = 'JFK'", {"origin": "categorical"})
except MissingExtraError as error:
    print(error)
"""


def test_a_feature_is_a_slice_without_sqlglot_and_an_expression_names_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_SQLGLOT], capture_output=True, text=True, check=True)
    name, error = done.stdout.splitlines()
    assert name == "origin"
    assert error.endswith("sqlglot is not installed; run: pip install 'sparkmon-kserve[slices]'")
