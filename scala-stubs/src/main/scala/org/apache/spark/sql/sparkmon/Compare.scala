package org.apache.spark.sql.sparkmon

import io.sparkmon.{Malformed, MalformedSketch, Numbers, Statistics, Summary, Supports}
import org.apache.spark.SparkRuntimeException
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult.{DataTypeMismatch, TypeCheckSuccess}
import org.apache.spark.sql.catalyst.expressions.{BinaryExpression, Cast, Expression}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode}
import org.apache.spark.sql.types._

/** `sparkmon_<statistic>(reference, current)`, of two profiles or of two sketches.
  *
  * Null where a side is null or the two cannot be compared. It lives among Spark's packages because the errors of
  * Spark, which users know how to read, are not public.
  */
case class Compare(statistic: String, left: Expression, right: Expression) extends BinaryExpression {
  override def prettyName: String = s"sparkmon_$statistic"
  override def dataType: DataType = DoubleType
  override def nullable: Boolean = true
  override protected def flatArguments: Iterator[Any] = children.iterator // in plans, whose reader knows the name
  override def nullIntolerant: Boolean = true

  @transient private lazy val compute = Statistics.byName(statistic)
  @transient private lazy val readers = Seq(left, right).map(side => ProfileReader.of(side.dataType))

  override def checkInputDataTypes(): TypeCheckResult = {
    val types = Seq(left, right).map(_.dataType)
    val ofSketches = compute.ofSketches && types.contains(BinaryType)
    def isAccepted(side: DataType) = side match {
      case NullType => true
      case BinaryType => ofSketches
      case _ => !ofSketches && ProfileReader.of(side).isDefined
    }
    types.indexWhere(side => !isAccepted(side)) match {
      case -1 => TypeCheckSuccess
      case at =>
        val required = if (ofSketches) BinaryType.sql else ProfileReader.required
        val messageParameters = Map(
          "paramIndex" -> Cast.ordinalNumber(at),
          "requiredType" -> s""""$required"""",
          "inputSql" -> Cast.toSQLExpr(children(at)),
          "inputType" -> Cast.toSQLType(types(at))
        )
        DataTypeMismatch("UNEXPECTED_INPUT_TYPE", messageParameters)
    }
  }

  /** The value, or null; generated code calls it, too. */
  def compare(reference: Any, current: Any): java.lang.Double = {
    val value =
      try read(reference, current).fold(Double.NaN) { case (before, after) => compute(before, after) }
      catch {
        case error: MalformedSketch =>
          val messageParameters = Map("function" -> Cast.toSQLId(prettyName))
          throw new SparkRuntimeException("KLL_INVALID_INPUT_SKETCH_BUFFER", messageParameters, error)
        case error: Malformed =>
          val messageParameters = Map("errorMessage" -> s"$prettyName ${error.getMessage}")
          throw new SparkRuntimeException("USER_RAISED_EXCEPTION", messageParameters, error)
      }
    if (value.isNaN) null else value
  }

  /** Both sides as the reference's kind; None where there is no profile. */
  private def read(reference: Any, current: Any): Option[(Summary, Summary)] = (reference, current) match {
    case (before: Array[Byte], after: Array[Byte]) =>
      val supports = Supports.ofThisTask
      Some((Numbers(supports.ofReference(before)), Numbers(supports.ofLive(after))))
    case (before: InternalRow, after: InternalRow) =>
      for {
        trained <- readers.head
        live <- readers.last
        kind <- trained.kindOf(before)
        _ <- live.kindOf(after)
      } yield (trained.read(before, kind), live.readLive(after, kind))
    case _ => None
  }

  override protected def nullSafeEval(reference: Any, current: Any): Any = compare(reference, current)

  override protected def doGenCode(ctx: CodegenContext, ev: ExprCode): ExprCode = {
    val self = ctx.addReferenceObj("compare", this)
    val result = ctx.freshName("result")
    nullSafeCodeGen(ctx, ev, (reference, current) => s"""
      |Double $result = $self.compare($reference, $current);
      |if ($result == null) { ${ev.isNull} = true; } else { ${ev.value} = $result.doubleValue(); }
      |""".stripMargin)
  }

  override protected def withNewChildrenInternal(newLeft: Expression, newRight: Expression): Compare =
    copy(left = newLeft, right = newRight)
}
