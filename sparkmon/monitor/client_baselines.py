"""Whose clients are judged, and by what."""

import logging
from collections.abc import Collection, Mapping

from sparkmon.adversaries import Baseline, ClientIdentity
from sparkmon.profiles import baselines_of
from sparkmon.store import ReferenceStore

_LOGGER = logging.getLogger(__name__)


def client_identities(adversaries: Mapping[str, str]) -> dict[str, ClientIdentity]:
    """Read where the events of each model say who asked; OptionError if one is malformed."""
    return {model: ClientIdentity.parse(text) for model, text in adversaries.items()}


def client_baselines(store: ReferenceStore, models: Collection[str]) -> dict[str, Baseline]:
    """Read the baselines of the clients of models; a warning names a model that has none."""
    baselines = baselines_of(store, models)
    for model in models:
        if model not in baselines:
            _LOGGER.warning("the clients of %s have no baseline yet; sparkmon clients makes one of kept rows", model)
    return baselines
