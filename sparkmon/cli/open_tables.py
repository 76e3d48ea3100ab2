"""The tables of a monitor, without a Spark session where they need none."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sparkmon.config import MonitorConfig, read_config
from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.tables import Tables, TableWriter


@contextmanager
def open_tables(config: Path) -> Iterator[tuple[TableWriter, MonitorConfig]]:
    """Open the tables of a monitor, and give its settings, too; start Spark if only Spark reaches them."""
    settings = read_config(config)
    tables = Tables(settings.tables)
    with ExitStack() as stack:
        try:
            writer = tables.open()
        except (MissingExtraError, OptionError):
            from sparkmon.cli.spark import open_session

            writer = tables.open(stack.enter_context(open_session(settings.spark)))
        yield writer, settings
