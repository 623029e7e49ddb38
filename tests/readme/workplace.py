"""A small copy of the repository in which a document's commands run: the experiments are tiny, the data is drawn."""

import os
import re
import signal
import struct
import subprocess
import zlib
from pathlib import Path

# What makes an experiment tiny. The rest of its file stays as it is.
TINY = [
    (r'(?m)^use( *)= *"(fashion-mnist|mnist)"$', r'use\1= "shapes"\nsize = 28\ncount = 256\ntest_count = 32'),
    (r"(?m)^epochs( *)= *\d+$", r"steps\1= 2"),
]
SHORT = TINY[1:]  # only this where a document reads the real data too

ICON_CLASSES = ("actions", "apps", "devices", "mimetypes", "places", "status")  # as docs/pictures.md makes them


def changed(text, substitutions):
    for pattern, replacement in substitutions:
        text = re.sub(pattern, replacement, text)
    return text


def png(side, shade):
    """The bytes of a picture of one colour."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes((shade, 255 - shade, 128)) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Workplace:
    def __init__(self, folder, repository, program, real_data=False):
        self.folder, self.program = Path(folder), program
        self.substitutions = SHORT if real_data else TINY
        self.before = ""  # the document's own `export` and `cd`, for the commands after them
        for name in ("docs", "sdk"):
            (self.folder / name).symlink_to(repository / name)
        (self.folder / "build" / "bin").mkdir(parents=True)
        (self.folder / "build" / "bin" / "atelier").symlink_to(program)
        (self.folder / "experiments").mkdir()
        for file in (repository / "experiments").glob("*.toml"):
            self.write(Path("experiments") / file.name, file.read_text(encoding="utf-8"))
        for index, name in enumerate(ICON_CLASSES):
            (self.folder / "data" / "icons" / name).mkdir(parents=True)
            for i in range(12):
                (self.folder / "data" / "icons" / name / f"{i}.png").write_bytes(png(64, 40 * index + i))

    def write(self, name, experiment):
        (self.folder / name).write_text(changed(experiment, self.substitutions), encoding="utf-8")

    def write_as_it_is(self, name, text):
        """In the folder that the document has changed to."""
        code, output = self.call("bash", "-c", f"{self.before}cat > {name}", given=text)
        assert code == 0, output

    def environment(self):
        path = f"{self.folder / 'build' / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}

    def filled(self, text):
        """With the newest log of each folder in the place of LOG.h5."""

        def newest(match):
            logs = (self.folder / match[1]).glob("*.h5")  # of two in one second the names don't tell
            return str(max(logs, key=lambda log: log.stat().st_mtime_ns).relative_to(self.folder))

        return re.sub(r"(runs/[\w-]+)/LOG\.h5", newest, text)

    def run(self, command):
        """(exit code, what was printed)"""
        script = f"set -euo pipefail\n{self.before}{self.filled(command)}\n"
        if re.match(r"(export|cd) [^&;]*$", command):
            self.before += command + "\n"
        return self.call("bash", "-c", script)

    def run_python(self, interpreter, program):
        return self.call(interpreter, "-c", self.filled(program))

    def call(self, *words, given=""):
        done = subprocess.run(words, cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, input=given,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        return done.returncode, done.stdout

    def logs(self):
        return set((self.folder / "runs").rglob("*.h5"))

    def interrupt_a_run(self, experiment):
        """Leaves a log that can be resumed."""
        long = ["train.steps=400", "evaluate.every=1000", "sample.every=1000"]
        process = subprocess.Popen([self.program, "run", experiment, *long], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env=self.environment())
        process.stderr.readline()  # "training from step 1"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130, f"{experiment}: got exit code {process.returncode}, expected 130"
