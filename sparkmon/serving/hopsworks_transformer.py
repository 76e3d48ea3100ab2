"""Hopsworks' transformer script: a class ``Transformer`` that looks features up before the model is called.

Deploy this file as the transformer script, or one with ``from sparkmon.serving.hopsworks_transformer import
Transformer``. Its settings are environment variables.
"""

import asyncio
import os
import threading
from typing import Any, TypeVar, cast

import orjson
from prometheus_client import CollectorRegistry

from sparkmon.errors import OptionError
from sparkmon.serving.enricher import Enricher
from sparkmon.serving.feature_tensors import plain
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.request_reader import RequestReader
from sparkmon.serving.settings import TransformerSettings
from sparkmon.store.open import open_online_store

T = TypeVar("T")

_LONGEST_S = 60.0
_SETTINGS = ("on_missing", "on_store_failure", "defaults", "store_timeout_ms", "enrichment_notes")
_EXPECTED = {int: "a whole number", bool: "true or false", dict: "a JSON object"}


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

    A variable that is missing or malformed is an OptionError; a store without such a view, or that cannot be read, a
    StoreError.
    """

    def __init__(self) -> None:
        usual = TransformerSettings()
        settings = self._settings = TransformerSettings(
            **{name: _variable(f"SPARKMON_{name.upper()}", getattr(usual, name)) for name in _SETTINGS}
        )
        store = open_online_store(_variable("SPARKMON_STORE", ""))
        name = _variable("SPARKMON_FEATURE_VIEW", os.environ.get("DEPLOYMENT_NAME", ""))
        view = store.read_view(name, _variable("SPARKMON_FEATURE_VIEW_VERSION", 1))
        self._reader = RequestReader(view, settings.defaults, settings.max_instances)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="sparkmon-store", daemon=True).start()
        metrics = TransformerMetrics(CollectorRegistry())
        self._enricher = Enricher(store.open_view(view, timeout_s=30.0), settings, metrics)

    def preprocess(self, inputs: Any) -> dict[str, Any]:  # noqa: ANN401 - a V1 body or its instances
        """Return the V1 body for the model: ``instances`` as lists of values in the view's order.

        ``inputs`` is a V1 body with ``instances`` or ``inputs``, or the instances alone. Raises ServingError if it is
        malformed, and for a missing key and a failing store if the settings say ``error``.
        """
        request = self._reader.read_v1({"instances": inputs} if type(inputs) is list else inputs)
        enriched = asyncio.run_coroutine_threadsafe(self._enricher.enrich(request), self._loop).result(_LONGEST_S)
        body = enriched.v1_body(self._settings)
        body["instances"] = orjson.loads(orjson.dumps(body["instances"], default=plain))
        return body

    def postprocess(self, outputs: Any) -> Any:  # noqa: ANN401 - the model's answer
        """Return the model's answer as it is."""
        return outputs


def _variable(name: str, default: T) -> T:
    """Read a variable: text as it is, another value as JSON of the default's type."""
    text = os.environ.get(name)
    value: Any = text or default
    if text and not isinstance(default, str):
        try:
            value = orjson.loads(text)
        except ValueError:
            value = None
        if type(value) is not type(default):
            raise OptionError.malformed(name, text, _EXPECTED[type(default)])
    if value == "":
        raise OptionError.missing(name, "a value in the deployment's environment")
    return cast("T", value)
