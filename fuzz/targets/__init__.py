"""The targets, one a file; ``TARGETS`` has them by name."""

from fuzz.target import Target
from fuzz.targets import (
    avro,
    body,
    config,
    enrichment,
    gzip_body,
    http,
    inbound,
    ingest,
    notes,
    objects,
    slices,
    spool,
    structured,
    structured_batch,
)

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {
    "avro": avro.TARGET,
    "body": body.TARGET,
    "config": config.TARGET,
    "enrichment": enrichment.TARGET,
    "gzip": gzip_body.TARGET,
    "http": http.TARGET,
    "inbound": inbound.TARGET,
    "ingest": ingest.TARGET,
    "notes": notes.TARGET,
    "objects": objects.TARGET,
    "slices": slices.TARGET,
    "spool": spool.TARGET,
    "structured": structured.TARGET,
    "structured_batch": structured_batch.TARGET,
}
