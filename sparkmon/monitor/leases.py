"""Leases on the windows of models: the table ``monitors``, which keeps two queries from counting the same rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

import pyarrow as pa

from sparkmon.errors import CheckpointError
from sparkmon.state import MONITORS
from sparkmon.tables import TableWriter

_TABLE = "monitors"
_TRIES = 20
_MOST_FORMER = 10

_Key = tuple[str, float]


class _Lease(NamedTuple):
    """A row of ``monitors``."""

    query_id: str
    model: str
    window_s: float
    checkpoint: str
    former_query_ids: list[str]
    acquired_time: datetime


class Acquired(NamedTuple):
    """What :meth:`Leases.acquire` gives."""

    former_query_ids: set[str]
    """The queries that had the leases before."""
    skipped: dict[str, str]
    """The models that another query has, and its checkpoint."""


class Leases:
    """The leases of a query, from one start on.

    A batch that is replayed adds nothing to a table, because the table knows its query and its number. A query with a
    new checkpoint is another query: it would count every row of the log a second time. So a query acquires a lease on
    the windows of a model before it first writes panes of it. Of two that try at once, one is refused by the table. A
    lease is valid until another query takes it over; the former holder stops at its next batch. A batch that is being
    written at that moment is not seen, so stop a query before another takes over. ``expected`` are the models that a
    query has references of.
    """

    def __init__(
        self, lengths_s: Sequence[float], checkpoint: str, take_over: bool, expected: Collection[str] = ()
    ) -> None:
        self._lengths, self._checkpoint, self._take_over = lengths_s, checkpoint, take_over
        self._expected = {*expected}
        self._has: set[_Key] = set()

    def acquire(self, tables: TableWriter, models: Collection[str], query_id: str) -> Acquired:
        """Acquire leases on the windows of models, or check that they are still valid.

        Events of models that another query has do not stop one that has models of its own, or may have: it is a
        CheckpointError if others have all models, of the events and of the references, and this query has none, as with
        a checkpoint begun anew, or if one was taken over from it.
        """
        for _ in range(_TRIES):
            version = tables.version(_TABLE)
            holders = _holders(tables)
            others = {
                (model, length): holders[model, length]
                for model in sorted(models)
                for length in self._lengths
                if (model, length) in holders and holders[model, length].query_id != query_id
            }
            skipped = self._skipped(tables, others, query_id)
            has_own = any(each.query_id == query_id for each in holders.values())
            if (
                skipped
                and not has_own
                and {*models} | self._expected <= {model for model, each in holders if each in self._lengths}
            ):
                raise self._conflict(tables, next(iter(others.values())), query_id)
            keys = {(model, each) for model in {*models} - skipped.keys() for each in self._lengths}
            new = sorted(key for key in keys if key not in holders or key in others)
            if not new or self._replace(tables, holders, new, query_id, version):
                self._has |= keys
                valid = [holders[key] for key in keys if key in holders]
                former = {each for lease in valid for each in _former(lease, query_id)}
                return Acquired(former, skipped)
        raise CheckpointError(
            f"the table {_TABLE} of {tables.location} changed {_TRIES} times while this query acquired a lease; "
            "start it again"
        )

    def _skipped(self, tables: TableWriter, others: Mapping[_Key, _Lease], query_id: str) -> dict[str, str]:
        """Return the models that other queries have and are to keep."""
        for key, holder in others.items():
            is_former = query_id in holder.former_query_ids and not self._take_over
            if key in self._has or is_former:
                raise self._conflict(tables, holder, query_id)
        return {} if self._take_over else {model: lease.checkpoint for (model, _), lease in others.items()}

    def check(self, tables: TableWriter, models: Collection[str], query_id: str) -> None:
        """Check that no other query has taken over the windows of models."""
        for (model, length), holder in sorted(_holders(tables).items()):
            if model in models and length in self._lengths and holder.query_id != query_id:
                raise self._conflict(tables, holder, query_id)

    def _replace(
        self, tables: TableWriter, holders: dict[_Key, _Lease], new: Sequence[_Key], query_id: str, version: int | None
    ) -> bool:
        now = datetime.now(timezone.utc)
        rows = dict(holders)
        for model, length in new:
            holder = holders.get((model, length))
            former = [] if holder is None else _former(holder, query_id)
            rows[model, length] = _Lease(query_id, model, length, self._checkpoint, former[-_MOST_FORMER:], now)
        leases: list[dict[str, Any]] = [rows[key]._asdict() for key in sorted(rows)]
        return tables.replace(_TABLE, pa.Table.from_pylist(leases, schema=MONITORS), version)

    def _conflict(self, tables: TableWriter, holder: _Lease, query_id: str) -> CheckpointError:
        return CheckpointError(
            f"the windows of {holder.window_s:g} seconds of the model {holder.model!r} in {tables.location} are "
            f"written by the query {holder.query_id} since {holder.acquired_time:%Y-%m-%d %H:%M} UTC, whose progress "
            f"is in {holder.checkpoint}; this one, {query_id} with {self._checkpoint}, would count the same rows "
            "again. Go on with that directory of checkpoints, or give this monitor other tables, or, if that query has "
            "ended for good, start once with --take-over (take_over=True): it goes on with the windows that are open"
        )


def _former(holder: _Lease, query_id: str) -> list[str]:
    """List the queries that had a lease before this one."""
    others = [*holder.former_query_ids, holder.query_id]
    return [each for each in others if each != query_id]


def models_of(tables: TableWriter, query_id: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the models of a query, each with the queries that had it before, and the others, each with its query."""
    leases = _holders(tables).values()
    own = {lease.model: lease.former_query_ids for lease in leases if lease.query_id == query_id}
    return own, {lease.model: lease.query_id for lease in leases if lease.query_id != query_id}


def _holders(tables: TableWriter) -> dict[_Key, _Lease]:
    rows = tables.read(_TABLE, MONITORS.names)
    leases = [] if rows is None else [_Lease(**row) for row in rows.to_pylist()]
    return {(lease.model, lease.window_s): lease for lease in leases}
