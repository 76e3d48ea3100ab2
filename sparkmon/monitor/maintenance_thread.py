"""A thread on the driver that maintains the tables while the query runs."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timezone

from sparkmon.tables import Maintenance

_LOGGER = logging.getLogger(__name__)
_POLL_S = 60.0
"""The first run is this long after the start."""


class MaintenanceThread:
    """Looks every minute whether maintenance is due.

    Parameters
    ----------
    maintenance : Maintenance
        Of the monitor's tables.
    """

    error: Exception | None = None
    """Why it has ended; it does not end by itself, because a monitor works without maintenance."""

    def __init__(self, maintenance: Maintenance) -> None:
        self._maintenance = maintenance
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkmon maintenance", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; blocks until no table is being maintained."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_POLL_S):
            now = datetime.now(timezone.utc)
            try:
                if self._maintenance.due(now):
                    self._maintenance.run_once(now)
            except Exception:
                # The tables are as they were, or partly maintained; nothing is lost.
                _LOGGER.warning("could not maintain the tables; trying again later", exc_info=True)
