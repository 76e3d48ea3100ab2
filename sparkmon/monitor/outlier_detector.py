"""Which models' requests a monitor searches for outliers, and by which detectors."""

import logging

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.detectors import OutlierDetector, OutlierModel, Outliers, model_from_profiles
from sparkmon.errors import ProfileError
from sparkmon.profiles import detectors_of

_LOGGER = logging.getLogger(__name__)


def outlier_detector_of(references: pa.Table, outliers: Outliers | None, pane_us: int) -> OutlierDetector | None:
    """Return the detector of models whose references have detectors; with settings, of all models that have profiles.

    Where a reference has too few rows for the rate, the least rate that they allow is used, and logged.
    """
    models = detectors_of(references)
    if outliers is not None:
        models |= _from_profiles(references, {*models})
    settings = outliers or Outliers()
    for (model, version), detectors in models.items():
        if detectors.least_p > settings.rate:
            _LOGGER.warning(
                "the reference of the model %r (version %r) has too few rows for a rate of outliers of %g; %g is used",
                model,
                version,
                settings.rate,
                detectors.least_p,
            )
    return OutlierDetector(models, settings, pane_us) if models else None


def _from_profiles(references: pa.Table, fitted: set[tuple[str, str]]) -> dict[tuple[str, str], OutlierModel]:
    is_whole = pc.and_(pc.is_null(references["block_start"]), pc.is_null(references["slice_key"]))
    rows = references.filter(pc.and_(is_whole, pc.equal(references["column_kind"], pa.scalar("feature"))))
    by_model: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows.select(["model", "model_version", "column_name", "data_type", "profile"]).to_pylist():
        by_model.setdefault((row["model"], row["model_version"]), []).append(row)
    models = {}
    for key, columns in by_model.items():
        if key in fitted:
            continue
        try:
            models[key] = model_from_profiles(columns)
        except ProfileError as error:
            _LOGGER.warning("no outliers are looked for among the rows of the model %r: %s", key[0], error)
    return models
