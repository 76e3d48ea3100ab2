"""Windows of models judged as one: profiles, references and earlier windows to findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import chain
from types import MappingProxyType

import pyarrow as pa

from sparkmon.comparison.basis import findings_table
from sparkmon.comparison.block_rule import add_up, by_blocks
from sparkmon.comparison.causes import Provenance, with_causes
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.compare import compare_each, compare_profiles
from sparkmon.comparison.confirmation import confirm
from sparkmon.comparison.correction import correct
from sparkmon.comparison.finding import Finding, explanations
from sparkmon.comparison.groups import objects, with_column
from sparkmon.comparison.history import History
from sparkmon.comparison.levels import Levels
from sparkmon.comparison.outlier_rate import with_cause
from sparkmon.comparison.past import Past
from sparkmon.comparison.presence import extra_columns, missing_columns
from sparkmon.comparison.provisional import provisional
from sparkmon.comparison.references import References
from sparkmon.distributions.schema import PROFILES
from sparkmon.interval import parse_interval

_LOOK_BACK = 100
"""How many windows back a series may have its last value, after windows without rows."""
_AT_ONCE = 10_000
"""How many findings are objects at a time."""


class Judge:
    """Judges windows of models, together with the windows before them.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, blocks included, of one reference per model. A reference made for a model
        version is used for that version; one without a version for all others.
    checks : Checks
        The statistics and thresholds, and the windows of the past to compare with.
    step_s : float
        The distance between the starts of windows, in seconds.
    lengths : sequence of str
        The lengths of the windows, as intervals; windows of others are not compared with references. Shorter blocks of
        the references are merged to blocks of the same length. If it is one, windows may have any length.
    outlier_p : float, default 0.001
        The p-value up to which a row is an outlier.
    provenance : mapping of str to Provenance, optional
        By model, how important its features are and where they come from, for the causes of findings.

    Notes
    -----
    A reference is read, and compared with its blocks, when the first window of its column is judged.

    Examples
    --------
    >>> from sparkmon.comparison.schema import DRIFT_METRICS
    >>> from sparkmon.distributions.schema import REFERENCES
    >>> judge = Judge(REFERENCES.empty_table(), Checks(), step_s=3600, lengths=["1 hour"])
    >>> judge.findings(PROFILES.empty_table()).schema == DRIFT_METRICS
    True
    """

    def __init__(
        self,
        references: pa.Table,
        checks: Checks,
        *,
        step_s: float,
        lengths: Sequence[str],
        outlier_p: float = 0.001,
        provenance: Mapping[str, Provenance] = MappingProxyType({}),
    ) -> None:
        self._provenance = dict(provenance)
        self.references, self.checks = references, checks
        self.step_s, self.lengths = step_s, tuple(lengths)
        self.history = tuple(History.parse(text) for text in checks.history)
        self._levels = Levels(checks.false_alarms_per_week, step_s)
        self._windows = list({parse_interval("window", length): None for length in lengths})
        self._by_column = References(references, checks, step_s, outlier_p)
        longest = max(self._windows).total_seconds()
        self.confirmation_lookback_s = _LOOK_BACK * longest
        """How far back findings that confirm another may begin, in seconds."""
        self.history_lookback_s = max((each.lookback_s(longest) for each in self.history), default=0.0)
        """How far back the windows of a history may begin, in seconds."""

    def findings(
        self, profiles: pa.Table, earlier: pa.Table | None = None, earlier_profiles: pa.Table | None = None
    ) -> pa.Table:
        """Judge closed windows of any number of models, which confirm each other: corrected, confirmed and explained.

        ``earlier`` are findings of the windows before these, which may confirm these, ``earlier_profiles`` the profiles
        of those windows, for a history.
        """
        profiles = profiles.select(PROFILES.names).cast(PROFILES)
        past = Past(profiles, earlier_profiles) if self.history else None
        histories = past and [past.compare(each, self._by_column, self.checks) for each in self.history]
        findings = chain(
            compare_each(profiles, self._by_column, self.checks, self._windows),
            missing_columns(profiles, self._by_column),
            extra_columns(profiles, self._by_column),
            *(histories or ()),
        )
        judged = correct(findings_table(profiles, findings), self._levels.alpha)
        judged = by_blocks(judged, self._levels)
        confirmed = confirm(judged, earlier, at_once=self._levels.once)
        judged = with_cause(add_up(confirmed, earlier, self._levels))
        return _explained(with_causes(judged, profiles, self._by_column, past, self._provenance))

    def provisional(self, profiles: pa.Table) -> pa.Table:
        """Find gross drift in windows that are still open; see :func:`sparkmon.comparison.provisional`."""
        profiles = profiles.select(PROFILES.names).cast(PROFILES)
        findings = compare_profiles(profiles, self._by_column, self.checks, self._windows[:1], anytime=True)
        gross = provisional(findings, self._levels.at_once)
        return _explained(with_causes(gross, profiles, self._by_column, None, self._provenance))


def _explained(findings: pa.Table) -> pa.Table:
    """Set ``explanation`` to :meth:`Finding.explain` of each finding."""
    names = [field.name for field in fields(Finding)]
    sentences: list[str] = []
    for batch in findings.select(names).to_batches(max_chunksize=_AT_ONCE):
        sentences += explanations([objects(column) for column in batch.columns])
    return with_column(findings, "explanation", pa.array(sentences, pa.string()))
