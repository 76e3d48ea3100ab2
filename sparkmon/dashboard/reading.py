"""What pages read, kept until the tables have changed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import pyarrow as pa

from sparkmon.store import DEFAULT_REFERENCE, ReferenceStore
from sparkmon.tables import TableWriter
from sparkmon.views import Overview, WindowTraffic, overview, traffic_of

_T = TypeVar("_T")
_MOST_RESULTS = 64
_SLOW_S, REST = 0.5, 20
"""A look at a table that takes longer is slow, and is followed by a rest of so many times its length."""
_REFERENCES_S = timedelta(minutes=5)
WINDOWS = 200
"""A page shows at most so many windows."""
SPANS = {"1 day": timedelta(days=1), "7 days": timedelta(days=7), "30 days": timedelta(days=30)}
"""The spans that a page can show; they end with the last window of the model."""


class Versions:
    """The numbers of the tables' last commits; where a look is slow, as by Spark, the last one stands for a while."""

    def __init__(self, tables: TableWriter) -> None:
        self._tables = tables
        self._looks: dict[str, tuple[int | None, float, float]] = {}

    def look(self, name: str) -> int | None:
        """Return the number of a table's last commit; None where there is none."""
        start = time.monotonic()
        version = self._tables.version(name)
        end = time.monotonic()
        self._looks[name] = version, end, end - start
        return version

    def last(self, name: str) -> int | None:
        """Return what the last look has seen, unless a look is quick, or was too long ago."""
        version, end, length = self._looks.get(name, (None, 0.0, 0.0))
        is_recent = length > _SLOW_S and time.monotonic() - end < REST * length
        return version if is_recent else self.look(name)


class Reading:
    """Reads tables and references, and keeps the last results."""

    def __init__(
        self, tables: TableWriter, store: ReferenceStore | None = None, reference: str = DEFAULT_REFERENCE
    ) -> None:
        self.tables, self._store, self._reference = tables, store, reference
        self.versions = Versions(tables)
        self._results: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def cached(self, key: Hashable, names: tuple[str, ...], make: Callable[[], _T]) -> _T:
        """Return what ``make`` returns, or did while these tables were as they are now."""
        versions = tuple(self.versions.last(name) for name in names)
        with self._lock:
            last = self._results.get(key)
        if last is not None and last[0] == versions:
            value: _T = last[1]
            return value
        value = make()
        with self._lock:
            self._results[key] = versions, value
            self._results.move_to_end(key)
            while len(self._results) > _MOST_RESULTS:
                self._results.popitem(last=False)
        return value

    def overview(self) -> Overview:
        """Return the overview, at most half a minute old if nothing has changed."""
        now = datetime.now(timezone.utc)
        key = ("overview", int(now.timestamp()) // 30)
        names = ("alerts", "alert_actions", "closed_windows", "deliveries")
        return self.cached(key, names, lambda: overview(self.tables, now))

    def windows(self, model: str, span: str) -> list[WindowTraffic]:
        """Return the last closed windows of a model, at most 200, within a span before the last one."""
        windows = self.cached(("windows", model), ("closed_windows",), lambda: traffic_of(self.tables, model))
        since = windows[-1].window_end - SPANS[span] if windows else None
        return [each for each in windows[-WINDOWS:] if since is None or each.window_end > since]

    def references(self) -> pa.Table | None:
        """Return the references of the store, at most five minutes old; None without a store."""
        store = self._store
        if store is None:
            return None
        key = ("references", int(datetime.now(timezone.utc).timestamp() // _REFERENCES_S.total_seconds()))
        return self.cached(key, (), lambda: store.read_references(self._reference))
