"""What happened to a column: faults that were planted, and changes that are none of them."""

import numpy as np
import numpy.typing as npt
import pytest

from sparkmon.distributions import Categories, Distribution, write_kll
from sparkmon.explain import change_of

Floats = npt.NDArray[np.float64]
TEMPERATURES = np.random.default_rng(0).normal(55, 18, 40_000)
REFERENCE = Distribution.from_kll(write_kll([TEMPERATURES], 4_000))


def window(rows: int = 1_200, seed: int = 1) -> Floats:
    """Return a sample of the same temperatures, half a degree warmer, as windows are."""
    return np.random.default_rng(seed).choice(TEMPERATURES, rows) + 0.5


def change(values: Floats, nulls: int = 0) -> tuple[str, str]:
    found = change_of(REFERENCE, Distribution.from_kll(write_kll([values], 800), float(nulls)))
    assert found is not None
    return found.pattern, found.words


@pytest.mark.parametrize(
    ("convert", "formula"),
    [
        (lambda x: (x - 32) * 5 / 9, "its values are 5/9 x - 17.8 of the reference's (Fahrenheit to Celsius)"),
        (lambda x: x * 1000, "its values are 1000 x of the reference's (a thousandfold)"),
        (lambda x: x * 1.609344, "its values are 1.609 x of the reference's (miles to kilometres)"),
        (lambda x: -x, "its values are -1 x of the reference's (the sign)"),
    ],
)
def test_other_units_are_named(convert: np.ufunc, formula: str) -> None:
    assert change(convert(window())) == ("units", f"it looks like other units: {formula}")


@pytest.mark.parametrize("percent", [15, 60])
def test_a_window_in_which_the_unit_changes_says_of_how_many_rows(percent: int) -> None:
    values = window()
    values[-12 * percent :] = (values[-12 * percent :] - 32) * 5 / 9
    pattern, words = change(values)
    assert pattern == "units"
    assert words.endswith(" % of its values are 5/9 x - 17.8 of the reference's (Fahrenheit to Celsius)")
    assert int(words.partition(": ")[2].partition(" %")[0]) == pytest.approx(percent, abs=5)


def test_other_factors_and_constants_are_measured() -> None:
    pattern, words = change(window() * 4.4)
    assert pattern == "scale"
    factor = float(words.partition("its values are ")[2].partition(" x")[0])
    assert factor == pytest.approx(4.4, rel=0.03)
    pattern, words = change(window() + 40)
    assert pattern == "shift"
    assert float(words.partition("x + ")[2].partition(" ")[0]) == pytest.approx(40.5, abs=1.5)


def test_frozen_and_missing_values_are_told_from_units() -> None:
    frozen = window()
    frozen[360:] = 80.93
    assert change(frozen)[0] == "frozen"
    assert change(frozen)[1] == "it looks frozen: 80.93 in 70 % of the rows, where the reference has it in 0 %"
    assert change(window(900), nulls=300) == (
        *("missing", "it looks broken: no value in 25 % of the rows, where the reference has none in 0 %"),
    )


def test_another_shape_has_no_such_cause() -> None:
    """A mixture, a wider spread, and a window as usual: no conversion makes them of the reference."""
    generator = np.random.default_rng(5)
    for values in (
        np.where(generator.random(1_200) < 0.5, window(), 20 + generator.exponential(60, 1_200)),
        55 + 3 * (window() - 55),
        window(seed=9),
    ):
        pattern, words = change(values)
        assert (pattern, words.endswith(" than the reference's shares give, of 1,200")) == ("moved", True)


@pytest.mark.slow
def test_most_of_many_random_changes_are_not_taken_for_units() -> None:
    """Of 200 random lognormal and gamma columns against such a reference, chance alone makes few look converted."""
    generator, taken = np.random.default_rng(7), 0
    for _ in range(200):
        before = Distribution.from_sample(generator.lognormal(generator.normal(0, 1), generator.uniform(0.2, 1), 4_000))
        after = Distribution.from_sample(generator.gamma(generator.uniform(0.5, 5), generator.uniform(0.2, 5), 1_000))
        found = change_of(before, after)
        taken += found is not None and found.pattern == "units"
    assert taken <= 40


def test_levels_that_the_reference_does_not_have_are_named() -> None:
    found = change_of(Categories({"a": 700.0, "b": 300.0}, 0.0, 1_000.0), Categories({"a": 70.0, "N/A": 30.0}, 0, 100))
    assert found is not None
    assert found.pattern == "unseen"
    assert found.share == pytest.approx(0.3)
    assert found.words == "30 % of the rows have levels that the reference does not have, most of all N/A"
    assert dict(found.bins) == {"b": -30.0, "levels that the reference does not have": 30.0}


def test_nothing_is_said_of_what_cannot_be_compared() -> None:
    empty = Distribution.from_sample([])
    assert change_of(REFERENCE, empty) is None
    assert change_of(REFERENCE, Categories({}, 0.0, 0.0)) is None
    assert change_of(REFERENCE, REFERENCE) is None
