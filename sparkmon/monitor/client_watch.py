"""The clients of models whose rows are kept: judged as windows close, by the rows that the tables have of them."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol
from zlib import crc32

import numpy as np
import pyarrow as pa

from sparkmon.adversaries import (
    CLIENT_COLUMNS,
    SWEPT_ROWS,
    WINDOW_ROWS,
    Attack,
    Baseline,
    ClientRows,
    judge_anonymous,
    judge_client,
    rows_by_client,
    windows_of,
)
from sparkmon.comparison import attack_finding
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.interval import from_micros
from sparkmon.monitor.window_grid import RowCounts, Window

_LOGGER = logging.getLogger(__name__)

_CONTEXT = 4 * WINDOW_ROWS
"""Rows of a client before the window that count for its verdict."""
_MOST_NEW = 2_000
"""Of a client's rows in one window the latest so many are judged."""
_MOST_KEPT = 1_000_000
"""Rows in memory, of all clients together; those of the clients that were silent longest go first."""
_MOST_FINDINGS = 50
"""Attacks of one model and window that are findings of their own; the rest are counted in the last one."""
_MOST_CLIENTS = 100_000
"""Of more clients in one window those with the most rows are judged; of more in memory the last are."""
_COMPARED = 100
"""Clients, chosen by their names, that say what most of them do."""
_ROWS_AT_ONCE = 200_000
"""About so many rows of a window are read at a time."""
_LOOK_BACK = 12
"""How many windows back rows count for a client's verdict."""


class RowReader(Protocol):
    """What has the table ``rows``: :class:`sparkmon.tables.TableWriter`, or in batch a table in memory."""

    def read(self, table: str, columns: Sequence[str], where: Sequence[tuple[str, str, Any]]) -> pa.Table | None:
        """Return columns of the rows that satisfy all conditions; None if there is no table."""
        ...


class ClientWatch:
    """Judges clients, by model.

    A verdict follows from the rows of the window and of twelve windows before, so that it is the same after a restart.
    """

    def __init__(self, baselines: Mapping[str, Baseline]) -> None:
        self._baselines = baselines
        self._recent: OrderedDict[tuple[str, str], ClientRows] = OrderedDict()
        self._row_count = 0
        self._models: set[str] = set()
        self._nameless: set[str] = set()

    def findings(self, tables: RowReader, windows: Mapping[Window, RowCounts]) -> pa.Table:
        """Return a finding for each client that attacks a model in windows that close: ``DRIFT_METRICS``."""
        findings: list[dict[str, Any]] = []
        for window, rows in sorted(windows.items(), key=lambda each: (each[0].model, each[0].end)):
            baseline = self._baselines.get(window.model)
            if baseline is not None:
                findings += self._judged(tables, baseline, window, sum(rows))
        return pa.Table.from_pylist(findings, schema=DRIFT_METRICS)

    def _judged(self, tables: RowReader, baseline: Baseline, window: Window, rows: int) -> Iterator[dict[str, Any]]:
        if window.model not in self._models:
            self._models.add(window.model)
            # Window by window, as they were read before a restart, and so that no more is in memory than of one.
            for start in range(window.start - _LOOK_BACK * window.length, window.start, window.length):
                for client, new_rows in self._read(tables, baseline, window.model, start, start + window.length):
                    if client:
                        self._keep(window, client, new_rows)
        new, counts = self._new_rows(tables, baseline, window, rows)
        nobody = new.pop("", None)
        if nobody is not None and not new and not baseline.sweeps and window.model not in self._nameless:
            self._nameless.add(window.model)
            _LOGGER.warning("no row of %s in the window says who asked: its clients are not judged", window.model)
        attacks = self._attacks(baseline, window, new)
        unknown = None if nobody is None else judge_anonymous(baseline, nobody.rows)
        if nobody is not None and unknown is not None:
            attacks.append(("", unknown, [nobody.ids[place] for place in unknown.suspects]))
        attacks.sort(key=lambda each: (-len(each[1].groups), -counts[each[0]], each[0]))
        for place, (client, attack, suspects) in enumerate(attacks[:_MOST_FINDINGS]):
            more = len(attacks) - _MOST_FINDINGS if place == _MOST_FINDINGS - 1 else 0
            yield _finding(window, client, attack, counts[client], suspects, more)

    def _attacks(
        self, baseline: Baseline, window: Window, new: Mapping[str, ClientRows]
    ) -> list[tuple[str, Attack, list[tuple[str, int]]]]:
        """Judge clients by their new rows; return those that attack, and the rows to look at first."""
        unusual = []
        for client, new_rows in new.items():
            together = self._keep(window, client, new_rows)
            if judge_client(baseline, together.rows, together.scores, len(new_rows)) is not None:
                unusual.append((client, together))
        moved = self._moved(baseline, window, new) if unusual else baseline
        attacks = []
        for client, together in unusual:
            attack = judge_client(moved, together.rows, together.scores, len(new[client]))
            if attack is not None:
                attacks.append((client, attack, [together.ids[place] for place in attack.suspects]))
        if len(attacks) < len(unusual):
            what = "%s: %d clients are unlike honest ones before, and like most now: drift rather than an attack"
            _LOGGER.info(what, window.model, len(unusual) - len(attacks))
        return attacks

    def _moved(self, baseline: Baseline, window: Window, clients: Collection[str]) -> Baseline:
        """Return the baseline as most clients of a window are now."""
        chosen = sorted(clients, key=lambda client: (crc32(client.encode()), client))
        recent = (self._recent.get((window.model, client)) for client in chosen)
        enough = [each for each in recent if each is not None and len(each) >= WINDOW_ROWS][:_COMPARED]
        return baseline.moved(windows_of(baseline.honest, each.rows, each.scores) for each in enough)

    def _new_rows(
        self, tables: RowReader, baseline: Baseline, window: Window, rows: int
    ) -> tuple[dict[str, ClientRows], Counter[str]]:
        """Read the latest rows of each client in a window, and how many it has there."""
        new, counts = dict[str, ClientRows](), Counter[str]()
        for start, end in pairwise(np.linspace(window.start, window.end, 2 + rows // _ROWS_AT_ONCE, dtype=np.int64)):
            for client, new_rows in self._read(tables, baseline, window.model, int(start), int(end)):
                counts[client] += len(new_rows)
                together = new[client].plus(new_rows) if client in new else new_rows
                new[client] = together.take(slice(-_MOST_NEW if client else -SWEPT_ROWS, None))
            if len(new) > _MOST_CLIENTS:  # who asks little is no attack
                new = {client: new[client] for client, _ in counts.most_common(_MOST_CLIENTS) if client in new}
        return new, counts

    def _keep(self, window: Window, client: str, new_rows: ClientRows) -> ClientRows:
        """Put new rows behind those that are kept of a client, and return both."""
        key = (window.model, client)
        before = self._recent.pop(key, None)
        together = new_rows
        if before is not None:
            self._row_count -= len(before)
            # Where windows overlap, rows of this one were new in another, too.
            first, end = np.searchsorted(before.times, [window.start - _LOOK_BACK * window.length, window.start])
            together = before.take(slice(max(first, end - _CONTEXT), end)).plus(new_rows)
        self._recent[key] = recent = together.take(slice(-_CONTEXT, None))
        self._row_count += len(recent)
        while self._row_count > _MOST_KEPT or len(self._recent) > _MOST_CLIENTS:
            self._row_count -= len(self._recent.popitem(last=False)[1])
        return together

    def _read(
        self, tables: RowReader, baseline: Baseline, model: str, start: int, end: int
    ) -> Iterator[tuple[str, ClientRows]]:
        """Read the rows of each client between two times, in the order of their times."""
        times = [("event_time", ">=", from_micros(start)), ("event_time", "<", from_micros(end))]
        rows = tables.read("rows", CLIENT_COLUMNS, [("model", "=", model), *times])
        return iter(()) if rows is None else rows_by_client(baseline.honest, rows)


def _finding(
    window: Window, client: str, attack: Attack, rows: int, suspects: Sequence[tuple[str, int]], more: int
) -> dict[str, Any]:
    named = ", ".join(f"{event_id}/{instance}" for event_id, instance in suspects)
    windows = f"{attack.windows} of {attack.of_windows} windows of {WINDOW_ROWS} rows, {rows:,} of them new: "
    notes = [
        (windows if client else "") + attack.description,
        *([f"rows to look at first: {named}"] if named else []),
        *([f"{more} more clients attack"] if more else []),
    ]
    bounds = (window.model, "", from_micros(window.start), from_micros(window.end))
    return attack_finding(bounds, client, rows, "attack", float(len(attack.groups)), 1.0, "; ".join(notes))
