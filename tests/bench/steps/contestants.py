"""The other programs, each in the best of its settings for a case."""
import importlib.util

from program import DidNotRun, Peer, milliseconds

# Name in the tables, program, its Python package, and the settings that are its own.
CONTESTANTS = [("PyTorch", "pytorch_peer.py", "torch", {"compile": False}),
               ("torch.compile", "pytorch_peer.py", "torch", {"compile": True}),
               ("JAX", "jax_peer.py", "jax", {})]


class Contestant:
    """A peer in the best of its settings for a case, or the reason why it did not run."""

    def __init__(self, name, script, package, fixed, case, threads, seconds):
        self.name, self.script, self.case, self.seconds = name, script, case, seconds
        self.program, self.best, self.setting, self.failure = None, float("inf"), None, None
        if importlib.util.find_spec(package) is None:
            self.failure = f"the Python package {package} is not installed"
            return
        for setting in self._settings(fixed):
            self._try(setting, threads[-1])
        if self.program is not None:  # whether one thread is faster
            for count in threads[:-1]:
                self._try(self.setting, count)
        print(f"    {name}: {self.describe() if self.program else 'did not run: ' + self.failure}", flush=True)

    def _settings(self, fixed):
        program = Peer(self.script, self.case, 1)
        settings = program.command("settings")["settings"]
        program.close()
        return [setting for setting in settings if fixed.items() <= setting.items()]

    def _try(self, setting, threads):
        """Each in a process of its own, of which the fastest stays."""
        program = Peer(self.script, self.case, threads)
        try:
            program.command("configure", **setting)
            time = self._time(program)
        except DidNotRun as reason:
            self.failure, time = str(reason), float("inf")
        print(f"    {self.name} {setting}, threads: {threads}: {time:.2f} ms", flush=True)
        if time < self.best:
            self.program, program, self.best, self.setting, self.threads = program, self.program, time, setting, threads
        if program is not None:
            program.close()

    def _time(self, program):
        return min(milliseconds(program.round(self.seconds / 2)) for _ in range(5))

    def try_threads(self, threads):
        """Which number of them is the fastest now, when the machine does something else than before."""
        if self.program is not None:
            self.best = self._time(self.program)
            for count in set(threads) - {self.threads}:
                self._try(self.setting, count)

    def describe(self):
        words = [key if value is True else f"{key} {value}" if isinstance(value, int) else value
                 for key, value in self.setting.items() if value is not False and key != "compile"]
        return ", ".join([*words, f"{self.threads} thread{'s' * (self.threads > 1)}"])

    def round(self):
        """Milliseconds a step; None where it does not run."""
        return None if self.program is None else milliseconds(self.program.round(self.seconds))

    def generate(self, batch):
        return None if self.program is None else milliseconds(self.program.command("generate", batch=batch, seconds=self.seconds))

    def close(self):
        if self.program is not None:
            self.program.close()
