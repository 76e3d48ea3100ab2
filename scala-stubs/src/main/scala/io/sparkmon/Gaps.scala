package io.sparkmon

/** By how much the shares of rows at or below each point of two columns differ at least. */
private[sparkmon] final class Gaps(reference: Support, current: Support) {
  private val (values, currentValues) = (reference.values, current.values)
  private val (ranks, currentRanks) = (reference.ranks, current.ranks)
  private val (rows, currentRows) = (ranks.last, currentRanks.last)
  private val areKnown = reference.table.isEmpty && current.table.isEmpty

  /** Points, ascending, and the gap at each. */
  private lazy val (points, apart) = if (areKnown) mergedSteps else comparedBounds

  def greatest: Double = if (areKnown) greatestStep else apart.max

  /** The integral over all points. */
  def area: Double = Sums.compensated(points.length - 1)(at => apart(at) * (points(at + 1) - points(at)))

  /** The mean of the squares over both sides' rows together. */
  def meanSquare: Double = {
    var below = 0.0
    var i, j = 0
    Sums.compensated(points.length) { at =>
      while (i < values.length && values(i) <= points(at)) i += 1
      while (j < currentValues.length && currentValues(j) <= points(at)) j += 1
      val upTo = reference.n * (ranks(i) / rows) + current.n * (currentRanks(j) / currentRows)
      val mass = (upTo - below) / (reference.n + current.n)
      below = upTo
      apart(at) * apart(at) * mass
    }
  }

  /** Looked for on either side of each current value: in between, one share does not change. */
  private def greatestStep: Double = {
    var most = 0.0
    var i, j = 0
    while (j < currentValues.length) {
      while (i < values.length && values(i) < currentValues(j)) i += 1
      most = math.max(most, math.abs(ranks(i) / rows - currentRanks(j) / currentRows))
      if (i < values.length && values(i) == currentValues(j)) i += 1
      j += 1
      most = math.max(most, math.abs(ranks(i) / rows - currentRanks(j) / currentRows))
    }
    most
  }

  /** Two step functions, step by step. */
  private def mergedSteps: (Array[Double], Array[Double]) = {
    val points = new Array[Double](values.length + currentValues.length)
    val apart = new Array[Double](points.length)
    var i, j, size = 0
    var share, currentShare = 0.0
    while (i < values.length || j < currentValues.length) {
      val isNext = j == currentValues.length || (i < values.length && values(i) <= currentValues(j))
      val next = if (isNext) values(i) else currentValues(j)
      if (isNext) { i += 1; share = ranks(i) / rows }
      if (j < currentValues.length && currentValues(j) == next) { j += 1; currentShare = currentRanks(j) / currentRows }
      points(size) = next
      apart(size) = math.abs(share - currentShare)
      size += 1
    }
    (java.util.Arrays.copyOf(points, size), java.util.Arrays.copyOf(apart, size))
  }

  /** A table says no more than that a share is between two bounds. */
  private def comparedBounds: (Array[Double], Array[Double]) = {
    val points = Search.union(reference.steps, current.steps)
    val apart = points.map { point =>
      val (least, most) = reference.bounds(point)
      val (currentLeast, currentMost) = current.bounds(point)
      math.max(0.0, math.max(least - currentMost, currentLeast - most))
    }
    (points, apart)
  }
}
