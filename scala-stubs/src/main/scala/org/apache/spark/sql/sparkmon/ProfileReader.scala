package org.apache.spark.sql.sparkmon

import io.sparkmon.{Joint, Levels, Malformed, Numbers, Summary, Support, Supports}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

private[sparkmon] object ProfileReader {
  private val Items = MapType(StringType, LongType)
  private val Needed: Seq[(String, DataType)] = Seq(
    "count" -> LongType,
    "num_numbers" -> LongType,
    "num_texts" -> LongType,
    "sketch" -> BinaryType,
    "frequent_items" -> Items
  )

  /** What older profiles may lack. */
  private val Others: Seq[(String, DataType)] = Seq(
    "num_nan" -> LongType,
    "num_inf" -> LongType,
    "avg" -> DoubleType,
    "m2" -> DoubleType,
    "vector" -> ArrayType(FloatType)
  )

  /** What an error says is required. */
  val required: String = s"STRUCT<${Needed.map { case (name, field) => s"$name: ${field.sql}" }.mkString(", ")}, ...>"

  /** A reader of profiles of this type; None if it is no profile's. */
  def of(side: DataType): Option[ProfileReader] = side match {
    case struct: StructType =>
      def isRight(name: String, expected: DataType) =
        struct.getFieldIndex(name).forall(at => DataType.equalsIgnoreNullability(struct(at).dataType, expected))
      val isProfile = Needed.forall { case (name, _) => struct.getFieldIndex(name).isDefined } &&
        (Needed ++ Others).forall { case (name, expected) => isRight(name, expected) }
      if (isProfile) Some(new ProfileReader(struct)) else None
    case _ => None
  }
}

/** Reads profiles, as the column `profile` of sparkmon's tables holds them. */
private[sparkmon] final class ProfileReader(struct: StructType) {
  private val size = struct.length
  private def place(name: String): Int = struct.getFieldIndex(name).getOrElse(-1)
  private val count = place("count")
  private val numbers = place("num_numbers")
  private val texts = place("num_texts")
  private val nans = place("num_nan")
  private val infs = place("num_inf")
  private val avg = place("avg")
  private val m2 = place("m2")
  private val sketch = place("sketch")
  private val items = place("frequent_items")
  private val vector = place("vector")

  /** Whether a profile is mostly of numbers, of named levels or of whole rows; None if there is none. */
  def kindOf(profile: InternalRow): Option[ProfileKind] =
    if (profile.isNullAt(count)) None
    else if (isThere(profile, vector)) Some(ProfileKind.OfRows)
    else if (rows(profile, texts) > rows(profile, numbers)) Some(ProfileKind.OfLevels)
    else Some(ProfileKind.OfNumbers)

  /** Read a reference, whose sketch is kept decoded. */
  def read(profile: InternalRow, kind: ProfileKind): Summary = read(profile, kind, _.ofReference(_))

  /** Read a profile that comes once, as one of the reference's kind. */
  def readLive(profile: InternalRow, kind: ProfileKind): Summary = read(profile, kind, _.ofLive(_))

  private def read(profile: InternalRow, kind: ProfileKind, decode: (Supports, Array[Byte]) => Support): Summary =
    kind match {
      case ProfileKind.OfLevels => levels(profile)
      case ProfileKind.OfNumbers => ofNumbers(profile, decode)
      case ProfileKind.OfRows =>
        val means = if (isThere(profile, vector)) profile.getArray(vector).toFloatArray().map(_.toDouble) else Joint.unknown
        Joint(ofNumbers(profile, decode), means)
    }

  private def ofNumbers(profile: InternalRow, decode: (Supports, Array[Byte]) => Support): Numbers = {
    val found = rows(profile, numbers)
    val support =
      if (found == 0) Support.empty
      else if (profile.isNullAt(sketch)) throw new Malformed(s"got $found numbers without a sketch; expected one")
      else decode(Supports.ofThisTask, profile.getBinary(sketch))
    Numbers(
      support,
      missing = rows(profile, count) - found,
      nans = rows(profile, nans),
      infs = rows(profile, infs),
      texts = rows(profile, texts),
      moments = moments(profile, found)
    )
  }

  /** The squares of values near 1e200 overflow; the sketch then knows better. */
  private def moments(profile: InternalRow, n: Double): Option[(Double, Double)] =
    if (n == 0 || !isThere(profile, avg) || !isThere(profile, m2)) None
    else {
      val (mean, squares) = (profile.getDouble(avg), profile.getDouble(m2))
      if (math.abs(mean) <= Double.MaxValue && squares >= 0 && squares <= Double.MaxValue)
        Some((mean, math.sqrt(squares / n)))
      else None
    }

  private def levels(profile: InternalRow): Levels = {
    val n = rows(profile, texts)
    val found: Map[UTF8String, Double] =
      if (!isThere(profile, items)) Map.empty
      else {
        val map = profile.getMap(items)
        val (names, counts) = (map.keyArray(), map.valueArray())
        (0 until map.numElements()).map(at => names.getUTF8String(at) -> counts.getLong(at).toDouble).toMap
      }
    val tracked = found.values.sum
    // Estimates of heavy hitters are upper bounds.
    val counts = if (tracked > n) found.map { case (level, rows) => level -> rows * n / tracked } else found
    Levels(counts, rows(profile, count) - n, n)
  }

  private def isThere(profile: InternalRow, at: Int): Boolean = at >= 0 && at < size && !profile.isNullAt(at)

  private def rows(profile: InternalRow, at: Int): Double = if (isThere(profile, at)) profile.getLong(at).toDouble else 0.0
}

private[sparkmon] sealed trait ProfileKind

private[sparkmon] object ProfileKind {
  case object OfNumbers extends ProfileKind
  case object OfLevels extends ProfileKind
  case object OfRows extends ProfileKind
}
