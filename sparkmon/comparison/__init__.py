"""Profiles judged beside references and earlier windows: findings, each with its verdict."""

from sparkmon.comparison.attack_finding import attack_finding as attack_finding
from sparkmon.comparison.basis import findings_table as findings_table
from sparkmon.comparison.causes import Provenance as Provenance
from sparkmon.comparison.checks import Checks as Checks
from sparkmon.comparison.compare import compare_profiles as compare_profiles
from sparkmon.comparison.confirmation import BEYOND as BEYOND, JUDGED as JUDGED, OVER as OVER, confirm as confirm
from sparkmon.comparison.correction import correct as correct
from sparkmon.comparison.excess import excess as excess
from sparkmon.comparison.finding import TOO_SHORT as TOO_SHORT, Finding as Finding
from sparkmon.comparison.history import History as History
from sparkmon.comparison.judge import Judge as Judge
from sparkmon.comparison.promise import (
    WINDOW_ROWS as WINDOW_ROWS,
    Promise as Promise,
    promise as promise,
)
from sparkmon.comparison.provisional import provisional as provisional
from sparkmon.comparison.rates import RATES as RATES
from sparkmon.comparison.references import References as References
from sparkmon.comparison.verdict import verdict as verdict
