"""The feature store in a MySQL or MariaDB database, its online tables laid out as Hopsworks lays them out."""

from __future__ import annotations

import pyarrow as pa

from sparkmon.store.reference_store import DEFAULT_REFERENCE, ReferenceStore
from sparkmon.store.sql.database_store import DatabaseStore, needs_sqlalchemy


class SqlStore(ReferenceStore, DatabaseStore):
    """A feature store in one database of a server that speaks the MySQL protocol: MySQL, MariaDB, RonDB.

    Parameters
    ----------
    url : str
        ``mysql://user:password@host:3306/database`` (or ``mariadb://``). Without a password,
        that of the environment's ``SPARKMON_STORE_PASSWORD`` is used. ``?ssl_ca=PATH`` requires TLS, and verifies the
        server's name with the authorities in that PEM file. Signs such as ``@`` in a password are written ``%40``.

    Raises
    ------
    OptionError
        The URL cannot be read.
    MissingExtraError
        The extra ``sql`` is not installed.

    Notes
    -----
    *Layout*: a feature group is a table, in Hopsworks ``<group>_<version>`` in the database of the project: integers
    BIGINT, floats DOUBLE (NaN as NULL), booleans TINYINT, text TEXT or, in keys, VARCHAR compared exactly,
    bytes BLOB, lists and dicts as Avro in a BLOB, dates DATE, times TIMESTAMP(6) in UTC, decimals DECIMAL(38, 18).
    Definitions of views are in ``sparkmon_views``, references in ``sparkmon_references``, as Arrow streams.
    Tables of Hopsworks are read as they are, and written if their columns fit.

    *Consistency*: each write is one transaction; it needs no Spark. Reading never locks.

    Examples
    --------
    >>> SqlStore("mysql://reader:secret@db.example/fraud")
    SqlStore('mysql://reader:***@db.example:3306/fraud')
    """

    @needs_sqlalchemy()
    def __init__(self, url: str) -> None:
        from sparkmon.store.sql.address import Address

        self.place = url
        self._text = repr(Address(url))

    def __repr__(self) -> str:
        return f"SqlStore({self._text!r})"

    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`ReferenceStore.write_reference`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.documents import write_references

        with Address(self.place).writing("writing references") as connection:
            write_references(connection, table)

    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`ReferenceStore.read_references`."""
        from sparkmon.store.sql.address import Address
        from sparkmon.store.sql.documents import read_references

        with Address(self.place).reading("reading references") as connection:
            return read_references(connection, reference)
