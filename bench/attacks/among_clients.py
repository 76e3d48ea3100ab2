"""An attack next to honest clients, judged as a monitor does: by window, with limits that move as all clients do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.attacks.through_log import MODEL, ROW_US, START, kept
from sparkmon.adversaries import WINDOW_ROWS, Baseline
from sparkmon.monitor.batch_clients import RowsInMemory
from sparkmon.monitor.client_watch import ClientWatch
from sparkmon.monitor.window_grid import RowCounts, Window

__all__ = ["Honest", "queries_until_named"]

_MOST_CLIENTS = 12
_WINDOW_US = WINDOW_ROWS * ROW_US
"""In each window each client asks for 100 rows."""


class Honest:
    """The honest clients with the most later rows, each of which asks for the same number of rows."""

    def __init__(self, later: pd.DataFrame, rows: int) -> None:
        counts = later["client"].value_counts()
        self.names = [*counts.index[counts >= WINDOW_ROWS][:_MOST_CLIENTS]]
        clients = [later[later["client"] == name] for name in self.names]
        # Whole windows again from the start, so that no row is twice in one.
        again = [each.iloc[np.arange(rows) % (len(each) // WINDOW_ROWS * WINDOW_ROWS)] for each in clients]
        self.rows = pa.concat_tables(kept(each) for each in again)


def queries_until_named(baseline: Baseline, attack: pd.DataFrame, honest: Honest) -> tuple[float, int]:
    """Return the attacker's queries until a window names it, infinite if none does, and how often others are named."""
    tables = RowsInMemory(pa.concat_tables([kept(attack), honest.rows]))
    [attacker] = attack["client"].unique()
    watch, others = ClientWatch({MODEL: baseline}), 0
    begin = round(START.timestamp() * 1e6)
    for number in range(len(attack) // WINDOW_ROWS):
        window = Window(MODEL, begin + number * _WINDOW_US, begin + (number + 1) * _WINDOW_US)
        count = WINDOW_ROWS * (1 + len(honest.names))
        named = watch.findings(tables, {window: RowCounts(count, count)})["slice_value"].to_pylist()
        others += len({*named} - {attacker})
        if attacker in named:
            return WINDOW_ROWS * (number + 1.0), others
    return np.inf, others
