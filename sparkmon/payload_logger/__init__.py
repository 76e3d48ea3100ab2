"""The payload logger for model servers without KServe's agent: the same CloudEvents, from the server's own process."""

from sparkmon.payload_logger.event_emitter import EventEmitter as EventEmitter
from sparkmon.payload_logger.feature_logger import FeatureLogger as FeatureLogger
from sparkmon.payload_logger.middleware import PayloadLogger as PayloadLogger
