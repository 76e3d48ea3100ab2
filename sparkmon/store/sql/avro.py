"""Arrays, maps and structs in a column: the schemaless Avro bytes that Hopsworks keeps them in."""

import io
import json
from typing import Any

import fastavro

from sparkmon.errors import OptionError, StoreError
from sparkmon.store.online import FeatureValue

_MAX_BYTES = 2**20  # of one value


class AvroColumn:
    """A column's Avro schema, as JSON text; refused if a few bytes of it may stand for any number of items."""

    def __init__(self, group: str, column: str, schema: str) -> None:
        self._whose = f"the column {column!r} of {group!r}"
        try:
            parsed = json.loads(schema)
            self._schema = fastavro.parse_schema(parsed)
        # fastavro raises errors of any kind for a malformed schema.
        except Exception as error:
            raise OptionError(
                f"got an Avro schema for {self._whose} that cannot be read "
                f"({type(error).__name__}: {error!s:.200}); give the schema of one value as JSON"
            ) from error
        if _endless(parsed):
            raise OptionError(
                f"got an Avro schema for {self._whose} with items that take no bytes; "
                "a few bytes could then stand for any number of them, so it is refused"
            )

    def decode(self, data: object) -> FeatureValue:
        """Return the value that the bytes stand for; StoreError if they are damaged, too many, or of another schema."""
        if not isinstance(data, bytes | bytearray) or len(data) > _MAX_BYTES:
            size = f"{len(data)} bytes" if isinstance(data, bytes | bytearray) else repr(data)
            raise StoreError(f"got {size:.100} in {self._whose}; expected at most {_MAX_BYTES} bytes of Avro")
        stream = io.BytesIO(data)
        try:
            value: Any = fastavro.schemaless_reader(stream, self._schema, None)
        # Damaged bytes make fastavro fail in a dozen ways: short reads, indexes, overflows, bad UTF-8.
        except Exception as error:
            raise StoreError(
                f"{self._whose} holds bytes that are not of its Avro schema "
                f"({type(error).__name__}: {error!s:.200}); write the row again"
            ) from error
        if stream.tell() != len(data):
            raise StoreError(
                f"{self._whose} holds {len(data) - stream.tell()} bytes more than its Avro schema "
                "explains; give the schema that the row was written with"
            )
        return value  # type: ignore[no-any-return]

    def encode(self, value: FeatureValue) -> bytes:
        """Return the bytes of a value, or raise OptionError if it is not of the schema."""
        stream = io.BytesIO()
        try:
            fastavro.schemaless_writer(stream, self._schema, value)
        # fastavro raises errors of any kind for a value that does not fit.
        except Exception as error:
            raise OptionError(
                f"got {value!r:.100} for {self._whose}, which is not of its Avro schema "
                f"({type(error).__name__}: {error!s:.200})"
            ) from error
        return stream.getvalue()


def _endless(schema: Any) -> bool:  # noqa: ANN401 - JSON
    """Return whether some array or map in a schema has items that take no bytes."""
    if isinstance(schema, list):
        return any(map(_endless, schema))
    if not isinstance(schema, dict):
        return False
    items = schema.get("items", schema.get("values"))
    parts = [items, schema.get("type"), *(each.get("type") for each in schema.get("fields", ()))]
    return (items is not None and _empty(items)) or any(map(_endless, parts))


def _empty(schema: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(schema, dict):
        if schema.get("type") in {"record", "error"}:
            return all(_empty(each.get("type")) for each in schema.get("fields", ()))
        return schema.get("size") == 0 or _empty(schema.get("type"))
    return bool(schema == "null")
