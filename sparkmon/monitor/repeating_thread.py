"""A thread on the driver that does something again and again while the query runs."""

import logging
import threading
from collections.abc import Callable

from sparkmon.errors import CheckpointError

_LOGGER = logging.getLogger(__name__)


class RepeatingThread:
    """Takes a step every so many seconds; after an error it goes on, unless another query has taken over.

    ``trouble`` says in the log what fails, once until it succeeds again; ``end`` is called when another query has taken
    over.
    """

    def __init__(
        self, name: str, every_s: float, step: Callable[[], object], trouble: str, end: Callable[[], object]
    ) -> None:
        self._every_s, self._step, self._trouble, self._end = every_s, step, trouble, end
        self.error: CheckpointError | None = None
        """Why it has ended before the query."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sparkmon {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; blocks until no step is being taken."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        is_failing = False
        while not self._stopped.wait(self._every_s):
            try:
                self._step()
                is_failing = False
            except CheckpointError as error:
                self.error = error
                self._end()
                return
            except Exception:
                # The next step may succeed; what a step leaves undone is done by a later one.
                if not is_failing:
                    _LOGGER.warning(self._trouble, exc_info=True)
                is_failing = True
