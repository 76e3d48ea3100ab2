package io.sparkmon

/** Both sides as shares of their rows on the reference's bins or levels; the last bin has the rows without a value. */
private[sparkmon] object Shares {

  /** Of none where a side has no rows, or hardly any level of the reference is common enough to be compared. */
  def apply(reference: Summary, current: Summary): Option[(Array[Double], Array[Double])] = {
    val (expected, observed, isRare) = (reference, current) match {
      case (before: Numbers, after: Numbers) =>
        val (own, others) = ofNumbers(before.support, after.support)
        (own :+ before.missing, others :+ after.missing, false)
      case (before: Levels, after: Levels) =>
        val own = before.align(before)
        val others = before.align(after)
        val (other, unseen) = (own.length - 3, own.length - 2)
        if (own(other) > 0) {
          others(other) += others(unseen)
          others(unseen) = 0.0
        }
        (own, others, before.isRare)
      case _ => return None
    }
    if (isRare || reference.rows == 0 || current.rows == 0) None
    else Some((expected.map(_ / reference.rows), observed.map(_ / current.rows)))
  }

  private def ofNumbers(reference: Support, current: Support): (Array[Double], Array[Double]) =
    reference.table match {
      case None => (reference.ownCounts, current.countsOn(reference.edges))
      case Some(table) => atCuts(table, reference.n, current)
    }

  /** Rows on a cut are counted below or above it, where both sides agree best. */
  private def atCuts(table: QuantileTable, n: Double, current: Support): (Array[Double], Array[Double]) = {
    val cuts = table.cuts(10)
    val all = current.ranks.last
    val ranks = cuts.map { at =>
      val below = current.ranks(Search.below(current.values, table.lows(at)))
      val upTo = current.ranks(Search.upTo(current.values, table.highs(at)))
      math.min(math.max(table.shares(at) * all, below), upTo)
    }
    (differences(cuts.map(at => table.shares(at) * n) :+ n), differences(ranks :+ all))
  }

  private def differences(ranks: Array[Double]): Array[Double] =
    ranks.indices.map(at => if (at == 0) ranks(0) else ranks(at) - ranks(at - 1)).toArray
}
