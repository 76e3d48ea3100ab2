package io.sparkmon

// Made by `make reference` of the Python package: names of tables, columns and options. docs/reference says more.

/** The table `profiles` of a monitor. */
object Profiles {
  /** its name in a monitor's schema or directory */
  final val TableName = "profiles"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the feature or the expression of the slice; null for the whole table */
  final val SliceKey = "slice_key"
  /** the value of the slice; null for the whole table */
  final val SliceValue = "slice_value"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** `feature`, `prediction`, `row_flag`, `joint` (whole rows), `event`, `client` (no values), `performance` or `attributions`; in the references also `validation` */
  final val ColumnKind = "column_kind"
  /** the mergeable summary of the column */
  final val Profile = "profile"
}

/** The table `drift_metrics` of a monitor. */
object DriftMetrics {
  /** its name in a monitor's schema or directory */
  final val TableName = "drift_metrics"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the feature or the expression of the slice; null for the whole table */
  final val SliceKey = "slice_key"
  /** the value of the slice; null for the whole table */
  final val SliceValue = "slice_value"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** `feature`, `prediction`, `row_flag`, `joint` (whole rows), `event`, `client` (no values), `performance` or `attributions`; in the references also `validation` */
  final val ColumnKind = "column_kind"
  /** `BASELINE`, `CONSECUTIVE`, `TRAILING`, `SEASONAL`, or `LIMIT` (a rate and the limit of it) */
  final val DriftType = "drift_type"
  /** the name of the reference, or of the windows of the past */
  final val Reference = "reference"
  /** the type of the column in the reference: `numeric`, `categorical` or `joint`; in the references also `boolean`, `code` (numbers that are levels) or `time` */
  final val DataType = "data_type"
  /** the name of the statistic */
  final val Statistic = "statistic"
  /** the value of the statistic, or of the metric */
  final val Value = "value"
  /** the threshold in the value's unit */
  final val Threshold = "threshold"
  /** the value expected from sampling alone, in the value's unit */
  final val Noise = "noise"
  /** the probability of such a value without drift; of an outlier, the share of training rows as unlike the others */
  final val PValue = "p_value"
  /** the p-value among all tests of the window */
  final val PAdjusted = "p_adjusted"
  /** the number of values of the reference */
  final val ReferenceCount = "reference_count"
  /** the number of live values */
  final val CurrentCount = "current_count"
  /** how far the sketches may put the value off */
  final val SketchError = "sketch_error"
  /** with how many of the reference's own blocks the value was compared */
  final val Blocks = "blocks"
  /** how many independent blocks the blocks are worth */
  final val EffectiveBlocks = "effective_blocks"
  /** how often a window like the reference's own blocks reaches the value */
  final val PBlocks = "p_blocks"
  /** that, among all tests of the window */
  final val PBlocksAdjusted = "p_blocks_adjusted"
  /** the value that the reference's own blocks stay below */
  final val BlockLimit = "block_limit"
  /** what the value, less noise and sketch error, has to exceed */
  final val Limit = "limit"
  /** the verdict, or the outcome of a delivery: `delivered`, `failed` or `dead` */
  final val Status = "status"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** on how many bins both sides were counted; null without bins */
  final val Bins = "bins"
  /** how many standard deviations above their blocks' mean the windows so far add up to; null where nothing adds up */
  final val Cusum = "cusum"
  /** whether a drift alert may fire; null if no earlier windows were considered */
  final val Confirmed = "confirmed"
  /** one sentence with everything that the finding rests on */
  final val Explanation = "explanation"
  /** what happened to the column, in words; null where nothing is over its limit */
  final val Cause = "cause"
  /** the same as data: the pattern, the bins and levels that moved, and the column's place among those that drift */
  final val Causes = "causes"
}

/** The table `performance` of a monitor. */
object Performance {
  /** its name in a monitor's schema or directory */
  final val TableName = "performance"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the feature or the expression of the slice; null for the whole table */
  final val SliceKey = "slice_key"
  /** the value of the slice; null for the whole table */
  final val SliceValue = "slice_value"
  /** the metric, by its name in `sklearn.metrics` */
  final val Metric = "metric"
  /** the class or the quantile that the metric is of; null of all */
  final val Class = "class"
  /** `labels`; or `cbpe` or `dle`, which expect it without labels */
  final val Basis = "basis"
  /** the value of the statistic, or of the metric */
  final val Value = "value"
  /** the lower end of the 95 % confidence interval */
  final val Low = "low"
  /** the upper end of the 95 % confidence interval */
  final val High = "high"
  /** how far the metric may be off, because scores are counted in bins */
  final val BinError = "bin_error"
  /** the metric on the held-out rows of the reference */
  final val ReferenceValue = "reference_value"
  /** what was expected of the metric before labels came, of the rows that have one */
  final val Estimate = "estimate"
  /** the predictions that can be used */
  final val PredictionCount = "prediction_count"
  /** the predictions that have a label */
  final val LabelledCount = "labelled_count"
  /** the share of the usable predictions that have a label */
  final val Coverage = "coverage"
  /** rows whose label came more than once */
  final val DuplicateLabels = "duplicate_labels"
  /** rows whose label came with different values */
  final val ContradictedLabels = "contradicted_labels"
  /** rows whose label was known before the prediction; it does not count */
  final val EarlyLabels = "early_labels"
  /** what the slice adds to the change of the mean loss by more or fewer rows of its kind */
  final val MixEffect = "mix_effect"
  /** what the slice adds to the change of the mean loss by rows that are wrong more or less often than before */
  final val RateEffect = "rate_effect"
  /** `model fine`, `model worse`, `data moved, model fine`, `both` or `labels too few to say`; of one metric of a window */
  final val Verdict = "verdict"
  /** what the window adds to the sum over windows of `loss_cusum`, and how many of its rows are wrong */
  final val Evidence = "evidence"
  /** 1 when the window was measured first; the greatest counts */
  final val Version = "version"
  /** when the reference was made, or the window measured */
  final val CreatedTime = "created_time"
}

/** The table `attributions` of a monitor. */
object Attributions {
  /** its name in a monitor's schema or directory */
  final val TableName = "attributions"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** the mean of the absolute Shapley values of the feature, in the unit of the answer */
  final val Importance = "importance"
  /** the same on training rows */
  final val ReferenceImportance = "reference_importance"
  /** the mean of its Shapley values; those of all features and `:base` sum to the mean answer */
  final val MeanAttribution = "mean_attribution"
  /** the same on training rows */
  final val ReferenceMeanAttribution = "reference_mean_attribution"
  /** how many rows of the window are explained */
  final val ExplainedRows = "explained_rows"
  /** how many rows the model is asked for */
  final val AskedRows = "asked_rows"
  /** the verdict, or the outcome of a delivery: `delivered`, `failed` or `dead` */
  final val Status = "status"
  /** when the reference was made, or the window measured */
  final val CreatedTime = "created_time"
}

/** The table `outliers` of a monitor. */
object Outliers {
  /** its name in a monitor's schema or directory */
  final val TableName = "outliers"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** `ce-id` of the CloudEvent */
  final val EventId = "event_id"
  /** the position of the row in its request, from 0; -1 for an event without rows */
  final val Instance = "instance"
  /** when the request was made or answered; windows are of this time */
  final val EventTime = "event_time"
  /** `info`, `warning` or `critical`; of an outlier, the percentage of training rows that are less unlike the others */
  final val Severity = "severity"
  /** the probability of such a value without drift; of an outlier, the share of training rows as unlike the others */
  final val PValue = "p_value"
  /** the mean of its scores, in units of the greatest ones of a training row */
  final val Excess = "excess"
  /** the detector of the outlier whose p-value is least */
  final val Detector = "detector"
  /** the columns that make the row an outlier: name, value, what is typical, share of the score */
  final val Columns = "columns"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** the training row that it is most like, up to 50 of its values; null without training rows */
  final val Nearest = "nearest"
  /** the fewest values found of the nearest training row with which the row would not be an outlier; null without training rows */
  final val Counterfactual = "counterfactual"
}

/** The table `alerts` of a monitor. */
object Alerts {
  /** its name in a monitor's schema or directory */
  final val TableName = "alerts"
  /** a digest of the incident and the window; the same at every replay */
  final val AlertId = "alert_id"
  /** a digest of the column, its slice and what it is compared with */
  final val IncidentId = "incident_id"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the feature or the expression of the slice; null for the whole table */
  final val SliceKey = "slice_key"
  /** the value of the slice; null for the whole table */
  final val SliceValue = "slice_value"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** `feature`, `prediction`, `row_flag`, `joint` (whole rows), `event`, `client` (no values), `performance` or `attributions`; in the references also `validation` */
  final val ColumnKind = "column_kind"
  /** `BASELINE`, `CONSECUTIVE`, `TRAILING`, `SEASONAL`, or `LIMIT` (a rate and the limit of it) */
  final val DriftType = "drift_type"
  /** the name of the reference, or of the windows of the past */
  final val Reference = "reference"
  /** the type of the column in the reference: `numeric`, `categorical` or `joint`; in the references also `boolean`, `code` (numbers that are levels) or `time` */
  final val DataType = "data_type"
  /** the name of the statistic */
  final val Statistic = "statistic"
  /** the value of the statistic, or of the metric */
  final val Value = "value"
  /** the threshold in the value's unit */
  final val Threshold = "threshold"
  /** the probability of such a value without drift; of an outlier, the share of training rows as unlike the others */
  final val PValue = "p_value"
  /** the p-value among all tests of the window */
  final val PAdjusted = "p_adjusted"
  /** the number of values of the reference */
  final val ReferenceCount = "reference_count"
  /** the number of live values */
  final val CurrentCount = "current_count"
  /** how many independent blocks the blocks are worth */
  final val EffectiveBlocks = "effective_blocks"
  /** that, among all tests of the window */
  final val PBlocksAdjusted = "p_blocks_adjusted"
  /** the verdict, or the outcome of a delivery: `delivered`, `failed` or `dead` */
  final val Status = "status"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** how many standard deviations above their blocks' mean the windows so far add up to; null where nothing adds up */
  final val Cusum = "cusum"
  /** one sentence with everything that the finding rests on */
  final val Explanation = "explanation"
  /** what happened to the column, in words; null where nothing is over its limit */
  final val Cause = "cause"
  /** the same as data: the pattern, the bins and levels that moved, and the column's place among those that drift */
  final val Causes = "causes"
  /** all statistics with this outcome */
  final val Statistics = "statistics"
  /** `info`, `warning` or `critical`; of an outlier, the percentage of training rows that are less unlike the others */
  final val Severity = "severity"
  /** the sentence that a sink sends */
  final val Message = "message"
  /** `firing`, `recovering`, `resolved`, `provisional`, `unconfirmed` or `inhibited` */
  final val State = "state"
  /** the state that a notification reported; null if none was sent */
  final val NotifiedState = "notified_state"
  /** whether the incident had been notified before: a notification is a reminder or an escalation */
  final val IsRepeat = "is_repeat"
  /** why no notification was sent; null if one was */
  final val SuppressedBy = "suppressed_by"
  /** the notification that reported the alert; the same at every delivery */
  final val NotificationId = "notification_id"
  /** the sinks that the notification goes to */
  final val Sinks = "sinks"
  /** the sinks that the rate limit kept it from */
  final val LimitedSinks = "limited_sinks"
  /** the state of the incident after the decision */
  final val Incident = "incident"
  /** when the decision was made */
  final val FiredTime = "fired_time"
  /** the id of the streaming query */
  final val QueryId = "query_id"
}

/** The table `deliveries` of a monitor. */
object Deliveries {
  /** its name in a monitor's schema or directory */
  final val TableName = "deliveries"
  /** the notification that reported the alert; the same at every delivery */
  final val NotificationId = "notification_id"
  /** the name of the sink */
  final val Sink = "sink"
  /** the number of the attempt, from 1 */
  final val Attempt = "attempt"
  /** the verdict, or the outcome of a delivery: `delivered`, `failed` or `dead` */
  final val Status = "status"
  /** why the attempt failed */
  final val Error = "error"
  /** when the attempt was made */
  final val Time = "time"
  /** the earliest time of the next attempt */
  final val RetryTime = "retry_time"
}

/** The table `alert_actions` of a monitor. */
object AlertActions {
  /** its name in a monitor's schema or directory */
  final val TableName = "alert_actions"
  /** the id of a silence or an acknowledgement */
  final val ActionId = "action_id"
  /** `silence`, `unsilence` or `ack` */
  final val Action = "action"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** a pattern of slices, `key=value` */
  final val Slice = "slice"
  /** `info`, `warning` or `critical`; of an outlier, the percentage of training rows that are less unlike the others */
  final val Severity = "severity"
  /** a digest of the column, its slice and what it is compared with */
  final val IncidentId = "incident_id"
  /** from when a silence is valid */
  final val StartTime = "start_time"
  /** until when a silence is valid */
  final val EndTime = "end_time"
  /** who did it */
  final val By = "by"
  /** why */
  final val Comment = "comment"
}

/** The table `dead_letters` of a monitor. */
object DeadLetters {
  /** its name in a monitor's schema or directory */
  final val TableName = "dead_letters"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the namespace of the InferenceService */
  final val Namespace = "namespace"
  /** the hop that was logged: `predictor`, `transformer`, `explainer`, or empty */
  final val Component = "component"
  /** `ce-id` of the CloudEvent */
  final val EventId = "event_id"
  /** `request`, `response`, or the full `ce-type` */
  final val EventType = "event_type"
  /** `ce-source` of the CloudEvent */
  final val Source = "source"
  /** when the request was made or answered; windows are of this time */
  final val EventTime = "event_time"
  /** the class of the error; null if the event was decoded */
  final val Condition = "condition"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** the body as it was sent */
  final val Payload = "payload"
}

/** The table `panes` of a monitor. */
object Panes {
  /** its name in a monitor's schema or directory */
  final val TableName = "panes"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the feature or the expression of the slice; null for the whole table */
  final val SliceKey = "slice_key"
  /** the value of the slice; null for the whole table */
  final val SliceValue = "slice_value"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** `feature`, `prediction`, `row_flag`, `joint` (whole rows), `event`, `client` (no values), `performance` or `attributions`; in the references also `validation` */
  final val ColumnKind = "column_kind"
  /** the mergeable summary of the column */
  final val Profile = "profile"
  /** the time of the newest event */
  final val LastEventTime = "last_event_time"
  /** the id of the streaming query */
  final val QueryId = "query_id"
  /** the number of the micro-batch that wrote the row; of a closed window, the last one that is in it */
  final val BatchId = "batch_id"
}

/** The table `closed_windows` of a monitor. */
object ClosedWindows {
  /** its name in a monitor's schema or directory */
  final val TableName = "closed_windows"
  /** the id of the streaming query */
  final val QueryId = "query_id"
  /** the number of the micro-batch that wrote the row; of a closed window, the last one that is in it */
  final val BatchId = "batch_id"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the start of the window */
  final val WindowStart = "window_start"
  /** the end of the window, exclusive */
  final val WindowEnd = "window_end"
  /** the rows of requests in the window */
  final val Requests = "requests"
  /** the rows of responses in the window */
  final val Responses = "responses"
  /** when the window was closed */
  final val ClosedTime = "closed_time"
}

/** The table `event_digests` of a monitor. */
object EventDigests {
  /** its name in a monitor's schema or directory */
  final val TableName = "event_digests"
  /** the id of the streaming query */
  final val QueryId = "query_id"
  /** the number of the micro-batch that wrote the row; of a closed window, the last one that is in it */
  final val BatchId = "batch_id"
  /** the time of the newest event */
  final val LastEventTime = "last_event_time"
  /** 8 bytes per event, in ascending order */
  final val Digests = "digests"
  /** events that were read before */
  final val RedeliveredEvents = "redelivered_events"
  /** how many events could not be decoded, by condition */
  final val DeadLetters = "dead_letters"
  /** rows of models that another monitor has in the same tables, by model */
  final val SkippedRows = "skipped_rows"
  /** the checkpoint of the monitor that has the skipped models, by model */
  final val Holders = "holders"
  /** where the events come from, by model */
  final val Namespaces = "namespaces"
}

/** The table `monitors` of a monitor. */
object Monitors {
  /** its name in a monitor's schema or directory */
  final val TableName = "monitors"
  /** the id of the streaming query */
  final val QueryId = "query_id"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the length of the windows in seconds */
  final val WindowS = "window_s"
  /** the directory of the query's progress */
  final val Checkpoint = "checkpoint"
  /** the queries that had the lease before */
  final val FormerQueryIds = "former_query_ids"
  /** when the lease was acquired */
  final val AcquiredTime = "acquired_time"
}

/** The table `references` of a monitor. */
object References {
  /** its name in a monitor's schema or directory */
  final val TableName = "references"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the name of the reference, or of the windows of the past */
  final val Reference = "reference"
  /** the feature or the expression of the slice; null for the whole table */
  final val SliceKey = "slice_key"
  /** the value of the slice; null for the whole table */
  final val SliceValue = "slice_value"
  /** the name of the column */
  final val ColumnName = "column_name"
  /** `feature`, `prediction`, `row_flag`, `joint` (whole rows), `event`, `client` (no values), `performance` or `attributions`; in the references also `validation` */
  final val ColumnKind = "column_kind"
  /** the type of the column in the reference: `numeric`, `categorical` or `joint`; in the references also `boolean`, `code` (numbers that are levels) or `time` */
  final val DataType = "data_type"
  /** the position of the column in the model's payloads, from 0 */
  final val ColumnIndex = "column_index"
  /** the start of the reference's block; null for the whole training table */
  final val BlockStart = "block_start"
  /** the end of the reference's block; null for the whole training table */
  final val BlockEnd = "block_end"
  /** when the reference was made, or the window measured */
  final val CreatedTime = "created_time"
  /** the mergeable summary of the column */
  final val Profile = "profile"
  /** the projection of the column `:joint`; null for others */
  final val Projection = "projection"
  /** the detectors of the row flag `:outlier`, the baseline of a model's clients, what the model was like on held-out rows, or what its features added on training rows; null for others */
  final val Detectors = "detectors"
}

/** The table `rows` of a monitor. */
object Rows {
  /** its name in a monitor's schema or directory */
  final val TableName = "rows"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the namespace of the InferenceService */
  final val Namespace = "namespace"
  /** the hop that was logged: `predictor`, `transformer`, `explainer`, or empty */
  final val Component = "component"
  /** `ce-endpoint` of the CloudEvent */
  final val Endpoint = "endpoint"
  /** `ce-id` of the CloudEvent */
  final val EventId = "event_id"
  /** `request`, `response`, or the full `ce-type` */
  final val EventType = "event_type"
  /** `ce-source` of the CloudEvent */
  final val Source = "source"
  /** when the request was made or answered; windows are of this time */
  final val EventTime = "event_time"
  /** when the logger recorded the event */
  final val RecordedTime = "recorded_time"
  /** when the request of a response was made */
  final val RequestTime = "request_time"
  /** what links the hops of one call: the header `X-Request-Id`, else the id of the body or event */
  final val RequestId = "request_id"
  /** the HTTP status of the response */
  final val StatusCode = "status_code"
  /** what the body is: `v1_request`, `v2_response`, ..., or not decoded, such as `grpc` */
  final val Kind = "kind"
  /** the position of the row in its request, from 0; -1 for an event without rows */
  final val Instance = "instance"
  /** the values of the features by name */
  final val Features = "features"
  /** the values of the predictions by name */
  final val Predictions = "predictions"
  /** the entity ids that the request had, if a transformer looked up its features */
  final val Entities = "entities"
  /** what sparkmon's transformer noted per feature group: missing, stale, age; skew; and `:outlier` */
  final val RowFlags = "row_flags"
  /** the class of the error; null if the event was decoded */
  final val Condition = "condition"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** the body as it was sent */
  final val Payload = "payload"
  /** who asked, as `adversaries` says; null where nobody does, and of other models */
  final val Client = "client"
}

/** The table `decoded` of a monitor. */
object Decoded {
  /** its name in a monitor's schema or directory */
  final val TableName = "decoded"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the version of the model; empty if events do not name one */
  final val ModelVersion = "model_version"
  /** the namespace of the InferenceService */
  final val Namespace = "namespace"
  /** the hop that was logged: `predictor`, `transformer`, `explainer`, or empty */
  final val Component = "component"
  /** `ce-endpoint` of the CloudEvent */
  final val Endpoint = "endpoint"
  /** `ce-id` of the CloudEvent */
  final val EventId = "event_id"
  /** `request`, `response`, or the full `ce-type` */
  final val EventType = "event_type"
  /** `ce-source` of the CloudEvent */
  final val Source = "source"
  /** when the request was made or answered; windows are of this time */
  final val EventTime = "event_time"
  /** when the logger recorded the event */
  final val RecordedTime = "recorded_time"
  /** when the request of a response was made */
  final val RequestTime = "request_time"
  /** what links the hops of one call: the header `X-Request-Id`, else the id of the body or event */
  final val RequestId = "request_id"
  /** the HTTP status of the response */
  final val StatusCode = "status_code"
  /** what the body is: `v1_request`, `v2_response`, ..., or not decoded, such as `grpc` */
  final val Kind = "kind"
  /** the position of the row in its request, from 0; -1 for an event without rows */
  final val Instance = "instance"
  /** the values of the features by name */
  final val Features = "features"
  /** the values of the predictions by name */
  final val Predictions = "predictions"
  /** the entity ids that the request had, if a transformer looked up its features */
  final val Entities = "entities"
  /** what sparkmon's transformer noted per feature group: missing, stale, age; skew; and `:outlier` */
  final val RowFlags = "row_flags"
  /** the class of the error; null if the event was decoded */
  final val Condition = "condition"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** the body as it was sent */
  final val Payload = "payload"
}

/** The table `events` of a monitor. */
object Events {
  /** its name in a monitor's schema or directory */
  final val TableName = "events"
  /** `ce-id` of the CloudEvent */
  final val EventId = "event_id"
  /** `request`, `response`, or the full `ce-type` */
  final val EventType = "event_type"
  /** `ce-source` of the CloudEvent */
  final val Source = "source"
  /** when the request was made or answered; windows are of this time */
  final val EventTime = "event_time"
  /** when the logger recorded the event */
  final val RecordedTime = "recorded_time"
  /** the InferenceService; a pattern in `alert_actions` */
  final val Model = "model"
  /** the namespace of the InferenceService */
  final val Namespace = "namespace"
  /** the hop that was logged: `predictor`, `transformer`, `explainer`, or empty */
  final val Component = "component"
  /** `ce-endpoint` of the CloudEvent */
  final val Endpoint = "endpoint"
  /** the media type of the payload */
  final val ContentType = "content_type"
  /** the HTTP status of the response */
  final val StatusCode = "status_code"
  /** the HTTP headers of the request, by name */
  final val Metadata = "metadata"
  /** the annotations that KServe's logger sends */
  final val Annotations = "annotations"
  /** when the request of a response was made */
  final val RequestTime = "request_time"
  /** the body of the request that a response belongs to, if the receiver paired them */
  final val RequestPayload = "request_payload"
  /** the class of the error; null if the event was decoded */
  final val Condition = "condition"
  /** why there is no value or verdict, why an event was not decoded, or what makes a row an outlier */
  final val Reason = "reason"
  /** the body as it was sent */
  final val Payload = "payload"
}

/** The data source `kserve`, and the names of its options. */
object KServeOptions {
  /** for `spark.readStream.format`, where Python has registered it */
  final val SourceName = "kserve"
  final val Path = "path"
  final val Format = "format"
  final val Output = "output"
  final val MaxEventsPerTrigger = "maxEventsPerTrigger"
  final val StartingOffset = "startingOffset"
  final val PartitionBytes = "partitionBytes"
  final val SettleSeconds = "settleSeconds"
  final val Reader = "reader"
  final val Schemas = "schemas"
}
