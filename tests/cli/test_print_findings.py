"""The last line of ``sparkmon compare``."""

import pytest

from sparkmon.cli.print_findings import summary, too_short
from sparkmon.dataframes import TableComparison

WHOLE = {"slice_key": None, "slice_value": None, "statistic": "ks", "confirmed": True}
DRIFT = {"column_name": "temp", "status": "drift", "chunk": 5} | WHOLE
CALM = {"column_name": "humid", "status": "ok", "chunk": 4} | WHOLE
IN_SLICE = DRIFT | {"column_name": "humid", "slice_key": "origin", "slice_value": "JFK", "chunk": 4}
IDS = {"column_name": "merchant", "status": "not_comparable", "chunk": 4} | WHOLE
OF_NULLS = IDS | {"statistic": "null_rate", "status": "ok"}


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        ((DRIFT, CALM), "1 of 2 columns drifted, in 1 of 2 parts: temp"),
        ((CALM,), "none of 1 columns drifted"),
        ((CALM, IN_SLICE), "none of 1 columns drifted; in slices: humid (origin = JFK)"),
        ((CALM, IDS, OF_NULLS), "none of 2 columns drifted; 1 could not be judged: merchant"),
    ],
)
def test_the_summary_names_what_drifted_and_where(findings: tuple[dict[str, object], ...], sentence: str) -> None:
    compared = tuple(dict.fromkeys(str(row["column_name"]) for row in findings))
    assert summary(TableComparison(findings, compared, ())) == sentence


def test_a_reference_that_is_too_short_is_said_once() -> None:
    row = DRIFT | {"reason": "ks 0.02 is within 0.1; the reference is too short: of this column it"}
    assert too_short(TableComparison((row, row), ("temp",), ())) == [
        "the reference is too short for one false alarm a week: the blocks of temp are few or alike"
    ]
