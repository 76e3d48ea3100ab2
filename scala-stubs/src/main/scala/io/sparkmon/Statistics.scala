package io.sparkmon

/** The catalogue: every statistic of the Python package, by the same name, and the first line of its documentation. */
object Statistics {
  private val Floor = 1e-4
  private val Log2 = math.log(2)
  private val Single = 1e-7

  val all: Seq[Statistic] = Seq(
    Statistic.ofShares("psi", "how unlike two sets of shares are, over the reference's quantile bins or named levels") {
      _.map { case (p, q) =>
        val (expected, observed) = (math.max(p, Floor), math.max(q, Floor))
        (observed - expected) * math.log(observed / expected)
      }.sum
    },
    Statistic.ofShares("kl", "what is lost by taking the live shares for the training shares") {
      _.map { case (p, q) =>
        val (expected, observed) = (math.max(p, Floor), math.max(q, Floor))
        observed * math.log(observed / expected) - observed + expected
      }.sum
    },
    Statistic.ofShares("js", "how unlike two sets of shares are, on a scale from 0 to 1") { shares =>
      def apart(share: Double, middle: Double) = if (share == 0) 0.0 else share * (math.log(share / middle) / Log2)
      val sum = shares.map { case (p, q) => apart(p, (p + q) / 2) + apart(q, (p + q) / 2) }.sum
      math.sqrt(math.max(sum / 2, 0.0))
    },
    Statistic.ofShares("hellinger", "how far apart the square roots of two sets of shares are") { shares =>
      math.sqrt(shares.map { case (p, q) => math.pow(math.sqrt(p) - math.sqrt(q), 2) }.sum / 2)
    },
    Statistic.ofShares("tv", "the share of rows that would have to change their bin for two sets of shares to be equal") {
      _.map { case (p, q) => math.abs(p - q) }.sum / 2
    },
    Statistic.ofShares("linf", "by how much the share of the bin that differs most has changed") {
      _.map { case (p, q) => math.abs(p - q) }.max
    },
    Statistic.ofLevels("chi2", "Cramer's V: how closely a row's level tells which side it is of") { (reference, current) =>
      Shares(reference, current).fold(Double.NaN) { case (expected, observed) =>
        val squares = expected.zip(observed).collect { case (p, q) if p + q != 0 => (p - q) * (p - q) / (p + q) }
        math.sqrt(squares.sum / 2)
      }
    },
    Statistic.ofLevels("unseen_rate", "the share of current rows whose level the reference never had") {
      (reference, current) =>
        if (reference.n == 0 || current.n == 0 || reference.rareShare > 0.1) Double.NaN
        else {
          val counts = reference.align(current)
          counts(counts.length - 2) / current.n
        }
    },
    Statistic.ofNumbers("ks", "the greatest difference between the shares of rows at or below any one point") {
      (reference, current) => new Gaps(reference.support, current.support).greatest
    },
    Statistic.ofNumbers(
      "wasserstein",
      "how far the rows of one side must be moved on average to become the other side"
    )((reference, current) => new Gaps(reference.support, current.support).area),
    Statistic.ofNumbers("wasserstein_normed", "the Wasserstein distance divided by the reference's standard deviation") {
      (reference, current) =>
        val unit = reference.std
        if (unit == 0) Double.NaN else new Gaps(reference.support, current.support).area / unit
    },
    Statistic.ofNumbers(
      "cramer_von_mises",
      "the mean squared difference between the shares of rows at or below each row's value"
    )((reference, current) => new Gaps(reference.support, current.support).meanSquare),
    Statistic.ofNumbers("mean", "the current mean less the reference's")((reference, current) =>
      current.mean - reference.mean
    ),
    Statistic.ofNumbers("std", "the current standard deviation less the reference's")((reference, current) =>
      current.std - reference.std
    ),
    Statistic.ofNumbers("range_rate", "the share of current rows below the reference's least or above its greatest value") {
      (reference, current) =>
        val least = reference.support.least - Single * math.abs(reference.support.least)
        val greatest = reference.support.greatest + Single * math.abs(reference.support.greatest)
        val ranks = current.support.ranks
        val below = ranks(Search.below(current.support.values, least))
        val inside = ranks(Search.upTo(current.support.values, greatest))
        if (least.isNaN || greatest.isNaN) Double.NaN else (below + (ranks.last - inside)) / current.n
    },
    Statistic.ofNumbers(
      "lattice_rate",
      "the share of current rows that are off the lattice of the reference's values, such as the whole numbers"
    ) { (reference, current) =>
      val values = current.support.values
      reference.support.latticeStep.fold(0.0) { step =>
        values.indices.filter(at => Support.isOff(values(at), step)).map(current.support.weight).sum / current.n
      }
    },
    Statistic(
      "count",
      "the current number of rows less the reference's",
      ofSketches = true,
      {
        case (reference @ (_: Numbers | _: Levels), current) if reference.rows > 0 && current.rows > 0 =>
          current.rows - reference.rows
      }
    ),
    Statistic.ofRate("null_rate", "by how much the share of rows without a value has changed, up or down") {
      case side: Numbers => side.missing - side.nans - side.infs - side.texts
      case side: Levels => side.missing
    },
    Statistic.ofRate("nan_rate", "by how much the share of NaN among the rows has changed, up or down") {
      case side: Numbers => side.nans
    },
    Statistic.ofRate("inf_rate", "by how much the share of infinities among the rows has changed, up or down") {
      case side: Numbers => side.infs
    },
    Statistic.ofRate(
      "type_rate",
      "by how much the share of texts among the rows of a column of numbers has changed, up or down"
    ) { case side: Numbers => side.texts },
    Statistic.ofJoint(
      "mmd_rff",
      "how far apart two sets of rows are, as the shift of one feature that would put them as far apart"
    ) { (reference, current) =>
      val variance = (reference.spreadOut * reference.n + current.spreadOut * current.n) / (reference.n + current.n)
      val noise = variance * (1 / reference.n + 1 / current.n)
      math.sqrt(math.max(0.0, reference.squaredDistance(current) - noise) / reference.unit)
    },
    Statistic.ofJoint("pca_reconstruction", "the current mean of the rows' reconstruction errors less the reference's") {
      (reference, current) => current.errors.mean - reference.errors.mean
    }
  )

  val byName: Map[String, Statistic] = all.map(statistic => statistic.name -> statistic).toMap
}
