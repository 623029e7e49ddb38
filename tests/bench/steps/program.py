"""The programs that are compared, each a process of its own."""
import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent


class DidNotRun(Exception):
    """Why a program gives no number."""


class Program:
    """A child process that answers each line with a line of JSON. `limit`: seconds until it is given up."""

    def __init__(self, command, limit):
        self.limit = limit
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        return self._answer(line + "\n")

    def announced(self):
        """What it says by itself when it is ready."""
        return self._answer("")

    def _answer(self, line):
        late = threading.Event()

        def give_up():
            late.set()
            self.process.kill()

        timer = threading.Timer(self.limit, give_up)
        timer.start()
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
            text = self.process.stdout.readline()
        except BrokenPipeError:
            text = ""
        finally:
            timer.cancel()
        if not text:
            raise DidNotRun(f"no answer in {self.limit} s" if late.is_set() else "the program ended; its message stands above")
        answer = json.loads(text)
        if "error" in answer:
            raise DidNotRun(answer["error"])
        return answer

    def close(self):
        with contextlib.suppress(BrokenPipeError):  # it may have ended
            self.process.stdin.close()
        self.process.wait()


class Atelier(Program):
    def __init__(self, build, experiment, threads):
        super().__init__([str(build / "bin/atelier_steps"), str(experiment), str(threads), str(build / "lib/atelier/plugins"),
                          str(build / "tests/bench/plugins")], limit=600)

    def round(self, seconds):
        return self.ask(f"round {seconds}")

    def parity(self, steps, file):
        return self.ask(f"parity {steps} {file}")

    def generate(self, batch, seconds, classifies):
        return self.ask(f"{'evaluate' if classifies else 'sample'} {seconds} {batch}")


class Load(Program):
    """Multiplies matrices on one thread, until it is ended."""

    def __init__(self, build, experiment):
        super().__init__([str(build / "bin/atelier_steps"), str(experiment), "1", str(build / "lib/atelier/plugins"),
                          str(build / "tests/bench/plugins")], limit=600)
        self.ask("peak 0.1")  # it is there
        self.process.stdin.write("peak 1e9\n")
        self.process.stdin.flush()

    def end(self):
        self.process.kill()
        self.process.wait()


class Peer(Program):
    def __init__(self, script, case, threads):
        super().__init__([sys.executable, str(HERE / script), case.name, str(threads), case.precision], limit=240)

    def command(self, do, **more):
        return self.ask(json.dumps({"do": do, **more}))

    def round(self, seconds):
        return self.command("round", seconds=seconds)


def milliseconds(answer):
    """A step's."""
    if answer["steps"] == 0:
        raise DidNotRun(f"no step in {answer['seconds']:.0f} s")
    return 1e3 * answer["seconds"] / answer["steps"]
