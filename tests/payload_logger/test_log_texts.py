"""How the feature logger quotes text from outside in its log."""

import logging

import pytest

from sparkmon.payload_logger import EventEmitter, FeatureLogger

NASTY = "\x1b[2J\r\nfake line \u202e"


def test_rows_that_cannot_be_read_are_logged_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    feature_logger = FeatureLogger(EventEmitter("http://127.0.0.1:9/"))
    with caplog.at_level(logging.WARNING):
        feature_logger.log_batch(NASTY.encode() * 100, {})
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 300
