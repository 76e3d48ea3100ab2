"""Bounds on what comes in by HTTP, shared by the receiver and the transformer: connections, heads and bodies."""

from sparkmon.inbound.body_room import (
    Arrival as Arrival,
    BodyRoom as BodyRoom,
    Refusal as Refusal,
    client_of as client_of,
)
from sparkmon.inbound.connections import ConnectionLimits as ConnectionLimits, Connections as Connections
