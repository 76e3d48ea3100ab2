"""Model monitoring for KServe on Apache Spark Structured Streaming and a feature store."""

__version__ = "0.1.0"
