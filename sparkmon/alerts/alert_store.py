"""The record of alerts: decisions, deliveries and people's actions, in three tables."""

import logging
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.alerts.incident import Incident
from sparkmon.alerts.incident_states import Sent
from sparkmon.alerts.matcher import Acknowledgement, Acknowledgements, Matcher, Silence, Silences
from sparkmon.alerts.rows import incident_of
from sparkmon.alerts.schema import ALERT_ACTIONS, ALERTS, DELIVERIES
from sparkmon.alerts.sink_worker import LONGEST_PAUSE_S
from sparkmon.tables import Condition, TableWriter, read_completed

_LOGGER = logging.getLogger(__name__)
Actions: TypeAlias = tuple[Silences, Acknowledgements]

_SCHEMAS = {"alerts": ALERTS, "deliveries": DELIVERIES, "alert_actions": ALERT_ACTIONS}
_DECIDED: tuple[Condition, ...] = (("incident_id", "not null", None), ("state", "!=", "provisional"))
_LONGEST_PAUSE = timedelta(seconds=1.2 * LONGEST_PAUSE_S)
_NOTIFIED: Condition = ("notification_id", "not null", None)


class AlertStore:
    """Reads and writes the tables ``alerts``, ``deliveries`` and ``alert_actions``.

    Version 0.2 did not record which sinks know of an incident: all ``sinks`` do, where one is open.
    """

    def __init__(self, tables: TableWriter, sinks: Collection[str] = ()) -> None:
        self.tables, self._sinks = tables, sinks
        self._reader = threading.Thread()
        self._actions: tuple[int | None, Actions] | None = None

    def alerts(self, where: Sequence[Condition] = ()) -> list[dict[str, Any]]:
        """Return the rows of ``sparkmon.schemas.ALERTS`` that meet all conditions."""
        return self._read("alerts", where).to_pylist()

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the rows of ``sparkmon.schemas.DELIVERIES``."""
        return self._read("deliveries").to_pylist()

    def incidents(self) -> dict[str, Incident]:
        """Return the incidents by id, each as its last closed window left it."""
        rows = self._read("alerts", _DECIDED, ["incident_id", "window_end", "severity", "incident"])
        return {row["incident_id"]: incident_of(row) for row in self._last_of_each(rows)}

    def last_rows(self, incidents: Mapping[str, Incident]) -> dict[str, dict[str, Any]]:
        """Return the last row of ``alerts`` of each of these incidents, by its id."""
        ends = [incident.last_end for incident in incidents.values() if incident.last_end]
        if not ends:
            return {}
        where = (*_DECIDED, ("window_end", ">=", min(ends)), ("incident_id", "in", [*incidents]))
        return {row["incident_id"]: row for row in self._last_of_each(self._read("alerts", where))}

    def _last_of_each(self, rows: pa.Table) -> list[dict[str, Any]]:
        """Return the last row of each incident, as this version writes it."""
        last: list[dict[str, Any]] = rows.take(_last(rows, ["incident_id"], ["window_end"])).to_pylist()
        for row in last:
            state = row["incident"]
            if state.get("notified") is None:
                about = {"severity": row["severity"], "window_end": row["window_end"]}
                sinks = self._sinks if state["is_open"] else ()
                state["notified"] = [{"sink": sink, **about} for sink in sinks]
                row["limited_sinks"] = []
        return last

    def provisional(self, model: str) -> dict[str, datetime]:
        """Return the ids of the alerts on windows of a model that were open, with the ends of the windows."""
        where = [("model", "=", model), ("state", "=", "provisional")]
        rows = self._read("alerts", where, ["alert_id", "window_end"])
        return {row["alert_id"]: row["window_end"] for row in rows.to_pylist()}

    def sent_since(self, time: datetime, query_ids: Collection[str]) -> list[Sent]:
        """Return the notifications that these queries have decided on since then."""
        names = ["notification_id", "fired_time", "sinks", "severity"]
        where = [
            *(_NOTIFIED, ("fired_time", ">=", time)),
            *(("query_id", "in", [*query_ids]), ("drift_type", "!=", "HEALTH")),
        ]
        rows = self._read("alerts", where, names)
        rows = rows.append_column("is_critical", pc.equal(rows["severity"], pa.scalar("critical")))
        highest = rows.take(_last(rows, ["notification_id"], ["is_critical"])).to_pylist()
        return [Sent(row["fired_time"], row["is_critical"], row["sinks"]) for row in highest]

    def actions(self) -> Actions:
        """Return the silences that were not ended by hand, and the acknowledgements."""
        version = self.tables.version("alert_actions")
        if self._actions is None or self._actions[0] != version:
            self._actions = version, self._read_actions()
        return self._actions[1]

    def last_actions(self, within_s: float) -> Actions:
        """Return what :meth:`actions` does, or did last if the tables fail or do not answer in time."""

        def read() -> None:
            try:
                self.actions()
            except Exception:
                # Whatever fails, an alert on the monitor's own health is not kept waiting.
                _LOGGER.warning("could not read silences; those read last hold", exc_info=True)

        if not self._reader.is_alive():
            self._reader = threading.Thread(target=read, daemon=True)
            self._reader.start()
        self._reader.join(within_s)
        return ((), {}) if self._actions is None else self._actions[1]

    def _read_actions(self) -> Actions:
        rows = self._read("alert_actions").sort_by("start_time").to_pylist()
        ended = {row["action_id"] for row in rows if row["action"] == "unsilence"}
        silences: dict[str, Silence] = {}
        acknowledgements: dict[str, Acknowledgement] = {}
        for row in rows:
            identity, start = row["action_id"], row["start_time"]
            if row["action"] == "silence" and identity not in ended:
                matcher = Matcher(row["model"], row["column_name"], row["slice"], row["severity"])
                silences[identity] = Silence(identity, matcher, start, row["end_time"])
            elif row["action"] == "ack":
                incident_id = row["incident_id"]
                acknowledgements[incident_id] = Acknowledgement(incident_id, start, row["by"])
        return tuple(silences.values()), acknowledgements

    def notification_ids(self) -> set[str]:
        """Return the ids of all notifications."""
        rows = self._read("alerts", [_NOTIFIED], ["notification_id"])
        return {str(each) for each in pc.unique(rows["notification_id"]).to_pylist()}

    def undelivered(
        self, *, query_ids: Collection[str] | None = None, models: Collection[str] | None = None, dead: bool = False
    ) -> list[tuple[dict[str, Any], str, int]]:
        """Return the rows of undelivered notifications, each with the sink and its attempts so far.

        ``query_ids`` limits them to the decisions of these writers, ``models`` to those on these models. ``dead`` are
        those that were given up, instead of those that are still to be tried.
        """
        limits = {"query_id": query_ids, "model": models}
        chosen = [(name, "in", [*each]) for name, each in limits.items() if each is not None]
        where = [_NOTIFIED, *chosen]
        rows = self._read("alerts", where, ["notification_id", "sinks"])
        notified = rows.take(_last(rows, ["notification_id"])).to_pylist()
        attempts = self._last_attempts()
        due: dict[str, list[tuple[str, int]]] = {}
        for row in notified:
            for sink in row["sinks"]:
                status, number = attempts.get((row["notification_id"], sink), ("failed", 0))
                if status == ("dead" if dead else "failed"):
                    due.setdefault(row["notification_id"], []).append((sink, number))
        if not due:
            return []
        return [
            (row, sink, number)
            for row in self.alerts([*where, ("notification_id", "in", [*due])])
            for sink, number in due[row["notification_id"]]
        ]

    def pauses(self, now: datetime) -> dict[str, timedelta]:
        """Return for how long sinks that have asked for a pause, longer than the back-off's, are to be left alone."""
        rows = self._read("deliveries", [("retry_time", ">", now)], ["sink", "time", "retry_time"]).to_pylist()
        rows.sort(key=lambda row: row["retry_time"])
        return {
            row["sink"]: row["retry_time"] - now for row in rows if row["retry_time"] - row["time"] > _LONGEST_PAUSE
        }

    def _last_attempts(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Return the last status of each notification and sink, and the number of attempts."""
        rows = self._read("deliveries", (), ["notification_id", "sink", "status", "time", "attempt"])
        last = rows.take(_last(rows, ["notification_id", "sink"], ["time", "attempt"])).to_pylist()
        return {(row["notification_id"], row["sink"]): (row["status"], row["attempt"]) for row in last}

    def write_alerts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append decisions."""
        self._write("alerts", rows)

    def write_missing_alerts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append the decisions that are not there: a write that failed may have written them."""
        ids, first = [row["alert_id"] for row in rows], min(row["window_end"] for row in rows)
        where = [("alert_id", "in", ids), ("window_end", ">=", first)]
        present = {*self._read("alerts", where, ["alert_id"])["alert_id"].to_pylist()}
        missing = [row for row in rows if row["alert_id"] not in present]
        if missing:
            self._write("alerts", missing)

    def write_deliveries(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append attempts."""
        self._write("deliveries", rows)

    def write_action(self, **action: object) -> None:
        """Append an action of a person: the columns of ``sparkmon.schemas.ALERT_ACTIONS``."""
        self._write("alert_actions", [dict.fromkeys(ALERT_ACTIONS.names) | action])

    def _write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self.tables.append(pa.Table.from_pylist([*rows], schema=_SCHEMAS[name]), name)

    def _read(self, name: str, where: Sequence[Condition] = (), columns: Sequence[str] | None = None) -> pa.Table:
        """Return rows; none until something is written."""
        schema = _SCHEMAS[name] if columns is None else pa.schema([_SCHEMAS[name].field(each) for each in columns])
        rows = read_completed(self.tables, name, schema, where)
        return schema.empty_table() if rows is None else rows


def _last(rows: pa.Table, keys: Sequence[str], order: Sequence[str] = ()) -> npt.NDArray[np.int64]:
    """Return the indices of one row of each key, the last by the columns ``order``."""
    codes = [rows[name].combine_chunks().dictionary_encode().indices.to_numpy() for name in keys]
    ranks = [rows[name].cast(pa.int64()).to_numpy() for name in reversed(order)]
    indices = np.lexsort([*ranks, *codes])
    is_last = np.ones(len(indices), np.bool_)
    is_last[:-1] = np.logical_or.reduce([np.diff(code[indices]) != 0 for code in codes])
    return np.asarray(indices[is_last], np.int64)
