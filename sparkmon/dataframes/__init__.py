"""What is offered on Spark's DataFrames."""

from sparkmon.dataframes.alerts import alerts_of

__all__ = ["alerts_of"]
