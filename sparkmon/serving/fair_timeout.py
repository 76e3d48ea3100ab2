"""A time-out that does not blame a server for delays in the client's own busy event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sparkmon.errors import StoreTimeoutError

T = TypeVar("T")

_STEPS = 10


async def fair_timeout(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of ``work``, or cancel it after a time-out and raise StoreTimeoutError.

    The time is counted in ten steps, each scheduled when the event loop has run the one before: in an idle loop they
    take ``seconds``, in a busy loop ten iterations. A lookup takes a few iterations even if the store answers at once,
    so that by the clock alone a burst of requests would look like a store that is down.

    >>> asyncio.run(fair_timeout(0.01, asyncio.sleep(0, "done")))
    'done'
    >>> asyncio.run(fair_timeout(0.01, asyncio.sleep(5)))
    Traceback (most recent call last):
    ...
    sparkmon.errors.StoreTimeoutError: [SPARKMON_STORE_TIMEOUT] the feature store did not answer within 10 ms
    """
    task = asyncio.create_task(work)
    try:
        for _ in range(_STEPS):
            await asyncio.wait((task,), timeout=seconds / _STEPS)
            if task.done():
                return task.result()
    finally:
        task.cancel()
    raise StoreTimeoutError(f"the feature store did not answer within {seconds * 1e3:g} ms")
