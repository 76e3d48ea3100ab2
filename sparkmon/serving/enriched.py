"""A request with its vectors, and its V1 body for the predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER, Enrichment
from sparkmon.serving.request_reader import EnrichmentRequest
from sparkmon.serving.settings import TransformerSettings
from sparkmon.store.online import FeatureValue


@dataclass(frozen=True, slots=True)
class Enriched:
    """The vectors of one request, one list per instance in the order of ``features``, and their note."""

    request: EnrichmentRequest
    features: tuple[str, ...]
    values: list[list[FeatureValue]]
    note: Enrichment

    def parameters(self, settings: TransformerSettings) -> dict[str, Any]:
        """Return the caller's parameters, with the note for the predictor's log unless it is turned off."""
        note = {ENRICHMENT_PARAMETER: self.note.to_text()} if settings.enrichment_notes else {}
        return {**self.request.parameters, **note}

    def v1_body(self, settings: TransformerSettings) -> dict[str, Any]:
        """Return the V1 body: ``instances``, and the other members of the caller's body."""
        body: dict[str, Any] = {**self.request.members, "instances": self.values}
        if settings.predictor_layout == "columns":
            body["instances"] = [dict(zip(self.features, row, strict=True)) for row in self.values]
        parameters = self.parameters(settings)
        return body | ({"parameters": parameters} if parameters else {})
