package io.sparkmon

import org.apache.datasketches.kll.{KllDoublesSketch, KllFloatsSketch}
import org.scalatest.funsuite.AnyFunSuite

/** Against DataSketches itself. */
class KllReaderSuite extends AnyFunSuite {
  private def doubles(k: Int, values: Iterable[Double]) = {
    val sketch = KllDoublesSketch.newHeapInstance(k)
    values.foreach(sketch.update)
    sketch
  }

  test("retained values and their ranks are those of the sketch") {
    val random = new scala.util.Random(3)
    for (k <- Seq(8, 200, 800); rows <- Seq(1, 2, 7, 1000, 30000)) {
      val sketch = doubles(k, Seq.fill(rows)(random.nextGaussian()))
      val read = KllReader(sketch.toByteArray)
      val retained = sketch.iterator()
      var found = Map.empty[Double, Double]
      while (retained.next()) found += retained.getQuantile -> (found.getOrElse(retained.getQuantile, 0.0) + retained.getWeight)
      assert(read.values.indices.map(at => read.values(at) -> read.weight(at)).toMap == found)
      assert(read.n == rows && read.ranks.last == rows)
      assert(read.least == sketch.getMinItem && read.greatest == sketch.getMaxItem)
    }
  }

  test("floats and an empty sketch") {
    val sketch = KllFloatsSketch.newHeapInstance(200)
    Seq(0.5f, 0.25f, 0.5f).foreach(sketch.update)
    val read = KllReader(sketch.toByteArray)
    assert(read.values.toSeq == Seq(0.25, 0.5) && read.ranks.toSeq == Seq(0, 1, 3))
    assert(KllReader(doubles(200, Nil).toByteArray).n == 0)
  }

  test("bytes cut short, changed or of another kind are refused") {
    val whole = doubles(20, (1 to 1000).map(_.toDouble)).toByteArray
    for (length <- 0 until whole.length) assertThrows[Malformed](KllReader(whole.take(length)))
    for (at <- Seq(1, 2, 8, 12, 18, 24)) assertThrows[Malformed](KllReader(whole.updated(at, (whole(at) ^ 0x7f).toByte)))
    val random = new scala.util.Random(7)
    for (_ <- 0 until 2000) {
      val changed = whole.updated(random.nextInt(40), random.nextInt(256).toByte)
      try KllReader(changed)
      catch { case _: Malformed => }
    }
  }
}
