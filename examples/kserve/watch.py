"""The program of spark-application.yaml: `sparkmon` in the session that the operator configures."""

from pyspark.sql import SparkSession

import sparkmon
from sparkmon.__main__ import main

if __name__ == "__main__":
    # `sparkmon run` takes the session that is active; by itself it would start a local one.
    sparkmon.configure(SparkSession.builder).getOrCreate()
    main()
