"""Who is named in the demonstration: its traffic in other orders and with other attacks, without Spark."""

from datetime import timedelta
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.adversaries import SCORE_BINS, Baseline, Feedback, Honest, rows_by_client
from sparkmon.demo.callers import ATTACKER, honest_calls, kept_rows
from sparkmon.demo.delay_model import DelayModel
from sparkmon.demo.flights import FEATURES, LABEL, LEVELS, MODEL, split_flights
from sparkmon.demo.run import WINDOW_S
from sparkmon.detectors import Columns
from sparkmon.interval import to_micros
from sparkmon.monitor.batch_clients import RowsInMemory
from sparkmon.monitor.client_watch import ClientWatch
from sparkmon.monitor.window_grid import RowCounts, Window
from sparkmon.protocol import blocks_of_rows
from sparkmon.records import Feature
from tests.support.demo_calls import BEGIN, demo_calls

TRAFFIC_S = 45


@cache
def model() -> DelayModel:
    return DelayModel(split_flights().training)


def calls_of(flights: pa.Table) -> pa.Table:
    rows = list(zip(*(flights[name].to_pylist() for name in FEATURES), strict=True))
    return kept_rows(honest_calls(flights, model().predict(rows)))


@cache
def baseline() -> Baseline:
    """Learn as the demonstration does: from the training data, and from honest calls for other flights."""
    flights = split_flights()
    [block] = (
        block for batch in calls_of(flights.training).combine_chunks().to_batches() for block in blocks_of_rows(batch)
    )
    assert block.features is not None
    assert block.predictions is not None
    features = [Feature(name, "categorical" if name in LEVELS else "numeric") for name in FEATURES]
    columns = Columns.of(features, block.features)
    honest = Honest.of(columns, columns.read(block.features), block.predictions.numbers)
    return Baseline.fit(honest, rows_by_client(honest, calls_of(flights.reference)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])  # it named most before the limits were widened
def test_the_attacker_is_named_and_no_honest_caller(seed: int) -> None:
    rows = kept_rows(demo_calls(split_flights().live, model(), seed))
    bounds = [to_micros(BEGIN + timedelta(seconds=at)) for at in range(0, TRAFFIC_S + 1, WINDOW_S)]
    times = rows["event_time"].cast(pa.int64()).to_numpy()
    counts = {
        Window(MODEL, start, end): RowCounts(count, count)
        for (start, end), count in zip(pairwise(bounds), np.histogram(times, bounds)[0].tolist(), strict=True)
    }
    found = ClientWatch({MODEL: baseline()}).findings(RowsInMemory(rows), counts)
    assert {*found["slice_value"].to_pylist()} == {ATTACKER}
    assert found.num_rows >= 5
    sentence = found["explanation"][0].as_py()
    assert "like HopSkipJump" in sentence or "like a line search" in sentence, sentence


@pytest.mark.slow
@pytest.mark.parametrize(("lies", "named"), [(0.0, []), (0.5, ["UA"])])
def test_no_carrier_is_named_by_its_labels_unless_half_of_those_that_are_on_time_lie(
    lies: float, named: list[str]
) -> None:
    """Carriers differ by up to seven points from what others have with the same scores."""
    live = split_flights().live
    rows = list(zip(*(live[name].to_pylist() for name in FEATURES), strict=True))
    bins = np.minimum((np.array(model().predict(rows)) * SCORE_BINS).astype(np.int64), SCORE_BINS - 1)
    carriers = live["carrier"].combine_chunks()
    lied = np.array(carriers.to_pylist()) == "UA"
    late = live[LABEL].to_numpy().astype(bool) | (lied & (np.random.default_rng(1).random(len(bins)) < lies))
    feedback = Feedback()
    feedback.add(carriers, bins, late)
    assert [each.client for each in feedback.shifts(Feedback(), feedback.unlike_others())] == named
    if not lies:
        assert max(abs(feedback.difference(name)[0]) for name in feedback.counts) == pytest.approx(0.066, abs=0.01)
