package org.apache.spark.sql.sparkmon

import io.sparkmon.Statistic
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry.FunctionBuilder
import org.apache.spark.sql.catalyst.expressions.{Expression, ExpressionInfo}
import org.apache.spark.sql.errors.QueryCompilationErrors

/** A statistic as Spark's function registry wants it: its name, what `DESCRIBE FUNCTION` says, and what it builds. */
object Function {
  private val Since = "0.2.0"

  def of(statistic: Statistic): (FunctionIdentifier, ExpressionInfo, FunctionBuilder) = {
    val name = s"sparkmon_${statistic.name}"
    (FunctionIdentifier(name), describe(name, statistic), arguments => build(name, statistic, arguments))
  }

  private def build(name: String, statistic: Statistic, arguments: Seq[Expression]): Expression = arguments match {
    case Seq(reference, current) => Compare(statistic.name, reference, current)
    case _ => throw QueryCompilationErrors.wrongNumArgsError(name, Seq(2), arguments.size)
  }

  private def describe(name: String, statistic: Statistic): ExpressionInfo = {
    val sketches = if (statistic.ofSketches) ", or a sketch of `kll_sketch_agg_double`" else ""
    val example =
      if (statistic.ofSketches)
        "SELECT _FUNC_(kll_sketch_agg_double(a), kll_sketch_agg_double(b)) " +
          "FROM VALUES (1D, 3D), (2D, 4D), (3D, 5D), (4D, 6D) t(a, b)"
      else "SELECT column_name, _FUNC_(r.profile, p.profile) FROM `references` r JOIN profiles p USING (model, column_name)"
    new ExpressionInfo(
      classOf[Compare].getName,
      null, // as Spark's own functions: of no database
      name,
      s"_FUNC_(reference, current) - Returns ${statistic.usage}; null where a side is null or the two cannot be compared.",
      s"""
    Arguments:
      * reference - a profile of the training side$sketches
      * current - one of the live side
  """,
      s"""
    Examples:
      > $example;
  """,
      "",
      "",
      Since,
      "",
      "scala_udf"
    )
  }
}
