"""Online feature tables in a SQL database, in Hopsworks' layout: MySQL, MariaDB and RonDB, and a SQLite file."""

from sparkmon.store.sql.store import SqlStore as SqlStore
