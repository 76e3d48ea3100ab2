"""The tables of a monitor with the answers of one model, written without Spark, and labels that come to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.labels import JudgedWindow, LabelSource, LabelsPass
from sparkmon.performance import ConceptTests, Validation, class_names
from sparkmon.protocol import ROWS, Cells
from sparkmon.records import Feature
from sparkmon.slicing import BlockSlices, Slices
from sparkmon.slicing.slices import Slice, parse_slice
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Tables

Floats = npt.NDArray[np.float64]
START = datetime(2026, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
SLICES = BlockSlices(
    Slices({("loans", ""): (Slice("x > 0", parse_slice("x > 0", {"x": "numeric"}), ("true", "false")),)})
)


def answers(rows: int, seed: int, noise: float = 0.0) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Return a feature, the score of class 1, and labels that follow it, except for a share of ``noise`` of them."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=rows)
    score = 1 / (1 + np.exp(-2 * x))
    labels = generator.random(rows) < score
    return x, score, (labels ^ (generator.random(rows) < noise)).astype(np.int64)


def validation() -> Validation:
    """Learn from rows that the model has not seen."""
    x, score, labels = answers(20_000, seed=1)
    features, predictions = Cells(("x",), x[:, None]), Cells(("score",), score[:, None])
    own = [("x > 0", pa.array(np.where(x > 0, "true", "false")).dictionary_encode())]
    return Validation.fit(
        [Feature("x", "numeric")], features, predictions, class_names(pa.array(labels)), "repaid", (), own
    )


@dataclass
class ModelTables:
    """The tables of a monitor of the model ``loans``, and the labels next to them."""

    folder: Path
    source: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = Tables(f"{self.folder}/tables").open()
        self.labels = Tables(f"{self.folder}/").open()
        self.findings: list[pa.Table] = []
        self.validation = validation()

    def answer(
        self,
        window: int,
        x: Floats,
        score: Floats,
        *,
        entity: bool = False,
        instances: int = 1,
        clients: Sequence[str] = (),
    ) -> list[str]:
        """Log requests and responses in a window of an hour, and close it; return the ids of the requests."""
        size = len(x)
        ids = [f"{window}-{place // instances}" for place in range(size)]
        times = [START + window * HOUR + HOUR * (place // instances) / size for place in range(size)]
        common: dict[str, Any] = dict.fromkeys(("namespace", "component", "endpoint", "source"), "")
        common |= {"model": "loans", "model_version": "", "kind": "v1", "status_code": 200}
        rows = []
        for place in range(size):
            own = common | {"event_id": ids[place], "request_id": ids[place], "instance": place % instances}
            features = [("x", {"number": float(x[place]), "text": None})]
            entities = [("loan", {"number": float(place), "text": None})] if entity else None
            request = {"features": features, "entities": entities, "event_type": "request", "event_time": times[place]}
            predictions = [("score", {"number": float(score[place]), "text": None})]
            response = {"predictions": predictions, "event_type": "response", "event_time": times[place]}
            own["client"] = clients[place] if clients else None
            rows += [own | request, own | response]
        self.tables.append(pa.Table.from_pylist(rows, schema=ROWS), "rows")
        mark: dict[str, Any] = {
            "query_id": "q",
            "batch_id": window,
            "model": "loans",
            "requests": size,
            "responses": size,
        }
        mark |= {"window_start": START + window * HOUR, "window_end": START + (window + 1) * HOUR, "closed_time": START}
        self.tables.append(pa.Table.from_pylist([mark], schema=CLOSED_WINDOWS), "closed_windows")
        return ids

    def label(self, **columns: Sequence[Any]) -> None:
        """Append labels."""
        self.labels.append(pa.table({name: pa.array(each) for name, each in columns.items()}), "labels")

    def judge(self, hours: float) -> list[JudgedWindow]:
        """Run a pass so many hours after the first window began."""
        source = LabelSource(f"{self.folder}/labels", **({"horizon": HOUR, "revise_for": 10 * HOUR} | self.source))
        judge = LabelsPass(
            self.tables,
            {"loans": source},
            {"loans": self.validation},
            ConceptTests(1.0, 3600),
            HOUR,
            SLICES,
            self.findings.append,
        )
        return judge.run(START + hours * HOUR)

    def metrics(self, metric: str, basis: str = "labels", **where: str | None) -> list[dict[str, Any]]:
        """Read a metric of all windows, by their ends and versions."""
        rows = self.tables.read("performance")
        assert rows is not None
        chosen: dict[str, str | None] = {"metric": metric, "basis": basis, "class": None, "slice_key": None} | where
        return [
            row
            for row in rows.sort_by([("window_end", "ascending"), ("version", "ascending")]).to_pylist()
            if all(row[name] == value for name, value in chosen.items())
        ]
