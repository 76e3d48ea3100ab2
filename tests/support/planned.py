"""A monitor of a model with two numbers, whose reference has 48 blocks of 500 rows; made without Spark."""

from pathlib import Path

import numpy as np
from deltalake import write_deltalake

from tests.support.panes import reference_table

__all__ = ["MONITOR", "write_monitor"]

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
windows: {length: 1 hour, longer: [1 day]}
checks: {statistics: [ks, psi]}
"""


def write_monitor(place: Path) -> Path:
    """Write the store and the monitor.yaml, and return the latter's path."""
    random = np.random.default_rng(1)
    values = {name: random.normal(size=48 * 500) for name in ("x", "y")}
    write_deltalake(str(place / "store" / "references"), reference_table("m", values, blocks=48))
    (place / "monitor.yaml").write_text(MONITOR)
    return place / "monitor.yaml"
