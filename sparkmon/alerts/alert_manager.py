"""The alert manager: takes the findings of a batch, records decisions, and sends notifications."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts.alert_store import AlertStore
from sparkmon.alerts.alerting import Alerting
from sparkmon.alerts.decide import decide
from sparkmon.alerts.dispatcher import Dispatcher
from sparkmon.alerts.incident import Observation
from sparkmon.alerts.incident_states import IncidentStates
from sparkmon.alerts.observations import observations_of
from sparkmon.alerts.policy import Policy
from sparkmon.alerts.rows import (
    notifications_of,
    observation_of,
    queued_notifications_of,
    row_of,
)
from sparkmon.schemas import ALERTS
from sparkmon.sinks import AlertSink
from sparkmon.tables import Tables

__all__ = ["AlertManager"]

_LOGGER = logging.getLogger(__name__)
_DRAIN_S = 30.0


class AlertManager:
    """Decides which incidents notify, and delivers the notifications.

    Parameters
    ----------
    tables : Tables
        Where ``alerts``, ``deliveries`` and ``alert_actions`` are.
    sinks : sequence of AlertSink
        Where notifications are delivered, in addition to the table.
    policy : Policy, optional
        When they are sent.

    Raises
    ------
    OptionError
        The sinks do not fit the policy; see :meth:`Policy.check_sinks`.

    Notes
    -----
    *Exactly once into the table*: the decisions of a batch are one commit with the query's id and the batch's number; a
    retry adds nothing. *At least once to the sinks*: a notification that is in the table and not logged as delivered is
    sent at the next start.
    """

    def __init__(
        self, tables: Tables, sinks: Sequence[AlertSink], policy: Policy | None = None
    ) -> None:
        alerting = Alerting(sinks, policy or Policy())
        self.tables, self.sinks, self.policy = tables, tuple(alerting.sinks), alerting.policy
        self._names = tuple(sink.name for sink in self.sinks)
        self._reset()

    def __getstate__(self) -> dict[str, Any]:
        # Over Spark Connect a process of the server decides on batches: only what that needs is serialized.
        return {"tables": self.tables, "policy": self.policy, "_names": self._names, "sinks": ()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._reset()

    def _reset(self) -> None:
        self._states: IncidentStates | None = None
        # Read without the lock: the monitor's status must not wait for a table that hangs.
        self._open_incidents: Counter[tuple[str, str]] = Counter()
        self._writers: set[str] = set()
        self._dispatcher: Dispatcher | None = None
        self._lock = threading.RLock()

    def open(self, spark: SparkSession, query_ids: Collection[str] | None = ()) -> None:
        """Start to deliver, first the undelivered notifications of these queries (None: of all)."""
        self.tables.prepare(spark, "alerts", ALERTS)
        store = AlertStore(self.tables, spark)
        with self._lock:
            self._states = None
            self._writers.clear()
            self._load_states(store)
            if self._dispatcher is None:
                self._dispatcher = Dispatcher(self.sinks, store.write_deliveries)
        if query_ids is None or query_ids:
            self._send_undelivered(store, query_ids)

    @property
    def dispatcher(self) -> Dispatcher | None:
        """Delivers the notifications while the alert manager is open."""
        return self._dispatcher

    def is_unsettled(self, incident_id: str) -> bool:
        """Return whether an incident is open, or its recovery was not notified yet."""
        states = self._states
        incident = None if states is None else states.incidents.get(incident_id)
        return incident is not None and not incident.is_settled

    def open_incidents(self) -> Counter[tuple[str, str]]:
        """Count the open incidents by model and severity."""
        return self._open_incidents

    def collect(self, spark: SparkSession, query_ids: Collection[str]) -> None:
        """Deliver what these queries have decided in another process, as they do over Spark Connect."""
        self._send_undelivered(AlertStore(self.tables, spark), query_ids)

    def drain(self) -> int:
        """Wait, at most half a minute, for all deliveries; return the number of undelivered notifications."""
        dispatcher = self._dispatcher
        return 0 if dispatcher is None else dispatcher.drain(_DRAIN_S)

    def close(self, *, drain: bool = False) -> int:
        """Stop delivering; return the number of notifications that remain for the next start.

        Parameters
        ----------
        drain : bool
            Whether to wait, at most half a minute, for all deliveries.
        """
        with self._lock:
            dispatcher, self._dispatcher = self._dispatcher, None
        if dispatcher is None:
            return 0
        if drain:
            dispatcher.drain(_DRAIN_S)
        dispatcher.stop()
        waiting = sum(dispatcher.waiting.values())
        if waiting:
            _LOGGER.warning(
                "%d notifications are not delivered; the next start sends them, as does: "
                "sparkmon alerts replay --waiting",
                waiting,
            )
        return waiting

    def process(
        self, findings: DataFrame, last_end: datetime, *, writer: str, batch_id: int
    ) -> int:
        """Decide on the findings of a batch of windows.

        Parameters
        ----------
        findings : DataFrame
            ``sparkmon.schemas.DRIFT_METRICS``, not streaming.
        last_end : datetime
            The end of the last window of the batch: incidents that had no window for the policy's ``resolve_timeout``
            before it resolve.
        writer, batch_id : str, int
            See :meth:`sparkmon.tables.Tables.append`.

        Returns
        -------
        int
            The number of decisions that were recorded.
        """
        with self._lock:
            store = AlertStore(self.tables, findings.sparkSession)
            states = self._states_before(store, writer, batch_id)
            if states is None:
                return 0
            observations = _observations(findings.toArrow(), states.unsettled(), last_end)
            observations += states.stale(last_end, self.policy.resolve_timeout, observations)
            return self._record(store, states, observations, writer, batch_id)

    def process_observations(
        self, spark: SparkSession, rows: Iterable[Mapping[str, Any]], *, writer: str, batch_id: int
    ) -> int:
        """Decide on rows of ``sparkmon.schemas.OBSERVATIONS``, such as those on the monitor's own health."""
        with self._lock:
            store = AlertStore(self.tables, spark)
            states = self._states_before(store, writer, batch_id)
            if states is None:
                return 0
            observations = [observation_of(row) for row in rows]
            return self._record(store, states, observations, writer, batch_id)

    def _record(
        self,
        store: AlertStore,
        states: IncidentStates,
        observations: Sequence[Observation],
        writer: str,
        batch_id: int,
    ) -> int:
        if not observations:
            return 0
        now = datetime.now(timezone.utc)
        silences, acknowledgements = store.actions()
        decisions = decide(
            self.policy,
            states.incidents,
            observations,
            silences=silences,
            acknowledgements=acknowledgements,
            sinks=self._names,
            recent=states.sent_since(now - self.policy.rate_limit_interval),
            now=now,
        )
        rows = [row_of(each, query_id=writer, batch_id=batch_id, now=now) for each in decisions]
        if not rows:
            return 0
        store.write_alerts(rows, writer=writer, batch_id=batch_id)
        for decision, row in zip(decisions, rows, strict=True):
            if decision.state != "provisional":
                states.update(decision.observation.incident_id, decision.incident, row)
        self._open_incidents = states.open_incidents()
        for notification, sinks in notifications_of(rows):
            states.count_notification(now, sinks)
            if self._dispatcher is not None:
                self._dispatcher.put(notification, sinks)
        return len(rows)

    def _states_before(
        self, store: AlertStore, writer: str, batch_id: int
    ) -> IncidentStates | None:
        """Return the incidents before a batch; None if the batch is recorded already."""
        if writer not in self._writers:
            if store.has_batch(writer, batch_id):
                return None  # its notifications were sent by `open`
            self._writers.add(writer)
        return self._load_states(store)

    def _load_states(self, store: AlertStore) -> IncidentStates:
        if self._states is None:
            since = datetime.now(timezone.utc) - self.policy.rate_limit_interval
            self._states = IncidentStates(store.incidents(), store.sent_since(since))
            self._open_incidents = self._states.open_incidents()
        return self._states

    def _send_undelivered(self, store: AlertStore, query_ids: Collection[str] | None) -> None:
        unknown: set[str] = set()
        undelivered = store.undelivered(query_ids=query_ids)
        for notification, sink, attempts in queued_notifications_of(undelivered):
            if self._dispatcher is not None:
                unknown |= {*self._dispatcher.put(notification, [sink], attempts=attempts)}
        for name in sorted(unknown):
            _LOGGER.warning(
                "notifications for the sink %s are undelivered and the monitor has no such sink; "
                "configure it again, or replay them",
                name,
            )


def _observations(
    findings: pa.Table, unsettled: Collection[str], last_end: datetime
) -> list[Observation]:
    observations = observations_of(findings, unsettled)
    # What starts firing in one window may be ok in a later one.
    opened = {
        each.incident_id
        for each in observations
        if each.outcome == "drift" and each.window_end < last_end
    }.difference(unsettled)
    if opened:
        observations += [each for each in observations_of(findings, opened) if each.outcome == "ok"]
    return observations
