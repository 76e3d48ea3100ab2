"""What an explainer answers, as one number per row and feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import StoreError
from sparkmon.json_bytes import loads

_NAMES = ("explanations", "shap_values")
_DEEPEST = 5


def explained(content: bytes, rows: int, features: int) -> FloatArray:
    """Read the answer of ``:explain``, whose form KServe leaves to the explainer.

    The numbers are under ``explanations``, or under ``shap_values`` in there or by itself: a list of a number per
    feature for each row, or a list of such lists for each class, of which the last counts. StoreError if it is anything
    else.

    Examples
    --------
    >>> explained(b'{"explanations": [[0.5, -1.0], [0.25, 0.0]]}', 2, 2).tolist()
    [[0.5, -1.0], [0.25, 0.0]]
    >>> explained(b'{"explanations": {"shap_values": [[[9, 9]], [[0.5, -1.0]]]}}', 1, 2).tolist()
    [[0.5, -1.0]]
    """
    try:
        numbers: Any = loads(content)
        for _ in range(_DEEPEST):
            name = next((name for name in _NAMES if isinstance(numbers, Mapping) and name in numbers), None)
            numbers = numbers if name is None else numbers[name]
        phi = np.array(numbers, np.float64)
    except (ValueError, TypeError) as error:
        raise StoreError(f"the explainer's answer is no numbers: {str(error)[:200]}") from error
    phi = phi[-1] if phi.ndim == 3 else phi
    if phi.shape != (rows, features) or not np.isfinite(phi).all():
        raise StoreError(f"the explainer answered with numbers of shape {phi.shape}; expected {rows} x {features}")
    return phi
