"""What hostile names of clients cost: a window in which each row has a client of its own, and names of 10 kB."""

from __future__ import annotations

import argparse
import os
import time

import numpy as np
import pyarrow as pa

from bench.machine import machine
from sparkmon.adversaries.identity import short
from sparkmon.monitor.batch_clients import RowsInMemory
from sparkmon.monitor.client_watch import ClientWatch
from sparkmon.monitor.window_grid import RowCounts, Window
from tests.support.attacks import BEGIN_US, baseline, kept_rows, recorded
from tests.support.resident import greatest_resident

_HOSTILE = "](http://evil) <b>\x1b[2J\r\n| " * 400


def main() -> None:
    """Print seconds and memory of a window."""
    parser = argparse.ArgumentParser(prog="python -m bench.attacks.many_clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=1, help="rows of each client")
    options = parser.parse_args()
    count = options.clients * options.rows
    print(machine())
    honest = recorded("flights", "later")
    base = baseline("flights")
    rows = kept_rows("flights", honest.take(pa.array(np.arange(count) % honest.num_rows)))
    names = pa.array([f"{place % options.clients:07d}" for place in range(count)])
    rows = rows.set_column(rows.column_names.index("client"), "client", names)
    started = time.process_time()
    window = Window("flights", BEGIN_US, BEGIN_US + 50_000 * count)
    found = ClientWatch({"flights": base}).findings(RowsInMemory(rows), {window: RowCounts(count, count)})
    spent = time.process_time() - started
    peak = greatest_resident(os.getpid()) / 2**30
    print(
        f"{options.clients:,} clients with {options.rows:,} rows each: {spent:.0f} s of CPU, at most {peak:.1f} GiB, "
        f"the {rows.nbytes / 2**30:.1f} GiB of the table among them, {found.num_rows} findings"
    )
    started = time.process_time()
    kept = {short(f"{place}{_HOSTILE}") for place in range(10_000)}
    print(
        f"10,000 names of {len(_HOSTILE):,} characters: {time.process_time() - started:.1f} s, {len(kept):,} of "
        f"{max(map(len, kept))} characters, such as {min(kept)[:60]}"
    )


if __name__ == "__main__":
    main()
