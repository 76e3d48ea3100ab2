"""How a verdict comes about, step by step and without Spark; run python examples/verdict.py to see."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa

from sparkmon.comparison import Checks, Finding, Judge
from sparkmon.distributions.schema import PROFILES, REFERENCES
from sparkmon.panes import PaneBuilder
from sparkmon.protocol import Cells, RowBlock

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1, tzinfo=timezone.utc)
TRAINING_DAYS, ROWS = 60, 400


def payments(day: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    """Make the payments of a day: their mean wanders from day to day, as real traffic does."""
    random = np.random.default_rng(day)
    level = 50 + random.normal(0, 0.5) + shift
    return {"amount": random.normal(level, 10, ROWS), "age": random.normal(40, 12, ROWS)}


def profiles(start: datetime, columns: dict[str, np.ndarray], rows: int = ROWS) -> pa.Table:
    """Summarise rows that came within a day: one profile per column."""
    micros = int(start.timestamp() * 1e6) + np.arange(rows, dtype=np.int64)
    ids, instances = np.arange(rows), np.zeros(rows, np.int32)
    values = Cells((*columns,), np.column_stack([*columns.values()]))
    builder = PaneBuilder(int(DAY.total_seconds() * 1e6))
    builder.add(RowBlock("payments", "", "request", ids, micros, instances, features=values))
    return builder.build()


def reference() -> pa.Table:
    """Make the reference: the whole of the training days, and each of them as a block."""
    days = [payments(day) for day in range(TRAINING_DAYS)]
    whole = {name: np.concatenate([day[name] for day in days]) for name in days[0]}
    parts = [(None, profiles(FIRST, whole, ROWS * TRAINING_DAYS))]
    parts += [(FIRST + day * DAY, profiles(FIRST, columns)) for day, columns in enumerate(days)]
    rows = [
        dict.fromkeys(REFERENCES.names)
        | {name: value for name, value in profile.items() if name in REFERENCES.names}
        | {"reference": "training", "data_type": "numeric", "column_index": index, "created_time": FIRST}
        | {"block_start": start, "block_end": start and start + DAY}
        for start, table in parts
        for index, profile in enumerate(table.to_pylist())
    ]
    return pa.Table.from_pylist(rows, REFERENCES)


def main() -> None:
    """Judge five days, in four of which the amounts are higher, and print how ``ks`` comes to its verdicts."""
    judge = Judge(reference(), Checks(), step_s=DAY.total_seconds(), lengths=["1 day"])
    start, earlier = FIRST + 100 * DAY, None
    print(
        "| amounts are | `value` | `noise` | `sketch_error` | effect | `limit` | `p_blocks` | `status` | `confirmed` |"
    )
    print(f"|{'---|' * 9}")
    for at, shift in enumerate((0.0, 1.0, 2.5, 2.5, 10.0)):
        window = profiles(start + at * DAY, payments(100 + at, shift)).select(PROFILES.names).cast(PROFILES)
        findings = judge.findings(window, earlier)
        earlier = findings if earlier is None else pa.concat_tables([earlier, findings])
        (finding,) = [
            Finding.of(row)
            for row in findings.to_pylist()
            if (row["column_name"], row["statistic"]) == ("amount", "ks")
        ]
        effect = finding.value - finding.noise - finding.sketch_error
        parts = (finding.value, finding.noise, finding.sketch_error, effect, finding.limit)
        numbers = " | ".join([*(f"{part:.3f}" for part in parts), f"{finding.p_blocks:.1g}"])
        name = f"{shift:g} higher" if shift else "as in training"
        print(f"| {name} | {numbers} | {finding.status} | {'yes' if finding.confirmed else 'no'} |")


if __name__ == "__main__":
    main()
