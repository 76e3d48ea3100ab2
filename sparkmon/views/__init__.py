"""What the tables of a monitor show, as frozen results that terminal, plots, page and report share; no Spark."""

from sparkmon.views.advice import advice as advice
from sparkmon.views.attacks import AttackWindow as AttackWindow, attacks_of as attacks_of
from sparkmon.views.attributions import (
    Attribution as Attribution,
    Attributions as Attributions,
    attributions_of as attributions_of,
)
from sparkmon.views.causes import ColumnCause as ColumnCause, causes_of as causes_of
from sparkmon.views.findings import (
    Cell as Cell,
    HeatMap as HeatMap,
    Series as Series,
    findings_of as findings_of,
    heat_map as heat_map,
    series as series,
)
from sparkmon.views.histogram import Histogram as Histogram, histogram as histogram
from sparkmon.views.incidents import Incidents as Incidents, IncidentView as IncidentView, incidents_of as incidents_of
from sparkmon.views.models import (
    ModelState as ModelState,
    Overview as Overview,
    models_of as models_of,
    overview as overview,
)
from sparkmon.views.performance import Performance as Performance, performance_of as performance_of
from sparkmon.views.profile_at import profile_at as profile_at, reference_at as reference_at
from sparkmon.views.rows import KeptRow as KeptRow, rows_of_window as rows_of_window
from sparkmon.views.source import (
    Source as Source,
    arrow_of as arrow_of,
    open_source as open_source,
    rows_of as rows_of,
)
from sparkmon.views.summary import Change as Change, Summary as Summary, summary_of as summary_of
from sparkmon.views.traffic import (
    DeadLetter as DeadLetter,
    Outlier as Outlier,
    WindowTraffic as WindowTraffic,
    dead_letters_of as dead_letters_of,
    outliers_of as outliers_of,
    traffic_of as traffic_of,
)
