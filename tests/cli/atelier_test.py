"""What the tests of the command line have in common: a folder of their own, a tiny experiment, and the program.

The program is the one that the environment variable ATELIER names.
"""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = os.environ.get("ATELIER", "atelier")

# Trains in a few milliseconds. `count` / `batch_size` is 4 steps an epoch.
TINY = """name = "tiny"
seed = 7

[dataset]
use = "shapes"
size = 8
count = 64
test_count = 32

[model]
use = "vae"
hidden = [16]
latent = 2

[optimizer]
use = "adam"

[train]
epochs = 3
batch_size = 16

[sample]
count = 4

[log]
every = 1
"""

# Overrides that make it train for about a second (48,000 steps), or for hours, without evaluations between.
SELDOM = ["evaluate.every=1000000", "sample.every=1000000", "log.every=100"]
LONG = ["train.epochs=12000", *SELDOM]
ENDLESS = ["train.epochs=100000000", *SELDOM]


class AtelierTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder, cache = tempfile.TemporaryDirectory(), tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(cache.cleanup)
        self.folder, self.cache = folder.name, cache.name
        self.write("tiny.toml", TINY)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def environment(self, **changes):
        kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
        return {**kept, "XDG_CACHE_HOME": self.cache, **changes}

    def run_atelier(self, *words, code=0, **environment):
        """Runs the program in the test's folder, and checks its exit code."""
        done = subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True, encoding="utf-8",
                              env=self.environment(**environment), timeout=120, check=False)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def output(self, *words, **environment):
        return self.run_atelier(*words, **environment).stdout

    def json(self, *words):
        return json.loads(self.output(*words, "--json"))

    def assert_error(self, words, *messages):
        """The program ends with exit code 2, and with exactly these messages."""
        done = self.run_atelier(*words, code=2)
        self.assertEqual(done.stderr, "".join(f"atelier: error: {message}\n" for message in messages))
        self.assertEqual(done.stdout, "")

    def train(self, *words):
        """Trains the tiny experiment and returns its log, relative to the test's folder."""
        return self.output("run", "tiny.toml", *words).splitlines()[0]

    def on_terminal(self, *words, columns=100, stdout=None, answer="", **environment):
        """The exit code, and what the program writes to a terminal on which somebody types this answer: on standard output, too,
        unless that goes elsewhere."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdin=follower if answer else None,
                                   stdout=follower if stdout is None else stdout, stderr=follower, env=self.environment(**{"TERM": "xterm", **environment}))
        os.close(follower)
        os.write(leader, answer.encode())
        received = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the last writer is gone
                break
            if not part:
                break
            received += part
        os.close(leader)
        return process.wait(), received.decode().replace("\r\n", "\n")

    def start(self, *words, before=()):
        """Starts the program, and returns it when its training has begun, with the log's path."""
        process = subprocess.Popen([*before, PROGRAM, "run", "tiny.toml", *words], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment())
        self.addCleanup(self.end, process)
        first = process.stderr.readline()
        while first.startswith("atelier: note: "):
            first = process.stderr.readline()
        self.assertIn(": training from step 1", first)
        time.sleep(0.1)
        return process, first.split(": training")[0]

    @staticmethod
    def worker_of(process):
        """The process that trains, which the one that was started watches."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            return int(children.read().split()[0])

    @classmethod
    def cut_off(cls, process):
        """Ends both at once, as a power cut would, before either can say or do anything about it; returns when they are gone."""
        process.send_signal(signal.SIGSTOP)
        while cls.state_of(process.pid) not in "TZX":  # until then it may still begin one
            time.sleep(0.001)
        worker = None
        try:
            worker = cls.worker_of(process)
            os.kill(worker, signal.SIGKILL)
        except (IndexError, ProcessLookupError, FileNotFoundError):  # not begun, or ended
            pass
        process.kill()
        while worker is not None and cls.state_of(worker) not in "ZX":  # then it has let go of its locks, too
            time.sleep(0.01)

    @staticmethod
    def state_of(process):
        """As proc(5) has it: a letter. X, dead, where there is none."""
        try:
            with open(f"/proc/{process}/stat", encoding="utf-8") as file:
                return file.read().rpartition(")")[2].split()[0]
        except OSError:
            return "X"

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
