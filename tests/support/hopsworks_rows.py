"""The online tables of the small Hopsworks project, in a real MariaDB, as Hopsworks lays them out."""

import datetime
import io
from urllib.parse import urlsplit

import fastavro
import pymysql

from tests.support import hopsworks_metadata as metadata

__all__ = ["EVENT_TIME", "PASSWORD", "seed"]

PASSWORD = "onlinepw"
EVENT_TIME = datetime.datetime(2026, 11, 23)
_EMB = ["null", {"type": "array", "items": ["null", "double"]}]
# MariaDB has not RonDB's engine: without this mode it takes its own instead, and the real statement runs.
_MODE = "SET SESSION sql_mode=REPLACE(@@sql_mode,'NO_ENGINE_SUBSTITUTION','')"
_ENGINE = "ENGINE=ndbcluster COMMENT='NDB_TABLE=READ_BACKUP=1'"
_CARDS = (
    "`cc_num` bigint, `event_ts` timestamp, `amount_mean_1h` double, `trx_count_1h` int, "
    "`country` varchar(100), `is_chip` tinyint, `emb` varbinary(500), `fraud_label` int, "
    "`region` varchar(100), PRIMARY KEY (`cc_num`)"
)
_CUSTOMERS = "`cc_num` bigint, `bank_id` int, `age` int, `credit_limit` decimal(10,2), PRIMARY KEY (`cc_num`,`bank_id`)"


def seed(url: str, rows: int = 100) -> None:
    """Make both tables and fill them: card i has the mean 10 + i, its customer of bank 7 (of 0 for card 50) is 20 + i.

    Cards 90 and above have no customer; card 80 has a row of nulls.
    """
    at = urlsplit(url)
    connection = pymysql.connect(
        host=at.hostname, port=at.port or 3306, user=at.username, password=at.password or "", autocommit=True
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(_MODE)
        cursor.execute(f"CREATE DATABASE `{metadata.DATABASE}`")
        cursor.execute(f"CREATE USER '{metadata.USER}'@'%' IDENTIFIED BY '{PASSWORD}'")
        cursor.execute(f"GRANT SELECT ON `{metadata.DATABASE}`.* TO '{metadata.USER}'@'%'")
        cursor.execute(f"USE `{metadata.DATABASE}`")
        cursor.execute(f"CREATE TABLE `card_activity_1`({_CARDS}) {_ENGINE}")
        cursor.execute(f"CREATE TABLE `customer_profile_2`({_CUSTOMERS}) {_ENGINE}")
        cursor.executemany(
            "INSERT INTO `card_activity_1` VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s)", [_card(index) for index in range(rows)]
        )
        cursor.executemany(
            "INSERT INTO `customer_profile_2` VALUES (%s,%s,%s,%s)",
            [(i, 0 if i == 50 else 7, 20 + i, 1000 + i) for i in range(min(rows, 90))],
        )


def _card(index: int) -> tuple[object, ...]:
    if index == 80:
        return (index, *[None] * 8)
    emb = io.BytesIO()
    fastavro.schemaless_writer(emb, _EMB, [float(index), 0.5])
    country = "SE" if index % 2 else "DE"
    return (*(index, EVENT_TIME, 10.0 + index, index % 7, country, index % 2), *(emb.getvalue(), index % 2, "north"))
