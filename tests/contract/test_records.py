"""The nouns said twice, as records and as Arrow schemas, say the same."""

from dataclasses import fields

from sparkmon import schemas
from sparkmon.protocol.schema import DECODED, EVENTS
from sparkmon.records import DeadLetter, Event
from sparkmon.sinks import Alert


def test_an_event_has_the_columns_of_the_events_table() -> None:
    flat = {field.name for field in fields(Event)} - {"dead_letter"}
    assert flat | {field.name for field in fields(DeadLetter)} == set(EVENTS.names)


def test_an_alert_has_only_columns_of_the_alerts_table() -> None:
    # Its address is that of a dashboard, which may move.
    assert {field.name for field in fields(Alert)} - {"url"} <= set(schemas.ALERTS.names)


def test_spark_schemas_have_the_columns_of_the_arrow_schemas() -> None:
    assert schemas.EVENTS.names == EVENTS.names
    assert schemas.DECODED.names == DECODED.names


def test_a_dead_letter_is_told_from_decoded_rows() -> None:
    assert set(schemas.DEAD_LETTERS.names) <= set(schemas.DECODED.names)
