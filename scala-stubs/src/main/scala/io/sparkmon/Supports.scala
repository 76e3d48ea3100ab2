package io.sparkmon

import java.util
import java.util.concurrent.ConcurrentHashMap

import org.apache.spark.TaskContext

/** What a task has decoded: references, which meet many windows, and the last live sketch, which meets many statistics.
  *
  * The references that were not asked for longest go first, as soon as there are more than 32 MiB of sketches: about
  * 500 of k = 4000 with what is made of them in 160 MiB.
  */
final class Supports {
  private var held = 0L
  private var live: (Array[Byte], Support) = (Array.empty, Support.empty)
  private val references = new util.LinkedHashMap[Supports.Key, Support](16, 0.75f, true)

  def ofReference(sketch: Array[Byte]): Support = {
    val key = new Supports.Key(sketch)
    val known = references.get(key)
    if (known != null) known
    else {
      val made = Support(sketch)
      references.put(key, made)
      held += sketch.length
      val oldest = references.entrySet().iterator()
      while (held > Supports.MostBytes && references.size > 1) {
        held -= oldest.next().getKey.sketch.length
        oldest.remove()
      }
      made
    }
  }

  def ofLive(sketch: Array[Byte]): Support = {
    if (live._1.length == 0 || !util.Arrays.equals(live._1, sketch)) live = (sketch, Support(sketch))
    live._2
  }
}

object Supports {
  private val MostBytes = 32L << 20
  private val Stride = 61
  private val ofTasks = new ConcurrentHashMap[Long, Supports]

  /** Those of the task that runs in this thread; new ones where there is none, as when Spark folds constants. */
  def ofThisTask: Supports = {
    val task = TaskContext.get()
    if (task == null) new Supports
    else
      ofTasks.computeIfAbsent(
        task.taskAttemptId(),
        id => {
          task.addTaskCompletionListener[Unit](_ => ofTasks.remove(id))
          new Supports
        }
      )
  }

  /** A sketch, found by a part of its bytes and compared by all of them. */
  private final class Key(val sketch: Array[Byte]) {
    override val hashCode: Int = {
      var found = sketch.length
      var at = 0
      val step = math.max(1, sketch.length / Stride)
      while (at < sketch.length) { found = 31 * found + sketch(at); at += step }
      found
    }
    override def equals(other: Any): Boolean = other match {
      case key: Key => util.Arrays.equals(sketch, key.sketch)
      case _ => false
    }
  }
}
