"""A dashboard that runs on this machine while a test asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx

from sparkmon.dashboard.app import running
from sparkmon.dashboard.settings import DashboardSettings
from sparkmon.tables import TableWriter

__all__ = ["served"]


@contextmanager
def served(settings: DashboardSettings, tables: TableWriter | None = None) -> Iterator[httpx.Client]:
    """Serve a dashboard on a free port; give a client that follows redirects."""
    with (
        running(replace(settings, port=0), tables) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client,
    ):
        yield client
