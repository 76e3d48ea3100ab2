"""A time-out that does not blame a server for the waits of one's own busy event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sparkmon.errors import StoreTimeoutError

__all__ = ["within"]

T = TypeVar("T")

_TURNS = 10


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns, or cancel it when it takes too long.

    The time is counted in ten steps, each begun when the event loop comes round after the last: in an idle loop they
    make ``seconds``, in one that takes long to come round, ten rounds. A lookup takes a few rounds, however short the
    store's part of it; by the clock alone a burst of requests would look like a store that is down.

    Raises
    ------
    StoreTimeoutError
        It took too long.

    Examples
    --------
    >>> asyncio.run(within(0.01, asyncio.sleep(0, "done")))
    'done'
    >>> asyncio.run(within(0.01, asyncio.sleep(5)))
    Traceback (most recent call last):
    ...
    sparkmon.errors.StoreTimeoutError: [SPARKMON_STORE_TIMEOUT] the feature store did not answer within 10 ms
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    turns = 0
    timer: asyncio.TimerHandle

    def turn() -> None:
        nonlocal turns, timer
        turns += 1
        if turns == _TURNS:
            task.cancel()
        else:
            timer = loop.call_later(seconds / _TURNS, turn)

    timer = loop.call_later(seconds / _TURNS, turn)
    try:
        return await task
    except asyncio.CancelledError:
        if turns < _TURNS:
            raise
        raise StoreTimeoutError(
            f"the feature store did not answer within {seconds * 1e3:g} ms"
        ) from None
    finally:
        timer.cancel()
