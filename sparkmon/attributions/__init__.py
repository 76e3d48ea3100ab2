"""What each feature adds to a model's answers, window by window: the model itself is asked, within a budget."""

from sparkmon.attributions.attributions_pass import AttributionsPass as AttributionsPass
from sparkmon.attributions.baseline import AttributionBaseline as AttributionBaseline, baselines_of as baselines_of
from sparkmon.attributions.model_endpoint import ModelEndpoint as ModelEndpoint
from sparkmon.attributions.schema import ATTRIBUTIONS as ATTRIBUTIONS
