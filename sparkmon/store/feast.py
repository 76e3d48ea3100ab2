"""Feast as an online store: a feature service is the view of a model, and Feast's own client reads its rows."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TypeAlias
from urllib.parse import unquote, urlsplit

from sparkmon.errors import MissingExtraError, OptionError, SparkmonError, StoreError, StoreTimeoutError
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.online import Entry, FeatureValue, OnlineStore, OnlineView, check_limits
from sparkmon.store.sql.columns import INTEGER, TEXT, Kind

_CONFIGURATION = "feature_store.yaml"
_TIME = "event_timestamp"
"""What the time of a row is called among its columns, whatever it is called at its source."""
_NOT_FOUND = 3
"""The status ``NOT_FOUND`` of Feast's protocol, of a value whose key has no row."""
_KINDS: Mapping[str, tuple[Kind, int]] = {"INT64": (INTEGER, 2**63), "INT32": (INTEGER, 2**31), "STRING": (TEXT, 0)}
"""What a key holds, and the first integer that it does not."""
_OPEN_S = 60.0
"""The first read imports Feast and fetches its registry, which has a limit of its own."""
_METRICS = ("PROMETHEUS_MULTIPROC_DIR", "PROMETHEUS_MULTIPROCESS_DIR")
_Module: TypeAlias = Any
_Client: TypeAlias = Any
"""``feast.FeatureStore``; Feast comes without types."""


class FeastStore(OnlineStore):
    """Feast as a read-only store of online rows; needs ``pip install 'sparkmon-kserve[feast]'``.

    Parameters
    ----------
    repository : str or Path
        The directory with Feast's ``feature_store.yaml``.

    Notes
    -----
    *Views.* A feature view is a feature service of Feast, whose features are the vector in its order; its version is 1,
    because Feast's services have none. Each of its Feast views is a group: a row is stale when it is older than the
    view's ``ttl``. On-demand and stream views are refused, because code computes them.

    *Trust.* Feast's client unpickles the code of views that transform from the registry, which has to be trusted as
    code is.

    *References.* Feast keeps no statistics, so that it is no store of references: make them of a dataset that Feast
    returns, and write them to another store.

    *Consistency.* Read-only. Each process, Spark's workers included, opens Feast at first use.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> repository = pathlib.Path(tempfile.mkdtemp())
    >>> (repository / "feature_store.yaml").write_text("project: cards") and None
    >>> FeastStore(repository).repository == repository
    True
    """

    write_elsewhere = "write rows with feast materialize or FeatureStore.push(...), views with feast apply"

    def __init__(self, repository: str | Path) -> None:
        self.repository = Path(repository).absolute()
        if not (self.repository / _CONFIGURATION).is_file():
            raise OptionError.malformed("store", str(repository), f"a directory with a {_CONFIGURATION} of Feast")

    @classmethod
    def from_url(cls, url: str) -> "FeastStore":
        """Return the store that ``feast:///directory`` names."""
        parts = urlsplit(url)
        if parts.scheme != "feast" or parts.netloc or parts.query or parts.fragment:
            raise OptionError(f"got a feast URL that is no directory; expected feast:///directory-of-{_CONFIGURATION}")
        return cls(unquote(parts.path))

    def __repr__(self) -> str:
        return f"FeastStore({str(self.repository)!r})"

    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """See :meth:`OnlineStore.read_view`; ``name`` is that of a feature service."""
        try:
            client = _client(self.repository, os.getpid())
            services = sorted(each.name for each in client.list_feature_services())
            if name not in services or version != 1:
                raise StoreError(
                    f"{self!r} has no feature service {name}:{version}; it has {', '.join(services) or 'none'}, of "
                    "the version 1; make it with feast apply"
                )
            projections = client.get_feature_service(name).feature_view_projections
            groups = tuple(_group(client, each) for each in projections)
        except Exception as error:  # Feast's providers raise what their clients do
            raise _of(self, error) from error
        names = tuple(feature for group in groups for feature in group.features.values())
        return FeatureView(name, version, names, groups)

    def open_view(self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8) -> OnlineView:
        """See :meth:`OnlineStore.open_view`; a lookup is a call of Feast's client in one of as many threads.

        The first read opens Feast, which takes seconds and is not counted in ``timeout_s``; ``ping`` does it
        beforehand.
        """
        check_limits(timeout_s, connections)
        return _FeastView(view, self, timeout_s, connections)


class _FeastView(OnlineView):
    """A feature service that Feast serves; a call that takes too long is waited for no longer, but not ended."""

    def __init__(self, view: FeatureView, store: FeastStore, timeout_s: float, connections: int) -> None:
        self.view = view
        self._store, self._timeout_s = store, timeout_s
        self._threads = ThreadPoolExecutor(connections, "sparkmon-feast")
        self._kinds: dict[str, dict[str, tuple[Kind, int]]] | None = None

    def __reduce__(self) -> NoReturn:
        raise StoreError(
            f"the view {self.view.name!r} cannot be sent elsewhere; send {self._store!r}, and open it there"
        )

    async def _find(self, entries: Sequence[Entry]) -> dict[str, list[Entry | None]]:
        if self._kinds is None:
            self._kinds = await self._call(self._learn, _OPEN_S)
        calls = [self._call(partial(self._look_up, group, entries), self._timeout_s) for group in self.view.groups]
        rows = await asyncio.gather(*calls)
        return dict(zip([group.name for group in self.view.groups], rows, strict=True))

    async def ping(self) -> None:
        """See :meth:`OnlineView.ping`: looks for the key 0."""
        await self._find([dict.fromkeys(self.view.entity_ids, 0)])

    async def close(self) -> None:
        """See :meth:`OnlineView.close`."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _call(self, function: Callable[[], Any], timeout_s: float) -> Any:  # noqa: ANN401 - what it returns
        try:
            running = asyncio.get_running_loop().run_in_executor(self._threads, function)
            return await asyncio.wait_for(running, timeout_s)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise StoreTimeoutError(
                f"Feast did not answer for {self.view.name!r} within {timeout_s:g} s; look at its online store, or "
                "allow more with timeout_s"
            ) from error
        except Exception as error:  # Feast's providers raise what their clients do
            raise _of(self._store, error) from error

    def _learn(self) -> dict[str, dict[str, tuple[Kind, int]]]:
        client = _client(self._store.repository, os.getpid())
        return {group.name: _kinds(client.get_feature_view(group.name)) for group in self.view.groups}

    def _look_up(self, group: GroupInView, entries: Sequence[Entry]) -> list[Entry | None]:
        """Return the row of each entry; only those that have a key are looked for."""
        assert self._kinds is not None
        kinds = self._kinds[group.name]
        keys = [
            {column: _key(kinds[column], entry.get(name)) for column, name in group.keys.items()} for entry in entries
        ]
        places = [at for at, key in enumerate(keys) if None not in key.values()]
        rows: list[Entry | None] = [None] * len(entries)
        if not places:
            return rows
        answer = _client(self._store.repository, os.getpid()).get_online_features(
            features=[f"{group.name}:{column}" for column in group.features],
            entity_rows={column: [keys[at][column] for at in places] for column in group.keys},
        )
        columns = answer.to_dict()
        results = dict(zip(answer.proto.metadata.feature_names.val, answer.proto.results, strict=True))
        for place, at in enumerate(places):
            names = [name for name in group.features if results[name].statuses[place] != _NOT_FOUND]
            if names:
                time = results[names[0]].event_timestamps[place].ToDatetime()
                rows[at] = {name: columns[name][place] for name in group.features} | {_TIME: time}
        return rows


@lru_cache(maxsize=8)
def _client(repository: Path, process: int) -> _Client:
    """Open Feast, once a process: a forked worker must not use its parent's connections."""
    return import_feast().FeatureStore(repo_path=str(repository))


def import_feast() -> _Module:
    """Import Feast, and leave Prometheus' client as it is.

    Feast sets variables by which the metrics of this process, and of those that it starts, would go to files of
    Feast's.
    """
    before = {name: os.environ.get(name) for name in _METRICS}
    try:
        import prometheus_client  # noqa: F401 - it reads the variables when it is imported

        return import_module("feast")
    except ImportError as error:
        raise MissingExtraError.of("feast", "feast") from error
    finally:
        for name in (name for name, value in before.items() if value is None):
            os.environ.pop(name, None)


def _group(client: _Client, projection: Any) -> GroupInView:  # noqa: ANN401 - of Feast
    """Return a part of a feature service as a group; StoreError if it cannot be looked up by a name alone."""
    if projection.name_alias or projection.join_key_map or getattr(projection, "version_tag", None) is not None:
        raise StoreError(
            f"the feature service renames {projection.name!r} or its keys, or names a version of it; make a service "
            "of the view as it is"
        )
    if projection.name not in {each.name for each in client.list_feature_views()}:
        raise StoreError(f"{projection.name!r} is an on-demand or stream view; serve one that is computed beforehand")
    view = client.get_feature_view(projection.name)
    return GroupInView(
        view.name,
        {name: name for name in _kinds(view)},
        {feature.name: feature.name for feature in projection.features},
        _TIME,
        view.ttl.total_seconds() if view.ttl else None,
    )


def _kinds(view: Any) -> dict[str, tuple[Kind, int]]:  # noqa: ANN401 - of Feast
    """Return what the keys of a Feast view hold."""
    types = {field.name: str(getattr(field.dtype, "name", field.dtype)) for field in view.entity_columns}
    for name, type_ in types.items():
        if type_ not in _KINDS:
            raise StoreError(f"the key {name!r} of {view.name!r} is of the type {type_}; expected {', '.join(_KINDS)}")
    return {name: _KINDS[type_] for name, type_ in types.items()}


def _key(kind: tuple[Kind, int], value: FeatureValue) -> FeatureValue:
    """Return an id as the one value of its key that it stands for; None if it stands for none."""
    key = kind[0].as_id(value)
    return key if not isinstance(key, int) or -kind[1] <= key < kind[1] else None


def _of(store: FeastStore, error: Exception) -> SparkmonError:
    if isinstance(error, SparkmonError):
        return error
    text = " ".join(f"{type(error).__name__}: {error}".split())[:400]
    return StoreError(f"cannot read {store!r}: {text}; does feast work in its directory?")
