"""Sweeps on many machines that share a folder: tasks, leases, and the script for Slurm, in plain processes of this machine."""

import collections
import glob
import hashlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

from atelier_test import ENDLESS, PROGRAM, TINY, AtelierTest

SWEEP = """
[sweep]
"model.latent" = [2, 3]
seed = [1, 2, 3]
"""
ODD = "it's \"odd\" $HOME `x` ü; #%"  # a folder's name


def claim(**changes):
    """What a lock file of a process on another machine says."""
    lines = {"id": "0123456789abcdef", "process": "12", "started": "34", "process_numbers": "pid:[1]", "boot": "another", "lease": "1",
             "since": "2026-01-01T00:00:00Z", "host": "node7", **changes}
    return "atelier-lock 1\n" + "".join(f"{name} {value}\n" for name, value in lines.items()) + "end\n"


class Cluster(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("sweep.toml", TINY + SWEEP)

    def environment(self, **changes):
        kept = super().environment(**{"ATELIER_LEASE": "1"})
        kept.pop("ATELIER", None)  # which the script looks at, too
        return {**kept, **changes}

    def points(self):
        """How many logs there are of each point."""
        logs = [log for log in glob.glob(self.path("**/*.h5"), recursive=True) if "/elsewhere/" not in log]
        settings = [self.json("show", log)["experiment"]["settings"] for log in logs]
        return collections.Counter((int(each["model.latent"]), int(each["seed"])) for each in settings)

    def all_points_once(self):
        return collections.Counter((latent, seed) for latent in (2, 3) for seed in (1, 2, 3))

    def identities(self, *words):
        lines = self.output("run", "sweep.toml", "--dry-run", *words).splitlines()
        return [line.split()[0] for line in lines if re.match(r"[0-9a-f]{8} ", line)]

    def whole_identities(self, *words):
        """As claims have them."""
        self.run_atelier("run", "sweep.toml", "--out", "elsewhere", *words)
        logs = glob.glob(self.path("elsewhere/tiny/*.h5"))
        known = {hashlib.sha256(self.json("show", log)["experiment"]["resolved"].encode()).hexdigest() for log in logs}
        return [next(whole for whole in known if whole.startswith(short)) for short in self.identities(*words)]

    def summary(self, *words, code=0, **environment):
        return self.run_atelier("run", *words, code=code, **environment).stdout.splitlines()[-1]

    # Tasks

    def test_tasks_have_every_point_once(self):
        everything = self.identities()
        self.assertEqual(len(everything), 6)
        for count in (1, 4):
            parts = [self.identities("--task", f"{task}/{count}") for task in range(count)]
            self.assertEqual(parts, [everything[task::count] for task in range(count)])
        self.assertEqual(self.identities("--task", "7/8"), [])
        self.assertEqual(self.summary("sweep.toml", "--task", "7/8"), "sweep of 0 points: 0 finished")
        self.assertEqual(self.summary("sweep.toml", "--task", "1/4"), "sweep of 2 points: 2 finished")
        self.assertEqual(self.points(), collections.Counter({(2, 2): 1, (3, 3): 1}))

    def test_what_is_no_task(self):
        for wrong, most in (("6/6", 5), ("-1/6", 5), ("1", "N-1"), ("1/0", "N-1"), ("1/2/3", "N-1"), ("a/2", 1), ("1/ 2", "N-1")):
            self.assert_error(["run", "sweep.toml", f"--task={wrong}"],
                              f"--task: got '{wrong}', expected I/N with I from 0 to {most}")
        self.assert_error(["run", "sweep.toml", "--task=0/1", "--point=3f"],
                          "--task: got --point beside it, expected one of them")

    def test_a_single_experiment_is_a_sweep_of_one(self):
        self.assertEqual(self.summary("tiny.toml", "--task", "1/2"), "sweep of 0 points: 0 finished")
        self.assertEqual(self.summary("tiny.toml", "--task", "0/2"), "sweep of 1 point: 1 finished")
        self.assertEqual(self.summary("tiny.toml", "--task", "0/2"), "sweep of 1 point: 0 finished, 1 done before")
        self.assertEqual(len(self.points()), 1)

    def test_several_with_the_same_task_run_no_point_twice(self):
        for _ in range(3):
            commands = [subprocess.Popen([PROGRAM, "run", "sweep.toml", "--task", "0/1"], cwd=self.folder, env=self.environment(),
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(3)]
            ends = [command.communicate(timeout=120)[0].splitlines()[-1] for command in commands]
            self.assertEqual(self.points(), self.all_points_once(), ends)
            self.assertEqual([name for name in os.listdir(self.path("runs")) if name.startswith(".")], [])
            shutil.rmtree(self.path("runs"))

    # Leases

    def test_the_point_of_a_node_that_is_gone_is_run(self):
        first, second = self.whole_identities("seed=1")
        os.mkdir(self.path("runs"))
        self.write(f"runs/.point-{first}.lock", claim())
        self.write(f"runs/.point-{second}.lock", "")  # it went down as it made it
        os.utime(self.path(f"runs/.point-{second}.lock"), (0, 0))
        done = self.run_atelier("run", "sweep.toml", "seed=1", "--task", "0/1")
        self.assertEqual(done.stdout.splitlines()[-1], "sweep of 2 points: 2 finished")
        self.assertEqual(os.listdir(self.path("runs")), ["tiny"])

    def test_the_point_of_a_node_that_lives_is_left_to_it(self):
        first, _ = self.whole_identities("seed=1")
        os.mkdir(self.path("runs"))
        self.write(f"runs/.point-{first}.lock", claim())
        ended = threading.Event()

        def beat():
            while not ended.wait(0.05):
                os.utime(self.path(f"runs/.point-{first}.lock"))

        heart = threading.Thread(target=beat)
        heart.start()
        try:
            self.assertEqual(self.summary("sweep.toml", "seed=1", "--task", "0/1", code=1),
                             "sweep of 2 points: 1 finished, 1 running elsewhere")
        finally:
            ended.set()
            heart.join()
        self.assertEqual(len(self.points()), 1)

    def lose(self, process):
        """All of it at once, as a machine goes down: the child has no time to hear of its parent's end."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            children = [int(child) for child in file.read().split()]
        for child in children:
            os.kill(child, signal.SIGSTOP)
        process.kill()
        for child in children:
            os.kill(child, signal.SIGKILL)
        process.communicate()
        deadline = time.time() + 30
        while any(os.path.exists(f"/proc/{child}") for child in children) and time.time() < deadline:
            time.sleep(0.02)

    def test_the_log_of_a_node_that_is_gone_is_gone_on_with(self):
        process, log = self.start(*ENDLESS, "checkpoint.every=0.01")
        time.sleep(0.3)
        self.lose(process)
        self.write(log + ".lock", claim(lease="86400"))
        self.assertIn("running (node7)", self.output("ls"))
        self.assertEqual(self.json("ls", log)[0]["status"], "running")
        self.assertEqual(self.json("ls", log)[0]["host"], "node7")
        done = self.run_atelier("resume", log, code=2)
        self.assertIn(f"{log}: is being written by process 12 on node7", done.stderr)

        self.write(log + ".lock", claim())
        time.sleep(1.2)
        self.assertEqual(self.json("ls", log)[0]["status"], "killed")
        self.assertRegex(self.output("run", "tiny.toml", *ENDLESS, "checkpoint.every=0.01", "--task=0/1", "--dry-run"),
                         r"goes on from step")

    # The script for Slurm

    def slurm(self, *words, **options):
        return self.run_atelier("slurm", *words, **options)

    def task(self, number, *words, script="job.sh", **environment):
        return subprocess.Popen(["bash", script, *words], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                start_new_session=True,
                                env=self.environment(SLURM_ARRAY_TASK_ID=str(number), SLURM_ARRAY_JOB_ID="77", **environment))

    def fake(self, name, text):
        """A program of this name before all others."""
        os.makedirs(self.path("fake"), exist_ok=True)
        self.write(f"fake/{name}", text)
        os.chmod(self.path(f"fake/{name}"), 0o755)
        return {"PATH": self.path("fake") + os.pathsep + os.environ["PATH"]}

    def test_the_script_runs_all_points_once(self):
        os.mkdir(self.path(ODD))
        self.write(f"{ODD}/sweep.toml", TINY + SWEEP)
        said = self.slurm(f"{ODD}/sweep.toml", "--tasks", "4", "--out", f"{ODD}/runs", "--threads", "1", "tags=[\"it's\"]").stdout
        self.assertRegex(said, r"^job.sh: 6 points in 4 tasks, 1 thread, \d+ MiB, \d+ minutes each\n$")
        self.assertTrue(os.path.isdir(self.path(f"{ODD}/runs/slurm")))
        tasks = [self.task(number) for number in range(4)]
        for task in tasks:
            output, messages = task.communicate(timeout=120)
            self.assertEqual(task.returncode, 0, messages)
        self.assertEqual(self.points(), self.all_points_once())
        self.assertEqual(sorted(os.listdir(self.path(f"{ODD}/runs"))), ["slurm", "tiny"])

    def test_what_the_script_asks_for(self):
        self.slurm("sweep.toml", "-o", "a b.sh", "--at-once", "2", "--threads", "3", "--sbatch", "--partition=g p", "--sbatch=--time 2:00:00",
                   "--sbatch=--exclusive", "--sbatch", "-A \"x\"")
        with open(self.path("a b.sh"), encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if line.startswith("#SBATCH")]
        memory = [line for line in lines if "--mem=" in line]
        self.assertEqual(len(memory), 1)
        self.assertEqual([line for line in lines if line not in memory],
                         ['#SBATCH --job-name="tiny"', "#SBATCH --array=0-5%2",
                          f'#SBATCH --output="{os.path.realpath(self.folder)}/runs/slurm/%A_%a.log"',
                          "#SBATCH --open-mode=append", "#SBATCH --requeue", "#SBATCH --signal=B:USR1@120",
                          "#SBATCH --cpus-per-task=3", '#SBATCH --partition="g p"', '#SBATCH --time="2:00:00"',
                          "#SBATCH --exclusive", '#SBATCH -A "\\"x\\""'])
        if shutil.which("shellcheck"):
            done = subprocess.run(["shellcheck", "a b.sh"], cwd=self.folder, capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout, "")

    def test_what_no_script_can_have(self):
        self.slurm("sweep.toml", "seed=1")
        self.assert_error(["slurm", "sweep.toml"], "job.sh: is there already; hint: --overwrite, or -o FILE names another")
        self.slurm("sweep.toml", "seed=1", "--overwrite")
        for words, message in (
                (["--sbatch=--array=1-3"], "--sbatch: got --array, which the tasks are numbered by; hint: --tasks and --at-once"),
                (["--sbatch=-o x"], "--sbatch: got -o, which the script needs as it is; hint: change it in the script"),
                (["--sbatch=gpu"], "--sbatch: got 'gpu', expected an option of sbatch such as --partition=gpu"),
                (["--out=a\nb"], "the folder of logs: got a name with a line break, '%s/a␊b/slurm', which no script of Slurm can have"
                 % os.path.realpath(self.folder)),
                (["--out=a\\b"], "--out: got '%s/a\\b', which has a backslash, and Slurm has no way to write that in the path of its output"
                 % os.path.realpath(self.folder)),
                (["--tasks=0"], "--tasks: got '0', expected an integer of at least 1 and at most 1000000")):
            self.assert_error(["slurm", "sweep.toml", "-o", "b.sh", *words], message)
        self.assert_error(["slurm", "sweep.toml", "-o", "none/b.sh"],
                          f"none/b.sh: cannot be written: there is no folder {os.path.realpath(self.folder)}/none")
        done = self.run_atelier("slurm", "tiny.toml", "--threads", "1", "-o", "/proc/b.sh", code=2)  # nobody can
        self.assertRegex(done.stderr, "/proc/b.sh: cannot be written: (No such file or directory|Permission denied)")
        self.assertFalse(os.path.exists(self.path("b.sh")))

    def test_on_a_node_the_program_may_be_elsewhere(self):
        self.slurm("sweep.toml", "seed=1", "--tasks=1")
        with open(self.path("job.sh"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(f"program={os.path.realpath(PROGRAM)}\n", text)
        self.write("job.sh", text.replace(f"program={os.path.realpath(PROGRAM)}\n", "program=/nowhere/atelier\n"))
        if shutil.which("atelier", path="/usr/bin:/bin") is None:
            task = self.task(0, PATH="/usr/bin:/bin")
            self.assertIn("no program 'atelier'", task.communicate(timeout=60)[1])
            self.assertEqual(task.returncode, 127)
        os.makedirs(self.path("fake"))
        os.symlink(os.path.realpath(PROGRAM), self.path("fake/atelier"))
        task = self.task(0, PATH=self.path("fake") + os.pathsep + os.environ["PATH"])
        self.assertIn("2 finished", task.communicate(timeout=60)[0])
        task = self.task(0, ATELIER=self.path("fake/atelier"))
        self.assertIn("2 done before", task.communicate(timeout=60)[0])

    def begun(self, task):
        """Waits until training has begun."""
        for line in task.stderr:
            if "training from step" in line or line.startswith("point "):
                break
        deadline = time.time() + 60
        while not glob.glob(self.path("runs/tiny/*.h5")) and time.time() < deadline:
            time.sleep(0.02)

    def test_a_task_whose_time_is_up_is_queued_again_after_a_checkpoint(self):
        self.slurm("tiny.toml", *ENDLESS)
        path = self.fake("scontrol", f'#!/bin/sh\necho "$@" > "{self.path("asked")}"\n')
        task = self.task(0, **path)
        self.addCleanup(self.end, task)
        self.begun(task)
        task.send_signal(signal.SIGUSR1)  # to the shell alone
        output, _ = task.communicate(timeout=60)
        self.assertIn("task 77_0 goes on from its checkpoint", output)
        with open(self.path("asked"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "requeue 77_0\n")
        self.assertRegex(self.output("run", "tiny.toml", *ENDLESS, "--task=0/1", "--dry-run"), "goes on from step [1-9]")
        self.assertEqual(glob.glob(self.path("runs/**/*.lock"), recursive=True), [])

    def test_a_task_that_is_cancelled_stops_with_a_checkpoint_and_is_not_queued(self):
        self.slurm("tiny.toml", *ENDLESS)
        path = self.fake("scontrol", f'#!/bin/sh\necho "$@" > "{self.path("asked")}"\n')
        task = self.task(0, **path)
        self.addCleanup(self.end, task)
        self.begun(task)
        for process in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
            try:
                if os.getsid(process) == task.pid:  # every process of the job, as Slurm does
                    os.kill(process, signal.SIGTERM)
            except ProcessLookupError:
                pass
        task.communicate(timeout=60)
        self.assertEqual(task.returncode, 130)
        self.assertFalse(os.path.exists(self.path("asked")))
        self.assertRegex(self.output("run", "tiny.toml", *ENDLESS, "--task=0/1", "--dry-run"), "goes on from step [1-9]")

    def test_outside_of_slurm_it_makes_the_folder_and_submits_itself(self):
        self.slurm("sweep.toml")
        shutil.rmtree(self.path("runs"))
        path = self.fake("sbatch", '#!/bin/sh\nprintf "%s|" "$@"\n')
        done = subprocess.run(["bash", "job.sh", "--partition=a b"], cwd=self.folder, capture_output=True, text=True, check=False,
                              env={name: value for name, value in self.environment(**path).items() if not name.startswith("SLURM")})
        self.assertEqual((done.stdout, done.returncode), ("--partition=a b|job.sh|", 0))
        self.assertTrue(os.path.isdir(self.path("runs/slurm")))


if __name__ == "__main__":
    unittest.main()
