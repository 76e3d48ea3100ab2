"""Write and merge Apache DataSketches HLL sketches of texts: how many different levels a column has.

The bytes are those that Spark's ``hll_sketch_agg(text, 12)`` writes (lg k 12, HLL_8, texts as UTF-8), so that
``hll_sketch_estimate``, ``hll_union_agg`` and DataSketches read them. The relative error of an estimate is 1.6 % (one
standard deviation); up to 384 levels it is exact but for collisions in 26 bits.
"""

import struct
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.errors import ProfileError

Coupons: TypeAlias = npt.NDArray[np.uint32]
_U64: TypeAlias = Any  # arrays of uint64, whose arithmetic numpy does not type

_LG_K, _SLOTS = 12, 1 << 12
_FAMILY = 7
_LIST, _SET, _HLL = 0, 1, 2
_HLL_8 = 2 << 2
_MOST_LISTED, _MOST_IN_SET = 7, 384
_EMPTY, _COMPACT, _OUT_OF_ORDER = 4, 8, 16
_ITEMS_AT = {_LIST: 8, _SET: 12, _HLL: 40}
_SEED = 9001
_C1, _C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)


def hll_coupons(levels: pa.StringArray) -> Coupons:
    """Hash texts to coupons, 0 for the empty text, which DataSketches does not count.

    A coupon is a slot in the low 26 bits, above it how rare the hash is: MurmurHash3 x64 of 128 bits, seed 9001, of the
    bytes in UTF-8.
    """
    slot, rarity = _murmur(levels)
    high, low = rarity >> np.uint64(32), rarity & np.uint64(0xFFFFFFFF)
    # The exponent of a double tells the bits of an integer below 2^53.
    bits = np.where(high > 0, np.frexp(high.astype(np.float64))[1] + 32, np.frexp(low * 1.0)[1])
    value = np.minimum(64 - bits, 62).astype(np.uint32) + np.uint32(1)
    coupons: Coupons = value << np.uint32(26) | (slot & np.uint64(0x3FFFFFF)).astype(np.uint32)
    coupons[np.diff(_offsets(levels)) == 0] = 0
    return coupons


def write_hll(coupons: Coupons) -> bytes:
    """Return the sketch of some coupons, in any order; equal ones count once."""
    unique, _ = np.unique(coupons[coupons > 0], return_counts=True)  # without counts numpy hashes: slower
    if unique.size <= _MOST_IN_SET:
        return _written_coupons(unique)
    registers = np.zeros(_SLOTS, np.uint8)
    _raise(registers, unique)
    return _written_registers(registers)


def merge_hll(parts: Sequence[bytes]) -> bytes:
    """Return the sketch of the levels of all parts; ProfileError if one is no HLL_8 sketch of lg k 12."""
    coupons: list[Coupons] = [np.empty(0, np.uint32)]
    registers = None
    for part in parts:
        mode, items = _read(part)
        if mode != _HLL:
            coupons.append(items.view("<u4"))
        elif registers is None:
            registers = items.copy()
        else:
            np.maximum(registers, items, out=registers)
    together = np.concatenate(coupons)
    if registers is None:
        return write_hll(together)
    _raise(registers, together[together > 0])
    return _written_registers(registers)


def _raise(registers: npt.NDArray[np.uint8], coupons: Coupons) -> None:
    slots = coupons & np.uint32(_SLOTS - 1)
    np.maximum.at(registers, slots, (coupons >> np.uint32(26)).astype(np.uint8))


def _read(data: bytes) -> tuple[int, npt.NDArray[np.uint8]]:
    """Return the mode and the bytes of the coupons or of the registers."""
    if len(data) < _ITEMS_AT[_LIST]:
        raise _malformed(f"{len(data)} bytes", "at least 8")
    version, family, lg_k, kind = data[1], data[2], data[3], data[7]
    mode = kind & 3
    if (version, family, lg_k, kind & ~3) != (1, _FAMILY, _LG_K, _HLL_8) or mode > _HLL:
        raise _malformed(
            f"family {family}, version {version}, lg k {lg_k}, mode {kind}", "family 7, version 1, lg k 12, HLL_8"
        )
    items = np.frombuffer(data, np.uint8)[_ITEMS_AT[mode] :]
    if items.size != _SLOTS if mode == _HLL else items.size % 4:
        raise _malformed(f"{items.size} bytes of items", "4096 registers or whole coupons")
    return mode, items


def _written_coupons(coupons: Coupons) -> bytes:
    size, items = coupons.size, coupons.astype("<u4", copy=False).tobytes()
    if size <= _MOST_LISTED:
        flags = _COMPACT | (0 if size else _EMPTY)
        return bytes([2, 1, _FAMILY, _LG_K, 3, flags, size, _HLL_8 | _LIST]) + items
    header = bytes([3, 1, _FAMILY, _LG_K, max(5, (size * 4 // 3).bit_length()), _COMPACT, 0, _HLL_8 | _SET])
    return header + struct.pack("<I", size) + items


def _written_registers(registers: npt.NDArray[np.uint8]) -> bytes:
    counts = np.bincount(registers, minlength=64)
    shares = counts * 0.5 ** np.arange(64)
    header = bytes([10, 1, _FAMILY, _LG_K, 0, _COMPACT | _OUT_OF_ORDER, 0, _HLL_8 | _HLL])
    sums = (0.0, float(shares[:32].sum()), float(shares[32:].sum()), int(counts[0]), 0)
    return header + struct.pack("<3d2I", *sums) + registers.tobytes()


def _offsets(levels: pa.StringArray) -> npt.NDArray[np.int64]:
    buffer: Any = levels.buffers()[1]
    width = 8 if pa.types.is_large_string(levels.type) else 4
    offsets = np.frombuffer(buffer, f"<i{width}", len(levels) + 1, levels.offset * width)
    return offsets.astype(np.int64)


def _murmur(levels: pa.StringArray) -> tuple[_U64, _U64]:
    """Hash all texts at once, 16 bytes of each at a time."""
    offsets = _offsets(levels)
    buffer: Any = levels.buffers()[2]
    data = np.zeros(int(offsets[-1]) + 16, np.uint8)
    if buffer is not None:
        data[:-16] = np.frombuffer(buffer, np.uint8, int(offsets[-1]))
    starts, lengths = offsets[:-1], np.diff(offsets)
    blocks = lengths // 16
    h1 = np.full(len(levels), _SEED, np.uint64)
    h2 = h1.copy()
    active = np.arange(len(levels))
    for block in range(int(blocks.max(initial=0))):
        active = active[blocks[active] > block]
        k1, k2 = _words(data, starts[active] + 16 * block)
        a = (_rotated(h1[active] ^ _mixed_1(k1), 27) + h2[active]) * np.uint64(5)
        h1[active] = a = a + np.uint64(0x52DCE729)
        b = (_rotated(h2[active] ^ _mixed_2(k2), 31) + a) * np.uint64(5)
        h2[active] = b + np.uint64(0x38495AB5)
    k1, k2 = _words(data, starts + 16 * blocks, lengths - 16 * blocks)
    size = lengths.astype(np.uint64)
    h1, h2 = h1 ^ _mixed_1(k1) ^ size, h2 ^ _mixed_2(k2) ^ size
    h1 = h1 + h2
    h1, h2 = _finished(h1), _finished(h2 + h1)
    h1 = h1 + h2
    return h1, h2 + h1


def _words(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64] | None = None
) -> tuple[_U64, _U64]:
    """Read 16 bytes from each start as two integers; those from ``sizes`` on are 0."""
    places = np.arange(16)
    chunk = data[starts[:, None] + places]
    if sizes is not None:
        chunk[places >= sizes[:, None]] = 0
    words = chunk.view("<u8")
    return words[:, 0], words[:, 1]


def _rotated(word: _U64, bits: int) -> _U64:
    return word << np.uint64(bits) | word >> np.uint64(64 - bits)


def _mixed_1(word: _U64) -> _U64:
    return _rotated(word * _C1, 31) * _C2


def _mixed_2(word: _U64) -> _U64:
    return _rotated(word * _C2, 33) * _C1


def _finished(word: _U64) -> _U64:
    word = (word ^ word >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    word = (word ^ word >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    return word ^ word >> np.uint64(33)


def _malformed(got: str, expected: str) -> ProfileError:
    return ProfileError(
        f"got bytes that are no HLL sketch: {got}; expected {expected}; "
        "give what Spark's hll_sketch_agg(text, 12) or write_hll wrote"
    )
