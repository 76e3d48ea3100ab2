"""Which alerts a pattern selects: those whose names are as it reads."""

from typing import Any

import pytest

from sparkmon.alerts.matcher import Matcher


def alert(**changes: str) -> dict[str, Any]:
    names = {"model": "boiler", "column_name": "x", "slice_key": None, "slice_value": None}
    return names | changes


@pytest.mark.parametrize(
    ("pattern", "column", "is_selected"),
    [
        ("temp [C]", "temp [C]", True),
        ("temp [C]", "temp C", False),
        ("x[0]", "x[0]", True),
        ("x[0]", "x0", False),
        ("amount*", "amount[eur]", True),
        ("*[eur]", "amount[eur]", True),
        ("[!x]", "y", False),
        ("rate?100", "rate*100", True),
        ("X", "x", False),
    ],
)
def test_a_pattern_has_stars_and_question_marks_and_nothing_else(pattern: str, column: str, is_selected: bool) -> None:
    assert Matcher(column=pattern).matches(alert(column_name=column), "info") == is_selected
    assert Matcher(model=pattern).matches(alert(model=column), "info") == is_selected
    of_slice = alert(slice_key="site", slice_value=column)
    assert Matcher(slice=f"site={pattern}").matches(of_slice, "info") == is_selected
