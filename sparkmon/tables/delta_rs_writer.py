"""Tables in a directory or an object store, written and read in this process by delta-rs."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Literal, TypeVar

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from sparkmon.errors import StoreError
from sparkmon.tables.conditions import Condition
from sparkmon.tables.delta_files import DeltaFiles
from sparkmon.tables.table_writer import (
    CHECKPOINT_INTERVAL,
    FEWEST_FILES,
    REPLACEMENT,
    Maintained,
    TableWriter,
    nullable,
    properties_of,
    transaction,
)

_ATTEMPTS = 8
_STALE_S = 600.0
"""A handle is refreshed after this time even if the next commit is not there: it may have been cleaned up."""
_TARGET_SIZE = 16 * 1024 * 1024
"""Bytes: files are compacted up to this size. Each run writes the last one anew, so it is not larger."""
_ROW_GROUP = 1024
"""Rows. A profile has some KiB, and a reader of one window skips the other groups."""
_WRITTEN = WriterProperties(max_row_group_size=4 * _ROW_GROUP)
"""Of an append: a thousand models' windows that close together are one file, of which a reader of one model skips
nearly all, and whose footer is short."""
_T = TypeVar("_T")


class _Handle:
    """One open table."""

    def __init__(self, table: DeltaTable, location: str, options: Mapping[str, str]) -> None:
        self.table, self._location, self._options = table, location, options
        self._refreshed = time.monotonic()
        self._first_version = table.version()
        self._files: DeltaFiles | None = None

    @property
    def is_long(self) -> bool:
        """Whether it has seen so many commits, each of which makes the next one slower, that opening it anew pays."""
        return self.table.version() - self._first_version >= CHECKPOINT_INTERVAL

    @property
    def is_gone(self) -> bool:
        """Whether the table's directory was removed: delta-rs finds no new commit in it, and no fault."""
        return "://" not in self._location and not os.path.exists(self._location)

    def refresh(self) -> None:
        """Read the commits since the last look."""
        if "://" not in self._location and time.monotonic() - self._refreshed < _STALE_S:
            next_commit = f"{self._location}/_delta_log/{self.table.version() + 1:020d}.json"
            if not os.path.exists(next_commit):
                return
        self.table.update_incremental()
        self._refreshed = time.monotonic()

    def files(self) -> DeltaFiles:
        """Return the files of the version at hand."""
        if self._files is None or self._files.version != self.table.version():
            self._files = DeltaFiles(self.table, self._location, self._options)
        return self._files


class DeltaRsWriter(TableWriter):
    """Writes and reads tables with delta-rs: an append takes milliseconds, and needs no Spark session.

    Each table has one handle, which reads only the commits that it has not seen. A commit that meets another one is
    tried again on top of it. On S3 a commit is a conditional put (``If-None-Match``), which S3, R2, MinIO and Ceph
    have; a store without it needs the option ``aws_conditional_put=dynamo:TABLE``, as in delta-rs.
    """

    def __init__(self, location: str, storage_options: Mapping[str, str] | None = None) -> None:
        self.location = location.rstrip("/")
        self._options = dict(storage_options or {})
        self._handles: dict[str, _Handle] = {}
        self._locks: defaultdict[str, RLock] = defaultdict(RLock)

    def append(self, rows: pa.Table, table: str, *, writer: str | None = None, batch_id: int | None = None) -> bool:
        """See :meth:`TableWriter.append`."""
        if writer is None or batch_id is None:
            self._retry(table, lambda handle: self._commit(handle, rows, table, CommitProperties()))
            return True
        app_id, batch = transaction(table, writer), batch_id

        def once(handle: _Handle | None) -> bool:
            # The commit is on top of the very state that was looked at: of two writers that append a batch, one fails.
            last = _last(handle, app_id)
            if last is not None and last >= batch:
                return False
            self._commit(handle, rows, table, _properties(app_id, batch))
            return True

        return self._retry(table, once)

    def directory(self, table: str) -> str | None:
        """See :meth:`TableWriter.directory`: that of a path. Only Spark knows how its workers reach a store."""
        return None if "://" in self.location else f"{self.location}/{table}"

    def append_files(
        self, files: Sequence[Mapping[str, Any]], table: str, schema: pa.Schema, *, writer: str, batch_id: int
    ) -> bool:
        """See :meth:`TableWriter.append_files`."""
        self.prepare(table, schema)
        app_id, now = transaction(table, writer), int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            AddAction(each["path"], each["size"], {}, now, True, each["stats"]) for each in files
        ]

        def once(handle: _Handle | None) -> bool:
            assert handle is not None
            last = _last(handle, app_id)
            if last is not None and last >= batch_id:
                return False
            properties = _properties(app_id, batch_id)
            handle.table.create_write_transaction(
                actions, "append", handle.table.schema(), commit_properties=properties
            )
            return True

        return self._retry(table, once)

    def version(self, table: str) -> int | None:
        """See :meth:`TableWriter.version`."""
        return self._locked(table, lambda handle: None if handle is None else handle.table.version())

    def replace(self, table: str, rows: pa.Table, version: int | None) -> bool:
        """See :meth:`TableWriter.replace`."""
        app_id = transaction(table, REPLACEMENT)

        def once(handle: _Handle | None) -> bool:
            if (None if handle is None else handle.table.version()) != version:
                return False
            last = _last(handle, app_id)
            properties = _properties(app_id, 0 if last is None else last + 1)
            self._commit(handle, rows, table, properties, mode="overwrite")
            return True

        return self._retry(table, once)

    def maintain(self, table: str, expired: Sequence[Condition] = (), *, dry_run: bool = False) -> Maintained | None:
        """See :meth:`TableWriter.maintain`; files that are large already are not compacted."""
        with self._locks[table]:
            state = self._state(table)
            if state is None:
                return None
            expired_rows = state.read([expired[0][0]], expired).num_rows if expired else 0
            if expired_rows and not dry_run:
                self._change(table, lambda each: each.delete(" AND ".join(map(_sql, expired))))
            small = sum(size < _TARGET_SIZE for size in state.sizes)
            compacted = small if small >= FEWEST_FILES else 0
            if compacted and not dry_run:
                self._change(table, _compact)
            removed = self._change(table, lambda each: _clean(each, dry_run=dry_run))
        return Maintained(table, expired_rows, len(state.sizes), compacted, removed)

    def _state(self, table: str) -> DeltaFiles | None:
        return self._locked(table, lambda handle: None if handle is None else handle.files())

    def _last(self, table: str, app_id: str) -> int | None:
        return self._locked(table, lambda handle: _last(handle, app_id))

    def _change(self, table: str, change: Callable[[DeltaTable], _T]) -> _T:
        def once(handle: _Handle | None) -> _T:
            if handle is None:
                raise StoreError(f"the table {self.location}/{table} was removed during maintenance")
            return change(handle.table)

        return self._retry(table, once)

    def _locked(self, table: str, use: Callable[[_Handle | None], _T]) -> _T:
        """Use the up-to-date handle of a table, None if there is no table, while no other thread does."""
        with self._locks[table]:
            return use(self._handle(table))

    def _handle(self, table: str) -> _Handle | None:
        handle = self._handles.get(table)
        try:
            if handle is not None and not handle.is_long and not handle.is_gone:
                handle.refresh()
                return handle
        except (DeltaError, OSError):  # it was deleted, or its log cleaned up: it is opened anew
            pass
        location = f"{self.location}/{table}"
        try:
            opened = DeltaTable(location, storage_options=self._options)
        except TableNotFoundError:
            return None
        self._handles[table] = _Handle(opened, location, self._options)
        return self._handles[table]

    def _commit(
        self,
        handle: _Handle | None,
        rows: pa.Table,
        table: str,
        properties: CommitProperties,
        *,
        mode: Literal["append", "overwrite"] = "append",
    ) -> None:
        """Write rows on top of the state that a handle has seen; without a handle, make the table."""
        rows = nullable(rows)
        if handle is None:
            location = f"{self.location}/{table}"
            if "://" not in location:
                Path(location).mkdir(parents=True, exist_ok=True)
            write_deltalake(
                location,
                rows,
                mode="error",
                configuration=properties_of(rows.schema),
                storage_options=self._options,
                commit_properties=properties,
                writer_properties=_WRITTEN,
            )
            return
        names = [field.name for field in handle.table.schema().fields]
        write_deltalake(
            handle.table,
            rows,
            mode=mode,
            schema_mode=None if rows.schema.names == names else "merge",
            commit_properties=properties,
            writer_properties=_WRITTEN,
        )

    def _retry(self, table: str, commit: Callable[[_Handle | None], _T]) -> _T:
        """Commit, and begin again if another writer was first."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._locked(table, commit)
            except (CommitFailedError, DeltaError) as error:
                failure = error
                self._handles.pop(table, None)
            time.sleep(0.01 * 2**attempt)
        raise StoreError(
            f"{_ATTEMPTS} commits to the table {self.location}/{table} failed, the last with: {failure}"
        ) from failure


def _last(handle: _Handle | None, app_id: str) -> int | None:
    return None if handle is None else handle.table.transaction_version(app_id)


def _properties(app_id: str, batch: int) -> CommitProperties:
    # delta-rs does not try again: what another commit has done is looked at first.
    return CommitProperties(
        max_commit_retries=0,
        custom_metadata={"userMetadata": f"{app_id}@{batch}"},
        app_transactions=[Transaction(app_id, batch)],
    )


def _sql(condition: Condition) -> str:
    name, operator, time = condition
    # delta-rs compares statistics with values of the very same type.
    return f"\"{name}\" {operator} arrow_cast('{time.isoformat()}', 'Timestamp(Microsecond, Some(\"UTC\"))')"


def _compact(table: DeltaTable) -> None:
    table.optimize.compact(
        target_size=_TARGET_SIZE,
        max_concurrent_tasks=1,
        writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=_ROW_GROUP),
    )


def _clean(table: DeltaTable, *, dry_run: bool) -> int:
    """Remove files that no commit needs, and commits that a checkpoint has; return the number of files."""
    removed = table.vacuum(dry_run=True, full=True)
    if not dry_run:
        if removed:
            table.vacuum(dry_run=False, full=True)
        table.create_checkpoint()
        table.cleanup_metadata()
    return len(removed)
