package io.sparkmon

/** Numbers of a column, strictly ascending, and how many of its rows are at or below each.
  *
  * What statistics make of a reference is kept here, since one reference meets many windows.
  *
  * @param ranks  0, then the rows at or below each of `values`
  * @param n      rows that hold a number
  * @param least  the extremes of all rows, also where `values` lacks them; NaN if they are not known
  * @param table  what is known, where the numbers are only likely
  */
final class Support private (
    val values: Array[Double],
    val ranks: Array[Double],
    val n: Double,
    val least: Double,
    val greatest: Double,
    val table: Option[QuantileTable]
) {
  if (values.nonEmpty && (values.head.isInfinite || values.last.isInfinite))
    throw new Malformed("got an infinite value; expected finite values; count infinities apart")
  if (values.nonEmpty && (least > values.head || greatest < values.last))
    throw new Malformed(s"got extremes $least and $greatest that lie within the values")

  private val last = ranks.length - 1

  def weight(at: Int): Double = ranks(at + 1) - ranks(at)

  /** The points at which the bounds of shares change. */
  def steps: Array[Double] = table.fold(values)(_.steps)

  /** The share of rows at or below a point. */
  def share(point: Double): Double = ranks(Search.upTo(values, point)) / ranks(last)

  /** The least and the greatest share of rows that may be at or below a point. */
  def bounds(point: Double): (Double, Double) = table match {
    case Some(known) => (known.least(point), known.most(point))
    case None =>
      val found = share(point)
      (found, found)
  }

  lazy val mean: Double = if (n > 0) Sums.compensated(values.length)(at => values(at) * (weight(at) / n)) else Double.NaN

  lazy val std: Double = {
    val scale = values.map(value => math.abs(value - mean)).max
    val squares = Sums.compensated(values.length) { at =>
      val deviation = (values(at) - mean) / scale
      deviation * deviation * weight(at)
    }
    scale * math.sqrt(squares / n)
  }

  /** The inner edges of the bins that a reference makes; see `sparkmon.distributions.reference_edges` in Python. */
  lazy val edges: Array[Double] =
    if (values.isEmpty) Array.empty
    else if (values.length <= Support.FewValues) cells
    else {
      val quantiles = (1 until Support.Bins).map { bin =>
        val rank = bin.toDouble / Support.Bins * ranks(last) * (1 - Support.Rounding)
        values(Search.below(ranks, rank) - 1)
      }
      (quantiles :+ values.last).sliding(2).collect { case Seq(edge, next) if next > edge => edge }.toArray
    }

  private def cells: Array[Double] =
    if (values.length == 1) {
      val slack = math.max(math.abs(values.head) * Support.SingleValueSlack, java.lang.Double.MIN_VALUE)
      Array(values.head - slack, values.head + slack)
    } else {
      val between = values.indices.init.map(at => values(at) / 2 + values(at + 1) / 2)
      val (end, before) = (values.last, values(values.length - 2))
      val first = values(0) - (values(1) / 2 - values(0) / 2)
      val beyond = end + (end / 2 - before / 2)
      (first +: between :+ beyond).distinct.sorted.toArray
    }

  /** The rows in each bin, which includes its upper edge. */
  def countsOn(edges: Array[Double]): Array[Double] = {
    val upTo = edges.map(edge => ranks(Search.upTo(values, edge))) :+ ranks(last)
    upTo.indices.map(bin => if (bin == 0) upTo(0) else upTo(bin) - upTo(bin - 1)).toArray
  }

  /** The rows in each of a reference's own bins. */
  lazy val ownCounts: Array[Double] = countsOn(edges)

  /** The step of the lattice on which all values stand, such as 0.01; None where there is none. */
  lazy val latticeStep: Option[Double] = {
    val size = math.max(math.abs(least), math.abs(greatest))
    val candidates = Support.Steps.takeWhile(step => !(size * Support.SingleOfStep > step / 4))
    if (table.isDefined) None else candidates.find(step => !values.exists(value => Support.isOff(value, step)))
  }
}

object Support {
  private val Bins = 10
  private val FewValues = 50
  private val SingleValueSlack = 1e-6
  private val Rounding = 1e-9
  private val Steps = Seq(1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
  private val LatticeSlack = 1e-6
  private val SingleOfStep = 1.2e-7

  val empty: Support = new Support(Array.empty, Array(0.0), 0, Double.NaN, Double.NaN, None)

  /** Of the bytes of a sketch or of a table. */
  def apply(bytes: Array[Byte]): Support =
    if (QuantileTable.isTable(bytes)) QuantileTable(bytes).support else KllReader(bytes)

  /** Of a sketch's ascending values, ties among them, and the rows that each stands for. */
  def apply(values: Array[Double], weights: Array[Double], n: Long, least: Double, greatest: Double): Support = {
    val (points, ranks) = ranked(values, weights)
    new Support(points, ranks, n.toDouble, least, greatest, None)
  }

  def ofTable(table: QuantileTable, values: Array[Double], weights: Array[Double], n: Double): Support = {
    val (points, ranks) = ranked(values, weights)
    val least = if (table.shares.head == 0) table.lows.head else Double.NaN
    val greatest = if (table.shares.last == 1) table.highs.last else Double.NaN
    new Support(points, ranks, n, least, greatest, Some(table))
  }

  /** Whether a value stands off the multiples of a step by more than rounding leaves. */
  def isOff(value: Double, step: Double): Boolean = {
    val steps = value / step
    val slack = LatticeSlack + math.abs(steps) * SingleOfStep
    math.abs(steps - math.rint(steps)) > slack && slack < 0.25
  }

  private def ranked(values: Array[Double], weights: Array[Double]): (Array[Double], Array[Double]) = {
    val points = new Array[Double](values.length)
    val ranks = new Array[Double](values.length + 1)
    var size = 0
    var sum = 0.0
    var at = 0
    while (at < values.length) {
      sum += weights(at)
      if (size == 0 || points(size - 1) != values(at)) size += 1
      points(size - 1) = values(at)
      ranks(size) = sum
      at += 1
    }
    (java.util.Arrays.copyOf(points, size), java.util.Arrays.copyOf(ranks, size + 1))
  }
}
