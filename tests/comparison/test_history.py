import pytest

from sparkmon.comparison import History
from sparkmon.errors import OptionError


@pytest.mark.parametrize(
    ("text", "name", "drift_type", "windows", "period_s"),
    [
        ("previous", "previous", "CONSECUTIVE", 1, None),
        (" trailing( 7 ) ", "trailing(7)", "TRAILING", 7, None),
        ("seasonal(1 day)", "seasonal(1 day, 4)", "SEASONAL", 4, 86_400.0),
        ("seasonal(7 days, 2)", "seasonal(7 days, 2)", "SEASONAL", 2, 604_800.0),
    ],
)
def test_what_is_meant(text: str, name: str, drift_type: str, windows: int, period_s: float | None) -> None:
    assert History.parse(text) == History(name, drift_type, windows, period_s)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "previous(2)", "trailing", "trailing()", "trailing(0)", "trailing(101)"),
        *("trailing(1, 2)", "trailing(two)", "trailing(-1)", "trailing(²)", "seasonal", "seasonal()"),
        *("seasonal(month)", "seasonal(0 days)", "seasonal(1 day, 0)", "seasonal(1 day, 2, 3)"),
        "previous; drop table x",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="history"):
        History.parse(text)
