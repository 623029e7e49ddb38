"""One run on the nodes of Debian's real Slurm, by the script that `atelier slurm --nodes` writes: its time is up, a node and a rank are
lost, each time it goes on with as many ranks as there are nodes for, and its log is that of one process that nothing came between.

Needs what tests/cli/slurm_test.py needs, and Open MPI, which srun starts by Slurm's plugin for PMIx; otherwise it is left out.
"""

import glob
import os
import re
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import slurm_cluster  # noqa: E402
from atelier_test import SELDOM, TINY, AtelierTest  # noqa: E402
from ranks_test import contents  # noqa: E402

STEPS = int(os.environ.get("ATELIER_SLURM_STEPS", "40000"))
OPTIONS = [f"train.epochs={STEPS // 4}", "train.shards=4", "checkpoint.every=0.2", *SELDOM]
LEASE = "4"


class SlurmRanks(AtelierTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="slurm-")
        self.addCleanup(folder.cleanup)
        self.cluster = slurm_cluster.Cluster(folder.name, ATELIER_LEASE=LEASE, XDG_CACHE_HOME=self.cache,
                                             OMPI_MCA_btl_tcp_if_include="lo")
        self.addCleanup(self.cluster.close)

    def environment(self, **changes):
        return super().environment(**{"ATELIER_LEASE": LEASE, **changes})

    def said(self, job):
        path = self.path(f"runs/slurm/{job}_0.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def state(self, job):
        """And its nodes."""
        return self.cluster.run("squeue", "-h", "-r", "-a", "-t", "all", "-j", job, "-o", "%T %N", check=False).stdout.strip()

    def wait_for(self, condition, what, job, seconds=60):
        until = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), until, f"{what}: {self.state(job)}\n{self.said(job)}\n{self.cluster.words_of('slurmctld')}")
            time.sleep(0.1)

    def ranks(self):
        """The processes of the run: each rank's watcher and worker, by node."""
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    variables = dict(entry.partition(b"=")[::2] for entry in file.read().split(b"\0"))
                with open(f"/proc/{name}/comm", encoding="utf-8") as file:
                    command = file.read().strip()
            except OSError:
                continue
            if command.startswith("atelier") and b"SLURM_PROCID" in variables and b"SLURM_STEP_NUM_TASKS" in variables:
                found.setdefault(variables[b"SLURMD_NODENAME"].decode(), []).append(int(name))
        return found

    def train_for_a_while(self, job, ranks):
        """Until the next part of the run has made a checkpoint or two with so many. The nodes on which they are."""
        self.parts += 1
        if self.parts > 1:  # Slurm lets what is queued again wait for two minutes, of which it needs a second
            self.wait_for(lambda: self.state(job).startswith("PENDING"), f"part {self.parts} in the queue", job)
            time.sleep(2)
            self.cluster.run("scontrol", "update", f"jobid={job}_0", "starttime=now")
        self.wait_for(lambda: self.state(job).startswith("RUNNING") and self.said(job).count(": training from step") == self.parts,
                      f"part {self.parts}", job)
        time.sleep(0.7)
        nodes = self.ranks()
        self.assertEqual(len(nodes), ranks, self.said(job))
        return sorted(nodes)

    def test_whatever_happens_to_it_the_log_is_that_of_one_process(self):
        whole = self.train(*OPTIONS, "--out=whole", "--threads=1")
        said = self.output("slurm", "tiny.toml", *OPTIONS, "--nodes", "1-4", "--threads", "1")
        self.assertRegex(said, r"^job.sh: 1 point in 1 task, 1 to 4 ranks on 1 to 4 nodes, each with 1 thread, \d+ MiB, \d+ minutes each\n$")
        job = self.cluster.run("bash", "job.sh", cwd=self.folder).stdout.split()[-1]
        self.parts = 0

        self.train_for_a_while(job, 2)  # three nodes do not divide four shards
        [log] = glob.glob(self.path("runs/tiny/*.h5"))
        self.assertRegex(self.json("show", log)["provenance"]["host"], r"^node\d \(1 rank\), node\d \(1 rank\)$")

        for node in self.cluster.nodes[1:]:
            self.cluster.run("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
        self.cluster.run("scancel", "--batch", "--signal=USR1", f"{job}_0")  # as two minutes before the time limit
        self.wait_for(lambda: "the time was up; task" in self.said(job), "the requeued task", job)
        self.assertEqual(self.train_for_a_while(job, 1), self.cluster.nodes[:1])
        for node in self.cluster.nodes[1:]:
            self.cluster.run("scontrol", "update", f"nodename={node}", "state=resume")

        self.cluster.lose_node(self.cluster.nodes[0])
        self.cluster.run("scontrol", "update", f"nodename={self.cluster.nodes[0]}", "state=down", "reason=test")  # sooner than by itself
        self.assertEqual(self.train_for_a_while(job, 2), self.cluster.nodes[1:])

        for process in self.ranks()[self.rank_to_lose()]:
            os.kill(process, signal.SIGKILL)
        self.wait_for(lambda: self.state(job).startswith("FAILED"), "the end of a run whose rank is gone", job)
        # Slurm's plugin for PMIx tells the others to stop, which the first rank may hear before it misses the second.
        self.assertRegex(self.json("show", log)["reason"], r"^rank 1 on 'node\d' \(process \d+\) ended without a word|^interrupted after step")
        self.cluster.run("scontrol", "requeue", f"{job}_0")
        self.train_for_a_while(job, 2)

        self.wait_for(lambda: self.state(job).startswith("COMPLETED"), "the end", job)
        self.assertEqual(glob.glob(self.path("runs/tiny/*")), [log])
        self.assertEqual(glob.glob(self.path("runs/.point-*")), [])
        first, *later = map(int, re.findall(r": training from step (\d+)", self.said(job).replace(",", "")))
        self.assertEqual(first, 1)
        self.assertEqual(later, sorted(set(later)))
        self.assertGreater(later[0], 1)
        self.assertEqual(self.output("verify", log, "--chain").split()[-1], self.output("verify", whole, "--chain").split()[-1])
        self.assertEqual(contents(log), contents(self.path(whole)))

    def rank_to_lose(self):
        """The node of the second rank."""
        for node, processes in self.ranks().items():
            with open(f"/proc/{processes[0]}/environ", "rb") as file:
                if b"SLURM_PROCID=1" in file.read().split(b"\0"):
                    return node
        raise AssertionError("no second rank")


if __name__ == "__main__":
    if reason := slurm_cluster.reason_to_leave_it_out():
        print(f"left out: {reason}")
        sys.exit(77)
    unittest.main()
