package io.sparkmon

import java.util.Base64

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.unsafe.types.UTF8String
import org.scalatest.funsuite.AnyFunSuite

/** The values that Python gave, of pairs that scripts/make_jvm_golden.py wrote. */
class GoldenSuite extends AnyFunSuite {
  private val pairs =
    new ObjectMapper().readTree(getClass.getResourceAsStream("/golden.json")).elements().asScala.toSeq

  private def isOfLevels(profile: JsonNode) = profile.get("num_texts").asLong > profile.get("num_numbers").asLong

  private def read(profile: JsonNode, like: JsonNode): Summary = {
    def rows(name: String) = if (profile.has(name)) profile.get(name).asDouble else 0.0
    def numbers = Numbers(
      if (rows("num_numbers") == 0) Support.empty else Support(Base64.getDecoder.decode(profile.get("sketch").asText)),
      rows("count") - rows("num_numbers"),
      rows("num_nan"),
      rows("num_inf"),
      rows("num_texts"),
      Option.when(profile.has("avg"))((rows("avg"), math.sqrt(rows("m2") / rows("num_numbers"))))
    )
    if (like.has("vector")) Joint(numbers, profile.get("vector").elements().asScala.map(_.asDouble).toArray)
    else if (isOfLevels(like)) {
      val counts = profile.get("frequent_items").properties().asScala
        .map(item => UTF8String.fromString(item.getKey) -> item.getValue.asDouble).toMap
      val n = rows("num_texts")
      val tracked = counts.values.sum
      Levels(if (tracked > n) counts.map { case (level, rows) => level -> rows * n / tracked } else counts, rows("count") - n, n)
    } else numbers
  }

  for (statistic <- Statistics.all) test(statistic.name) {
    var compared = 0
    for ((pair, at) <- pairs.zipWithIndex) {
      val (reference, profile) = (pair.get("reference"), pair.get("profile"))
      val found = statistic(read(reference, reference), read(profile, reference))
      val expected = pair.get("values").get(statistic.name)
      if (expected == null) assert(found.isNaN, s"pair $at")
      else {
        compared += 1
        assert(math.abs(found - expected.asDouble) <= 1e-12 * math.max(1, math.abs(found)), s"pair $at")
      }
    }
    assert(compared >= 3)
  }

  test("Python has no statistic that is not here") {
    val named = pairs.flatMap(_.get("values").fieldNames().asScala).toSet
    assert(named == Statistics.byName.keySet)
  }
}
