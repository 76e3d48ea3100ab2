"""Plots of what the tables show, as plotly figures: in a notebook, in the dashboard and in the report alike.

Each takes a tables' location, or DataFrames by the names of their tables; see :func:`sparkmon.views.open_source`.
"""

from sparkmon.plot.attacks import attacks as attacks
from sparkmon.plot.attributions import attributions as attributions
from sparkmon.plot.distribution import distribution as distribution, histogram_figure as histogram_figure
from sparkmon.plot.heat_map import heat_figure as heat_figure, heat_map as heat_map
from sparkmon.plot.outliers import outliers as outliers
from sparkmon.plot.over_time import over_time as over_time, series_figure as series_figure
from sparkmon.plot.performance import performance as performance
from sparkmon.plot.style import TEMPLATES as TEMPLATES, Theme as Theme
from sparkmon.plot.traffic import traffic as traffic
