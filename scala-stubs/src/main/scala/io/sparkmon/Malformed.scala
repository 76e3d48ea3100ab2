package io.sparkmon

/** A summary that contradicts itself, or bytes that are none. */
class Malformed(message: String) extends IllegalArgumentException(message)

/** Bytes that are no KLL sketch. */
final class MalformedSketch(got: String, expected: String)
    extends Malformed(s"got bytes that are no KLL sketch: $got; expected $expected")
