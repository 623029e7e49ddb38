"""Images a second out of files, Atelier against PyTorch's DataLoader with two workers, in turns.

    cmake --build build --target load_batches
    python3 tests/bench/data/compare.py [BUILD_FOLDER] [--files FOLDER] [--jpeg 20000] [--png 5000] [--rounds 5] [--seconds 2] [--no-write]

Makes the files in FOLDER the first time. Prints the table and writes tests/bench/DATA.md. Needs NumPy, Pillow and PyTorch, and MNIST or
Fashion-MNIST (--mnist) as gzip files."""
import argparse
import importlib.util
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "steps"))
from program import Program  # noqa: E402  (of whole steps, next door)

from files import make_cifar, make_folder  # noqa: E402

BATCH = 64
BY_HAND = "## What stands behind"  # from here on DATA.md is not rewritten
MODEL = """
[model]
use = "{model}"

[optimizer]
use = "adam"

[train]
steps = 1
batch_size = {batch}
"""


class Case:
    def __init__(self, name, dataset, kind, folder):
        self.name, self.dataset, self.kind, self.folder = name, dataset, kind, folder

    def experiment(self, folder):
        path = Path(folder) / f"{self.kind}-{abs(hash(self.name))}.toml"
        path.write_text(f'name = "data"\n\n[dataset]\n{self.dataset}\n{MODEL.format(model="cnn", batch=BATCH)}')
        return path


def cases(arguments):
    files = arguments.files
    make_folder(files / "jpg", arguments.jpeg, "jpg")
    make_folder(files / "png", arguments.png, "png")
    make_cifar(files / "cifar")
    pictures = 'use = "image-folder"\ndirectory = "{}"\nsize = 64\ntest_fraction = 0.1\ncache = "{}"'
    yield Case(f"JPEG, {arguments.jpeg:,} of 256×256 to 64×64", pictures.format(files / "jpg", "memory"), "folder", files / "jpg")
    yield Case("the same, kept in a file", pictures.format(files / "jpg", "file"), "folder", files / "jpg")
    yield Case(f"PNG, {arguments.png:,} of 256×256 to 64×64", pictures.format(files / "png", "memory"), "folder", files / "png")
    yield Case("the same, kept in a file", pictures.format(files / "png", "file"), "folder", files / "png")
    yield Case("CIFAR-10's format, 50,000 of 32×32", f'use = "cifar-10"\ndirectory = "{files / "cifar"}"', "cifar", files / "cifar")
    yield Case("Fashion-MNIST, drawn anew as bits",
               f'use = "fashion-mnist"\npath = "{arguments.mnist}"\n\n[dataset.transform]\nbinarize = "fresh"', "mnist", arguments.mnist)


class Side:
    """One program: how long until its data was there, and its rounds."""

    def __init__(self, command):
        self.program = Program(command, limit=600)
        self.start = self.program.announced()
        self.rates = []

    def round(self, seconds):
        answer = self.program.ask(f"round {seconds}")
        self.rates.append(answer["images"] / answer["seconds"])

    def rate(self):
        return f"{statistics.median(self.rates):,.0f} ({min(self.rates):,.0f}–{max(self.rates):,.0f})"


def measure(case, build, arguments, folder):
    ours = [str(build / "bin/load_batches"), str(case.experiment(folder)), str(arguments.threads), str(build / "lib/atelier/plugins")]
    theirs = [sys.executable, str(HERE / "torch_loader.py"), case.kind, str(case.folder), str(BATCH), str(arguments.threads)]
    first = Side(ours)
    first.program.close()  # a second start finds what the first has kept
    sides = [Side(ours), Side(theirs)]
    for _ in range(arguments.rounds):
        for side in sides:
            side.round(arguments.seconds)
    for side in sides:
        side.program.close()
    mine, other = (statistics.median(side.rates) for side in sides)
    return (f"| {case.name} | {first.start['opened']:.2f} | {sides[0].start['opened']:.2f} | "
            f"{sides[0].start['hashed'] - sides[0].start['opened']:.2f} | {sides[0].rate()} | "
            f"{sides[1].start['opened']:.2f} | {sides[1].rate()} | **{mine / other:.1f}** |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build", type=Path)
    parser.add_argument("--files", type=Path, default=Path(tempfile.gettempdir()) / "atelier-bench-data")
    parser.add_argument("--mnist", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--jpeg", type=int, default=20000)
    parser.add_argument("--png", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count()))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--no-write", action="store_true")
    arguments = parser.parse_args()
    for package in ("torch", "PIL", "numpy"):
        if importlib.util.find_spec(package) is None:
            sys.exit(f"the Python package {package} is not installed")
    arguments.files = arguments.files.resolve()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        for case in cases(arguments):
            rows.append(measure(case, arguments.build.resolve(), arguments, folder))
            print(rows[-1], flush=True)
    text = TEXT.format(threads=arguments.threads, batch=BATCH, rounds=arguments.rounds, seconds=arguments.seconds, rows="\n".join(rows))
    print(text)
    if not arguments.no_write:
        path = HERE.parent / "DATA.md"
        more = path.read_text().partition(BY_HAND)[1:] if path.exists() else ()
        path.write_text(text + "\n" + "".join(more))


TEXT = """# The way of the data

Written by `python3 tests/bench/data/compare.py`: batches of {batch} images made ready and nothing else, by {threads} threads or by
PyTorch's DataLoader with {threads} workers, in turns: the median of {rounds} rounds of {seconds:g} s (lowest–highest). "Start" is
what it takes until the first image can be read, the first time and after that; the hash of all samples, which the log
keeps, comes to it. Pictures are decoded as we start, by PyTorch's side each time: Pillow, bilinear with antialiasing, as torchvision's
Resize does it (ours averages areas).

| files | start the first time, s | start, s | hash, s | Atelier, images/s | PyTorch: start, s | DataLoader, images/s | ratio |
|---|---|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    main()
