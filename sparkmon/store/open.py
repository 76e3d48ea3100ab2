"""A feature store from its place as text: a directory or a URL."""

from sparkmon.errors import OptionError
from sparkmon.store.hopsworks.store import HopsworksStore
from sparkmon.store.local import LocalStore
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
    # The scheme alone, because the rest may hold a password.
    raise OptionError.malformed(
        "store", f"{scheme}://...", "a directory, or a mysql://, mariadb:// or hopsworks:// URL"
    )
