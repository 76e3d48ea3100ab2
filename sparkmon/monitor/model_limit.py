"""How many models a monitor takes up that no reference is of: a client that invents names costs bounded memory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import OUTLIER
from sparkmon.panes import PaneLimits, merge_panes
from sparkmon.records import ModelSchema


def columns_of(schemas: Iterable[ModelSchema]) -> dict[str, list[str]]:
    """Return the columns that are expected of each model: its features and predictions, and the flag of outliers."""
    return {each.model: [OUTLIER, *(column.name for column in (*each.features, *each.predictions))] for each in schemas}


class ModelLimit:
    """Pools the panes of models beyond a limit, of all batches together, as those of the model ``(other)``.

    Models with a reference (``expected``: their columns) are never pooled; ``others`` are known from earlier runs.
    """

    def __init__(
        self, expected: Mapping[str, Collection[str]], others: Collection[str] = (), most: int = PaneLimits().models
    ) -> None:
        self._expected, self._most = expected, most
        self._others = {*others} - {*expected}

    def limited(self, panes: pa.Table, k: int) -> pa.Table:
        """Return panes of known models, of new ones while there is room, and of ``(other)``."""
        names: list[Any] = pc.unique(panes["model"]).to_pylist()
        room = self._most - len(self._others)
        new = {*names} - self._expected.keys() - self._others
        if len(new) > room:
            exempt = {**dict.fromkeys(self._others, ()), **self._expected}
            versions = panes.group_by(["model", "model_version"]).aggregate([])
            count = sum(name in exempt for name in versions["model"].to_pylist())
            limits = replace(PaneLimits(), models=count + max(room, 0))
            panes = merge_panes(panes, k, limits=limits, expected=exempt)
            names = pc.unique(panes["model"]).to_pylist()
            new = {*names} - self._expected.keys() - self._others
        self._others |= new
        return panes
