"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer


def option(text: str, *names: str, **more: Any) -> Any:  # noqa: ANN401 - typer's
    """Describe an option: what it is, its name unless it is the parameter's, and what else typer takes."""
    return typer.Option(*names, help=text, **more)


Texts: TypeAlias = list[str] | None
"""An option that may be repeated."""

MonitorFile: TypeAlias = Annotated[Path, typer.Argument(metavar="MONITOR.YAML", help="The monitor.")]

TablesPlace: TypeAlias = Annotated[
    str, typer.Argument(metavar="TABLES", help="The tables' directory or URL, or the monitor.yaml that names it.")
]

StorePlace: TypeAlias = Annotated[
    str | None, option("The feature store with the references.  [default: that of the monitor.yaml]", "--store")
]

ReferenceName: TypeAlias = Annotated[
    str | None,
    option("The name of the references.  [default: that of the monitor.yaml, or training]", "--reference"),
]

AsJson: TypeAlias = Annotated[bool, option("Print JSON lines.", "--json")]

NullMarks: TypeAlias = Annotated[
    Texts,
    option(
        "A text of CSV files that stands for a missing value, besides NA, N/A, NaN, NULL, None, ? and -; "
        "may be repeated.",
        "--null",
        metavar="TEXT",
    ),
]
