"""Bodies that somebody sends on purpose, and the condition each must get."""

import gzip
import json
import math

GOOD = b'{"instances": [[1.5, 2]]}'


def tensor(shape: object, datatype: str = "FP64", data: object = None, size: object = None) -> dict[str, object]:
    made: dict[str, object] = {"name": "x", "shape": shape, "datatype": datatype}
    if data is not None:
        made["data"] = data
    return made if size is None else made | {"parameters": {"binary_data_size": size}}


def v2(*tensors: dict[str, object], tail: bytes = b"") -> bytes:
    return json.dumps({"inputs": list(tensors)}).encode() + tail


def v1(instances: object) -> bytes:
    return json.dumps({"instances": instances}).encode()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "gzip cut short": (gzip.compress(GOOD, mtime=0)[:-5], "BODY_GZIP_BROKEN"),
    "gzip damaged": (gzip.compress(GOOD, mtime=0)[:12] + b"\xff" * 20, "BODY_GZIP_BROKEN"),
    "gzip and garbage": (gzip.compress(GOOD, mtime=0) + b"garbage", "BODY_GZIP_BROKEN"),
    "gzip of many members": (gzip.compress(b"", mtime=0) * 5000, "BODY_GZIP_BROKEN"),
    "gzip bomb": (gzip.compress(b" " * (65 * 2**20), 1), "BODY_TOO_LARGE"),
    "gzip in gzip": (gzip.compress(gzip.compress(GOOD, mtime=0)), "BODY_NOT_JSON"),
    "too many bytes": (b" " * (16 * 2**20 + 1), "BODY_TOO_LARGE"),
    "1 MB of brackets": (b"[" * 1_000_000, "BODY_NOT_JSON"),
    "10 MB of brackets": (b"[" * 10_000_000, "TOO_MANY_VALUES"),
    "10 MB of braces": (b'{"a":' * 2_000_000, "BODY_NOT_JSON"),
    "NaN and no end": (b'{"instances": [[NaN]]', "BODY_NOT_JSON"),
    "nan": (b'{"instances": [[nan]]}', "BODY_NOT_JSON"),
    "+Infinity": (b'{"instances": [[+Infinity]]}', "BODY_NOT_JSON"),
    "NaN and 1 MB of brackets": (b"[NaN," + b"[" * 1_000_000, "BODY_NOT_JSON"),
    "NaN and a number beyond doubles": (b'{"instances": [[NaN, 1e999]]}', "BODY_NOT_JSON"),
    "NaN and a lone surrogate": (b'{"instances": [NaN, "\\ud800"]}', "BODY_NOT_JSON"),
    "NaN as INT64": (v2(tensor([1], "INT64", [math.nan])), "TENSOR_DATA"),
    "Infinity as UINT8": (v2(tensor([1], "UINT8", [math.inf])), "TENSOR_DATA"),
    "NaN as a size": (v2(tensor([math.nan], "FP64", [1])), "TENSOR_SHAPE"),
    "columns of different lengths": (b'{"inputs": {"a": [1], "b": [1, 2]}}', "ROWS_RAGGED"),
    "columns under instances": (b'{"instances": {"a": [1]}}', "INSTANCES_MALFORMED"),
    "columns that collide": (b'{"inputs": {"a": [[1, 2]], "a_0": [3]}}', "NAMES_COLLIDE"),
    "columns of too many values": (
        b'{"inputs": {' + b", ".join(b'"c%d": [' % i + b"0, " * 999 + b"0]" for i in range(3000)) + b"}}",
        "TOO_MANY_VALUES",
    ),
    "values for too many rows": (b'{"inputs": {"a": [' + b"0," * 100_000 + b"0]}}", "TOO_MANY_ROWS"),
    "number beyond doubles": (b'{"instances": [[1e999]]}', "BODY_NOT_JSON"),
    "digits beyond doubles": (b'{"instances": [[1' + b"0" * 400 + b"]]}", "BODY_NOT_JSON"),
    "lone surrogate": (b'{"instances": ["\\ud800"]}', "BODY_NOT_JSON"),
    "not UTF-8": (b'{"instances": ["\xff"]}', "BODY_NOT_JSON"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "BODY_NOT_JSON"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "BODY_NOT_JSON"),
    "text": (b"upstream connect error", "BODY_NOT_JSON"),
    "bytes": (bytes(range(256)), "BODY_NOT_JSON"),
    "only a space": (b" ", "BODY_NOT_JSON"),
    "two documents": (GOOD + GOOD, "BODY_NOT_JSON"),
    "number": (b"1", "BODY_UNKNOWN"),
    "null": (b"null", "BODY_UNKNOWN"),
    "object of nothing": (b"{}", "BODY_UNKNOWN"),
    "instances no list": (b'{"instances": {"a": 1}}', "INSTANCES_MALFORMED"),
    "instances of several forms": (v1([[1], {"a": 1}]), "INSTANCES_MALFORMED"),
    "object in a list": (v1([[1, {"a": 1}]]), "INSTANCE_MALFORMED"),
    "ragged rows": (v1([[1, 2], [3]]), "ROWS_RAGGED"),
    "ragged inside": (v1([[[1], [2, 3]]]), "ROWS_RAGGED"),
    "list beside a number": (v1([[[1], 2]]), "ROWS_RAGGED"),
    "names that collide": (v1([{"a": [1, 2], "a_0": 3}]), "NAMES_COLLIDE"),
    "nested lists": (b'{"instances": [' + b"[" * 60 + b"]" * 60 + b"]}", "VALUE_TOO_DEEP"),
    "nested objects": (b'{"instances": [' + b'{"a":' * 60 + b"1" + b"}" * 61 + b"}", "BODY_NOT_JSON"),
    "deeply nested objects": (b'{"instances": [' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"]}", "VALUE_TOO_DEEP"),
    "1e6 columns": (v1([[0] * 1_000_000]), "TOO_MANY_COLUMNS"),
    "1e6 named columns": (v1([{"a": [0] * 1_000_000}]), "TOO_MANY_COLUMNS"),
    "rows that share no name": (v1([{f"c{i}": 1} for i in range(5000)]), "TOO_MANY_VALUES"),
    "long names": (v1([{"n" * 60_000: [0] * 5000}]), "TOO_MANY_VALUES"),
    "longer names": (v1([{"n" * 70_000: 1}]), "VALUE_TOO_LONG"),
    "15 MB of empty lists": (b'{"instances": [' + b"[]," * 5_000_000 + b"[]]}", "TOO_MANY_VALUES"),
    "60 MB of empty objects": (
        gzip.compress(b'{"a": [' + b"{}," * 20_000_000 + b"{}]}", 1, mtime=0),
        "TOO_MANY_VALUES",
    ),
    "too many rows": (v1([0] * 100_001), "TOO_MANY_ROWS"),
    "too many values": (v1([[0] * 3000] * 1000), "TOO_MANY_VALUES"),
    "long text": (v1([["x" * (2**16 + 1)]]), "VALUE_TOO_LONG"),
    "tensor without shape": (b'{"inputs": [{"name": "x", "datatype": "FP64"}]}', "TENSOR_MALFORMED"),
    "second tensor no object": (
        b'{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1]}, 1]}',
        "TENSOR_MALFORMED",
    ),
    "negative shape": (v2(tensor([-1], data=[1])), "TENSOR_SHAPE"),
    "negative shapes": (v2(tensor([-1, -1], data=[1])), "TENSOR_SHAPE"),
    "shape of nothing": (v2(tensor([], data=[1])), "TENSOR_SHAPE"),
    "shape of truth values": (v2(tensor([True], data=[1])), "TENSOR_SHAPE"),
    "shape of floats": (v2(tensor([1.0], data=[1])), "TENSOR_SHAPE"),
    "shape of 1e5 dimensions": (v2(tensor([2] * 100_000, data=[1])), "TENSOR_SHAPE"),
    "huge shape": (v2(tensor([2**40], data=[1])), "TOO_MANY_ROWS"),
    "huge shape of nothing": (v2(tensor([0, 2**40], data=[])), "TOO_MANY_COLUMNS"),
    "huge binary shape": (v2(tensor([2**40], size=0)), "TOO_MANY_ROWS"),
    "data short of the shape": (v2(tensor([2, 2], data=[1, 2, 3])), "TENSOR_SHAPE"),
    "tensors of different rows": (
        v2(tensor([1], data=[1]), tensor([2], data=[1, 2]) | {"name": "y"}),
        "TENSOR_ROWS_DIFFER",
    ),
    "tensors of one name": (v2(tensor([1], data=[1]), tensor([1], data=[1])), "NAMES_COLLIDE"),
    "unknown datatype": (v2(tensor([1], "FP128", [1])), "DATATYPE_UNKNOWN"),
    "unknown binary datatype": (v2(tensor([1], "FP128", size=16), tail=bytes(16)), "DATATYPE_UNKNOWN"),
    "no data": (v2(tensor([1])), "TENSOR_DATA"),
    "text as FP64": (v2(tensor([1], data=["a"])), "TENSOR_DATA"),
    "fraction as INT64": (v2(tensor([1], "INT64", [1.5])), "TENSOR_DATA"),
    "binary size too large": (v2(tensor([2], size=16), tail=bytes(8)), "BINARY_SIZE_MISMATCH"),
    "binary size too small": (v2(tensor([2], size=8), tail=bytes(16)), "BINARY_SIZE_MISMATCH"),
    "binary size negative": (v2(tensor([2], size=-8), tail=bytes(8)), "TENSOR_MALFORMED"),
    "binary bytes left over": (v2(tensor([1], size=8), tail=bytes(9)), "BINARY_SIZE_MISMATCH"),
    "binary bytes without a size": (v2(tensor([1], data=[1]), tail=bytes(9)), "BINARY_SIZE_MISMATCH"),
    "string length that lies": (v2(tensor([1], "BYTES", size=5), tail=b"\xff\xff\xff\xffa"), "BINARY_SIZE_MISMATCH"),
    "fewer strings than shaped": (v2(tensor([2], "BYTES", size=9), tail=b"\x05\0\0\0abcde"), "BINARY_SIZE_MISMATCH"),
    "more strings than bytes": (v2(tensor([90_000], "BYTES", size=4), tail=bytes(4)), "BINARY_SIZE_MISMATCH"),
}
