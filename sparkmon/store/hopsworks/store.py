"""The Hopsworks feature store: training statistics as references, and online vectors, over Hopsworks' own client."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import OptionError, SparkmonError, StoreError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.hopsworks.client_view import ClientView, references_of, view_of
from sparkmon.store.hopsworks.connection import HopsworksSettings, log_out, logged_in, redacted
from sparkmon.store.hopsworks.online_view import HopsworksOnlineView
from sparkmon.store.online import OnlineStore, OnlineView, check_limits
from sparkmon.store.reference_store import DEFAULT_REFERENCE, ReferenceStore


class HopsworksStore(ReferenceStore, OnlineStore):
    """Hopsworks as a read-only store of references and online rows; needs ``pip install 'sparkmon-kserve[hopsworks]'``.

    The store holds only settings: each process, Spark's workers included, logs in at first use. Certificates are always
    verified.

    Parameters
    ----------
    project : str
        The project's name.
    host : str, optional
        The host of Hopsworks. Not needed inside its pods and jobs, which have it in the environment.
    port : int, default 443
        HTTPS, always.
    api_key : str, optional
        Better set by the environment variable ``HOPSWORKS_API_KEY``, also on Spark's workers; a key passed
        here travels with the store, but is never printed. Not needed inside a pod.
    trust_store : str, optional
        A PEM file with the certificates to trust, in place of the usual authorities.
    views : sequence of (str, int)
        The feature views, by name and version, whose training datasets are references.
    models : mapping of str to str, optional
        Feature view to the model served with it (the InferenceService), if their names differ.

    Notes
    -----
    *References.* ``training`` stands for the statistics of each view's latest training dataset, ``training:3`` for
    those of its version 3. Hopsworks computes them: a training dataset made with
    ``statistics_config=StatisticsConfig(kll=True)`` is compared as sharply as a reference of sparkmon's own,
    percentiles and histograms less so, but without false alarms; see
    :class:`sparkmon.distributions.QuantileTable`.

    *Consistency.* Read-only. References, rows and views are made in Hopsworks.

    Examples
    --------
    >>> store = HopsworksStore("fraud", "hopsworks.example.com", api_key="secret", views=[("cards_fv", 1)])
    >>> store
    HopsworksStore('fraud', 'hopsworks.example.com', port=443, views=(('cards_fv', 1),))
    """

    write_elsewhere = (
        "in Hopsworks, make references with a training dataset of StatisticsConfig(kll=True), "
        "rows with feature_group.insert(...), views with feature_store.create_feature_view(...)"
    )

    def __init__(
        self,
        project: str,
        host: str | None = None,
        port: int = 443,
        *,
        api_key: str | None = None,
        trust_store: str | None = None,
        views: Sequence[tuple[str, int]] = (),
        models: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = HopsworksSettings(project, host, port, api_key, trust_store)
        self.views = tuple((str(name), int(version)) for name, version in views)
        self.models = dict(models or {})
        strangers = set(self.models) - {name for name, _ in self.views}
        if strangers:
            raise OptionError(
                f"got a model for the feature view {sorted(strangers)[0]!r}, which is not among the views; "
                "add it to views"
            )
        served = [self.models.get(name, name) for name, _ in self.views]
        if len(set(served)) < len(served):
            raise OptionError(
                f"got views for the models {', '.join(served)}; expected one view a model; map them with models"
            )

    @classmethod
    def from_url(cls, url: str) -> "HopsworksStore":
        """Return the store that a URL names.

        ``hopsworks://host:port/project?views=cards_fv:1,shops_fv:2&models=cards_fv:fraud&trust_store=/certs/ca.pem``;
        without a host, ``hopsworks:///project``, inside a pod. The key comes from ``HOPSWORKS_API_KEY``: one in the
        URL is refused, since URLs are logged.

        >>> HopsworksStore.from_url("hopsworks://hops.example.com/fraud?views=cards_fv:1")
        HopsworksStore('fraud', 'hops.example.com', port=443, views=(('cards_fv', 1),))
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 443
            options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError as error:
            raise _malformed(f"a URL that cannot be read ({error})") from error
        if parts.username is not None or parts.password is not None:
            raise _malformed("a URL with a key or password in it")
        if parts.scheme != "hopsworks" or parts.fragment:
            raise _malformed(f"a URL of the scheme {parts.scheme!r}")
        unknown = set(options) - {"views", "models", "trust_store"}
        if unknown:
            raise OptionError.unknown(sorted(unknown)[0], ("views", "models", "trust_store"))
        return cls(
            unquote(parts.path.strip("/")),
            host,
            port,
            trust_store=options.get("trust_store"),
            views=[(name, _version(text)) for name, text in _pairs(options.get("views", ""))],
            models=dict(_pairs(options.get("models", ""))),
        )

    def __repr__(self) -> str:
        where = self.settings
        return f"HopsworksStore({where.project!r}, {where.host!r}, port={where.port}, views={self.views})"

    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`ReferenceStore.read_references`; ``training`` or ``training:<version>``.

        Statistics without a distribution are a ProfileError that says what to enable; a StoreError says that Hopsworks
        cannot be reached, or has no such view.
        """
        name, _, text = reference.partition(":")
        if name != DEFAULT_REFERENCE:
            return REFERENCES.empty_table()
        dataset = _version(text) if text else None
        tables = [REFERENCES.empty_table()]
        for view, version in self.views:
            client_view = self._client_view(view, version)
            with self._reading(f"the training statistics of {view!r} version {version}"):
                datasets = [] if dataset else client_view.get_training_datasets()
                latest = dataset or max((each.version for each in datasets), default=None)
                trained = latest and client_view.get_training_dataset_statistics(latest)
            if trained is not None:
                tables.append(references_of(client_view, trained, self.models.get(view, view), reference))
        return pa.concat_tables(tables)

    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """See :meth:`OnlineStore.read_view`; a view that transforms its features is refused with StoreError."""
        client_view = self._client_view(name, version)
        with self._reading(f"the feature view {name!r}"):
            return view_of(client_view)

    def open_view(self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8) -> OnlineView:
        """See :meth:`OnlineStore.open_view`.

        The first read logs in, which takes seconds and is not counted in ``timeout_s``; ``ping`` does it beforehand.
        """
        check_limits(timeout_s, connections)
        for group in view.groups:
            if group.time not in (None, *group.features):
                raise OptionError.malformed("time", group.time, f"a column of {group.name!r} that the vector has")

        def open_client_view() -> ClientView:
            client_view = self._client_view(view.name, view.version)
            client_view.init_serving(
                training_dataset_version=1,  # of no effect without transformation functions
                options={"minsize": 1, "maxsize": max(connections, len(view.groups))},
            )
            return client_view

        return HopsworksOnlineView(view, self.settings, open_client_view, timeout_s)

    def close(self) -> None:
        """Log out, if this process is logged in with this store's settings; the next use logs in again."""
        log_out(self.settings)

    def _client_view(self, name: str, version: int) -> ClientView:
        store = logged_in(self.settings)
        with self._reading(f"the feature view {name!r}"):
            client_view = store.get_feature_view(name, version)
            if client_view is not None:
                return client_view
            others = store.get_feature_views(name)
        versions = ", ".join(str(each.version) for each in others or []) or "none of that name"
        raise StoreError(
            f"the project {self.settings.project!r} has no feature view {name!r} version {version}; it has {versions}"
        )

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            yield
        except SparkmonError:
            raise
        except Exception as error:
            # The client raises its own, requests' and plain errors for what is all one here.
            raise StoreError(
                f"cannot read {what} from Hopsworks: {redacted(self.settings, error)}; "
                "is it up, and may this key read the feature store?"
            ) from error


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = [each.partition(":") for each in text.split(",") if each]
    if not all(name and colon and value for name, colon, value in pairs):
        raise _malformed(f"{text!r}")
    return [(name, value) for name, _, value in pairs]


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:9]) < 10**8:
        raise OptionError.malformed("version", text, "a whole number from 1")
    return int(text)


def _malformed(got: str) -> OptionError:
    return OptionError(
        f"got {got}; expected hopsworks://host:port/project?views=name:version,...&models=view:model,...; "
        "the key comes from HOPSWORKS_API_KEY"
    )
