"""What the other examples watch: a model of card payments, its training data, and a day of its traffic.

In production the training data is a table of yours, and KServe's logger posts the events to `sparkmon receive`.
"""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sparkmon.logs import SpoolWriter
from sparkmon.protocol import events_to_batch, from_http
from sparkmon.records import Event

MIDNIGHT = datetime(2026, 1, 5, tzinfo=timezone.utc)


def payments(rows: int, seed: int) -> pd.DataFrame:
    """Draw payments: an amount in euros, the customer's age, the country."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": draw.lognormal(3, 1, rows).round(2),
            "age": draw.integers(18, 90, rows),
            "country": draw.choice(["AT", "DE", "FR"], rows, p=[0.1, 0.6, 0.3]),
        }
    )


def log_a_day(spool: Path) -> None:
    """Log 1,000 payments an hour. From noon on a client sends amounts in cents."""
    with SpoolWriter(spool) as writer:
        for hour in range(24):
            batch = payments(1000, seed=hour)
            if hour >= 12:
                batch["amount"] *= 100
            rows = batch.to_dict("records")
            start = MIDNIGHT + timedelta(hours=hour)
            calls = [
                request(f"{hour}-{i}", start + timedelta(minutes=i), rows[i * 20 : i * 20 + 20]) for i in range(50)
            ]
            writer.append(events_to_batch(calls))
        # Time goes on: without a later event the last windows would wait for late ones.
        writer.append(events_to_batch([request("next day", MIDNIGHT + timedelta(days=2), [])]))


def request(identity: str, time: datetime, instances: list[Any]) -> Event:
    """Make the event of one request to the model, as KServe's logger does."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": identity,
        "ce-type": "org.kubeflow.serving.inference.request",
        "ce-source": "payments-predictor",
        "ce-time": time.isoformat(),
        "ce-inferenceservicename": "payments",
        "content-type": "application/json",
    }
    return from_http(headers, json.dumps({"instances": instances}).encode())
