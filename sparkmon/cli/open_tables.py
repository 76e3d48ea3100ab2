"""The tables of a monitor, without a Spark session where they need none."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from sparkmon.cli.terminal import note
from sparkmon.errors import MissingExtraError, OptionError

_READERS = ("alerts", "explain", "findings", "incidents", "status", "watch")


def spare_pandas(words: Sequence[str]) -> None:
    """Spare a command that only reads a directory of tables the import of pandas, longer than all else that it does.

    pyarrow looks for pandas once, when it makes its first scalar, and then imports it for good.
    """
    if not words or words[0] not in _READERS or not any(Path(each).exists() for each in words[1:]):
        return
    import pyarrow as pa

    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    pa.scalar(0)
    sys.meta_path.remove(finder)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Refuse pandas."""
        if fullname == "pandas":
            raise MissingExtraError.of(fullname, "spark")


@contextmanager
def open_tables(place: str, settings: Any = None) -> Iterator[Any]:  # noqa: ANN401 - a MonitorConfig; TableWriter
    """Open the tables of a monitor: at a location, or of a ``monitor.yaml``; start Spark if only Spark reaches them.

    ``settings`` are those of the file, if they have been read.
    """
    from sparkmon.tables import Tables

    location = location_of(place)
    tables = Tables(location)
    with ExitStack() as stack:
        try:
            writer = tables.open()
        except (MissingExtraError, OptionError):  # a catalog schema, a file system of Spark's, or no deltalake
            from sparkmon.cli.spark import open_session

            if settings is None and Path(place).is_file():
                from sparkmon.config import read_config

                settings = read_config(Path(place))
            note(f"only Spark reaches the tables {location}: starting it")
            writer = tables.open(stack.enter_context(open_session(settings.spark if settings else {})))
        yield writer


def location_of(place: str) -> str:
    """Return where the tables are: of a ``monitor.yaml`` what it says, of a directory its absolute path."""
    path = Path(place)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        from sparkmon.yaml_file import tables_location

        return tables_location(path)
    return str(path.absolute()) if "://" not in place and (path.is_dir() or "/" in place) else place
