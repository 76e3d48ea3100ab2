"""Ports of the loopback address that are free now."""

import socket

__all__ = ["free_ports"]


def free_ports(count: int) -> list[int]:
    """Take ports that are free now, all at once so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()
