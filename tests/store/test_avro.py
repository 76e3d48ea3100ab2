"""Avro values from a column: hostile schemas and damaged bytes are refused, never followed."""

import io
import json
from contextlib import suppress

import fastavro
import pytest
from hypothesis import given, strategies as st

from sparkmon.errors import OptionError, StoreError
from sparkmon.store.sql.avro import AvroColumn

LISTS = '["null", {"type": "array", "items": {"type": "map", "values": "long"}}]'


def test_what_fastavro_wrote_is_read() -> None:
    value = [{"a": 1, "b": -(2**40)}, {}]
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(json.loads(LISTS)), value)
    assert AvroColumn("g", "c", LISTS).decode(stream.getvalue()) == value


@given(st.binary(max_size=40))
def test_damaged_bytes_are_a_store_error_or_a_value(data: bytes) -> None:
    with suppress(StoreError):
        value = AvroColumn("g", "c", LISTS).decode(data)
        assert value is None or isinstance(value, list)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x02\xff\xff\xff\xff\x0f", b"\x00junk", "text", bytes(2**21)])
def test_bytes_that_are_short_long_or_endless_are_refused(data: object) -> None:
    with pytest.raises(StoreError, match="the column 'c' of 'g'"):
        AvroColumn("g", "c", LISTS).decode(data)


@pytest.mark.parametrize(
    "schema",
    [
        "no json",
        '"nonsense"',
        '{"type": "array", "items": "null"}',
        '["null", {"type": "map", "values": {"type": "record", "name": "r", "fields": []}}]',
        '{"type": "array", "items": {"type": "fixed", "name": "f", "size": 0}}',
    ],
)
def test_schemas_that_cannot_be_read_or_bound_are_refused(schema: str) -> None:
    with pytest.raises(OptionError, match="got an Avro schema for the column 'c' of 'g'"):
        AvroColumn("g", "c", schema)
