"""Processes that train together: the bits of one, whichever of them is killed, and refusals.

Started with mpirun of Open MPI on this machine, more processes than it has cores.
"""

import glob
import os
import random
import re
import shutil
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

    def training(self, process):
        """Waits until it trains; its log."""
        lines = [process.stderr.readline()]
        while lines[-1] and ": training from step" not in lines[-1]:
            lines.append(process.stderr.readline())
        self.assertIn(": training from step", lines[-1], "".join(lines))
        return lines[-1].split(": training")[0]

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
    LONG = ("train.epochs=600", "checkpoint.every=0.1", "log.every=50", "evaluate.every=100", "sample.every=1000")

    def test_killed_at_random_and_continued_by_another_number(self):
        """ATELIER_RANK_KILLS says how often, twice without it."""
        chance = random.Random(int(os.environ.get("ATELIER_RANK_SEED", "3")))
        whole = self.output("run", "vae.toml", *self.LONG, "name=whole").splitlines()[0]
        log, kills = None, 0
        while kills < int(os.environ.get("ATELIER_RANK_KILLS", "2")):
            ranks = chance.choice([2, 4, 8])
            process = self.start_ranks(ranks, *(["run", "vae.toml", *self.LONG] if log is None else ["resume", log]))
            log = self.training(process)
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
        log = self.training(process)
        time.sleep(0.3)
        os.kill(self.workers(process)[2], signal.SIGTERM)  # of any rank
        process.communicate(timeout=30)
        self.assertEqual(self.json("show", log)["status"], "interrupted")
        self.mpirun(2, "resume", log)
        whole = self.output("run", "vae.toml", *self.LONG, "name=whole").splitlines()[0]
        self.assert_same(whole, log)


class Tasks(Ranks):
    def task(self, ranks, *words, code=0):
        return self.mpirun(ranks, "run", *words, "--task", "0/1", code=code)

    def test_a_task_is_trained_once(self):
        one = self.output("run", "vae.toml", "--out=elsewhere").splitlines()[0]
        log = self.task(2, "vae.toml").stdout.splitlines()[0]
        self.assert_same(one, log)
        self.assertEqual(self.task(4, "vae.toml").stdout, f"{log}\nfinished before\n")
        self.assertEqual(self.mpirun(2, "run", "vae.toml", "--task", "1/2").stdout, "no point falls to this task\n")
        self.assertEqual(os.listdir(self.path("runs")), ["vae"])
        self.assertEqual(glob.glob(self.path("runs/vae/*")), [self.path(log)])

    def test_a_point_of_a_sweep(self):
        for point in (0, 1):
            self.mpirun(2, "run", "vae.toml", "seed=1,2", "--task", f"{point}/2")
        self.assertIn("2 points, 0 to run", self.output("run", "vae.toml", "seed=1,2", "--dry-run"))
        done = self.task(2, "vae.toml", "seed=1,2", code=2)
        self.assertIn("--task: got 2 points for 2 processes that train together, expected one; hint: as many tasks as there are points", done.stderr)

    def test_what_another_process_runs(self):
        process = self.start_ranks(2, "run", "vae.toml", *Deaths.LONG, "--task", "0/1")
        self.training(process)
        done = self.task(2, "vae.toml", *Deaths.LONG, code=1)
        self.assertIn("another process runs it", done.stderr)
        process.terminate()
        process.communicate(timeout=30)
        self.assertEqual(len(glob.glob(self.path("runs/vae/*.h5"))), 1)

    def test_it_goes_on_where_a_rank_was_lost(self):
        whole = self.output("run", "vae.toml", *Deaths.LONG, "--out=elsewhere").splitlines()[0]
        logs = []
        for rank in (1, 0):
            process = self.start_ranks(2, "run", "vae.toml", *Deaths.LONG, "--task", "0/1")
            logs.append(self.training(process))
            time.sleep(0.3)
            os.kill(self.workers(process)[rank], signal.SIGKILL)
            process.communicate(timeout=30)
            self.assertIn(self.json("show", logs[-1])["status"], ("failed",) if rank == 1 else ("failed", "killed"))
            if rank == 1:  # one process alone, where there is room for no more
                self.assertIn("goes on from step", self.output("run", "vae.toml", *Deaths.LONG, "--task", "0/1", "--dry-run"))
        log = logs[0]
        self.assertEqual(logs[1], log)
        done = self.task(4, "vae.toml", *Deaths.LONG)
        self.assertRegex(done.stderr, f"{log}: training from step [1-9]")
        self.assertEqual(glob.glob(self.path("runs/vae/*")), [self.path(log)])
        self.assert_same(whole, log)


class Scripts(Ranks):
    """What `atelier slurm` writes for several ranks, without Slurm: srun is one that starts them with mpirun."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("fake"))
        self.fake("srun", """echo "$*" >> "$LAUNCHED"
for word; do
  case $word in --ntasks=*) ranks=${word#*=} ;; esac
done
while [ "${1#-}" != "$1" ]; do shift; done
if [ "$ranks" -eq 1 ]; then exec "$@"; fi
mpirun -n "$ranks" --oversubscribe --bind-to none "$@" &
echo $! > "$LAUNCHED.mpirun"
wait $!
""")
        self.fake("scancel", """echo "scancel $*" >> "$LAUNCHED"; pkill -TERM -P "$(cat "$LAUNCHED.mpirun")"\n""")
        self.fake("scontrol", """echo "scontrol $*" >> "$LAUNCHED"\n""")

    def fake(self, name, text):
        self.write(f"fake/{name}", "#!/bin/bash\n" + text)
        os.chmod(self.path(f"fake/{name}"), 0o755)

    def environment(self, **changes):
        kept = super().environment(LAUNCHED=self.path("launched"), PATH=self.path("fake") + os.pathsep + os.environ["PATH"], **changes)
        return {name: value for name, value in kept.items() if name != "ATELIER"}

    def start_task(self, number, nodes=1):
        return subprocess.Popen(["bash", "job.sh"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=self.environment(SLURM_ARRAY_TASK_ID=str(number), SLURM_ARRAY_JOB_ID="77", SLURM_JOB_ID="78",
                                                     SLURM_JOB_NUM_NODES=str(nodes), SLURM_CPUS_PER_TASK="9"))

    def launched(self):
        text = content(self.path("launched")).decode()
        os.remove(self.path("launched"))
        return [line.partition(" " + os.path.realpath(PROGRAM))[0] for line in text.splitlines()]

    def directives(self, *words):
        """What the script asks for that ranks decide."""
        said = self.output("slurm", "vae.toml", "--overwrite", *words)
        lines = [line.removeprefix("#SBATCH ") for line in content(self.path("job.sh")).decode().splitlines() if line.startswith("#SBATCH")]
        self.assertTrue(any(re.fullmatch(r"--mem-per-cpu=\d+M", line) for line in lines), lines)
        self.assertFalse(any(line.startswith("--mem=") for line in lines), lines)
        if shutil.which("shellcheck"):
            done = subprocess.run(["shellcheck", "job.sh"], cwd=self.folder, capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout, "")
        return said.split(", ")[1], [line for line in lines if line.startswith(("--nodes", "--ntasks", "--cpus"))]

    def test_what_the_script_asks_for(self):
        for words, said, asked in (
                (["--ranks=4", "--threads=2"], "4 ranks", ["--ntasks=4", "--cpus-per-task=2"]),
                (["--nodes=4"], "4 ranks on 4 nodes", ["--nodes=4", "--cpus-per-task=4"]),
                (["--nodes=1-4", "--threads=1"], "1 to 4 ranks on 1 to 4 nodes", ["--nodes=1-4", "--cpus-per-task=1"]),
                (["--nodes=3-4", "--ranks=8", "--threads=3"], "4 to 8 ranks on 3 to 4 nodes", ["--nodes=3-4", "--cpus-per-task=6"]),
                (["--nodes=1", "--ranks=2", "seed=1,2"], "2 ranks on 1 node", ["--nodes=1", "--cpus-per-task=8"])):
            self.assertEqual(self.directives(*words), (said, asked))
        self.output("slurm", "vae.toml", "--overwrite", "--nodes=1", "--mpi=pmi2")  # one process, as ever
        self.assertNotIn(b"srun", content(self.path("job.sh")))

    def test_what_is_refused(self):
        for words, message in (
                (["--ranks=3"], "vae.toml:21:10: train.shards: got 8 shards, expected a multiple of 3, as many processes train together"),
                (["--nodes=1-3"], "vae.toml:21:10: train.shards: got 8 shards, expected a multiple of 3"),
                (["--ranks=8", "train.shards=8,4"], "train.shards: got 4 shards, expected a multiple of 8"),
                (["--ranks=4", "--nodes=3"], "--ranks: got 4 on 3 nodes, expected a multiple of 3, as each node has as many"),
                (["--nodes=4-1"], "--nodes: got '4-1', expected N or A-B, such as 4 or 1-4"),
                (["--nodes=0-2"], "--nodes: got '0-2', expected N or A-B"),
                (["--nodes=-"], "--nodes: got '-', expected N or A-B"),
                (["--ranks=0"], "--ranks: got '0', expected an integer of at least 1"),
                (["--mpi=pmi2"], "--mpi: expected --ranks or --nodes beside it"),
                (["--ranks=2", "--mpi=none"], "--mpi: got 'none', expected a way in which srun tells processes of each other"),
                (["--ranks=2", "--mpi=a b"], "--mpi: got 'a b', expected"),
                (["--ranks=2", "--sbatch=-N 2"], "--sbatch: got -N, which follows from --ranks, --nodes and --threads"),
                (["--nodes=2", "--sbatch=--cpus-per-task=2"], "--sbatch: got --cpus-per-task, which follows from")):
            done = self.run_atelier("slurm", "vae.toml", *words, code=2)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(f"atelier: error: {message}" if message.startswith(("vae", "-")) else message, done.stderr)
            self.assertFalse(os.path.exists(self.path("job.sh")))

    def test_as_many_ranks_as_the_nodes_allow(self):
        self.output("slurm", "vae.toml", "--nodes=1-4", "--ranks=8", "--threads=2", "--mpi=pmi2")
        self.fake("srun", 'echo "$* ${SLURM_CPUS_PER_TASK-none}" >> "$LAUNCHED"\n')
        for nodes, used, ranks, on_one in ((1, 1, 2, 2), (2, 2, 4, 2), (3, 3, 4, 2), (4, 4, 8, 2)):
            _, messages = self.start_task(0, nodes).communicate(timeout=60)
            self.assertEqual(messages, "")
            self.assertTrue(content(self.path("launched")).endswith(b" none\n"))
            self.assertEqual(self.launched(), [f"--mpi=pmi2 --nodes={used} --ntasks={ranks} --ntasks-per-node={on_one} --cpus-per-task=2 "
                                               "--kill-on-bad-exit=0"])

    def test_a_task_with_several_points(self):
        self.output("slurm", "vae.toml", "seed=1,2,3", "--ranks=2", "--tasks=2", "--threads=1")
        for task, points in ((0, 2), (1, 1)):
            process = self.start_task(task)
            _, messages = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, messages)
            self.assertEqual(self.launched(), ["--mpi=pmix --ntasks=2 --cpus-per-task=1 --kill-on-bad-exit=0"] * points)
        self.assertIn("3 points, 0 to run", self.output("run", "vae.toml", "seed=1,2,3", "--dry-run"))

    def test_a_task_whose_time_is_up_goes_on_with_other_ranks(self):
        whole = self.output("run", "vae.toml", *Deaths.LONG, "--out=elsewhere").splitlines()[0]
        self.output("slurm", "vae.toml", *Deaths.LONG, "--nodes=1-4", "--threads=1")
        process = self.start_task(0, nodes=2)
        self.addCleanup(process.kill)
        log = self.training(process)
        time.sleep(0.3)
        process.send_signal(signal.SIGUSR1)  # to the shell alone
        output, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        self.assertIn("task 77_0 goes on from its checkpoint", output)
        launched = self.launched()
        self.assertIn("--ntasks=2 ", launched[0])
        self.assertEqual((launched[1], launched[-1]), ("scancel --signal=TERM 78", "scontrol requeue 77_0"))
        self.assertEqual(self.json("show", log)["status"], "interrupted")
        process = self.start_task(0, nodes=4)
        _, messages = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, messages)
        self.assertIn("--ntasks=4 ", self.launched()[0])
        self.assertEqual(glob.glob(self.path("runs/vae/*")), [self.path(log)])
        self.assert_same(whole, log)


if __name__ == "__main__":
    unittest.main()
