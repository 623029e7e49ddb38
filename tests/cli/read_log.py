#!/usr/bin/python3
"""read_log.py LOG [OTHER]: opens a run's log as its readers will (h5py, xarray, pandas, ncdump, h5wasm) and asserts that
each finds what it should. With OTHER, also that the two logs differ in nothing but /timing and created_utc.
Exit code 77 where h5py or xarray is not installed."""

import json
import os
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy
    import xarray
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

UNWRITTEN = "This is a netCDF dimension but not a netCDF variable."


def items_in(group, kind):
    found = []
    group.visititems(lambda name, item: found.append(item) if isinstance(item, kind) else None)
    return found


def datasets_in(group):
    return items_in(group, h5py.Dataset)


def groups_in(group):
    return items_in(group, h5py.Group)


def check_structure(log):
    assert log.attrs["format"] == "atelier-log" and log.attrs["format_version"] == 1
    assert log.attrs["status"] in ("running", "finished", "failed", "interrupted")
    assert log.attrs["seed"].dtype == numpy.int64
    for text in ("source", "resolved", "overrides", "directory"):
        assert isinstance(log["experiment"][text].asstr()[()], str)
    expected = {"experiment", "provenance", "data", "metrics", "timing", "samples", "tensors"}
    expected |= {"foreign", "checkpoints", "kept", "best", "final"}
    assert set(log) == expected, f"groups: {set(log)}"
    tracked = h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED
    for group in [log["/"]] + groups_in(log):
        assert group.id.get_create_plist().get_link_creation_order() == tracked, group.name
    for dataset in datasets_in(log):
        kind = h5py.check_string_dtype(dataset.dtype)
        assert kind is None or (kind.length is None and kind.encoding == "utf-8"), dataset.name
        assert dataset.dtype.kind in "iufO" and dataset.shape is not None, dataset.name


def check_foreign(log):
    assert list(log["foreign"]) == [str(index) for index in range(len(log["foreign"]))]
    for run in log["foreign"].values():
        assert set(run) == {"name", "run_id", "resolved", "weights"} and run.attrs["sequence"] == 1, run.name
        for text in ("name", "run_id", "resolved"):
            assert isinstance(run[text].asstr()[()], str)
        assert all(array.dtype == numpy.float32 for array in run["weights"].values()), run.name


def check_scales(log):
    """Every axis of a metric, an image or a tensor has exactly one named dimension scale of its length."""
    for root in ("metrics", "timing", "samples", "tensors"):
        for dataset in datasets_in(log[root]):
            if h5py.h5ds.is_scale(dataset.id):
                name = dataset.attrs["NAME"].decode()
                assert name in (dataset.name.rsplit("/", 1)[1], f"{UNWRITTEN}{dataset.shape[0]:10d}"), dataset.name
                continue
            for axis, dimension in enumerate(dataset.dims):
                assert len(dimension) == 1, f"{dataset.name}: axis {axis} has {len(dimension)} scales"
                assert dimension[0].shape[0] == dataset.shape[axis], f"{dataset.name}: axis {axis}"
                assert dimension[0].parent == dataset.parent, f"{dataset.name}: axis {axis}"


def check_data(log):
    """/data says of each field what it is, also to whom knows nothing but HDF5."""
    data = log["data"]
    assert data.attrs["training_samples"].dtype == numpy.int64
    for name, field in data.items():
        assert field.attrs["kind"] in ("numbers", *AXES), name
        assert field.attrs["type"] in ("float32", "int64", "uint8"), name
        assert all(field.attrs[number].dtype == numpy.float64 for number in ("low", "high", "rate")), name
        if field.attrs["kind"] in AXES:
            assert len(field.attrs["shape"]) == {"image sequence": 4, "image": 3, "signal": 2}.get(field.attrs["kind"], 1)
        if "class_name" in field:
            assert len(field["class_name"]) == field.attrs["classes"] and all(field["class_name"].asstr()[:]), name


# A row's axes, after those of the step and of the samples.
AXES = {"image": ("y", "x", "channel"), "image sequence": ("time", "y", "x", "channel"), "tokens": ("time",),
        "signal": ("channel", "time"), "table row": ("column",)}
TYPES = {"images": numpy.uint8, "tokens": numpy.int64, "values": numpy.float32}


def dataset_of(group):
    kind = group.attrs["kind"]
    return "images" if kind.startswith("image") else "tokens" if kind == "tokens" else "values"


def axes_of(group):
    axes = ("step", "n", *AXES.get(group.attrs["kind"], (f"axis_{i}" for i in range(1, 9))))
    return axes[: group[dataset_of(group)].ndim]


def check_samples(log):
    for name, group in log["samples"].items():
        values = group[dataset_of(group)]
        assert values.dtype == TYPES[dataset_of(group)] and values.shape[0] == len(group["step"]), name
        assert values.chunks == (1, *values.shape[1:])
        assert ("preview" in group) == (dataset_of(group) == "images"), name
        if group.attrs["kind"] == "tokens":
            texts = group["text"]
            assert texts.shape == values.shape[:2] and h5py.check_string_dtype(texts.dtype).length is None
            assert all(isinstance(text, str) for row in texts.asstr()[:] for text in row), name


def check_images(log):
    for name, group in log["samples"].items():
        if dataset_of(group) != "images":
            continue
        steps, images, preview = group["step"][:], group["images"], group["preview"]
        assert preview.attrs["CLASS"] == "IMAGE" and preview.attrs["IMAGE_VERSION"] == "1.2"
        assert preview.attrs["DISPLAY_ORIGIN"] == "UL"
        if preview.ndim == 2:
            assert preview.attrs["IMAGE_SUBCLASS"] == "IMAGE_GRAYSCALE" and preview.attrs["IMAGE_WHITE_IS_ZERO"] == 0
        else:
            assert preview.attrs["IMAGE_SUBCLASS"] == "IMAGE_TRUECOLOR"
            assert preview.attrs["INTERLACE_MODE"] == "INTERLACE_PIXEL" and preview.shape[2] == 3
        if len(steps) > 0:
            first = images[-1, 0]
            if group.attrs["kind"] == "image sequence":
                first = first[0]
            if first.ndim == 3 and preview.ndim == 2:  # other channels than one or three: a grey picture each
                first = first[:, :, 0]
            height, width = first.shape[:2]
            assert (preview[2 : 2 + height, 2 : 2 + width] == first).all(), f"{name}: the preview is not the newest row"


def check_xarray(path, log, engine):
    for cadence, group in log["metrics"].items():
        with xarray.open_dataset(path, group=f"metrics/{cadence}", engine=engine) as metrics:
            assert "step" in metrics.coords and metrics["step"].dims == ("step",)
            assert set(metrics.data_vars) == set(group) - {"step"}
            for name, values in metrics.data_vars.items():
                assert values.dims == ("step",) and values.dtype == numpy.float64, name
                assert numpy.array_equal(values.values, group[name][:], equal_nan=True), name
            assert list(metrics.to_dataframe().index) == list(group["step"][:])
        with xarray.open_dataset(path, group=f"timing/{cadence}", engine=engine) as timing:
            assert timing["wall_seconds"].dtype == numpy.float64 and "step" in timing.coords
    for name, group in log["samples"].items():
        with xarray.open_dataset(path, group=f"samples/{name}", engine=engine) as samples:
            values = samples[dataset_of(group)]
            assert values.dims == axes_of(group), f"{name}: {values.dims}"
            assert "step" in samples.coords and set(samples.coords) == {"step"}
            assert (values.values == group[dataset_of(group)][:]).all()
            if "text" in group:
                assert samples["text"].dims == ("step", "n")
                assert (samples["text"].values == group["text"].asstr()[:]).all()
    for name, group in log["tensors"].items():
        with xarray.open_dataset(path, group=f"tensors/{name}", engine=engine) as tensors:
            assert tensors["values"].dims[0] == "step" and set(tensors.data_vars) == {"values"}
            assert (tensors["values"].values == group["values"][:]).all()


def check_values(place, ours, shape, theirs):
    """Values as h5py has them, and as h5wasm has printed them: flat, or a single one."""
    ours = numpy.asarray(ours)
    assert list(ours.shape) == list(shape), f"{place}: {shape}"
    flat = theirs if isinstance(theirs, list) else [theirs]
    if ours.dtype.kind in "OSU":
        texts = [text.decode() if isinstance(text, bytes) else text for text in ours.ravel()]
        assert texts == flat, f"{place}: {flat}"
    elif ours.dtype.kind == "f":
        assert numpy.array_equal(ours.ravel(), numpy.array([float(value) for value in flat], ours.dtype), equal_nan=True), place
    else:
        assert ours.ravel().tolist() == [int(value) for value in flat], place


def check_h5wasm(path, log):
    """The whole log, as JavaScript reads it: every object, attribute and value."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_log.mjs")
    found = json.loads(subprocess.run(["node", script, path], capture_output=True, check=True).stdout)
    names = {"/"}
    log.visititems(lambda name, item: names.add(f"/{name}"))  # once, where one has several names
    assert names <= set(found), names - set(found)
    for name, theirs in found.items():
        item = log[name]
        attributes = set(item.attrs) - {"DIMENSION_LIST", "REFERENCE_LIST"}
        assert set(theirs["attributes"]) == attributes, name
        for key in attributes:
            check_values(f"{name}@{key}", item.attrs[key], theirs["attributes"][key]["shape"], theirs["attributes"][key]["values"])
        if isinstance(item, h5py.Dataset):
            check_values(name, item[()], theirs["shape"], theirs["values"])


def content(log):
    found = {}

    def keep(name, item):
        if name.startswith("timing"):
            return
        for key in item.attrs:
            if key not in ("DIMENSION_LIST", "REFERENCE_LIST"):
                found[f"{name}@{key}"] = numpy.asarray(item.attrs[key])
        if isinstance(item, h5py.Dataset) and not item.attrs.get("NAME", b"").startswith(UNWRITTEN.encode()):
            found[name] = numpy.asarray(item[()])

    keep("", log)
    log.visititems(keep)
    del found["@created_utc"], found["@description_sha256"]
    return found


def check_equal(log, other):
    ours, theirs = content(log), content(other)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        same = value.dtype == theirs[name].dtype and value.shape == theirs[name].shape
        if value.dtype == object:
            same = same and (value == theirs[name]).all()
        else:
            same = same and value.tobytes() == theirs[name].tobytes()
        assert same, f"{name} differs"


def main():
    path = sys.argv[1]
    with h5py.File(path, "r") as log:
        check_structure(log)
        check_foreign(log)
        check_scales(log)
        check_data(log)
        check_samples(log)
        check_images(log)
        check_xarray(path, log, "h5netcdf")
        if not os.path.isdir(os.environ.get("ATELIER_H5WASM", "")):
            print("skipped: h5wasm is not installed")
        elif not shutil.which("node"):
            print("skipped: node is not installed")
        else:
            check_h5wasm(path, log)
        if len(sys.argv) > 2:
            with h5py.File(sys.argv[2], "r") as other:
                check_equal(log, other)
        try:
            import netCDF4  # noqa: F401: whether xarray has that engine
        except ImportError:
            print("skipped: netCDF4 is not installed")
        else:
            check_xarray(path, log, "netcdf4")
    if shutil.which("ncdump"):
        header = subprocess.run(["ncdump", "-h", path], capture_output=True, text=True, check=True).stdout
        assert "group: metrics {" in header and "double epoch(step)" in header
        subprocess.run(["ncdump", path], stdout=subprocess.DEVNULL, check=True)
    else:
        print("skipped: ncdump is not installed")
    print(f"{path}: opens in h5py, xarray, pandas, and whatever is not said to be skipped")


main()
