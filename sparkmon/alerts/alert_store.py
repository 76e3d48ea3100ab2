"""The record of alerts: decisions, deliveries and people's actions, in three tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from sparkmon.alerts.acknowledgements import Acknowledgement, Acknowledgements
from sparkmon.alerts.incident import Incident
from sparkmon.alerts.matcher import Matcher
from sparkmon.alerts.rows import incident_of
from sparkmon.alerts.silences import Silence, Silences
from sparkmon.schemas import ALERT_ACTIONS, ALERTS, DELIVERIES
from sparkmon.tables import Tables

__all__ = ["AlertStore"]


class AlertStore:
    """Reads and writes the tables ``alerts``, ``deliveries`` and ``alert_actions``.

    Parameters
    ----------
    tables : Tables
        Where they are.
    spark : SparkSession
        Reads and writes them.
    """

    def __init__(self, tables: Tables, spark: SparkSession) -> None:
        self.tables, self.spark = tables, spark

    def alerts(self) -> DataFrame:
        """Return ``sparkmon.schemas.ALERTS``; empty until something is written."""
        return self._table("alerts", ALERTS)

    def deliveries(self) -> DataFrame:
        """Return ``sparkmon.schemas.DELIVERIES``."""
        return self._table("deliveries", DELIVERIES)

    def incidents(self) -> dict[str, tuple[Incident, dict[str, Any]]]:
        """Return the incidents by id, each as its last closed window left it, with the row of that window."""
        last = Window.partitionBy("incident_id").orderBy(F.desc("window_end"))
        rows = (
            self.alerts()
            .where("incident_id IS NOT NULL AND state <> 'provisional'")
            .withColumn("place", F.row_number().over(last))
            .where("place = 1")
            .select(*ALERTS.names)
        )
        return {row["incident_id"]: (incident_of(row), row) for row in rows.toArrow().to_pylist()}

    def has_batch(self, writer: str, batch_id: int) -> bool:
        """Return whether a batch of a query was decided on."""
        of_batch = (F.col("query_id") == writer) & (F.col("batch_id") >= batch_id)
        return not self.alerts().where(of_batch).isEmpty()

    def sent_since(self, time: datetime) -> list[tuple[datetime, list[str]]]:
        """Return when notifications were decided on since then, and their sinks."""
        rows = (
            self.alerts()
            .where(F.col("notification_id").isNotNull() & (F.col("fired_time") >= F.lit(time)))
            .groupBy("notification_id")
            .agg(F.min("fired_time").alias("time"), F.first("sinks").alias("sinks"))
        )
        return [(row["time"], row["sinks"]) for row in rows.toArrow().to_pylist()]

    def actions(self) -> tuple[Silences, Acknowledgements]:
        """Return the silences that were not ended by hand, and the acknowledgements."""
        table = self._table("alert_actions", ALERT_ACTIONS).orderBy("start_time")
        rows = table.toArrow().to_pylist()
        ended = {row["action_id"] for row in rows if row["action"] == "unsilence"}
        silences: dict[str, Silence] = {}
        acknowledgements: dict[str, Acknowledgement] = {}
        for row in rows:
            if row["action"] == "silence" and row["action_id"] not in ended:
                matcher = Matcher(row["model"], row["column_name"], row["slice"], row["severity"])
                silences[row["action_id"]] = Silence(
                    row["action_id"], matcher, row["start_time"], row["end_time"]
                )
            elif row["action"] == "ack":
                acknowledgements[row["incident_id"]] = Acknowledgement(
                    row["incident_id"], row["start_time"], row["by"]
                )
        return Silences(tuple(silences.values())), Acknowledgements(acknowledgements)

    def undelivered(
        self, *, query_ids: Collection[str] | None = None, dead: bool = False
    ) -> list[tuple[dict[str, Any], str, int]]:
        """Return the rows of undelivered notifications, each with the sink and its attempts so far.

        Parameters
        ----------
        query_ids : collection of str, optional
            Only those of these queries.
        dead : bool, default False
            Those that were given up, instead of those that are still to be tried.
        """
        notified = self.alerts().where("notification_id IS NOT NULL")
        if query_ids is not None:
            notified = notified.where(F.col("query_id").isin(*query_ids))
        last = F.max_by("status", F.struct("time", "attempt"))
        deliveries = (
            self.deliveries()
            .groupBy("notification_id", "sink")
            .agg(last.alias("last_status"), F.max("attempt").alias("attempts"))
        )
        keys = ["notification_id", "sink"]
        queued = notified.withColumn("sink", F.explode("sinks")).join(deliveries, keys, "left")
        status = F.col("last_status")
        is_wanted = status == "dead" if dead else status.isNull() | (status == "failed")
        return [
            ({name: row[name] for name in ALERTS.names}, row["sink"], row["attempts"] or 0)
            for row in queued.where(is_wanted).toArrow().to_pylist()
        ]

    def write_alerts(
        self, rows: Sequence[Mapping[str, Any]], *, writer: str, batch_id: int
    ) -> None:
        """Append decisions, once per batch of a query."""
        frame = self._frame(rows, ALERTS)
        self.tables.append(frame, "alerts", writer=writer, batch_id=batch_id)

    def write_deliveries(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append attempts."""
        self.tables.add(self._frame(rows, DELIVERIES), "deliveries")

    def write_action(self, **action: object) -> None:
        """Append an action of a person: the columns of ``sparkmon.schemas.ALERT_ACTIONS``."""
        row = dict.fromkeys(ALERT_ACTIONS.names) | action
        self.tables.add(self._frame([row], ALERT_ACTIONS), "alert_actions")

    def _frame(self, rows: Sequence[Mapping[str, Any]], schema: StructType) -> DataFrame:
        records = [{name: row[name] for name in schema.names} for row in rows]
        arrow = pa.Table.from_pylist(records, schema=to_arrow_schema(schema, timezone="UTC"))
        return self.spark.createDataFrame(arrow, schema)

    def _table(self, name: str, schema: StructType) -> DataFrame:
        table = self.tables.find_all(self.spark, name, schema.names)
        return self.spark.createDataFrame([], schema) if table is None else table
