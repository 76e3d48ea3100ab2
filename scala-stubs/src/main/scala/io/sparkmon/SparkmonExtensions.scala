package io.sparkmon

import org.apache.spark.sql.sparkmon.Function
import org.apache.spark.sql.{SparkSessionExtensions, SparkSessionExtensionsProvider}

/** `spark.sql.extensions=io.sparkmon.SparkmonExtensions`: one function per row of the catalogue. */
class SparkmonExtensions extends SparkSessionExtensionsProvider {
  override def apply(extensions: SparkSessionExtensions): Unit =
    Statistics.all.foreach(statistic => extensions.injectFunction(Function.of(statistic)))
}
