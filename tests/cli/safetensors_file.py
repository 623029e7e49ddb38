"""Safetensors files, read and written as the format says it, without the package of that name."""

import json
import struct

import numpy

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}


def read(path):
    """The metadata, and the arrays by name. Asserts what readers may rely on."""
    with open(path, "rb") as file:
        content = file.read()
    length = struct.unpack("<Q", content[:8])[0]
    header, data = content[8:8 + length], content[8 + length:]
    assert length % 8 == 0 and header.startswith(b"{")
    entries = json.loads(header)
    metadata = entries.pop("__metadata__", {})
    end, arrays = 0, {}
    for name, entry in sorted(entries.items(), key=lambda item: item[1]["data_offsets"]):
        begin, finish = entry["data_offsets"]
        kind = numpy.dtype(TYPES[entry["dtype"]])
        assert begin == end and begin % kind.itemsize == 0, name
        arrays[name] = numpy.frombuffer(data[begin:finish], kind).reshape(entry["shape"])
        end = finish
    assert end == len(data)
    return metadata, arrays


def write(path, arrays, bfloat16=(), metadata=None):
    """The arrays as they are, those named in `bfloat16` by the upper halves of their bits."""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, array in arrays.items():
        array = numpy.asarray(array)
        kind = next(key for key, value in TYPES.items() if numpy.dtype(value) == array.dtype)
        content = array.tobytes()
        if name in bfloat16:
            kind, content = "BF16", (array.view(numpy.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
