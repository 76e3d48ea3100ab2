"""What the features added on training rows: kept in the store of references, and what windows are compared with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.attributions.cells_as_sent import as_sent
from sparkmon.attributions.model_endpoint import ModelEndpoint
from sparkmon.detectors import STATE_FORMAT, read_state
from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.schema import PROFILE, REFERENCES
from sparkmon.errors import OptionError, ProfileError
from sparkmon.explain import ObjectRows, attribution_distances
from sparkmon.protocol import Cells
from sparkmon.records import Feature
from sparkmon.store import ReferenceStore

REFERENCE = "attributions"
"""The name of the reference that baselines are kept as."""
_COLUMN = ":attributions"
_MOST_BYTES = 16_000_000
_BACKGROUND = 100
_STRATA = 10
_DRAWS = 1_000
_RARE = 0.01
_LEAST_L1 = 0.15
"""A smaller relative change of importances is of no interest, however sure."""


@dataclass(frozen=True, eq=False)
class AttributionBaseline:
    """Importances on training rows, and how far those of a window may be from them by chance."""

    features: tuple[Feature, ...]
    background: ObjectRows
    """Training rows, up to 100."""
    edges: FloatArray
    """The deciles of the answers, which cut rows into strata."""
    importances: FloatArray
    means: FloatArray
    base: float
    """The mean answer for the background."""
    limits: Mapping[str, float]
    """By distance, what a window of the same rows exceeds, or for ``ndcg`` falls below, once in a hundred by chance."""
    size: tuple[int, int]
    """Rows and permutations. Importances are biased by how many there are: windows have to have the same."""
    key: str
    """What requests are signed with, so that monitors do not count them."""

    @classmethod
    def measure(
        cls, endpoint: ModelEndpoint, model: str, features: Sequence[Feature], rows: ObjectRows, *, seed: int = 0
    ) -> AttributionBaseline:
        """Ask the model for training rows.

        ``rows`` are those of the training table, at least 300 of them: up to 100 become the background, and twice as
        many as in a window are explained. Raises OptionError: there are fewer; StoreError: the model does not answer.

        Notes
        -----
        The limits are of 1,000 draws, with replacement, of a window and of a baseline from the rows that were explained
        [1]_. Rows of live windows are more alike than those: a real window is further away than chance.

        References
        ----------
        .. [1] Efron, Tibshirani: An introduction to the bootstrap, 1993.
        """
        if len(rows) < _BACKGROUND + endpoint.rows:
            raise OptionError(f"got {len(rows)} training rows; expected {_BACKGROUND + endpoint.rows} or more")
        generator, key = np.random.default_rng(seed), secrets.token_hex(16)
        order = generator.permutation(len(rows))
        background, some = rows[order[:_BACKGROUND]], rows[order[_BACKGROUND:][: 2 * endpoint.rows]]
        with endpoint.open(model, features, key) as opened:
            explained = opened.attributions(some, background, endpoint.permutations, generator)
        size = np.abs(explained.phi)
        draws = []
        for _ in range(_DRAWS):
            window = size[generator.integers(len(size), size=endpoint.rows)].mean(axis=0)
            training = size[generator.integers(len(size), size=len(size))].mean(axis=0)
            draws.append(attribution_distances(training, window))
        limits = {
            name: float(np.quantile([each[name] for each in draws], _RARE if name == "ndcg" else 1 - _RARE))
            for name in draws[0]
        }
        limits["relative_l1"] = max(limits["relative_l1"], _LEAST_L1)
        edges = np.unique(np.quantile(explained.answers, np.arange(1, _STRATA) / _STRATA))
        return cls(
            tuple(features),
            background,
            edges,
            explained.importances,
            explained.phi.mean(axis=0),
            float(explained.bases.mean()),
            limits,
            (endpoint.rows, endpoint.permutations),
            key,
        )

    @classmethod
    def of_cells(
        cls, endpoint: ModelEndpoint, model: str, features: Sequence[Feature], cells: Cells
    ) -> AttributionBaseline:
        """Measure on the cells of training rows; see :meth:`measure`."""
        return cls.measure(endpoint, model, features, as_sent(cells, features))

    def reference(self, model: str) -> pa.Table:
        """Return it as ``REFERENCES``, for :meth:`sparkmon.ReferenceStore.write_reference`."""
        row = {
            "model": model,
            "model_version": "",
            "reference": REFERENCE,
            "column_name": _COLUMN,
            "column_kind": "attributions",
            "data_type": "numeric",
            "column_index": 0,
            "created_time": datetime.now(timezone.utc),
            "profile": dict.fromkeys([field.name for field in PROFILE]) | {"count": 2 * self.size[0]},
            "detectors": self.to_bytes(),
        }
        return pa.Table.from_pylist([row], schema=REFERENCES)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        state = {
            "format": STATE_FORMAT,
            "features": [[each.name, each.kind] for each in self.features],
            **{name: getattr(self, name).tolist() for name in ("background", "edges", "importances", "means")},
            **{"base": self.base, "limits": dict(self.limits), "size": self.size, "key": self.key},
        }
        return json.dumps(state).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> AttributionBaseline:
        """Read what :meth:`to_bytes` wrote, or raise ProfileError."""
        what = "a baseline of attributions"
        return read_state(data, what, _MOST_BYTES, cls._of_state, "make it again: sparkmon attributions --baseline")

    @classmethod
    def _of_state(cls, state: Mapping[str, Any]) -> AttributionBaseline:
        features = tuple(Feature(str(name), kind) for name, kind in state["features"])
        edges, importances, means = (np.array(state[name], np.float64) for name in ("edges", "importances", "means"))
        background = np.array(state["background"], object).reshape(-1, len(features))
        if importances.shape != means.shape or importances.shape != (len(features),):
            raise ProfileError("got importances of other features than the baseline has; make it again")
        limits = {str(name): float(value) for name, value in state["limits"].items()}
        rows, permutations = map(int, state["size"])
        key = str(state["key"])
        return cls(
            features, background, edges, importances, means, float(state["base"]), limits, (rows, permutations), key
        )


def baselines_of(store: ReferenceStore, models: Collection[str]) -> dict[str, AttributionBaseline]:
    """Read the baselines of some models; those that have none are left out.

    A model of a namespace has that of the model, unless there is one of its own.
    """
    stored = store.read_references(REFERENCE)
    stored = stored.filter(pc.equal(stored["column_kind"], pa.scalar("attributions")))
    states: dict[str, Any] = {
        row["model"]: row["detectors"] for row in stored.select(["model", "detectors"]).to_pylist()
    }
    names = {model: model if model in states else model.rpartition("/")[2] for model in models}
    return {model: AttributionBaseline.from_bytes(states[name]) for model, name in names.items() if name in states}
