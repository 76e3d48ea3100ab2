"""Detectors of outliers: rows unlike the training rows; one file, one detector; no Spark here."""

from sparkmon.detectors.from_profiles import model_from_profiles as model_from_profiles
from sparkmon.detectors.hbos import Hbos as Hbos
from sparkmon.detectors.isolation_forest import IsolationForest as IsolationForest
from sparkmon.detectors.mahalanobis import Mahalanobis as Mahalanobis
from sparkmon.detectors.outlier_model import DEFAULT_DETECTORS as DEFAULT_DETECTORS, OutlierModel as OutlierModel
from sparkmon.detectors.outlier_rows import (
    GREATEST_RATE as GREATEST_RATE,
    OutlierDetector as OutlierDetector,
    OutlierRows as OutlierRows,
    Outliers as Outliers,
)
from sparkmon.detectors.robust_z import RobustZ as RobustZ
from sparkmon.detectors.row_detector import (
    DETECTORS as DETECTORS,
    STATE_FORMAT as STATE_FORMAT,
    RowDetector as RowDetector,
    array_of as array_of,
    read_state as read_state,
    register_detector as register_detector,
    written as written,
)
from sparkmon.detectors.rows import Columns as Columns, Rows as Rows
from sparkmon.detectors.schema import OUTLIERS as OUTLIERS
from sparkmon.detectors.trees import Trees as Trees
from sparkmon.detectors.violations import Violations as Violations
