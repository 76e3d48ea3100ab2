"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

MonitorFile: TypeAlias = Annotated[Path, typer.Argument(metavar="MONITOR.YAML", help="The monitor.")]

NullMarks: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--null",
        metavar="TEXT",
        help="A text of CSV files that stands for a missing value, besides NA, N/A, NaN, NULL, None, ? and -; "
        "may be repeated.",
    ),
]
