"""A dashboard that runs on this machine while a test asks it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from sparkmon.dashboard.app import create_app
from sparkmon.dashboard.settings import DashboardSettings

__all__ = ["served"]


@contextmanager
def served(settings: DashboardSettings) -> Iterator[httpx.Client]:
    """Serve a dashboard on a free port; give a client that follows redirects."""
    config = uvicorn.Config(create_app(settings), port=0, log_level="error", timeout_graceful_shutdown=1)
    server, socket = uvicorn.Server(config), config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        address = f"http://127.0.0.1:{socket.getsockname()[1]}"
        with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
