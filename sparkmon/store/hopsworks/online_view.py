"""Feature vectors by the real client: its lookups, its decoding, and the groups without a row."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeAlias

from sparkmon.errors import SparkmonError, StoreError, StoreTimeoutError
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.hopsworks.client_view import ClientView, vector_features
from sparkmon.store.hopsworks.connection import HopsworksSettings, redacted
from sparkmon.store.online import Entry, FeatureValue, OnlineView
from sparkmon.store.sql.columns import TEXT, Kind, bound, kind_of

ViewFuture: TypeAlias = concurrent.futures.Future[ClientView]

_OPEN_S = 60.0
"""The first read logs in and asks Hopsworks for its statements, which takes seconds and has a limit of its own."""


class HopsworksOnlineView(OnlineView):
    """A feature view that the client serves: opened by the first read, then one query per group and read.

    ``open_client_view`` blocks, and is called in a thread of its own.

    *Missing rows.* The client does not distinguish missing rows from empty ones, except by raising for a whole
    batch. So a group counts as missing where it gives an entry no value at all: no row, or a row whose columns in
    this view are all null.

    *Ids.* Each is brought to the type of its key column; what stands for no value of it finds no row, and never fails
    the other reads.

    *Precedence.* Store, then ``passed_features``, then ``parameters``, as in the client.
    """

    def __init__(
        self,
        view: FeatureView,
        settings: HopsworksSettings,
        open_client_view: Callable[[], ClientView],
        timeout_s: float,
    ) -> None:
        self.view = view
        self._settings = settings
        self._open_client_view = open_client_view
        self._timeout_s = timeout_s
        self._opening: ViewFuture | None = None
        self._closed = False
        self._names: list[str] = []
        self._kinds: dict[str, Kind] = {}
        self._echoed = frozenset(view.entity_ids)  # the client fills them in itself

    def __repr__(self) -> str:
        return f"HopsworksOnlineView({self.view.name!r}, version={self.view.version})"

    def __reduce__(self) -> NoReturn:
        raise StoreError(
            f"{self!r} holds connections and cannot be sent elsewhere; send the store, which is only settings, "
            "and open the view where it is read"
        )

    async def _find(self, entries: Sequence[Entry]) -> dict[str, list[Entry | None]]:
        lookups = await self._look_up(entries)
        return {
            group.name: [_row(group, self._echoed, ids, vector) for ids, vector in lookups]
            for group in self.view.groups
        }

    async def ping(self) -> None:
        """See :meth:`OnlineView.ping`: looks for a key that is null."""
        await self._look_up([{}])

    async def close(self) -> None:
        """See :meth:`OnlineView.close`."""
        self._closed = True
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.add_done_callback(_give_back)
            await asyncio.sleep(0)  # the client closes its connections in a task of this loop

    async def _look_up(self, entries: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
        """Return the ids of each entry, and the client's vector by name."""
        client_view = await self._opened()
        if not self._names:
            self._learn(client_view)
        # All ids, None for absent ones: the client wants composite keys whole.
        keys = [{name: _client_id(kind, entry.get(name)) for name, kind in self._kinds.items()} for entry in entries]
        try:
            vectors = await asyncio.wait_for(
                client_view.get_feature_vectors_async(
                    entry=keys,
                    return_type="list",
                    allow_missing=True,
                    transform=False,
                    on_demand_features=False,
                    timeout=self._timeout_s,
                ),
                # The client takes it as the limit of a query; opening connections counts as well.
                self._timeout_s,
            )
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise StoreTimeoutError(
                f"Hopsworks' online store did not answer for {self!r} within {self._timeout_s:g} s; "
                "look at its load, or allow more with timeout_s"
            ) from error
        except Exception as error:
            # Of the client, of SQLAlchemy, of the MySQL driver or of the network: all one here.
            raise StoreError(
                f"cannot read {self!r} from Hopsworks' online store: {redacted(self._settings, error)}; "
                "is it up, and the feature group online-enabled?"
            ) from error
        return [(ids, dict(zip(self._names, vector, strict=True))) for ids, vector in zip(keys, vectors, strict=True)]

    def _learn(self, client_view: ClientView) -> None:
        """Read the order of the client's vectors and the types of the ids, and hold the view to them."""
        names = [feature.name for feature in vector_features(client_view)]
        types = {
            f"{group.name}_{group.version}": {each.name: each.type for each in group.columns}
            for group in client_view.query.featuregroups
        }
        for group in self.view.groups:
            columns = types.get(group.name, {})
            strangers = [*sorted(set(group.features.values()) - set(names)), *sorted(group.keys - columns.keys())]
            if strangers:
                raise StoreError(
                    f"{self!r} has {strangers[0]!r} of {group.name!r}, which Hopsworks' view has not; "
                    "read the view anew with read_view"
                )
            for column, name in group.keys.items():
                declared = columns[column]
                self._kinds[name] = TEXT if declared == "string" else kind_of(declared)
        self._names = names

    async def _opened(self) -> ClientView:
        if self._closed:
            raise StoreError(f"{self!r} is closed; open it anew with open_view")
        if self._opening is None:
            self._opening = _in_a_thread(self._open_client_view)
        opening = self._opening
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(opening)), _OPEN_S)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise StoreTimeoutError(
                f"Hopsworks did not let {self!r} be opened within {_OPEN_S:g} s; it is still tried"
            ) from error
        except Exception as error:
            # Whatever went wrong, the next read tries anew.
            if self._opening is opening:
                self._opening = None
            if isinstance(error, SparkmonError):
                raise
            raise StoreError(
                f"cannot open {self!r}: {redacted(self._settings, error)}; does Hopsworks answer?"
            ) from error


class _Zero(int):
    """A zero that the client takes for a value: it reads ids by ``a or b``, and would find no row of id 0."""

    def __bool__(self) -> bool:
        return True


class _Empty(str):
    """The same for the empty text."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


def _client_id(kind: Kind, value: FeatureValue) -> FeatureValue:
    """Return an id as the one value of its column's type that it stands for; None if it stands for none."""
    key = bound(kind.as_id(value), as_text=False)
    if isinstance(key, int) and not key:
        return _Zero()
    return _Empty() if key == "" else key


def _in_a_thread(function: Callable[[], ClientView]) -> ViewFuture:
    """Run a function in a daemon thread: a login that hangs must not keep the process from ending."""
    future: ViewFuture = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            # The future raises it.
            future.set_exception(error)

    threading.Thread(target=run, name="sparkmon-hopsworks-login", daemon=True).start()
    return future


def _give_back(opened: ViewFuture) -> None:
    if opened.exception() is None:
        # The client has no public way to do it.
        opened.result()._close()


def _row(group: GroupInView, echoed: frozenset[str], ids: Entry, vector: Entry) -> Entry | None:
    """Return a group's columns out of a vector; None if the group gave nothing."""
    if any(ids[name] is None for name in group.keys.values()):
        return None
    stored = [name for name in group.features.values() if name not in echoed]
    if stored and all(vector[name] is None for name in stored):
        return None
    row = {column: vector[name] for column, name in group.features.items()}
    truths = {column: bool(row[column]) for column in group.booleans if row.get(column) is not None}
    return row | truths
