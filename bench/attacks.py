"""How soon recorded attacks on two models are found, alone and mixed with honest rows; ``make bench-attacks``."""

import argparse
import sys

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from sparkmon.adversaries import rows_by_client
from tests.support.attacks import ATTACKS, asked, baseline, judged, kept_rows, recorded

MODELS = ("flights", "shuttle")
SHARES = (1.0, 0.5, 0.25, 0.1)
"""The attack's share of the rows of its client."""


def mixed(model: str, attack: str, share: float, seed: int = 0) -> pa.Table:
    """Put honest rows between those of an attack, in random places, all under one name."""
    rows = recorded(model, attack)
    count = round(rows.num_rows * (1 / share - 1))
    honest = recorded(model, "later").slice(0, count)
    honest = honest.set_column(0, "client", pa.array(["attacker"] * honest.num_rows, pa.string()))
    together = pa.concat_tables([rows, honest])
    random = np.random.default_rng(seed)
    places = np.concatenate([np.sort(random.uniform(size=each.num_rows)) for each in (rows, honest)])
    return together.take(np.argsort(places, kind="stable"))


def main() -> None:
    """Print a row for each attack, and the false alarms of each model."""
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description=__doc__)
    parser.add_argument("--model", choices=MODELS, nargs="+", default=MODELS)
    chosen = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    for model in chosen.model:
        base = baseline(model)
        heads = [f"{share:.0%} of its rows" for share in SHARES]
        table = Table("attack", *heads, title=f"{model}: windows that are an attack, and queries until the first")
        for attack in (*ATTACKS, "knockoff_random"):
            cells = []
            for share in SHARES:
                kept = kept_rows(model, mixed(model, attack, share))
                [(_, rows)] = rows_by_client(base.honest, kept)
                found = judged(base, rows)
                first = f" {100 * (found.index(True) + 1)}" if any(found) else ""
                cells.append(f"{np.mean(found):.2f}{first}")
            table.add_row(attack, *cells)
        console.print(table)
        windows = [hit for _, rows in asked(model, "later", base.honest) for hit in judged(base, rows)]
        console.print(f"{model}: {sum(windows)} of {len(windows)} later windows of honest clients are called an attack")


if __name__ == "__main__":
    main()
