"""A small Hopsworks project as its back end tells it: two feature groups, one feature view joined of both."""

import json
from typing import Any

__all__ = [
    "CARDS",
    "CUSTOMERS",
    "DATABASE",
    "FEATURE_STORE",
    "PROJECT",
    "PROJECT_ID",
    "STORE_ID",
    "USER",
    "avro_subject",
    "feature_store",
    "feature_view",
    "online_connector",
    "prepared_statements",
    "training_dataset",
]

Json = dict[str, Any]

PROJECT, PROJECT_ID = "sparkmon_demo", 119
FEATURE_STORE, STORE_ID = f"{PROJECT}_featurestore", 67
DATABASE = PROJECT
USER = f"{PROJECT}_meb10000"
_CREATED = "2026-11-01T10:00:00Z"
_AVRO = {
    "bigint": "long",
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
    "array<double>": {"type": "array", "items": ["null", "double"]},
    "decimal(10,2)": "bytes",
}


def _group(identity: int, name: str, version: int, keys: tuple[str, ...], types: dict[str, str], **more: str) -> Json:
    return {
        "type": "streamFeatureGroupDTO",
        "id": identity,
        "name": name,
        "version": version,
        "featurestoreId": STORE_ID,
        "featurestoreName": FEATURE_STORE,
        "created": _CREATED,
        "creator": {"email": "admin@hopsworks.ai", "username": "meb10000"},
        "location": "",
        "features": [
            {
                "name": column,
                "type": kind,
                "onlineType": kind,
                "primary": column in keys,
                "partition": False,
                "hudiPrecombineKey": False,
                "featureGroupId": identity,
            }
            for column, kind in types.items()
        ],
        "eventTime": more.get("event_time"),
        "onlineEnabled": True,
        "timeTravelFormat": "DELTA",
        "onlineTopicName": f"{PROJECT_ID}_{identity}_{name}_{version}_onlinefs",
        "deprecated": False,
        "statisticsConfig": {"enabled": True, "histograms": True, "columns": []},
    }


CARDS = _group(
    15,
    "card_activity",
    1,
    ("cc_num",),
    {
        "cc_num": "bigint",
        "event_ts": "timestamp",
        "amount_mean_1h": "double",
        "trx_count_1h": "int",
        "country": "string",
        "is_chip": "boolean",
        "emb": "array<double>",
        "fraud_label": "int",
        "region": "string",
    },
    event_time="event_ts",
)
CUSTOMERS = _group(
    16,
    "customer_profile",
    2,
    ("cc_num", "bank_id"),
    {"cc_num": "bigint", "bank_id": "int", "age": "int", "credit_limit": "decimal(10,2)"},
)
_SHORT = ("type", "id", "name", "version", "featurestoreId", "featurestoreName", "onlineEnabled")
_SCALE = """
@udf(float, drop=[])
def scaled(amount_mean_1h: pd.Series) -> pd.Series:
    return amount_mean_1h / 100
"""


def _short(group: Json) -> Json:
    return {name: group[name] for name in (*_SHORT, "onlineTopicName", "statisticsConfig")}


def _features() -> list[Json]:
    columns = [(CARDS, each, "") for each in CARDS["features"]]
    columns += [(CUSTOMERS, each, "cust_") for each in CUSTOMERS["features"] if not each["primary"]]
    return [
        {
            "name": prefix + column["name"],
            "type": column["type"],
            "index": index,
            "featureGroupFeatureName": column["name"],
            "featuregroup": _short(group),
            "label": column["name"] == "fraud_label",
            "inferenceHelperColumn": column["name"] == "region",
            "trainingHelperColumn": False,
        }
        for index, (group, column, prefix) in enumerate(columns)
    ]


def feature_view(name: str, version: int, *, transforms: bool = False) -> Json:
    """Return a feature view as ``GET .../featureview/{name}/version/{version}`` does."""
    card, customer = _short(CARDS), _short(CUSTOMERS)
    store = {"featureStoreName": FEATURE_STORE, "featureStoreId": STORE_ID}
    joined = {
        "query": {"leftFeatureGroup": CUSTOMERS, "leftFeatures": [], "joins": [], **store},
        "on": [],
        "leftOn": [{"name": "cc_num"}],
        "rightOn": [{"name": "cc_num"}],
        "type": "LEFT",
        "prefix": "cust_",
    }
    function = {
        "id": 1,
        "version": 1,
        "featurestoreId": STORE_ID,
        "hopsworksUdf": {
            "sourceCode": _SCALE,
            "name": "scaled",
            "outputTypes": ["double"],
            "transformationFeatures": ["amount_mean_1h"],
            "transformationFunctionArgumentNames": ["amount_mean_1h"],
            "statisticsArgumentNames": [],
            "executionMode": "default",
        },
    }
    required = {"required": True, "prefix": ""}
    customer_key = {"joinIndex": 1, "prefix": "cust_", "featureGroup": customer}
    return {
        "type": "featureViewDTO",
        "id": 11,
        "name": name,
        "version": version,
        "created": _CREATED,
        "creator": CARDS["creator"],
        "featurestoreId": STORE_ID,
        "featurestoreName": FEATURE_STORE,
        "loggingEnabled": False,
        "query": {"leftFeatureGroup": CARDS, "leftFeatures": [], "joins": [joined], **store},
        "features": _features(),
        "servingKeys": [
            {"featureName": "cc_num", "joinIndex": 0, "featureGroup": card, **required},
            {"featureName": "cc_num", "required": False, "joinOn": "cc_num", **customer_key},
            {"featureName": "bank_id", "required": True, **customer_key},
        ],
        "transformationFunctions": [function] if transforms else [],
    }


def prepared_statements(batch: bool, helpers: bool) -> Json:
    """Return the SQL that the back end prepares: one statement for each group with such columns."""
    items = []
    for index, (group, prefix) in enumerate(((CARDS, ""), (CUSTOMERS, "cust_"))):
        keys = [each["name"] for each in group["features"] if each["primary"]]
        columns = [
            (each["featureGroupFeatureName"], each["name"])
            for each in _features()
            if each["featuregroup"]["id"] == group["id"]
            and each["inferenceHelperColumn"] is helpers
            and not each["label"]
        ]
        if not columns:
            continue
        if batch:
            held = {column for column, _ in columns}
            columns += [(key, prefix + key) for key in keys if key not in held]
        select = ", ".join(f"`fg0`.`{column}` AS `{name}`" for column, name in columns)
        named = [f"`fg0`.`{key}`" for key in keys]
        several = f"({', '.join(named)})" if len(named) > 1 else named[0]
        where = f"{several} IN ?" if batch else " AND ".join(f"{name} = ?" for name in named)
        table = f"`{DATABASE}`.`{group['name']}_{group['version']}`"
        items.append(
            {
                "featureGroupId": group["id"],
                "preparedStatementIndex": index,
                "prefix": prefix or None,
                "preparedStatementParameters": [{"name": key, "index": place + 1} for place, key in enumerate(keys)],
                "queryOnline": f"SELECT {select}\nFROM {table} AS `fg0`\nWHERE {where}",
            }
        )
    return {"count": len(items), "items": items}


def feature_store() -> Json:
    """Return the project's feature store."""
    return {
        "featurestoreId": STORE_ID,
        "featurestoreName": FEATURE_STORE,
        "created": _CREATED,
        "projectName": PROJECT,
        "projectId": PROJECT_ID,
        "onlineFeaturestoreName": DATABASE,
        "offlineFeaturestoreName": FEATURE_STORE,
        "onlineEnabled": True,
        "numFeatureGroups": 2,
        "numTrainingDatasets": 1,
        "numStorageConnectors": 1,
        "numFeatureViews": 1,
    }


def online_connector(password: str) -> Json:
    """Return how the online store is reached; an external client replaces the host."""
    url = f"jdbc:mysql://onlinefs.mysql.service.consul:3306/{DATABASE}?useSSL=false&allowPublicKeyRetrieval=true"
    return {
        "type": "featurestoreJdbcConnectorDTO",
        "id": 1,
        "name": f"{USER}_onlinefeaturestore",
        "featurestoreId": STORE_ID,
        "storageConnectorType": "JDBC",
        "connectionString": url,
        "arguments": [
            {"name": "password", "value": password},
            {"name": "user", "value": USER},
            {"name": "driver", "value": "com.mysql.cj.jdbc.Driver"},
        ],
    }


def avro_subject(group: Json) -> Json:
    """Return the Avro schema under which a group's rows are written."""
    name = f"{group['name']}_{group['version']}"
    fields = [
        {"name": each["name"], "type": ["null", _AVRO.get(each["type"], each["type"])]} for each in group["features"]
    ]
    schema = {"type": "record", "name": name, "namespace": "sparkmon", "fields": fields}
    return {"id": 1, "subject": name, "version": 1, "schema": json.dumps(schema)}


def training_dataset(name: str, version: int) -> Json:
    """Return the metadata of one training dataset of a feature view."""
    return {
        "type": "trainingDatasetDTO",
        "id": 100 + version,
        "name": name,
        "version": version,
        "dataFormat": "parquet",
        "featurestoreId": STORE_ID,
        "featurestoreName": FEATURE_STORE,
        "trainingDatasetType": "HOPSFS_TRAINING_DATASET",
        "created": _CREATED,
        "coalesce": False,
        "splits": [],
        "statisticsConfig": {"enabled": True, "histograms": True, "columns": []},
    }
