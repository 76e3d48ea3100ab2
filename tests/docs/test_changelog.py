"""The tables of old and new names are tables, and have each name once."""

import re

from tests.support.source import ROOT

LINES = (ROOT / "CHANGELOG.md").read_text().splitlines()
ROWS = [line for line in LINES if line.startswith("| ") and line != "| old | new |"]


def test_every_row_has_two_cells() -> None:
    assert ROWS
    assert [row for row in ROWS if not re.fullmatch(r"\| [^|]+ \| [^|]+ \|", row)] == []


def test_no_row_comes_twice() -> None:
    assert sorted({row for row in ROWS if ROWS.count(row) > 1}) == []
