"""A socket that listens for HTTP, or one sentence why it cannot."""

import socket

from sparkmon.errors import OptionError


def listen(host: str, port: int) -> socket.socket:
    """Listen at an address; port 0 takes a free one.

    OptionError: the port is taken or not allowed, or the host is no address of this machine.

    >>> with listen("127.0.0.1", 0) as listening:
    ...     listen(*listening.getsockname())
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] cannot listen on 127.0.0.1:...: Address already in use; choose ...
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise OptionError(f"cannot listen on {host}:{port}: {reason}; choose another address or port") from error
