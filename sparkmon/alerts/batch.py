"""One batch of alerts recorded and delivered; a failing sink does not silence the others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import fields

from pyspark.sql import DataFrame

from sparkmon.alerts.sink import Alert, AlertSink
from sparkmon.errors import AlertDeliveryError
from sparkmon.tables import Tables

__all__ = ["deliver"]

_LOGGER = logging.getLogger(__name__)
_MOST = 1000
_FIELDS = [field.name for field in fields(Alert)]


def deliver(
    alerts: DataFrame, sinks: Sequence[AlertSink], tables: Tables, *, writer: str, batch_id: int
) -> int:
    """Write a batch of alerts to the ``alerts`` table, then hand them to the sinks.

    Parameters
    ----------
    alerts : DataFrame
        ``sparkmon.schemas.ALERTS``, not streaming.
    sinks : sequence of AlertSink
        Each gets the same alerts, at most 1,000 of a batch; all are in the table.
    tables : Tables
        Where the ``alerts`` table is.
    writer, batch_id : str, int
        See :meth:`sparkmon.tables.Tables.append`.

    Returns
    -------
    int
        How many alerts the sinks were given.

    Raises
    ------
    AlertDeliveryError
        A required sink failed. All others have had the alerts.
    """
    tables.append(alerts, "alerts", writer=writer, batch_id=batch_id)
    first = alerts.orderBy("window_start", "column_name").limit(_MOST).select(*_FIELDS)
    told = [Alert(**row) for row in first.toArrow().to_pylist()]  # Arrow keeps the time zone
    failed: list[tuple[AlertSink, Exception]] = []
    for sink in sinks if told else ():
        try:
            sink.deliver(told)
        except Exception as error:  # one sink's failure must not keep alerts from the others
            _LOGGER.exception("%s could not deliver %d alerts", sink.name, len(told))
            if sink.required:
                failed.append((sink, error))
    if failed:
        sink, cause = failed[0]
        raise AlertDeliveryError(
            f"{sink.name} could not deliver {len(told)} alerts: {cause}"
        ) from cause
    return len(told)
