"""What is done about closed windows next to a running query: labels that come, and models that are asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import SparkSession

from sparkmon.attributions import ModelEndpoint
from sparkmon.comparison import Checks
from sparkmon.labels import LabelSource
from sparkmon.monitor.attributions_watch import AttributionsWatch
from sparkmon.monitor.labels_watch import LabelsWatch
from sparkmon.monitor.windows import Windows
from sparkmon.store import ReferenceStore
from sparkmon.tables import Tables


class PeriodicStep(NamedTuple):
    """What a thread does again and again, and what its log says when that fails."""

    name: str
    look: Callable[[], object]
    trouble: str


@dataclass(frozen=True, eq=False)
class PeriodicSteps:
    """Makes them when a query starts; without labels and endpoints there are none."""

    store: ReferenceStore
    labels: Mapping[str, LabelSource]
    attributions: Mapping[str, ModelEndpoint]
    windows: Windows
    checks: Checks
    reference: str
    namespaces: Sequence[str]
    slices: Sequence[str] | None

    def open(self, tables: Tables, process: Callable[[pa.Table], object], spark: SparkSession) -> list[PeriodicStep]:
        """Make them; OptionError if their options are wrong. ``process`` takes findings."""
        steps = []
        of_both: dict[str, Any] = {"process": process, "windows": self.windows, "namespaces": self.namespaces}
        if self.labels:
            of_labels: dict[str, Any] = {"checks": self.checks, "reference": self.reference, "slices": self.slices}
            labels = LabelsWatch(tables.open(spark), self.store, self.labels, spark=spark, **of_labels, **of_both)
            steps.append(PeriodicStep("labels", labels.look, "could not join labels; trying again later"))
        if self.attributions:
            asking = AttributionsWatch(tables.open(spark), self.store, self.attributions, **of_both)
            steps.append(PeriodicStep("attributions", asking.look, "could not explain windows; trying again later"))
        return steps
