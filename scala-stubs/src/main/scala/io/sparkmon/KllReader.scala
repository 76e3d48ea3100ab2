package io.sparkmon

import java.nio.{ByteBuffer, ByteOrder}

/** Reads the compact form of DataSketches' KLL sketches of doubles or floats, as `kll_sketch_agg_double` writes it.
  *
  * DataSketches' own sorted view puts the extremes among the values that the sketch retained; the Python side sees
  * these alone.
  */
private[sparkmon] object KllReader {
  private val Family = 15
  private val Empty = 1
  private val Single = 4
  private val LeastK = 8
  private val MostLevels = 61
  private val Short = 8
  private val Full = 20

  /** Throws [[MalformedSketch]] for anything else; memory stays within a small multiple of the bytes. */
  def apply(bytes: Array[Byte]): Support = {
    if (bytes.length < Short) throw new MalformedSketch(s"${bytes.length} bytes", s"at least $Short")
    val data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
    val version = data.get(1).toInt
    val family = data.get(2).toInt
    val flags = data.get(3).toInt
    val k = data.getShort(4) & 0xffff
    if (family != Family || version < 1 || version > 2 || k < LeastK)
      throw new MalformedSketch(s"family $family, version $version, k $k", "family 15, version 1 or 2, k >= 8")
    if ((flags & Empty) != 0) Support.empty
    else if ((flags & Single) != 0 || version == 2) {
      val items = readItems(data, Short, 1)
      Support(items, Array(1.0), 1, items(0), items(0))
    } else readLevels(data)
  }

  private def readLevels(data: ByteBuffer): Support = {
    if (data.limit() < Full) throw new MalformedSketch(s"${data.limit()} bytes", s"a header of $Full")
    val n = data.getLong(8)
    val k = data.getShort(16) & 0xffff
    val levels = data.get(18) & 0xff
    val offset = Full + 4 * levels
    if (levels < 1 || levels > MostLevels || data.limit() < offset || k < LeastK)
      throw new MalformedSketch(s"$levels levels, k $k, ${data.limit()} bytes", "1 to 61 levels, k >= 8")
    val counts = countsOf(data, levels, n)
    val items = readItems(data, offset, counts.sum + 2)
    merged(items, counts, n)
  }

  /** The rows of each level; that of the last, which is not stored, follows from n. */
  private def countsOf(data: ByteBuffer, levels: Int, n: Long): Array[Long] = {
    val starts = Array.tabulate(levels)(level => data.getInt(Full + 4 * level) & 0xffffffffL)
    def contradiction = new MalformedSketch(s"levels starting at ${starts.mkString(", ")}", s"levels that hold $n rows")
    var rest = n
    val counts = Array.tabulate(levels) { level =>
      val count = if (level < levels - 1) starts(level + 1) - starts(level) else rest >> level
      if (rest < 0 || count < 0 || count > (rest >> level)) throw contradiction
      rest -= count << level
      count
    }
    if (rest != 0) throw contradiction
    counts
  }

  private def readItems(data: ByteBuffer, offset: Int, count: Long): Array[Double] = {
    val size = data.limit() - offset
    val width = size / count
    if ((width != 4 && width != 8) || size % count != 0)
      throw new MalformedSketch(s"$size bytes of items", s"$count of 4 or 8 bytes")
    val items = new Array[Double](count.toInt)
    var at = 0
    while (at < items.length) {
      items(at) = if (width == 8) data.getDouble(offset + 8 * at) else data.getFloat(offset + 4 * at).toDouble
      if (items(at).isNaN) throw new MalformedSketch("NaN among the items", "numbers; was it a sketch of longs?")
      at += 1
    }
    items
  }

  /** Merges the levels from the lowest, which are the shortest; an item of level h stands for 2^h^ rows. */
  private def merged(items: Array[Double], counts: Array[Long], n: Long): Support = {
    var values = Array.empty[Double]
    var weights = Array.empty[Double]
    var from = 2 // after the extremes
    for (level <- counts.indices) {
      val run = java.util.Arrays.copyOfRange(items, from, from + counts(level).toInt)
      java.util.Arrays.sort(run) // at once where it is sorted, as all but the lowest are
      from += run.length
      val both = new Array[Double](values.length + run.length)
      val rows = new Array[Double](both.length)
      var i, j = 0
      while (i + j < both.length) {
        val place = i + j
        if (j == run.length || (i < values.length && values(i) <= run(j))) {
          both(place) = values(i)
          rows(place) = weights(i)
          i += 1
        } else {
          both(place) = run(j)
          rows(place) = (1L << level).toDouble
          j += 1
        }
      }
      values = both
      weights = rows
    }
    Support(values, weights, n, items(0), items(1))
  }
}
