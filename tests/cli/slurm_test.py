"""A sweep as a job array of Debian's real Slurm, on nodes that are namespaces of this machine: its tasks are killed, its nodes drained
and lost on the way, and its logs are those of a sweep that nothing came between.

Needs the right to make namespaces of processes and host names, and Debian's slurmctld, slurmd, slurm-client and munge
(./bootstrap test --all installs them); otherwise it is left out, and says why.
"""

import glob
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import slurm_cluster
from atelier_test import PROGRAM, SELDOM, TINY, AtelierTest

SWEEP = """
[sweep]
"model.latent" = [2, 3, 4]
seed = [1, 2, 3, 4]
"""
STEPS = int(os.environ.get("ATELIER_SLURM_STEPS", "150000"))
OPTIONS = [f"train.epochs={STEPS // 4}", "checkpoint.every=0.2", *SELDOM]
LEASE = "4"


class Slurm(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("sweep.toml", TINY + SWEEP)
        folder = tempfile.TemporaryDirectory(prefix="slurm-")
        self.addCleanup(folder.cleanup)
        self.cluster = slurm_cluster.Cluster(folder.name, ATELIER_LEASE=LEASE, XDG_CACHE_HOME=self.cache)
        self.addCleanup(self.cluster.close)

    def environment(self, **changes):
        return super().environment(**{"ATELIER_LEASE": LEASE, **changes})

    def heads(self, folder):
        """Of each finished run, by its point; no point has two."""
        heads = {}
        for run in self.json("ls", folder):
            if run["status"] == "finished":
                settings = self.json("show", run["path"])["experiment"]["settings"]
                point = (settings["model.latent"], settings["seed"])
                self.assertNotIn(point, heads)
                heads[point] = self.output("verify", run["path"], "--chain").split()[-1]
                self.assertRegex(heads[point], "^[0-9a-f]{64}$")
        return heads

    def submitted(self, *words):
        """The job's number."""
        self.run_atelier("slurm", "sweep.toml", *OPTIONS, "--threads", "1", *words)
        done = self.cluster.run("bash", "job.sh", cwd=self.folder)
        return done.stdout.split()[-1]

    def tasks(self, job):
        """State and node of each task, by its number."""
        shown = self.cluster.run("squeue", "-h", "-r", "-a", "-t", "all", "-j", job, "-o", "%K %T %N", check=False).stdout
        return {int(words[0]): (words[1], words[2] if len(words) > 2 else "") for words in map(str.split, shown.splitlines())}

    def wait_for(self, condition, what, job, seconds=300):
        until = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), until, f"{what}: {self.tasks(job)}\n{self.said()}")
            time.sleep(0.2)

    def said(self):
        texts = [self.cluster.words_of("slurmctld")]
        for path in sorted(glob.glob(self.path("runs/slurm/*"))):
            with open(path, encoding="utf-8") as file:
                texts.append(f"{path}:\n{file.read()[-1500:]}")
        return "\n".join(texts)

    def processes(self, task):
        """Of a task, on whatever node."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
                with open(f"/proc/{name}/comm", encoding="utf-8") as file:
                    command = file.read()
            except OSError:
                continue
            if f"SLURM_ARRAY_TASK_ID={task}".encode() in variables and not command.startswith("slurm"):
                found.append(int(name))
        return found

    def running(self, job, but=()):
        """A task that trains, and its node."""
        for task, (state, node) in self.tasks(job).items():
            if state == "RUNNING" and task not in but and len(self.processes(task)) > 1:
                return task, node
        return None

    def one_that_runs(self, job):
        """For long enough to have a checkpoint or two."""
        while True:
            self.wait_for(lambda: self.running(job) is not None, "a task that trains", job)
            found = self.running(job)
            time.sleep(0.7)
            if found and self.running(job, but=[task for task in range(12) if task != found[0]]) == found:
                return found

    def tell_that_time_is_up(self, job):
        """As Slurm does two minutes before a task's time limit. The task, which may have ended just then: then another one."""
        while True:
            task, _ = self.one_that_runs(job)
            try:
                self.cluster.run("scancel", "--batch", "--signal=USR1", f"{job}_{task}", timeout=10)
                return task
            except (subprocess.TimeoutExpired, RuntimeError):
                pass

    def finish(self, job):
        """What has failed is queued again, as somebody would."""
        def done():
            states = self.tasks(job)
            for task, (state, _) in states.items():
                if state in ("FAILED", "NODE_FAIL", "CANCELLED"):
                    self.cluster.run("scontrol", "requeue", f"{job}_{task}", check=False)
            return len(states) == 12 and all(state == "COMPLETED" for state, _ in states.values())
        self.wait_for(done, "all tasks", job, seconds=600)

    def test_an_array_that_much_happens_to_has_the_logs_of_a_local_sweep(self):
        subprocess.run([PROGRAM, "run", "sweep.toml", *OPTIONS, "--out", "local"], cwd=self.folder, env=self.environment(),
                       capture_output=True, check=True)  # as long as it takes
        local = self.heads("local")
        self.assertEqual(len(local), 12)

        job = self.submitted()
        task, _ = self.one_that_runs(job)
        for process in self.processes(task):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait_for(lambda: self.tasks(job)[task][0] != "RUNNING", "the killed task", job)
        self.cluster.run("scontrol", "requeue", f"{job}_{task}", check=False)

        task, node = self.one_that_runs(job)
        self.assertIn(f"running ({node})", self.output("ls"))
        self.cluster.run("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
        self.cluster.run("scontrol", "requeue", f"{job}_{task}")

        task = self.tell_that_time_is_up(job)
        self.wait_for(lambda: "Restarts=1" in self.cluster.run("scontrol", "show", "job", f"{job}_{task}").stdout or
                      self.tasks(job)[task][0] == "COMPLETED", "the task whose time was up", job)
        self.cluster.run("scontrol", "update", f"nodename={node}", "state=resume")

        _, lost = self.one_that_runs(job)
        self.cluster.lose_node(lost)
        time.sleep(1)
        self.cluster.start_node(lost)

        self.finish(job)
        self.assertEqual(self.heads("runs"), local)
        self.assertEqual(glob.glob(self.path("runs/.point-*")), [])
        self.assertIn("12 points, 0 to run", self.output("run", "sweep.toml", *OPTIONS, "--dry-run"))

    def test_names_that_need_quotes_reach_the_nodes(self):
        odd = "it's \"odd\" $HOME `x` ü; #%"
        os.mkdir(self.path(odd))
        self.write(f"{odd}/sweep.toml", TINY + SWEEP)
        self.run_atelier("slurm", f"{odd}/sweep.toml", "tags=['a \"b\" ü']", "--out", odd, "--threads", "1", "--tasks", "2",
                         "--sbatch=--comment=a \"b\" $c 'd' #e", "--sbatch=-p all")
        job = self.cluster.run("bash", "job.sh", cwd=self.folder).stdout.split()[-1]
        self.wait_for(lambda: len(self.tasks(job)) == 2 and all(state == "COMPLETED" for state, _ in self.tasks(job).values()), "both tasks", job, 120)
        self.assertIn("Comment=a \"b\" $c 'd' #e", self.cluster.run("scontrol", "show", "job", f"{job}_1").stdout)
        self.assertEqual(len(self.heads(odd)), 12)
        self.assertEqual(sorted(os.listdir(self.path(f"{odd}/slurm"))), [f"{job}_0.log", f"{job}_1.log"])


if __name__ == "__main__":
    if reason := slurm_cluster.reason_to_leave_it_out():
        print(f"left out: {reason}")
        sys.exit(77)
    unittest.main()
