package io.sparkmon

import org.apache.spark.unsafe.types.UTF8String

/** What one side of a comparison is like: a column of numbers, one of named levels, or whole rows. */
sealed trait Summary {

  /** Rows with and without a value. */
  def rows: Double
}

/** @param missing rows without a finite number, of which `nans`, `infs` and `texts` are three kinds
  * @param moments the mean and the standard deviation of all rows, where they are known
  */
final case class Numbers(
    support: Support,
    missing: Double = 0,
    nans: Double = 0,
    infs: Double = 0,
    texts: Double = 0,
    moments: Option[(Double, Double)] = None
) extends Summary {
  if (!(Seq(nans, infs, texts).min >= 0 && nans + infs + texts <= missing))
    throw new Malformed(
      s"got $missing rows without a number, of which $nans NaN, $infs infinite and $texts texts; " +
        "expected counts of 0 or more, and the first to contain the others"
    )

  def n: Double = support.n
  def rows: Double = n + missing
  def mean: Double = if (n > 0) moments.fold(support.mean)(_._1) else Double.NaN
  def std: Double =
    if (support.values.length < 2) { if (n > 0) 0.0 else Double.NaN }
    else moments.fold(support.std)(_._2)
}

/** @param counts rows per level that is tracked
  * @param n      rows with a value, tracked or not
  */
final case class Levels(counts: Map[UTF8String, Double], missing: Double, n: Double) extends Summary {
  private val tracked = Sums.exact(counts.values)
  if (!(missing >= 0 && n >= 0 && counts.values.forall(_ >= 0) && tracked <= n * (1 + 1e-9)))
    throw new Malformed(
      s"got levels of $tracked rows, $n rows with and $missing without a value; expected counts of 0 or more, " +
        "and no more rows of levels than rows with a value"
    )

  def rows: Double = n + missing

  /** Rows whose level is not tracked. */
  val untracked: Double = math.max(0.0, n - tracked)

  /** The levels with at least 20 rows and 0.1 % of the rows. */
  lazy val common: Seq[UTF8String] = {
    val least = math.max(20.0, 0.001 * n)
    counts.collect { case (level, count) if count >= least => level }.toSeq
  }

  /** The share of rows whose levels are too rare and too many to see them change. */
  lazy val rareShare: Double = if (untracked > 0) 1 - Sums.exact(common.map(counts)) / n else 0.0

  def isRare: Boolean = rareShare > 0.9

  /** The rows of a side per common level of this one, then of the other levels, of levels never seen, and of none. */
  def align(side: Levels): Array[Double] = {
    val words = Levels.truthWords(counts.keySet)
    val found = side.counts.foldLeft(Map.empty[UTF8String, Double].withDefaultValue(0.0)) { case (so, (level, count)) =>
      val word = words.getOrElse(level, level)
      so.updated(word, so(word) + count)
    }
    val named = common.map(found)
    val unseen =
      if ((side eq this) || untracked > 0) 0.0
      else Sums.exact(found.collect { case (level, count) if !counts.contains(level) => count }) + side.untracked
    val other = math.max(0.0, side.n - Sums.exact(named) - unseen)
    (named ++ Seq(other, unseen, side.missing)).toArray
  }
}

object Levels {
  private val Digits = Seq("0", "1").map(UTF8String.fromString)
  private val Words = Seq("false", "true").map(UTF8String.fromString)

  /** What truth values are called by levels that are nothing else: 0 and 1, or false and true. */
  private def truthWords(levels: Set[UTF8String]): Map[UTF8String, UTF8String] =
    Seq(Words -> Digits, Digits -> Words)
      .collectFirst { case (from, to) if levels.nonEmpty && levels.subsetOf(to.toSet) => from.zip(to).toMap }
      .getOrElse(Map.empty)
}

/** @param vector the mean embedding of 128 numbers, then two of its spread, a unit and two of a fingerprint */
final case class Joint(errors: Numbers, vector: Array[Double]) extends Summary {
  if (vector.length != Joint.Embedding + 5 || (errors.n > 0 && !vector.forall(number => math.abs(number) <= Float.MaxValue)))
    throw new Malformed(s"got a vector of ${vector.length} numbers for a joint summary; expected 133 finite ones")

  def n: Double = errors.n
  def rows: Double = errors.rows
  def unit: Double = vector(Joint.Embedding + 2)

  /** The sum of the embedding's variances. */
  def spreadOut: Double = math.max(0.0, 1 - Sums.compensated(Joint.Embedding)(at => vector(at) * vector(at)))

  def squaredDistance(other: Joint): Double = Sums.compensated(Joint.Embedding) { at =>
    val apart = vector(at) - other.vector(at)
    apart * apart
  }

  /** Whether both sides have rows that were projected alike. */
  def isComparable(other: Joint): Boolean =
    n > 0 && other.n > 0 && Seq(3, 4).forall { place =>
      math.abs(vector(Joint.Embedding + place) - other.vector(Joint.Embedding + place)) < 0.25
    }
}

object Joint {
  val Embedding = 128

  /** The vector of a side without rows. */
  val unknown: Array[Double] = Array.fill(Embedding + 5)(Double.NaN)
}
