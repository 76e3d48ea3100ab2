"""Hopsworks' transformer script: a class ``Transformer`` that looks features up before the model is called.

Deploy this file as the transformer script, or one with ``from sparkmon.serving.hopsworks_transformer import
Transformer``. Its settings are environment variables.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import orjson
from prometheus_client import CollectorRegistry

from sparkmon.errors import OptionError
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER
from sparkmon.serving.enricher import Enricher
from sparkmon.serving.feature_tensors import json_instances, plain
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.request_reader import EnrichmentRequest, RequestReader
from sparkmon.serving.settings import EnrichmentSettings
from sparkmon.store.open import open_store

T = TypeVar("T")

_LONGEST_S = 60.0


class Transformer:
    """Hopsworks' interface of a transformer: no arguments, ``preprocess`` and ``postprocess``, called from any thread.

    Both are synchronous and may be called inside a running event loop: another thread reads the store.

    Environment
    -----------
    SPARKMON_STORE : a directory, ``mysql://...`` or ``hopsworks://...``; required
    SPARKMON_FEATURE_VIEW : the feature view's name; by default ``DEPLOYMENT_NAME``, which Hopsworks sets
    SPARKMON_FEATURE_VIEW_VERSION : its version; 1 by default
    SPARKMON_ON_MISSING, SPARKMON_ON_STORE_FAILURE : ``error``, ``null`` or ``default``
    SPARKMON_DEFAULTS : a JSON object, feature to value
    SPARKMON_STORE_TIMEOUT_MS : time-out of one lookup
    SPARKMON_ENRICHMENT_NOTES : ``false`` omits ``parameters.sparkmon`` from the request to the model

    Raises
    ------
    OptionError
        A variable is missing or malformed.
    StoreError
        The store cannot be read, or has no such view.
    """

    def __init__(self) -> None:
        environment = _Environment(os.environ)
        settings = environment.settings()
        store = open_store(environment.text("SPARKMON_STORE"))
        name = environment.text("SPARKMON_FEATURE_VIEW", os.environ.get("DEPLOYMENT_NAME", ""))
        view = store.read_view(
            name, environment.json("SPARKMON_FEATURE_VIEW_VERSION", 1, "a whole number")
        )
        self._notes = settings.enrichment_notes
        self._reader = RequestReader(view, settings.defaults, settings.max_instances)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="sparkmon-store", daemon=True).start()
        self._enricher = self._run(_open_enricher(store.open_view(view, timeout_s=30.0), settings))

    def preprocess(self, inputs: Any) -> dict[str, Any]:  # noqa: ANN401 - a V1 body or its instances
        """Return the V1 body for the model: ``instances`` as lists of values in the view's order.

        Parameters
        ----------
        inputs : dict or list
            A V1 body with ``instances`` or ``inputs``, or the instances alone.

        Raises
        ------
        ServingError
            The request is malformed, a key is missing, or the store failed, if the settings say ``error``.
        """
        request = self._reader.read_v1({"instances": inputs} if type(inputs) is list else inputs)
        enriched = self._run(self._enricher.enrich(request))
        instances = json_instances(enriched.features, enriched.values, "vectors")
        note = enriched.note.to_text() if self._notes else None
        return _body(request, instances, note)

    def postprocess(self, outputs: Any) -> Any:  # noqa: ANN401 - the model's answer
        """Return the model's answer as it is."""
        return outputs

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LONGEST_S)


async def _open_enricher(online: Any, settings: EnrichmentSettings) -> Enricher:  # noqa: ANN401 - OnlineView
    return Enricher(online, settings, TransformerMetrics(CollectorRegistry()))


def _body(request: EnrichmentRequest, instances: list[Any], note: str | None) -> dict[str, Any]:
    body = {**request.members, "instances": orjson.loads(orjson.dumps(instances, default=plain))}
    parameters = {**request.parameters} | ({} if note is None else {ENRICHMENT_PARAMETER: note})
    return body | ({"parameters": parameters} if parameters else {})


class _Environment:
    """Settings from environment variables."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        value = self._variables.get(name) or default
        if not value:
            raise OptionError.missing(name, "a value in the deployment's environment")
        return value

    def json(self, name: str, default: T, expected: str) -> T:
        """Read JSON of the default's type."""
        value = self._variables.get(name)
        try:
            parsed = orjson.loads(value) if value else default
        except ValueError:
            parsed = None
        if type(parsed) is not type(default):
            raise OptionError.malformed(name, value, expected)
        return parsed

    def settings(self) -> EnrichmentSettings:
        usual = EnrichmentSettings()
        no_defaults: dict[str, Any] = {}
        return EnrichmentSettings(
            on_missing=self.text("SPARKMON_ON_MISSING", usual.on_missing),
            on_store_failure=self.text("SPARKMON_ON_STORE_FAILURE", usual.on_store_failure),
            defaults=self.json("SPARKMON_DEFAULTS", no_defaults, "a JSON object"),
            store_timeout_ms=self.json(
                "SPARKMON_STORE_TIMEOUT_MS", usual.store_timeout_ms, "a whole number"
            ),
            enrichment_notes=self.json("SPARKMON_ENRICHMENT_NOTES", True, "true or false"),
        )
