"""Models of one name in several namespaces are several models, or it is said that they are not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import OptionError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.monitor.namespaces import qualified
from sparkmon.records import Event
from sparkmon.store import LocalStore
from tests.monitor.test_monitor import hour, spooled, store
from tests.support.ledger import Ledger
from tests.support.streams import events_frame

__all__ = ["store"]  # the fixture

PROD = [replace(each, namespace="prod") for each in hour("shop", 0, 50)]
STAGING = [replace(each, namespace="staging") for each in hour("shop", 0, 80)]


def drifted(
    spark: SparkSession, store: LocalStore, events: Sequence[Event], namespaces: Sequence[str], work: Path
) -> dict[str, float]:
    """Return ks of the amount of each model, where it is a drift."""
    monitor = Monitor(
        store, str(work / "tables"), checks=Checks(("ks",)), alerting=Alerting([Ledger()]), namespaces=namespaces
    )
    findings = monitor.findings(monitor.profiles(events_frame(spark, events)))
    rows = findings.where("column_name = 'amount' AND status = 'drift'").toArrow().to_pylist()
    return {row["model"]: row["value"] for row in rows}


def test_a_model_of_each_namespace_is_judged_by_itself(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    """Means of 50 and 80 with deviations of 10: of the shifted half, ks is 2 F(1.5) - 1 = 0.866."""
    both = [*PROD, *STAGING]
    apart = drifted(spark, store, both, ["prod", "staging"], tmp_path)
    assert apart == {"staging/shop": pytest.approx(0.866, abs=0.04)}
    assert drifted(spark, store, both, ["prod"], tmp_path) == {}
    assert drifted(spark, store, both, [], tmp_path) == {"shop": pytest.approx(0.433, abs=0.04)}


def test_a_reference_of_one_namespace_is_used_there_and_the_common_one_elsewhere() -> None:
    stored = pa.table({"model": ["shop", "prod/shop", "bank"], "mean": [1, 2, 3]})
    named = qualified(stored, ["prod", "staging"])
    assert sorted(map(tuple, (row.values() for row in named.to_pylist()))) == [
        ("prod/bank", 3),
        ("prod/shop", 2),
        ("staging/bank", 3),
        ("staging/shop", 1),
    ]
    assert qualified(stored, ["prod"]) is qualified(stored, []) is stored


def test_an_alert_says_that_models_of_one_name_are_judged_as_one(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    ledger = Ledger()
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting([ledger]), trigger="1 second")
    unnamed = [replace(each, namespace="") for each in hour("bank", 0, 50)]
    with SpoolWriter(tmp_path / "spool") as spool:
        events = spooled(spark, spool, [*PROD, *STAGING, *unnamed])
        query = monitor.start(events, f"{tmp_path}/checkpoints")
        try:
            query.processAllAvailable()
            for _ in range(60):  # the watchdog looks every five seconds
                if "namespaces" in {each.column_name for each in ledger.alerts}:
                    break
                query.awaitTermination(1)
        finally:
            query.stop()
    (alert,) = (each for each in ledger.alerts if each.column_name == "namespaces")
    assert (alert.model, alert.severity) == (":monitor", "warning")
    assert "the events of shop come from 2 namespaces (prod, staging), and are" in alert.message


@pytest.mark.parametrize("namespaces", ["prod", [""], ["prod/shop"]])
def test_what_is_no_list_of_namespaces_is_refused(store: LocalStore, tmp_path: Path, namespaces: Sequence[str]) -> None:
    with pytest.raises(OptionError, match="expected a list of Kubernetes namespaces"):
        Monitor(store, str(tmp_path), namespaces=namespaces)
