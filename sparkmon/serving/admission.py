"""How many requests are inside at once; beyond that, one is refused at once rather than left to wait."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from sparkmon.errors import ServingError
from sparkmon.serving.refusal import refusal

__all__ = ["Admission"]

_RETRY_AFTER_S = 1


class Admission:
    """A bound on the requests between their arrival and their answer, as a context manager.

    Parameters
    ----------
    most : int
        So many may be inside.
    on_refusal : callable
        Called for each that is refused.

    Attributes
    ----------
    inside : int
        How many are inside now.

    Raises
    ------
    ServingError
        ``OVERLOADED``, 503, on entering where as many are inside as may be.

    Examples
    --------
    >>> admission = Admission(1, lambda: None)
    >>> with admission:
    ...     admission.inside, admission.is_full
    (1, True)
    >>> admission.inside
    0
    """

    def __init__(self, most: int, on_refusal: Callable[[], None]) -> None:
        self.inside = 0
        self._most = most
        self._on_refusal = on_refusal

    @property
    def is_full(self) -> bool:
        """Whether the next one would be refused."""
        return self.inside >= self._most

    def refuse(self) -> ServingError:
        """Count one that is refused and return the error that says so."""
        self._on_refusal()
        return refusal(
            "OVERLOADED",
            503,
            f"{self._most} requests are being answered; try again later",
            retry_after_s=_RETRY_AFTER_S,
        )

    def __enter__(self) -> Admission:
        if self.is_full:
            raise self.refuse()
        self.inside += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.inside -= 1
