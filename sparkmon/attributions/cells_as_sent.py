"""Cells as the values that a model is asked with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkmon.errors import OptionError
from sparkmon.explain import ObjectRows
from sparkmon.protocol import Cells
from sparkmon.records import Feature

_WHOLE = {"code", "boolean"}


def as_sent(cells: Cells, features: Sequence[Feature]) -> ObjectRows:
    """Return rows x features: numbers, whole where the feature is a code or a truth value, texts, and None for nulls.

    Raises OptionError: a feature is missing.
    """
    missing = [each.name for each in features if each.name not in cells.names]
    if missing:
        raise OptionError(f"got rows without the features {', '.join(missing[:5])}; expected all that the model takes")
    rows = np.empty((len(cells), len(features)), object)
    has_number = cells.is_number()
    for at, feature in enumerate(features):
        place = cells.names.index(feature.name)
        numbers = cells.numbers[:, place]
        texts = cells.texts.get(place)
        for row, number in enumerate(numbers.tolist()):
            text = None if texts is None else texts[row].as_py()
            if text is not None:
                rows[row, at] = text
            elif has_number[row, place] and np.isfinite(number):
                rows[row, at] = int(number) if feature.kind in _WHOLE and number == int(number) else number
    return rows
