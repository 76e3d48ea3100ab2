package io.sparkmon

/** One way to say how far apart two columns are; `sparkmon_<name>` in SQL.
  *
  * @param usage      what it returns, for `DESCRIBE FUNCTION`
  * @param ofSketches whether bare sketches say all that it needs
  * @param compute    for the kinds of summary that it is for; NaN where the two cannot be compared
  */
final case class Statistic(
    name: String,
    usage: String,
    ofSketches: Boolean,
    compute: PartialFunction[(Summary, Summary), Double]
) {

  def apply(reference: Summary, current: Summary): Double =
    compute.applyOrElse((reference, current), (_: (Summary, Summary)) => Double.NaN)
}

object Statistic {

  /** Of two columns of numbers that both have some. */
  def ofNumbers(name: String, usage: String)(compute: (Numbers, Numbers) => Double): Statistic =
    Statistic(
      name,
      usage,
      ofSketches = true,
      { case (reference: Numbers, current: Numbers) =>
        if (reference.n > 0 && current.n > 0) compute(reference, current) else Double.NaN
      }
    )

  /** Of two columns' shares on the reference's bins: the sum over bins of what a bin adds. */
  def ofShares(name: String, usage: String)(compute: Seq[(Double, Double)] => Double): Statistic =
    Statistic(name, usage, ofSketches = true, { case (reference @ (_: Numbers | _: Levels), current) =>
      Shares(reference, current).fold(Double.NaN) { case (expected, observed) =>
        compute(expected.toSeq.zip(observed))
      }
    })

  def ofLevels(name: String, usage: String)(compute: (Levels, Levels) => Double): Statistic =
    Statistic(name, usage, ofSketches = false, { case (reference: Levels, current: Levels) => compute(reference, current) })

  /** How much the share of certain rows has changed. */
  def ofRate(name: String, usage: String)(hits: PartialFunction[Summary, Double]): Statistic =
    Statistic(
      name,
      usage,
      ofSketches = false,
      {
        case (reference, current) if hits.isDefinedAt(reference) && reference.rows > 0 && current.rows > 0 =>
          math.abs(hits(reference) / reference.rows - hits(current) / current.rows)
      }
    )

  def ofJoint(name: String, usage: String)(compute: (Joint, Joint) => Double): Statistic =
    Statistic(name, usage, ofSketches = false, {
      case (reference: Joint, current: Joint) if reference.isComparable(current) => compute(reference, current)
    })
}
