package io.sparkmon

/** Places in ascending numbers. */
private[sparkmon] object Search {

  /** How many of `values` are at or below `point`. */
  def upTo(values: Array[Double], point: Double): Int = places(values, point, countEqual = true)

  /** How many of `values` are below `point`. */
  def below(values: Array[Double], point: Double): Int = places(values, point, countEqual = false)

  private def places(values: Array[Double], point: Double, countEqual: Boolean): Int = {
    var low = 0
    var high = values.length
    while (low < high) {
      val middle = (low + high) >>> 1
      if (values(middle) < point || (countEqual && values(middle) == point)) low = middle + 1 else high = middle
    }
    low
  }

  /** The distinct numbers of two ascending arrays, ascending. */
  def union(left: Array[Double], right: Array[Double]): Array[Double] = {
    val found = new Array[Double](left.length + right.length)
    var i, j, size = 0
    while (i < left.length || j < right.length) {
      val next =
        if (j == right.length || (i < left.length && left(i) <= right(j))) { i += 1; left(i - 1) }
        else { j += 1; right(j - 1) }
      if (size == 0 || found(size - 1) != next) { found(size) = next; size += 1 }
    }
    java.util.Arrays.copyOf(found, size)
  }
}
