"""The alert manager: takes the findings of closed windows, records decisions, and sends notifications."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pyarrow as pa

from sparkmon.alerts.alert_store import Actions, AlertStore
from sparkmon.alerts.decide import Context, Groups, decide
from sparkmon.alerts.dispatcher import Dispatcher
from sparkmon.alerts.health import MONITOR, held_back, is_health
from sparkmon.alerts.incident import Observation
from sparkmon.alerts.incident_states import IncidentStates, Sent
from sparkmon.alerts.observations import observations_of_batch
from sparkmon.alerts.policy import Alerting
from sparkmon.alerts.rows import notifications_of, queued_notifications_of, row_of
from sparkmon.alerts.schema import ALERTS
from sparkmon.alerts.sink_worker import GIVE_UP_S
from sparkmon.errors import OptionError
from sparkmon.tables import TableWriter

_LOGGER = logging.getLogger(__name__)
_DRAIN_S = 30.0
_ANSWER_S = 5.0
_RELOAD_S = 3600.0
_SUMMARY_WINDOW = timedelta(minutes=1)
_RATES = (True, False)
"""Critical notifications have a rate limit of their own."""


class AlertManager:
    """Decides which incidents of windows of these lengths notify, and delivers the notifications.

    Notes
    -----
    *Exactly once into the table*: a window of an incident that was decided on is not decided on again, so that findings
    that are processed again after a crash add nothing. *At least once to the sinks*: a notification that is in the
    table and not logged as delivered is sent at the next start.

    *The monitor's own health*: its alerts are sent first and recorded as soon as the tables can be written, because it
    may be the tables that have stalled the monitor. Nothing that waits for a table keeps them waiting.
    """

    def __init__(self, alerting: Alerting, lengths: Iterable[timedelta] = ()) -> None:
        alerting.check_windows(lengths)
        self.sinks, self.policy = tuple(alerting.sinks), alerting.policy
        self._dashboard_url = alerting.dashboard_url
        self._names = tuple(sink.name for sink in self.sinks)
        self._store: AlertStore | None = None
        self._states: IncidentStates | None = None
        self._query_ids: set[str] = set()
        self._former: dict[str, set[str]] = {}
        self._unsure: set[str] = set()
        self._health: IncidentStates | None = None
        self._health_lock = threading.Lock()
        self._load_time = 0.0
        # These are read without a lock: the monitor's status must not wait for a table that hangs.
        self._open_incidents: dict[bool, Counter[tuple[str, str]]] = {}
        self.dispatcher: Dispatcher | None = None
        """Delivers the notifications while the alert manager is open."""
        self._lock = threading.RLock()

    def open(self, tables: TableWriter, query_ids: Collection[str] = ()) -> None:
        """Start to decide and to deliver, first the undelivered notifications of these queries, the monitor's own."""
        tables.prepare("alerts", ALERTS)
        with self._lock:
            self._query_ids |= {*query_ids}
            self._store, self._health = AlertStore(tables, self._names), None
            store = self._store
            store.actions()
            self._load(store)
            if self.dispatcher is None:
                self.dispatcher = Dispatcher(self.sinks, store.write_deliveries, store.write_missing_alerts)
                for sink, pause in store.pauses(_now()).items():
                    self.dispatcher.pause(sink, min(pause.total_seconds(), GIVE_UP_S))
            self._send_undelivered(store, query_ids)

    def hold(self, query_id: str, former: Mapping[str, Collection[str]]) -> None:
        """Go on with the incidents of the models that a query holds, and with what ``former`` holders have not sent.

        A monitor never ends an incident of a model that another one holds, nor sends its notifications. Those of the
        model ``:monitor`` are the queries that hold nothing any more: the incidents of their health end.
        """
        with self._lock:
            is_known = query_id in self._query_ids
            self._query_ids.add(query_id)
            for model, query_ids in former.items():
                new = {*query_ids} - self._former.setdefault(model, set())
                self._former[model] |= new
                is_known &= not new
                if new and self._store is not None:
                    self._send_undelivered(self._store, new, [model])
            if not is_known and self._states is not None and self._store is not None:
                self._load(self._store)  # with the incidents of these models

    @contextmanager
    def opened(self, tables: TableWriter, writer: str) -> Iterator[Callable[[pa.Table], int]]:
        """Give what takes the findings of a writer that closes no windows; deliver all and close at the end."""
        self.open(tables)
        try:
            yield partial(self.process, ends={}, writer=writer)
        finally:
            self.close(drain=True)

    @property
    def open_incidents(self) -> Counter[tuple[str, str]]:
        """The number of open incidents of this monitor by model and severity."""
        return sum(self._open_incidents.values(), Counter())

    def is_unsettled(self, incident_id: str) -> bool:
        """Return whether an incident of the monitor's health is open, or its recovery was not notified yet."""
        states = self._health
        incident = None if states is None else states.incidents.get(incident_id)
        return incident is not None and not incident.is_settled

    def drain(self) -> int:
        """Wait, at most half a minute, for all deliveries; return the number of undelivered notifications."""
        dispatcher = self.dispatcher
        return 0 if dispatcher is None else dispatcher.drain(_DRAIN_S)

    def close(self, *, drain: bool = False) -> int:
        """Stop delivering, after :meth:`drain` if asked; return the number of notifications for the next start.

        What is not recorded, the next start would not know: it is delivered now.
        """
        with self._lock:
            dispatcher, self.dispatcher = self.dispatcher, None
        if dispatcher is None:
            return 0
        if drain or dispatcher.has_unrecorded:
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

    def process(self, findings: pa.Table, ends: Mapping[str, datetime], *, writer: str) -> int:
        """Decide on the findings of closed or of open windows; return the number of decisions that were recorded.

        The windows of a model come in the order of their ends, from call to call; those of several models in any order.
        ``ends`` are those of the last closed window of each model: incidents of these models that had no window for the
        policy's ``resolve_timeout`` before it resolve, as do those of models that close no windows for so long.
        ``writer`` is the id of the query, under which undelivered notifications are found again.
        """
        with self._lock:
            store, states = self._opened(writer)
            now = _now()
            states.close_windows(ends, now)
            observations = observations_of_batch(findings, states.unsettled())
            observations += states.stale(ends, self.policy, observations, now)
            observations = self._unrecorded(store, states, observations)
            context = self._context(states, store.actions(), now)
            rows = self._decided(states, observations, context, writer)
            if ends or any(row["limited_sinks"] for row in rows):
                # One notification of each sink on all that the rate limit keeps from it.
                for sink, waiting in sorted(states.held_back(rows).items()):
                    summary = held_back(sink, waiting if sink in self._names else (), self.policy)
                    row = states.after_last(summary.row(writer, now - _SUMMARY_WINDOW, now))
                    alert = Observation.of(row, sink)
                    rows += self._decided(states, [alert], context, writer)
            return self._record(store, states, rows, writer)

    def process_observations(self, rows: Iterable[Mapping[str, Any]], *, writer: str) -> int:
        """Decide on the monitor's own health, rows of ``sparkmon.schemas.OBSERVATIONS``: send first, record later.

        Call it at each check: the incidents of checks that are not made any more end then.
        """
        with self._health_lock:
            store, states, dispatcher = self._store, self._health, self.dispatcher
            if store is None or states is None or dispatcher is None:
                raise OptionError("got a health check before the alert manager was opened; call open first")
            observations, now = [Observation.of(states.after_last(row)) for row in rows], _now()
            observations += states.stale({}, self.policy, observations, now)
            if not observations:
                return 0
            context = self._context(states, store.last_actions(_ANSWER_S), now)
            decided = self._decided(states, observations, context, writer)
            self._send(states, decided)
            dispatcher.record(decided)
            return len(decided)

    def _context(self, states: IncidentStates, actions: Actions, now: datetime) -> Context:
        recent = states.sent_since(now - self.policy.rate_limit_interval, now)
        most = self.policy.max_notifications
        room = {(name, each): most - recent[name, each] for name in self._names for each in _RATES}
        return Context(self.policy, *actions, self._names, Groups(room), now)

    def _decided(
        self, states: IncidentStates, observations: Iterable[Observation], context: Context, writer: str
    ) -> list[dict[str, Any]]:
        """Decide on observations; return the rows of ``alerts``."""
        decisions = decide(states.incidents, observations, context)
        return [row_of(each, query_id=writer, now=context.now) for each in decisions]

    def _record(self, store: AlertStore, states: IncidentStates, rows: list[dict[str, Any]], writer: str) -> int:
        if not rows:
            return 0
        try:
            store.write_alerts(rows)
        except BaseException:
            # It may have been committed: what it has left is read again before the next decision.
            self._states = None
            self._unsure.add(writer)
            raise
        self._send(states, rows)
        return len(rows)

    def _send(self, states: IncidentStates, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            states.update(row)
        self._open_incidents[states is self._health] = states.open_incidents()
        for notification, sinks in notifications_of(rows, self._dashboard_url):
            if notification.model != MONITOR:
                is_critical = notification.severity == "critical"
                states.count_notification(Sent(notification.created_time, is_critical, sinks))
            if self.dispatcher is not None:
                self.dispatcher.put(notification, sinks)

    def _unrecorded(
        self, store: AlertStore, states: IncidentStates, observations: list[Observation]
    ) -> list[Observation]:
        """Leave out the observations of open windows that were decided on before."""
        for observation in observations:
            model = str(observation.alert["model"])
            if observation.provisional and model not in states.provisional:
                states.provisional[model] = store.provisional(model)
        return [each for each in observations if not states.has_provisional(each)]

    def _opened(self, writer: str) -> tuple[AlertStore, IncidentStates]:
        if self._store is None:
            raise OptionError("got findings before the alert manager was opened; call open first")
        if writer not in self._query_ids:
            self.hold(writer, {})
        # A monitor that was taken over may have said so since: nobody else ends that incident.
        is_old = bool(self._former.get(MONITOR)) and time.monotonic() - self._load_time > _RELOAD_S
        states = self._load(self._store) if self._states is None or is_old else self._states
        self._send_undelivered(self._store, self._unsure)
        self._unsure.clear()
        return self._store, states

    def _load(self, store: AlertStore) -> IncidentStates:
        incidents, now = store.incidents(), _now()
        unsettled = {each: state for each, state in incidents.items() if not state.is_settled}
        groups: dict[str, dict[str, dict[str, Any]]] = {"ended": {}, "health": {}, "others": {}}
        for identity, row in store.last_rows(unsettled).items():
            if self._is_own(row):
                is_ended = row["model"] == MONITOR and row["query_id"] not in self._query_ids
                group = "ended" if is_ended else "health" if is_health(row) else "others"
                groups[group][identity] = row
        recent = store.sent_since(now - self.policy.rate_limit_interval, self._query_ids)
        with self._health_lock:
            self._health = self._health or IncidentStates(incidents, groups["health"], [], now)
            self._health.take_over(groups["ended"])
            self._open_incidents[True] = self._health.open_incidents()
        states = IncidentStates(incidents, groups["others"], recent, now)
        if self._states is not None:
            states.go_on_waiting(self._states)
        self._states, self._load_time = states, time.monotonic()
        self._open_incidents[False] = states.open_incidents()
        return states

    def _is_own(self, row: Mapping[str, Any]) -> bool:
        query_id = row["query_id"]
        return query_id in self._query_ids or query_id in self._former.get(row["model"], ())

    def _send_undelivered(
        self, store: AlertStore, query_ids: Collection[str], models: Collection[str] | None = None
    ) -> None:
        if not query_ids:
            return
        unknown: set[str] = set()
        undelivered = store.undelivered(query_ids=query_ids, models=models)
        for notification, sink, attempts in queued_notifications_of(undelivered, self._dashboard_url):
            if self.dispatcher is not None:
                unknown |= {*self.dispatcher.put(notification, [sink], attempts=attempts)}
        for name in sorted(unknown):
            _LOGGER.warning(
                "notifications for the sink %s are undelivered and the monitor has no such sink; "
                "configure it again, or replay them",
                name,
            )


def _now() -> datetime:
    return datetime.now(timezone.utc)
