"""How the results of versions are compared, and what docs/versions.md says of them."""

import json
import re

import pytest

from scripts.test_versions import BEGIN, END, NUMBERS, PAGE, PARTS, VERSIONS, Version, difference, outcome
from tests.versions.main_job import MainJob


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (1.0, 1.0 + 1e-13, None),
        (1.0, 1.0 + 1e-11, "x: 1.0 and 1.00000000001"),
        (float("nan"), float("nan"), None),
        ({"a": [1.0, "b"]}, {"a": [1.0, "c"]}, "x.a[1]: 'b' and 'c'"),
        ([1.0], [1.0, 2.0], "x: [1.0] and [1.0, 2.0]"),
        ({"a": 1.0}, {}, "x: {'a': 1.0} and {}"),
        (None, 0.0, "x: None and 0.0"),
    ],
)
def test_numbers_differ_beyond_rounding(one: object, other: object, found: str | None) -> None:
    assert difference(one, other, "x") == found


def test_a_part_that_is_refused_or_needs_delta_is_no_difference() -> None:
    expected = {"profile": {"x": 1.0}}
    assert outcome("profile", {"profile": {"refused": "got"}}, expected) == "refused"
    reason = "Spark did not start: its jars were not fetched; the first start needs Maven Central"
    assert outcome("profile", {"profile": {"refused": reason}}, expected) == "no jars to fetch"
    assert outcome("profile", {}, expected) == "no Delta"
    assert outcome("profile", {"profile": {"x": 2.0}}, expected) == "differs at profile.x: 1.0 and 2.0"


def test_every_part_of_the_job_has_a_row_and_a_number() -> None:
    assert [name for name in PARTS if not callable(getattr(MainJob, name, None))] == []
    assert json.loads(NUMBERS.read_text()).keys() == PARTS.keys()


def test_the_page_has_every_version_and_no_difference() -> None:
    rows = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].splitlines()
    assert re.findall(r"Spark (\S+)", rows[0]) == [version.minor for version in VERSIONS]
    assert [row.split(" | ")[0] for row in rows[5:]] == [f"| {text}" for text in PARTS.values()]
    cells = {cell for row in rows[5:] for cell in row.removesuffix(" |").split(" | ")[1:]}
    assert cells <= {"yes", "refused", "no Delta", "no jars to fetch", "not run"}
    assert Version("3.5.7", "3.10", None).minor == "3.5"
