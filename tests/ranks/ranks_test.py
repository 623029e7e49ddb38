"""Processes that train together: the bits of one, whichever of them is killed, and refusals.

Started with mpirun of Open MPI on this machine, more processes than it has cores.
"""

import glob
import os
import random
import signal
import socket
import subprocess
import sys
import time
import unittest

import h5py

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
from atelier_test import PROGRAM, AtelierTest  # noqa: E402

EXPERIMENT = """name = "{name}"
seed = 11
[dataset]
use = "shapes"
count = 150
test_count = 70
{dataset}
[model]
{model}
[optimizer]
use = "adam"
learning_rate = 2e-3
[train]
epochs = 3
batch_size = 32
shards = 8
[sample]
count = 4
[log]
every = 1
"""
MODELS = {
    "gan": ("size = 10\nrange = [-1.0, 1.0]",
            "use = 'gan'\nlatent = 6\ngenerator = [20, 30]\ndiscriminator = [30, 20]\ndropout = 0.1\nbatch_norm = true"),
    "wgan-gp": ("size = 12\nrange = [-1.0, 1.0]",
                "use = 'dcgan'\nlatent = 6\ngenerator = [20, 12]\ndiscriminator = [12, 20]\ndiscriminator_norm = 'layer'\n"
                "[loss.adversarial]\nuse = 'wasserstein-gp'"),
    "vae": ("size = 10\nvalidation = 0.2",
            "use = 'vae'\nlatent = 6\nhidden = [30, 20]\nbatch_norm = true\nsync_batch_norm = true"),
    "cnn": ("size = 10\nvalidation = 0.2", "use = 'cnn'\nfilters = [6, 10]\nhidden = [20]\nbatch_norm = true\ndropout = 0.1"),
}
HOST = socket.gethostname()


def contents(path):
    """All that does not tell when and where the run was."""
    out = {}
    with h5py.File(path, "r") as log:
        def take(name, item):
            if isinstance(item, h5py.Dataset) and name.split("/")[0] in ("metrics", "samples", "tensors", "checkpoints", "best", "final"):
                out[name] = (item.shape, str(item.dtype), item[()].tobytes() if item.dtype.kind != "O" else str(item[()]))
        log.visititems(take)
    return out


def content(path):
    with open(path, "rb") as file:
        return file.read()


class Ranks(AtelierTest):
    def setUp(self):
        super().setUp()
        for name, (dataset, model) in MODELS.items():
            self.write(f"{name}.toml", EXPERIMENT.format(name=name, dataset=dataset, model=model))

    def environment(self, **changes):
        return super().environment(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", **changes)

    def mpirun(self, ranks, *words, code=0):
        done = subprocess.run(["mpirun", "-n", str(ranks), "--oversubscribe", "--bind-to", "none", PROGRAM, *words], cwd=self.folder,
                              env=self.environment(), capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, f"{ranks} {words}\n{done.stdout}\n{done.stderr}")
        return done

    def assert_same(self, one, other):
        a, b = contents(self.path(one)), contents(self.path(other))
        self.assertEqual(sorted(a), sorted(b))
        self.assertGreater(len(a), 20)
        for name, values in a.items():
            self.assertEqual(values, b[name], name)


class Bits(Ranks):
    # Threads and ranks. What only the number of ranks decides, tests/whole/ranks_test.cpp has for every model, and ATELIER_RANK_BITS=all here.
    SOME = {"gan": ((1, 2),), "wgan-gp": ((3, 2),), "vae": ((1, 8),), "cnn": ((2, 4),)}
    ALL = ((3, 2), (2, 4), (1, 8))

    def test_any_number_of_ranks_computes_the_same(self):
        is_whole = os.environ.get("ATELIER_RANK_BITS") == "all"
        for name in MODELS:
            one = self.output("run", f"{name}.toml", "--threads", "2").splitlines()[0]
            for threads, ranks in self.ALL if is_whole else self.SOME[name]:
                with self.subTest(name=name, ranks=ranks):
                    done = self.mpirun(ranks, "run", f"{name}.toml", "--threads", str(threads))
                    self.assert_same(one, done.stdout.splitlines()[0])
                    self.assertEqual(done.stdout.count("finished: "), 1)  # the first one's alone
                    self.assertEqual(self.json("show", done.stdout.splitlines()[0])["provenance"]["host"], f"{HOST} ({ranks} ranks)")


class Refusals(Ranks):
    def assert_refused(self, ranks, words, message):
        done = self.mpirun(ranks, *words, code=2)
        ours = [line for line in done.stderr.splitlines() if line.startswith("atelier: ")]
        self.assertEqual(len(ours), 1, done.stderr)
        self.assertIn(message, ours[0])
        self.assertEqual(glob.glob(self.path("runs/*/*")), [])

    def test_shards_that_they_do_not_divide(self):
        for words in (["run", "cnn.toml"], ["run", "cnn.toml", "--dry-run"]):
            self.assert_refused(3, words, "cnn.toml:21:10: train.shards: got 8 shards, expected a multiple of 3")
        self.assert_refused(2, ["run", "tiny.toml"], "got 1 shard, expected a multiple of 2")

    def test_what_is_for_one_process(self):
        self.assert_refused(2, ["compare", "cnn"], "atelier compare: got 2 processes (OMPI_COMM_WORLD_SIZE), expected one")
        self.assert_refused(2, ["run", "cnn.toml", "seed=1,2"], "the points of a sweep are runs of their own")
        self.assert_refused(2, ["run", "cnn.toml", "--retries", "2"], "--retries: got 2 processes")

    def test_a_process_that_mpi_knows_nothing_of(self):
        done = self.run_atelier("run", "cnn.toml", code=2, OMPI_COMM_WORLD_SIZE="2", OMPI_COMM_WORLD_RANK="0")
        self.assertIn("got rank 0 of 2, and MPI knows of rank 0 of 1", done.stderr)

    def test_an_error_of_one_rank_is_that_of_all(self):
        for rank in (0, 1, 2):
            script = f'[ "$OMPI_COMM_WORLD_RANK" = {rank} ] && set -- dataset.use=mnist; exec {PROGRAM} run vae.toml "$@"'
            done = subprocess.run(["mpirun", "-n", "4", "--oversubscribe", "sh", "-c", script, "sh"], cwd=self.folder, env=self.environment(),
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 1 if rank else 2, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, "atelier: error: " + (f"rank {rank} on '{HOST}': " if rank else ""))
            self.assertEqual(glob.glob(self.path("runs/*/*")), [])


class Deaths(Ranks):
    LONG = ("train.epochs=200", "checkpoint.every=0.1", "log.every=50", "evaluate.every=100", "sample.every=1000")

    def start_ranks(self, ranks, *words):
        process = subprocess.Popen(["mpirun", "-n", str(ranks), "--oversubscribe", "--bind-to", "none", PROGRAM, *words], cwd=self.folder,
                                   env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def workers(mpirun):
        """The processes that train, by rank."""
        out = {}
        for children in glob.glob(f"/proc/{mpirun.pid}/task/*/children"):
            for watcher in content(children).split():
                environment = content(f"/proc/{int(watcher)}/environ").split(b"\0")
                [rank] = [int(entry.split(b"=")[1]) for entry in environment if entry.startswith(b"OMPI_COMM_WORLD_RANK=")]
                worker = content(f"/proc/{int(watcher)}/task/{int(watcher)}/children").split()
                if worker:
                    out[rank] = int(worker[0])
        return out

    def test_killed_at_random_and_continued_by_another_number(self):
        """ATELIER_RANK_KILLS says how often, twice without it."""
        chance = random.Random(int(os.environ.get("ATELIER_RANK_SEED", "3")))
        whole = self.output("run", "vae.toml", *self.LONG, "name=whole").splitlines()[0]
        log, kills = None, 0
        while kills < int(os.environ.get("ATELIER_RANK_KILLS", "2")):
            ranks = chance.choice([2, 4, 8])
            process = self.start_ranks(ranks, *(["run", "vae.toml", *self.LONG] if log is None else ["resume", log]))
            lines = [process.stderr.readline()]
            while lines[-1] and ": training from step" not in lines[-1]:
                lines.append(process.stderr.readline())
            self.assertIn(": training from step", lines[-1], "".join(lines))
            log = lines[-1].split(": training")[0]
            time.sleep(chance.uniform(0, 0.5))
            rank = chance.randrange(ranks)
            victim = self.workers(process).get(rank)
            if victim is None:
                break  # it has come to its end before
            os.kill(victim, signal.SIGKILL)
            killed = time.monotonic()
            _, errors = process.communicate(timeout=30)
            self.assertLess(time.monotonic() - killed, 10)
            if self.json("show", log)["status"] == "finished":
                break
            kills += 1
            self.assertNotEqual(process.returncode, 0)
            reason = self.json("show", log)["reason"]
            if rank == 0:  # whose watcher mpirun ends, too
                continue
            self.assertEqual(self.json("show", log)["status"], "failed", errors)
            self.assertIn(f"rank {rank} on '{HOST}' (process {victim}) ended without a word", reason)
            self.assertIn(reason.split(";")[0], errors)
        self.assertGreater(kills, 0)
        if self.json("show", log)["status"] != "finished":
            self.run_atelier("resume", log)
        self.assert_same(whole, log)

    def test_asked_to_stop_it_stops_with_a_checkpoint(self):
        process = self.start_ranks(4, "run", "vae.toml", *self.LONG)
        line = process.stderr.readline()
        while line and ": training from step" not in line:
            line = process.stderr.readline()
        log = line.split(": training")[0]
        time.sleep(0.3)
        os.kill(self.workers(process)[2], signal.SIGTERM)  # of any rank
        process.communicate(timeout=30)
        self.assertEqual(self.json("show", log)["status"], "interrupted")
        self.mpirun(2, "resume", log)
        whole = self.output("run", "vae.toml", *self.LONG, "name=whole").splitlines()[0]
        self.assert_same(whole, log)


if __name__ == "__main__":
    unittest.main()
