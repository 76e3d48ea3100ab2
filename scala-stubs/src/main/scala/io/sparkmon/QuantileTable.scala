package io.sparkmon

import java.nio.{ByteBuffer, ByteOrder}

/** What percentiles or a histogram say of a column: cuts through it, and the share of its rows below each.
  *
  * The Python side writes it where a reference comes from a feature store, in place of a sketch.
  */
final class QuantileTable(val values: Array[Double], val shares: Array[Double], n: Long, slack: Double) {
  private val reach: Array[Double] = {
    val greatest = values.map(math.abs).max
    values.map(value => slack + QuantileTable.Single * math.abs(value) + QuantileTable.Rounding * greatest)
  }

  /** The least place of each cut. */
  val lows: Array[Double] = values.indices.map(at => values(at) - reach(at)).toArray

  /** The greatest place of each cut. */
  val highs: Array[Double] = values.indices.map(at => values(at) + reach(at)).toArray

  /** Where the bounds change. */
  val steps: Array[Double] = Search.union(lows, highs)

  /** The least share of rows that may be at or below a point. */
  def least(point: Double): Double = Search.upTo(highs, point) match {
    case 0 => 0.0
    case at => shares(at - 1)
  }

  /** The greatest share of rows that may be at or below a point. */
  def most(point: Double): Double = Search.upTo(lows, point) match {
    case at if at == shares.length => 1.0
    case at => shares(at)
  }

  /** The cuts inside the column that are nearest to 1/bins, 2/bins, ...; of several at one value only the last. */
  def cuts(bins: Int): Array[Int] = {
    val last = values.length - 1
    val inner = values.indices.filter { at =>
      (at == last || values(at + 1) > values(at)) && shares(at) > 0 && shares(at) < 1
    }
    if (inner.isEmpty) Array.empty
    else (1 until bins).map(bin => inner.minBy(at => math.abs(shares(at) - bin.toDouble / bins))).distinct.sorted.toArray
  }

  /** What is likely: each gap's rows spread evenly over eight points. */
  def support: Support = {
    val points = QuantileTable.PointsAGap
    val inside = for (gap <- 0 until values.length - 1; point <- 0 until points) yield {
      val share = (point + 0.5) / points
      (values(gap) * (1 - share) + values(gap + 1) * share, n * ((shares(gap + 1) - shares(gap)) / points))
    }
    val all = (values.head, n * shares.head) +: inside :+ ((values.last, n * (1 - shares.last)))
    val (places, rows) = all.filter(_._2 > 0).sortBy(_._1).unzip
    Support.ofTable(this, places.toArray, rows.toArray, n.toDouble)
  }
}

object QuantileTable {
  private val Single = 1e-7
  private val Rounding = 1e-12
  private val PointsAGap = 8
  private val MostCuts = 4096
  private val Header = 36

  def isTable(bytes: Array[Byte]): Boolean = bytes.length >= 4 && new String(bytes, 0, 4, "ISO-8859-1") == "SMQT"

  def apply(bytes: Array[Byte]): QuantileTable = {
    def require(holds: Boolean, expected: String): Unit =
      if (!holds) throw new Malformed(s"got bytes that are no quantile table: ${bytes.length} bytes; expected $expected")
    require(bytes.length >= Header, s"at least $Header")
    val data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
    val cuts = data.getInt(8)
    require(data.get(4) == 1, "version 1")
    require(cuts > 0 && cuts <= MostCuts && bytes.length == Header + 16 * cuts, "16 bytes a cut, 1 to 4,096 cuts")
    val n = data.getLong(12)
    val error = data.getDouble(20)
    val slack = data.getDouble(28)
    require(n >= 1 && error >= 0 && error < 1 && slack >= 0 && !slack.isInfinite, "n >= 1, error in [0, 1), slack >= 0")
    def numbers(from: Int) = Array.tabulate(cuts)(at => data.getDouble(Header + 8 * (from + at)))
    val (values, shares) = (numbers(0), numbers(cuts))
    def ascends(numbers: Array[Double]) = (1 until cuts).forall(at => numbers(at - 1) <= numbers(at))
    require(values.forall(value => math.abs(value) <= Double.MaxValue) && ascends(values), "finite, ascending values")
    require(shares.forall(share => share >= 0 && share <= 1) && ascends(shares), "ascending shares in [0, 1]")
    new QuantileTable(values, shares, n, slack)
  }
}
