"""The alert desk: findings of a batch come in, decisions go on record, notifications go out."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts.candidates import candidates_of
from sparkmon.alerts.decide import decide
from sparkmon.alerts.dispatcher import Dispatcher
from sparkmon.alerts.incident import Observation
from sparkmon.alerts.memory import Memory
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.record import AlertRecord
from sparkmon.alerts.rows import notifications_of, observation_of, parcels_of, row_of
from sparkmon.schemas import ALERTS
from sparkmon.sinks import AlertSink
from sparkmon.tables import Tables

__all__ = ["AlertDesk"]

_LOGGER = logging.getLogger(__name__)
_DRAIN_S = 30.0


class AlertDesk:
    """Decides what is told, and sees that it is.

    Parameters
    ----------
    tables : Tables
        Where ``alerts``, ``deliveries`` and ``alert_actions`` are.
    sinks : sequence of AlertSink
        Where alerts are told beside the table.
    policy : Policy, optional
        When.

    Raises
    ------
    OptionError
        The sinks do not fit the policy; see :meth:`Policy.check_sinks`.

    Notes
    -----
    *Exactly once into the table*: decisions are one commit, which carries the query's id and the batch's number. One
    that is tried again adds nothing. *At least once to the sinks*: what is in the table and not on record as delivered
    is sent at the next start.
    """

    def __init__(
        self, tables: Tables, sinks: Sequence[AlertSink], policy: Policy | None = None
    ) -> None:
        self.tables, self.sinks, self.policy = tables, tuple(sinks), policy or Policy()
        self._names = tuple(sink.name for sink in sinks)
        keeps = {sink.name: sink.keep for sink in sinks if sink.keep is not None}
        self.policy.check_sinks(self._names, keeps)
        self._forget()

    def __getstate__(self) -> dict[str, Any]:
        # Over Spark Connect batches are decided on in a process of the server: only what is needed for that travels.
        return {"tables": self.tables, "policy": self.policy, "_names": self._names, "sinks": ()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._forget()

    def _forget(self) -> None:
        self._memory: Memory | None = None
        # Read without the lock: who asks how the monitor is must not wait for a table that hangs.
        self._open_incidents: Counter[tuple[str, str]] = Counter()
        self._writers: set[str] = set()
        self._dispatcher: Dispatcher | None = None
        self._lock = threading.RLock()

    def open(self, spark: SparkSession, query_ids: Collection[str] | None = ()) -> None:
        """Begin to deliver, first what these queries (None: any) have decided and no sink has had."""
        self.tables.prepare(spark, "alerts", ALERTS)
        record = AlertRecord(self.tables, spark)
        with self._lock:
            self._memory = None
            self._writers.clear()
            self._recall(record)
            if self._dispatcher is None:
                self._dispatcher = Dispatcher(self.sinks, record.write_deliveries)
        if query_ids is None or query_ids:
            self._send_undelivered(record, query_ids)

    @property
    def dispatcher(self) -> Dispatcher | None:
        """What delivers, while the desk is open."""
        return self._dispatcher

    def is_unsettled(self, incident_id: str) -> bool:
        """Tell whether an incident is open, or people do not know yet that it is not."""
        memory = self._memory
        incident = None if memory is None else memory.incidents.get(incident_id)
        return incident is not None and not incident.is_settled

    def open_incidents(self) -> Counter[tuple[str, str]]:
        """Count the incidents that are open, by model and severity."""
        return self._open_incidents

    def collect(self, spark: SparkSession, query_ids: Collection[str]) -> None:
        """Deliver what these queries have decided in another process, as they do over Spark Connect."""
        self._send_undelivered(AlertRecord(self.tables, spark), query_ids)

    def drain(self) -> int:
        """Wait, half a minute at most, until all has been delivered; return how many notifications are left."""
        dispatcher = self._dispatcher
        return 0 if dispatcher is None else dispatcher.drain(_DRAIN_S)

    def close(self, *, drain: bool = False) -> int:
        """Stop delivering; return how many notifications are left for the next start.

        Parameters
        ----------
        drain : bool
            Whether to wait, half a minute at most, until all have been delivered.
        """
        with self._lock:
            dispatcher, self._dispatcher = self._dispatcher, None
        if dispatcher is None:
            return 0
        if drain:
            dispatcher.drain(_DRAIN_S)
        dispatcher.stop()
        left = sum(dispatcher.waiting.values())
        if left:
            _LOGGER.warning(
                "%d notifications are left for the next start, or for: sparkmon alerts replay --waiting",
                left,
            )
        return left

    def take(self, findings: DataFrame, last_end: datetime, *, writer: str, batch_id: int) -> int:
        """Decide on the findings of a batch of windows.

        Parameters
        ----------
        findings : DataFrame
            ``sparkmon.schemas.DRIFT_METRICS``, not streaming.
        last_end : datetime
            The end of the last window of the batch: an incident that nothing was said of for long before it has ended.
        writer, batch_id : str, int
            See :meth:`sparkmon.tables.Tables.append`.

        Returns
        -------
        int
            How many decisions were put on record.
        """
        with self._lock:
            record = AlertRecord(self.tables, findings.sparkSession)
            memory = self._remember(record, writer, batch_id)
            if memory is None:
                return 0
            seen = self._seen(findings, memory.unsettled(), last_end)
            seen += memory.gone(last_end, self.policy.forget_after, seen)
            return self._decide(record, memory, seen, writer, batch_id)

    def _seen(
        self, findings: DataFrame, watched: Collection[str], last_end: datetime
    ) -> list[Observation]:
        seen = [
            observation_of(row) for row in candidates_of(findings, watched).toArrow().to_pylist()
        ]
        # What is fired in one window of the batch may be fine in a later one.
        begun = {
            each.incident_id
            for each in seen
            if each.condition == "trouble" and each.window_end < last_end
        }.difference(watched)
        if begun:
            rows = candidates_of(findings, begun).where("condition = 'fine'").toArrow().to_pylist()
            seen += [observation_of(row) for row in rows]
        return seen

    def take_rows(
        self, spark: SparkSession, rows: Iterable[Mapping[str, Any]], *, writer: str, batch_id: int
    ) -> int:
        """Decide on rows of ``sparkmon.schemas.CANDIDATES``, such as those on the monitor's own health."""
        with self._lock:
            record = AlertRecord(self.tables, spark)
            memory = self._remember(record, writer, batch_id)
            if memory is None:
                return 0
            seen = [observation_of(row) for row in rows]
            return self._decide(record, memory, seen, writer, batch_id)

    def _decide(
        self,
        record: AlertRecord,
        memory: Memory,
        seen: Sequence[Observation],
        writer: str,
        batch_id: int,
    ) -> int:
        if not seen:
            return 0
        now = datetime.now(timezone.utc)
        decisions = decide(
            self.policy,
            memory.incidents,
            seen,
            actions=record.actions(),
            sinks=self._names,
            sent=memory.sent_since(now - self.policy.per),
            now=now,
        )
        rows = [row_of(each, query_id=writer, batch_id=batch_id, now=now) for each in decisions]
        if not rows:
            return 0
        record.write_alerts(rows, writer=writer, batch_id=batch_id)
        for decision, row in zip(decisions, rows, strict=True):
            if decision.state != "provisional":
                memory.keep(decision.observation.incident_id, decision.incident, row)
        self._open_incidents = memory.open_incidents()
        for notification, sinks in notifications_of(rows):
            memory.note(now, sinks)
            if self._dispatcher is not None:
                self._dispatcher.put(notification, sinks)
        return len(rows)

    def _remember(self, record: AlertRecord, writer: str, batch_id: int) -> Memory | None:
        """Return what is known of all incidents; None where this batch is on record already."""
        if writer not in self._writers:
            if record.has_batch(writer, batch_id):
                return None  # its notifications were sent when the desk was opened
            self._writers.add(writer)
        return self._recall(record)

    def _recall(self, record: AlertRecord) -> Memory:
        if self._memory is None:
            since = datetime.now(timezone.utc) - self.policy.per
            self._memory = Memory(record.incidents(), record.sent_since(since))
            self._open_incidents = self._memory.open_incidents()
        return self._memory

    def _send_undelivered(self, record: AlertRecord, query_ids: Collection[str] | None) -> None:
        unknown: set[str] = set()
        for note, sink, attempts in parcels_of(record.undelivered(query_ids=query_ids)):
            if self._dispatcher is not None:
                unknown |= {*self._dispatcher.put(note, [sink], attempts=attempts)}
        for name in sorted(unknown):
            _LOGGER.warning(
                "notifications for the sink %s wait in the tables, and there is no such sink any more; "
                "give it back, or replay them",
                name,
            )
