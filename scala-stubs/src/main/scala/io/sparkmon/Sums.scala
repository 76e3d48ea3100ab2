package io.sparkmon

import java.math.BigDecimal

private[sparkmon] object Sums {
  private val GreatestWhole = math.pow(2, 53)

  /** The sum of a term for each of 0 until size, by Neumaier's compensated summation. */
  def compensated(size: Int)(term: Int => Double): Double = {
    var sum, lost = 0.0
    var i = 0
    while (i < size) {
      val next = term(i)
      val total = sum + next
      lost += (if (math.abs(sum) >= math.abs(next)) (sum - total) + next else (next - total) + sum)
      sum = total
      i += 1
    }
    sum + lost
  }

  /** The sum that is nearest to the true one: whether rows remain of a total must not hang on rounding. */
  def exact(numbers: Iterable[Double]): Double = {
    val sum = numbers.sum
    if (sum <= GreatestWhole && numbers.forall(number => number == math.rint(number))) sum
    else if (numbers.exists(number => number.isNaN || number.isInfinite)) sum
    else numbers.foldLeft(BigDecimal.ZERO)((total, number) => total.add(new BigDecimal(number))).doubleValue
  }
}
