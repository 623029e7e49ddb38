#!/usr/bin/python3
"""read_log.py LOG [OTHER]: opens a run's log as its readers will (h5py, xarray, pandas, ncdump) and asserts that
each finds what it should. With OTHER, also that the two logs differ in nothing but /timing and created_utc.
Exit code 77 where h5py or xarray is not installed."""

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
    expected = {"experiment", "provenance", "metrics", "timing", "samples", "tensors"}
    expected |= {"foreign", "checkpoints", "best", "final"}
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


def check_images(log):
    for name, group in log["samples"].items():
        steps, images, preview = group["step"][:], group["images"], group["preview"]
        assert images.dtype == numpy.uint8 and images.shape[0] == len(steps)
        assert images.chunks == (1, *images.shape[1:])
        assert preview.attrs["CLASS"] == "IMAGE" and preview.attrs["IMAGE_VERSION"] == "1.2"
        assert preview.attrs["DISPLAY_ORIGIN"] == "UL"
        if preview.ndim == 2:
            assert preview.attrs["IMAGE_SUBCLASS"] == "IMAGE_GRAYSCALE" and preview.attrs["IMAGE_WHITE_IS_ZERO"] == 0
        else:
            assert preview.attrs["IMAGE_SUBCLASS"] == "IMAGE_TRUECOLOR"
            assert preview.attrs["INTERLACE_MODE"] == "INTERLACE_PIXEL" and preview.shape[2] == 3
        if len(steps) > 0:
            height, width = images.shape[2:4]
            first = preview[2 : 2 + height, 2 : 2 + width]
            assert (first == images[-1, 0]).all(), f"{name}: the preview is not the newest row"


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
            assert samples["images"].dims == ("step", "n", "y", "x", "channel")[: samples["images"].ndim]
            assert "step" in samples.coords and set(samples.coords) == {"step"}
            assert (samples["images"].values == group["images"][:]).all()
    for name, group in log["tensors"].items():
        with xarray.open_dataset(path, group=f"tensors/{name}", engine=engine) as tensors:
            assert tensors["values"].dims[0] == "step" and set(tensors.data_vars) == {"values"}
            assert (tensors["values"].values == group["values"][:]).all()


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
    del found["@created_utc"]
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
        check_images(log)
        check_xarray(path, log, "h5netcdf")
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
    print(f"{path}: opens in h5py, xarray, pandas" + (" and ncdump" if shutil.which("ncdump") else ""))


main()
