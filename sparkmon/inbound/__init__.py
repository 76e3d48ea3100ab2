"""Bounds on what comes in by HTTP, shared by the receiver and the transformer: connections, heads and bodies."""

from sparkmon.inbound.body_room import Arrival, BodyRoom, Refusal, client_of
from sparkmon.inbound.connections import ConnectionLimits, Connections

__all__ = ["Arrival", "BodyRoom", "ConnectionLimits", "Connections", "Refusal", "client_of"]
