"""A feature store from its place as text: a directory or a URL."""

from sparkmon.errors import OptionError
from sparkmon.store.feast import FeastStore
from sparkmon.store.hopsworks.store import HopsworksStore
from sparkmon.store.local import LocalStore
from sparkmon.store.online import OnlineStore
from sparkmon.store.sql.store import SqlStore


def open_store(place: str) -> LocalStore | SqlStore | HopsworksStore:
    """Open the feature store at a place, without a connection.

    It is a directory (LocalStore), ``mysql://...`` or ``mariadb://...`` (SqlStore), or
    ``hopsworks://host[:port]/project`` (HopsworksStore).

    A place that is empty, of another scheme or no URL is an OptionError, a package that it needs a MissingExtraError.

    Examples
    --------
    >>> open_store("mysql://reader@db.example/fraud")
    SqlStore('mysql://reader@db.example:3306/fraud')
    >>> open_store("/var/lib/sparkmon/store")
    LocalStore('/var/lib/sparkmon/store')
    """
    scheme, mark, _ = place.partition("://")
    if not place:
        raise OptionError.missing("store", "a directory or a URL")
    if not mark:
        return LocalStore(place)
    if scheme in {"mysql", "mariadb"}:
        return SqlStore(place)
    if scheme == "hopsworks":
        return HopsworksStore.from_url(place)
    if scheme == "feast":
        expected = "a store of references, which Feast is not; only the transformer reads it"
        raise OptionError.malformed("store", place, expected)
    # The scheme alone, because the rest may hold a password.
    raise OptionError.malformed(
        "store", f"{scheme}://...", "a directory, or a mysql://, mariadb:// or hopsworks:// URL"
    )


def open_online_store(place: str) -> OnlineStore:
    """Open the store of online rows at a place: those of :func:`open_store`, and ``feast:///directory`` (FeastStore).

    Its errors are those of :func:`open_store`.
    """
    return FeastStore.from_url(place) if place.startswith("feast:") else open_store(place)
