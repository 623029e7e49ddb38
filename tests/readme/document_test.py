#!/usr/bin/python3
"""document_test.py DOCUMENT [--slow]: whether what a document tells its reader to type works.

Commands run in their order in a small copy of the repository (workplace.py); programs in Python follow them, as one program;
an experiment is checked by the program, and equals the file in experiments/ that has its name. What is not run stands in
NOT_RUN with a reason; of what commands print, only PRINTED is compared, as the rest depends on the machine. With --slow, the
commands of SLOW run, and nothing else. Exit code 77: skipped."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from itertools import zip_longest
from pathlib import Path

from blocks import blocks, commands, flat, is_whole_experiment, without_comments
from workplace import Workplace, changed

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ["ATELIER"]
BUILD = os.environ["ATELIER_BUILD"]

# (document, how a command begins): why it is not run.
NOT_RUN = {
    ("docs/pictures.md", "sudo apt-get install faenza-icon-theme"): "a package of 17 MB; the test draws pictures instead",
    ("docs/pictures.md", "for class in actions"): "copies that package's pictures",
    ("docs/report.md", "atelier serve"): "answers until it is interrupted",
    ("docs/installing.md", "cmake --preset release"): "is how this build was made",
    ("docs/scaling.md", "./bootstrap build --mpi"): "is how a build with MPI is made",
    ("docs/clusters.md", "atelier slurm experiments/dcgan-fashion.toml"): "needs a build with MPI; tests/ranks writes such scripts",
    ("docs/scaling.md", "mpirun"): "needs MPI; tests/ranks trains with it",
    ("docs/installing.md", "cmake --build build"): "is how this build was made",
}

# (document, how a command begins): what --slow runs, in this order.
SLOW = {
    ("docs/installing.md", "cmake --install build"),
}

# A pattern in a command: what stands in its place. (And for python3 the one that has what the document needs.)
SHORTER = [
    (r"(use=log-likelihood)", r"\1 metric.nll.samples=10"),  # of 5,000
    (r"seq 1000", "seq 20"),
    (r"^cmake --install build", f"cmake --install {BUILD}"),
    (r'(train\.precision="?)bf16', r"\1emulated-bf16"),  # not every processor has the instructions
]

# How a command begins: the experiment of which it needs a run that was interrupted.
INTERRUPTED = {"atelier resume runs/vae-fashion": "experiments/vae-fashion.toml"}

# The experiments that have been run when a document's experiments are checked.
FIRST = {
    "docs/experiments.md": ["cnn-fashion"],
    "docs/housekeeping.md": ["vae-fashion"],
    "docs/reading-logs.md": ["vae-fashion"],
    "docs/report.md": ["vae-fashion", "gan-fashion"],
    "docs/pytorch.md": ["vae-fashion", "cnn-fashion"],
}

# Documents whose programs read the real test images; they are skipped where these, or torch, are not installed.
REAL_DATA = {"docs/pytorch.md": Path("/usr/share/datasets/fashion-mnist")}
NEEDED = {"docs/pytorch.md": "torch, h5py, safetensors", "docs/reading-logs.md": "h5py, pandas, xarray, h5netcdf, netCDF4",
          "README.md": "xarray, h5netcdf"}

# (document, how a block of text begins): the command that prints it.
PRINTED = {
    ("docs/pictures.md", "setting        type"): "atelier plugins image-folder",
}

# Documents whose blocks of text all are what the commands before them print.
SHOWN = {"docs/plugins.md"}


class Failure(Exception):
    pass


class Skipped(Exception):
    pass


def interpreter(modules):
    """A Python that has them: this one, or the first on the PATH, as where pip has put torch."""
    for python in (sys.executable, "python3"):
        if subprocess.run([python, "-c", f"import {modules}"], capture_output=True, check=False).returncode == 0:
            return python
    raise Skipped(f"no Python here has all of {modules}")


def nearly_equal(line, other):
    """Whether two lines have the same words, and numbers with a decimal point that differ by a tenth at most, as they do
    between machines."""
    number = r"\d+\.\d+(?:e-?\d+)?"
    if re.sub(number, "#", " ".join(line.split())) != re.sub(number, "#", " ".join(other.split())):
        return False
    pairs = zip(re.findall(number, line), re.findall(number, other), strict=True)
    return all(abs(float(one) - float(two)) <= 0.1 * max(abs(float(one)), abs(float(two))) for one, two in pairs)


def listed(table, document, command):
    return next((key for key in table if key[0] == document and command.startswith(key[1])), None)


def bootstrap_words():
    text = subprocess.run([REPOSITORY / "bootstrap"], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"^ +(?:\./bootstrap )?(\w+)", text, re.MULTILINE))


class Document:
    def __init__(self, name, folder):
        self.name = name
        self.text = (REPOSITORY / name).read_text(encoding="utf-8")
        self.blocks = blocks(self.text)
        self.commands = [command for block in self.blocks if block.kind == "sh" for command in commands(block.text)]
        self.place = Workplace(folder, REPOSITORY, PROGRAM, real_data=name in REAL_DATA)

    # ---- each check raises Failure

    def check_tables(self):
        """Nothing in the tables above is out of date."""
        for table in (NOT_RUN, SLOW):
            for document, beginning in table:
                if document == self.name and not any(command.startswith(beginning) for command in self.commands):
                    raise Failure(f"the test's tables have '{beginning}', which is no command of {document}")

    def check_links(self):
        prose = re.sub(r"^```.*?^```$", "", self.text, flags=re.MULTILINE | re.DOTALL)  # code has lambdas
        for target in re.findall(r"\]\(([^)#\s]+)", prose):
            if "://" in target:
                continue
            path = (REPOSITORY / self.name).parent / target
            relative = os.path.relpath(path, REPOSITORY)
            if not path.exists():
                raise Failure(f"link to {relative}: no such file")

    def check_printed(self):
        for document, beginning in PRINTED:
            if document == self.name:
                text = next((block.text for block in self.blocks
                             if block.kind == "text" and block.text.startswith(beginning)), None)
                command = PRINTED[document, beginning]
                code, output = self.place.run(command)
                if code != 0 or text is None or text not in output:
                    raise Failure(f"{document}: the block '{beginning}' is not what {command} prints:\n{output}")

    def run_first(self):
        for name in FIRST.get(self.name, []):
            self.run(f"atelier run experiments/{name}.toml")

    def check_experiments(self):
        for block in self.blocks:
            if block.kind != "toml" or block.file:
                continue
            if is_whole_experiment(block.text):
                self.check_experiment(block.text, block.line)
            else:  # a part: its values as overrides of an experiment
                values = [f"{key}={self.literal(value)}" for key, value in flat(tomllib.loads(block.text)).items()]
                verb = ["run", "--dry-run"] if "sweep" in tomllib.loads(block.text) else ["check"]
                words = [changed(value, SHORTER) for value in values]
                self.expect(0, [*verb, "experiments/vae-fashion.toml", *words], block.line)

    def check_experiment(self, text, line):
        name = tomllib.loads(text)["name"]
        file = REPOSITORY / "experiments" / f"{name}.toml"
        if file.exists() and without_comments(text) != without_comments(file.read_text(encoding="utf-8")):
            raise Failure(f"{self.name}:{line}: is not experiments/{name}.toml")
        self.place.write(f"{name}.toml", text)
        self.expect(0, ["check", f"{name}.toml"], line)

    @classmethod
    def literal(cls, value):
        if isinstance(value, dict):
            return "{" + ", ".join(f'"{key}" = {cls.literal(item)}' for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(cls.literal, value)) + "]"
        return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')

    def expect(self, code, words, line):
        got, output = self.place.call(PROGRAM, *words)
        if got != code:
            raise Failure(f"{self.name}:{line}: atelier {' '.join(words)}: exit code {got}\n{output}")

    def check_commands(self):
        """As a reader does: from the first block to the last, files written where they stand."""
        printed = ""
        for block, after in zip_longest(self.blocks, self.blocks[1:]):
            if block.file:
                self.place.write_as_it_is(block.file, block.text)
            elif block.kind == "sh":
                *first, last = commands(block.text)
                fails = after is not None and after.kind == "text" and after.text.startswith("atelier: error: ")
                printed = "".join(self.check_command(command) for command in first) + self.check_command(last, fails)
            elif block.kind == "text" and self.name in SHOWN:
                self.check_shown(block, printed)

    def check_command(self, command, fails=False):
        if command.startswith("./bootstrap "):
            self.check_bootstrap(command.split()[1])
        elif listed(NOT_RUN, self.name, command) or listed(SLOW, self.name, command):
            print(f"not run: {command.splitlines()[0]}")
        else:
            return self.run(command, fails)
        return ""

    def check_shown(self, block, printed):
        """The lines stand in what the commands before them print, in this order; others may be between. Numbers that
        are measured are nearly the same."""
        rest = iter(printed.splitlines())
        for line in block.text.splitlines():
            if line != "..." and not any(nearly_equal(line, other) for other in rest):
                raise Failure(f"{self.name}:{block.line}: '{line}' is not what is printed there:\n{printed}")

    def check_bootstrap(self, word):
        if word not in bootstrap_words():
            raise Failure(f"{self.name}: ./bootstrap {word}: is not among {sorted(bootstrap_words())}")
        if word == "demo":  # what it trains, for the commands that follow
            for name in ("vae-fashion", "gan-fashion"):
                self.run(f"atelier run experiments/{name}.toml")

    def check_slow_commands(self):
        for command in self.commands:
            if listed(SLOW, self.name, command):
                self.run(command)

    def run(self, command, fails=False):
        interrupted = next((experiment for beginning, experiment in INTERRUPTED.items()
                            if command.replace("  ", " ").startswith(beginning)), None)
        logs = self.place.logs()
        if interrupted:
            self.place.interrupt_a_run(interrupted)
        command = changed(command, SHORTER)
        code, output = self.place.run(command)
        print(f"$ {command}")
        if interrupted:  # with other settings than the reader's
            for log in self.place.logs() - logs:
                log.unlink()
        if (code != 0) != fails:
            raise Failure(f"{self.name}: {command}\nexit code {code}\n{output}")
        return output

    def check_programs(self, python):
        program = "".join(block.text for block in self.blocks if block.kind == "python")
        if program:
            code, output = self.place.run_python(python, program)
            print(output)
            if code != 0:
                raise Failure(f"{self.name}: its Python ends with exit code {code}")


def check(name, slow):
    python = interpreter(NEEDED[name]) if name in NEEDED and not slow else sys.executable
    if name in REAL_DATA and not REAL_DATA[name].exists():
        raise Skipped(f"{REAL_DATA[name]} is not installed")
    SHORTER.append((r"^python3 ", f"{python} "))
    with tempfile.TemporaryDirectory() as folder:
        document = Document(name, folder)
        if slow:
            document.check_slow_commands()
            return
        document.check_tables()
        document.check_links()
        document.check_printed()
        document.run_first()
        document.check_experiments()
        document.check_commands()
        document.check_programs(python)


def main():
    try:
        check(sys.argv[1], "--slow" in sys.argv)
    except Skipped as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    except (Failure, ValueError) as failure:
        sys.exit(str(failure))


main()
