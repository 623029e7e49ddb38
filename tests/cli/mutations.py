"""Logs that somebody else may have made: one that is sound, with a change or some that a number stands for."""

import hashlib
import random
import struct

import h5py
import numpy

NUMBERS = [0, 1, -1, 2, 7, 255, 2**15, 2**31 - 1, -2**31, 2**32, 2**53, 2**62, 2**63 - 1, -2**63]
FLOATS = [0.0, -0.0, 1e308, -1e308, float("nan"), float("inf"), 5e-324]
TEXTS = ["", "x", "..", "a/b", "größer", "\x1b[31m", "line\nline", "0" * 100_000, "=", "[train]\nepochs = -1\n", "finished", "running"]


# Bytes of a file.

def place(random_, data):
    """Of any byte, of one that is not zero (most are), or of the end, where what describes the weights lies."""
    at = random_.randrange(len(data))
    kind = random_.random()
    if kind < 0.2:
        return at
    if kind < 0.4:
        at = len(data) - 1 - random_.randrange(min(len(data), 1 << 16))
    while data[at] == 0 and at > 0:
        at -= 1
    return at


def flip(random_, data):
    for _ in range(random_.choice((1, 1, 1, 2, 8, 64))):
        data[place(random_, data)] ^= 1 << random_.randrange(8)


def run_of(value):
    def change(random_, data):
        begin = place(random_, data)
        length = min(random_.choice((1, 2, 4, 8, 64, 512, 4096)), len(data) - begin)
        data[begin:begin + length] = bytes([value]) * length
    return change


def number(random_, data):
    begin = place(random_, data)
    size, value = random_.choice((1, 2, 4, 8)), random_.choice(NUMBERS)
    data[begin:begin + size] = (value % 2**(8 * size)).to_bytes(size, "little")


def other_length(random_, data):
    if random_.random() < 0.8:
        del data[random_.randrange(len(data)):]
    else:
        data += random_.randbytes(random_.choice((1, 100, 5000)))


def swap(random_, data):
    size = random_.choice((8, 64, 512, 4096))
    a, b = (place(random_, data) // size * size for _ in range(2))
    if max(a, b) + size <= len(data):
        data[a:a + size], data[b:b + size] = data[b:b + size], data[a:a + size]


def double(random_, data):
    size = random_.choice((8, 64, 512, 4096))
    a, b = (place(random_, data) // size * size for _ in range(2))
    if max(a, b) + size <= len(data):
        data[a:a + size] = data[b:b + size]


BYTES = [flip, flip, flip, run_of(0), run_of(0xFF), number, number, other_length, swap, double]


def of_bytes(random_, data):
    random_.choice(BYTES)(random_, data)


# Objects of a log.

def any_value(random_):
    return random_.choice((random_.choice(NUMBERS), random_.choice(FLOATS), random_.choice(TEXTS), [], [1, 2, 3],
                           numpy.zeros((2, 2), "u1"), numpy.array(["a", "b"], dtype=h5py.string_dtype())))


def objects_of(log, kind):
    found = []
    log.visititems(lambda name, item: found.append(name) if isinstance(item, kind) else None)
    return found


def any_object(random_, log):
    return log[random_.choice(["/", *objects_of(log, (h5py.Group, h5py.Dataset))])]


def edit_attribute(random_, log):
    item = any_object(random_, log)
    while not item.attrs:
        item = any_object(random_, log)
    name = random_.choice(list(item.attrs))
    if random_.random() < 0.2:
        del item.attrs[name]
    else:
        item.attrs[name] = any_value(random_)


def edit_root(random_, log):
    log.attrs[random_.choice(list(log.attrs))] = any_value(random_)


def drop(random_, log):
    del log[random_.choice(objects_of(log, (h5py.Group, h5py.Dataset)))]


def resize(random_, log):
    item = log[random_.choice([name for name in objects_of(log, h5py.Dataset) if log[name].maxshape[:1] == (None,)])]
    item.resize(random_.choice((0, 1, item.shape[0] + 1, item.shape[0] + 1000, max(item.shape[0] - 1, 0))), axis=0)


def edit_values(random_, log):
    item = log[random_.choice(objects_of(log, h5py.Dataset))]
    if item.size is None or item.size == 0:
        return
    if h5py.check_string_dtype(item.dtype):
        value = random_.choice(TEXTS)
    elif item.dtype.kind == "f":
        value = random_.choice(FLOATS)
    else:
        value = random_.choice(NUMBERS) % (2**8 if item.dtype.itemsize == 1 else 2**63)
    if item.shape:
        item[random_.randrange(item.shape[0])] = value
    else:
        item[()] = value


def edit_text(random_, log):
    """A line less or more, or another number, in what the run was made from."""
    item = log[random_.choice(("experiment/resolved", "experiment/source", "experiment/overrides", "provenance/fingerprint"))]
    lines = item.asstr()[()].split("\n")
    at = random_.randrange(len(lines))
    line = lines[at]
    lines[at:at + 1] = random_.choice(([], [line, line], [line[:len(line) // 2]], [line.replace("1", "-9")], ["["]))
    item[()] = "\n".join(lines)


def other_dataset(random_, log):
    name = random_.choice(objects_of(log, h5py.Dataset))
    del log[name]
    shape = random_.choice(((), (0,), (3,), (2, 3), (10**12,), (1, 1, 1, 1, 1)))
    log.create_dataset(name, shape, dtype=random_.choice(("f4", "f8", "i8", "u1", h5py.string_dtype())),
                       chunks=(1024,) if shape == (10**12,) else None)


def other_link(random_, log):
    name = random_.choice(objects_of(log, (h5py.Group, h5py.Dataset)))
    kind = random_.randrange(4)
    if kind == 3:
        log.move(name, name + random_.choice(("x", "\n", ".")))
        return
    del log[name]
    if kind == 0:
        log[name] = h5py.SoftLink(random_.choice(("/" + name, "/nowhere", "/metrics", "/")))
    elif kind == 1:
        log[name] = h5py.ExternalLink("sound.h5", "/" + name)
    else:
        log[name] = log[name.rsplit("/", 1)[0] if "/" in name else "/"]


OBJECTS = [edit_attribute, edit_attribute, edit_root, drop, resize, edit_values, edit_values, edit_text, other_dataset, other_link]


def of_objects(random_, path):
    with h5py.File(path, "r+") as log:
        for _ in range(random_.choice((1, 1, 2, 4))):
            try:
                random_.choice(OBJECTS)(random_, log)
            except (KeyError, ValueError, TypeError, OSError, RuntimeError, OverflowError):
                pass  # what h5py will not do, after what it has done


# A journal.

def journal(log, pieces, number_=7):
    """As host/runlog/journal.cpp writes it: pieces of (place, bytes), which the log `log` does not have yet."""
    after = bytearray(log)
    for at, values in pieces:
        after[at:at + len(values)] = values
    unchanged = hashlib.sha256()
    for window in range(64):
        begin = len(log) // 64 * window
        unchanged.update(after[begin:begin + 1024])
    content = struct.pack("<Q", len(log)) + b"".join(struct.pack("<QQ", at, len(values)) + values for at, values in pieces)
    header = struct.pack("<8sQQQ64s", b"AtelJnl1", number_, len(content) + 64, len(log), unchanged.hexdigest().encode())
    return header + content + hashlib.sha256(header + content).hexdigest().encode()


def interrupted_change(random_, data):
    """A log in which a flush was interrupted, and its journal."""
    before, pieces = bytearray(data), []
    for begin in sorted(random_.sample(range(0, len(data) - 600, 600), 5)):
        length = random_.randrange(1, 600)
        pieces.append((begin, bytes(data[begin:begin + length])))
        before[begin:begin + length] = bytes(length)
    return before, bytearray(journal(before, pieces))


def mutate(number_, data, path):
    """Writes what `number_` makes of a sound log to `path`, and where it has a journal beside it, that."""
    random_ = random.Random(number_)
    kind = random_.choice(("bytes", "bytes", "objects", "objects", "both", "journal"))
    data, beside = bytearray(data), None
    if kind == "journal":
        data, beside = interrupted_change(random_, data)
        of_bytes(random_, beside if random_.random() < 0.5 else data)
    elif kind == "bytes":
        of_bytes(random_, data)
    for name, content in ((path, data), (path + ".journal", beside)):
        if content is not None:
            with open(name, "wb") as file:
                file.write(content)
    if kind in ("objects", "both"):
        of_objects(random_, path)
    if kind == "both":
        with open(path, "r+b") as file:
            data = bytearray(file.read())
            of_bytes(random_, data)
            file.seek(0)
            file.truncate()
            file.write(data)
