"""Requests that sparkmon itself makes of a model, which no monitor counts: their ids say so, and are signed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

OWN_CLIENT = "sparkmon-attributions"
"""What such requests name as their client."""
_PREFIX = f"{OWN_CLIENT}-"
_HALF = 32


def own_id(key: str) -> str:
    """Return the id of a new request, signed with a key; KServe's logger takes it from the header ``Ce-Id``."""
    nonce = secrets.token_hex(_HALF // 2)
    return f"{_PREFIX}{nonce}{_signature(key, nonce)}"


def without_own(events: pa.RecordBatch, keys: Collection[str]) -> pa.RecordBatch:
    """Leave out the events of requests that were signed with one of these keys.

    A client that only claims to be sparkmon stays: it does not know the key.

    >>> ids = pa.array([own_id("secret"), own_id("other"), "sparkmon-attributions-me"])
    >>> without_own(pa.RecordBatch.from_arrays([ids], ["event_id"]), ["secret"]).num_rows
    2
    """
    if not keys:
        return events
    event_ids: Any = events.column("event_id")
    claims: Any = pc.starts_with(event_ids, _PREFIX)
    if not pc.any(claims).as_py():
        return events
    pairs = zip(event_ids.to_pylist(), claims.to_pylist(), strict=True)
    return events.filter(pa.array([not (claim and _is_signed(each, keys)) for each, claim in pairs], pa.bool_()))


def _is_signed(event_id: str, keys: Collection[str]) -> bool:
    signed = event_id[len(_PREFIX) :]
    nonce, signature = signed[:_HALF].encode(), signed[_HALF:].encode()
    return any(hmac.compare_digest(_signature(key, nonce.decode()).encode(), signature) for key in keys)


def _signature(key: str, nonce: str) -> str:
    return hmac.new(key.encode(), nonce.encode(), hashlib.sha256).hexdigest()[:_HALF]
