"""What is compared and by which thresholds: validated on the driver, carried to the workers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sparkmon.comparison.history import History
from sparkmon.comparison.rates import RATES
from sparkmon.errors import OptionError
from sparkmon.records import SummaryKind
from sparkmon.statistics import STATISTICS

DEFAULT_STATISTICS = (
    *("ks", "psi", "js", "wasserstein"),
    *("null_rate", "nan_rate", "inf_rate", "type_rate", "unseen_rate", "range_rate", "lattice_rate"),
    *("mmd_rff", "pca_reconstruction"),
)
"""The defaults: drift and data quality."""


@dataclass(frozen=True)
class Checks:
    """The statistics of a comparison and their thresholds.

    Parameters
    ----------
    statistics : tuple of str, default DEFAULT_STATISTICS
        Names of registered statistics. Each is applied to the kinds of column it is defined for. The defaults report
        drift (``ks``, ``psi``, ``js``, ``wasserstein``) and of the quality of the data (``null_rate``, ``nan_rate``,
        ``inf_rate``, ``type_rate``, ``unseen_rate``, ``range_rate``, ``lattice_rate``); ``mmd_rff`` and
        ``pca_reconstruction`` are of the column ``:joint``, where the reference has it.
    thresholds : mapping of str to float
        Thresholds in the statistic's own unit, instead of its default.
    rates : mapping of str to float
        Rates that are allowed, instead of 0.01: ``dead_letter_rate``, of the events of each window; and where requests
        came through sparkmon's transformer ``missing_key_rate``, ``stale_rate`` and ``skew_rate``.
    false_alarms_per_week : float, default 1.0
        How many windows a week may alarm on a model although nothing has drifted. The level of all tests follows from
        it and from the number of windows and tests.
    history : sequence of str, default ()
        Windows of the past that a monitor compares each window with, too: ``previous``, ``trailing(24)`` or
        ``seasonal(7 days, 4)``; see :class:`sparkmon.History`.

    Raises
    ------
    UnknownNameError
        There is no such statistic.
    OptionError
        No statistic is named, a threshold is negative or belongs to a statistic that is not named, or a rate is
        unknown or not in [0, 1], or ``false_alarms_per_week`` is not above 0, or a history is malformed.

    Examples
    --------
    >>> Checks(statistics=("psi",), thresholds={"psi": 0.1}).thresholds["psi"]
    0.1
    >>> Checks(statistics=("psy",))
    Traceback (most recent call last):
    ...
    sparkmon.errors.UnknownNameError: [SPARKMON_UNKNOWN_NAME] there is no statistic named 'psy'; known are chi2, ...
    """

    statistics: tuple[str, ...] = DEFAULT_STATISTICS
    thresholds: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    false_alarms_per_week: float = 1.0
    history: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistics", tuple(self.statistics))
        object.__setattr__(self, "history", tuple(self.history))
        if not self.statistics:
            raise OptionError.missing("statistics", f"one or more of {', '.join(STATISTICS)}")
        for name in self.statistics:
            STATISTICS.get(name)
        OptionError.check_above_0(false_alarms_per_week=self.false_alarms_per_week)
        for text in self.history:
            History.parse(text)
        self._check_numbers()

    def statistics_of(self, kind: SummaryKind) -> list[str]:
        """Return the statistics that apply to a kind of column."""
        return [name for name in self.statistics if kind in STATISTICS.get(name).kinds]

    def _check_numbers(self) -> None:
        for name, threshold in self.thresholds.items():
            if name not in self.statistics:
                raise OptionError(
                    f"got a threshold for {name!r}, which is not compared; compared are {', '.join(self.statistics)}",
                    option=f"thresholds.{name}",
                )
            if not threshold >= 0:
                raise OptionError.malformed(f"thresholds.{name}", threshold, "a number of 0 or more")
        for name, rate in self.rates.items():
            if name not in RATES.values():
                raise OptionError.unknown(f"rates.{name}", RATES.values())
            if not 0 <= rate <= 1:
                raise OptionError.malformed(f"rates.{name}", rate, "a share from 0 to 1")
