import glob
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from atelier_test import ENDLESS, PROGRAM, SELDOM, TINY, AtelierTest
from experiments import TEXT

SWEEP = """
[sweep]
"model.latent" = [2, 3]
seed = [1, 2]
"""
SOME = ["train.epochs=3000", *SELDOM]  # 12,000 steps
FAILS = "optimizer.learning_rate=1e-3,1e38"  # the second one at its first step


class Sweep(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("sweep.toml", TINY + SWEEP)

    def logs(self):
        return sorted(glob.glob(self.path("runs/tiny/*.h5")))

    def last_line(self, *words, **options):
        return self.run_atelier("run", *words, **options).stdout.splitlines()[-1]

    def states(self, *words):
        """The last column of the dry run, and its last line."""
        lines = self.output("run", *words, "--dry-run").splitlines()
        last = next(number for number, line in enumerate(lines) if re.match(r"[\d,]+ points?, ", line))
        return [line.split("  ")[-1].strip() for line in lines[1:last]], lines[last]

    def test_runs_all_points_once(self):
        self.assertEqual(self.states("sweep.toml"), (["to run"] * 4, "4 points, 4 to run"))
        self.assertEqual(self.logs(), [])
        done = self.run_atelier("run", "sweep.toml")
        self.assertEqual(done.stdout.splitlines()[-1], "sweep of 4 points: 4 finished")
        self.assertEqual([line for line in done.stderr.splitlines() if re.match(r"point \d of", line)],
                         ["point 1 of 4: model.latent=2 seed=1", "point 2 of 4: model.latent=2 seed=2",
                          "point 3 of 4: model.latent=3 seed=1", "point 4 of 4: model.latent=3 seed=2"])
        listed = self.output("ls", "--columns", "model.latent,seed,status", "--csv").splitlines()[1:]
        self.assertEqual(sorted(listed), ["2,1,finished", "2,2,finished", "3,1,finished", "3,2,finished"])
        self.assertEqual(self.states("sweep.toml"), (["done"] * 4, "4 points, 0 to run"))

        self.assertEqual(self.last_line("sweep.toml"), "sweep of 4 points: 0 finished, 4 done before")
        self.assertEqual(len(self.logs()), 4)

    def test_runs_a_deleted_log_again_to_the_same_result(self):
        self.run_atelier("run", "sweep.toml")
        removed = self.logs()[1]
        was = self.json("show", removed)
        os.remove(removed)
        self.assertEqual(self.states("sweep.toml")[1], "4 points, 1 to run")
        self.assertEqual(self.last_line("sweep.toml"), "sweep of 4 points: 1 finished, 3 done before")
        again = max(self.logs(), key=os.path.getmtime)
        self.assertEqual(self.json("show", again)["metrics"], was["metrics"])

    def test_a_point_is_the_run_with_its_overrides(self):
        self.run_atelier("run", "sweep.toml", "seed=2")
        points = [self.json("show", log) for log in self.logs()]
        single = self.json("show", self.train("model.latent=3", "seed=2"))
        self.assertEqual([point["metrics"] for point in points if "model.latent=3" in point["experiment"]["overrides"]],
                         [single["metrics"]])
        self.assertEqual(sorted(point["experiment"]["overrides"] for point in points),
                         ["model.latent=2\nseed=2\n", "model.latent=3\nseed=2\n"])
        # A run that was no sweep's is a point like any other.
        self.assertEqual(self.last_line("tiny.toml", "model.latent=3,4", "seed=2"),
                         "sweep of 2 points: 1 finished, 1 done before")

    def test_logs_may_lie_anywhere_below(self):
        self.run_atelier("run", "tiny.toml", "--seeds", "0..1")
        os.makedirs(self.path("runs/elsewhere"))
        os.rename(self.logs()[0], self.path("runs/elsewhere/a.h5"))
        self.assertEqual(self.last_line("tiny.toml", "--seeds", "0..2,4"),
                         "sweep of 4 points: 2 finished, 2 done before")

    def test_one_that_fails_ends_no_other(self):
        done = self.run_atelier("run", "tiny.toml", FAILS, "seed=1,2", code=1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-3], "sweep of 4 points: 2 finished, 2 failed")
        self.assertRegex(lines[-2], r"^failed: optimizer.learning_rate=1e38 seed=1: step 1 is not finite.*"
                                    r" \(runs/tiny/.*-s1.h5\)$")
        self.assertRegex(lines[-1], r"^failed: optimizer.learning_rate=1e38 seed=2: ")
        states, _ = self.states("tiny.toml", FAILS, "seed=1")
        self.assertEqual(states[0], "done")
        self.assertIn("runs again: failed, step 1 is not finite", self.output("run", "tiny.toml", FAILS, "--dry-run",
                                                                              "--seeds", "1"))

        done = self.run_atelier("run", "tiny.toml", "--fail-fast", "--jobs", "1", "optimizer.learning_rate=1e38,1e-3,1e-2", code=1)
        self.assertEqual(done.stdout.splitlines()[-2], "sweep of 3 points: 0 finished, 1 failed, 2 not run")

    def test_nothing_runs_where_one_point_is_wrong(self):
        self.assert_error(
            ["run", "sweep.toml", "model.latent=0,1"],
            '<override "model.latent=0,1">: model.latent: got 0, expected an integer in [1, 65536] (at 2 of 4 points, '
            'the first seed=1 model.latent=0)')
        done = self.run_atelier("run", "sweep.toml", "train.batch_size=16,65", code=2)  # there are 64
        self.assertIn("(at the point model.latent=2 seed=1 train.batch_size=65 and 3 points more)", done.stderr)
        self.assertEqual(self.logs(), [])

    def started(self, *words):
        process = subprocess.Popen([PROGRAM, "run", "tiny.toml", *words], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment(), start_new_session=True)
        self.addCleanup(self.end, process)
        while "training from step" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        return process

    def test_interrupted_it_goes_on(self):
        process = self.started(*SOME, "seed=1,2", "--jobs", "1")
        child = self.worker_of(process)
        self.assertEqual(os.getpgid(child), child)  # what a terminal sends to the group reaches it once
        os.killpg(process.pid, signal.SIGINT)
        output, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(output.splitlines()[-1], "sweep of 2 points: 0 finished, 1 interrupted, 1 not run")
        self.assertTrue(messages.endswith("atelier: interrupted; go on with the same command\n"))
        [log] = self.logs()
        states, last = self.states("tiny.toml", *SOME, "seed=1,2")
        self.assertRegex(states[0], r"^goes on from step [\d,]+$")
        self.assertEqual((states[1], last), ("to run", "2 points, 2 to run"))

        done = self.run_atelier("run", "tiny.toml", *SOME, "seed=1,2")
        self.assertEqual(done.stdout.splitlines()[-1], "sweep of 2 points: 2 finished")
        self.assertNotIn(log + ": training from step 1\n", done.stderr)
        self.assertEqual(len(self.logs()), 2)
        resumed = self.json("show", log)
        self.assertEqual(resumed["metrics"], self.json("show", self.train(*SOME, "seed=1"))["metrics"])

    def test_interrupted_twice_it_ends_at_once(self):
        process = self.started(*ENDLESS, "--seeds", "1,2", "--jobs", "1")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(output.splitlines()[-1], "sweep of 2 points: 0 finished, 1 interrupted, 1 not run")

    def test_killed_it_takes_its_child_along_and_goes_on(self):
        process = self.started(*ENDLESS, "checkpoint.every=0.01", "--seeds", "1,2", "--jobs", "1")
        process.kill()
        process.communicate(timeout=60)
        until = time.time() + 30
        while glob.glob(self.path("runs/tiny/*.lock")) and time.time() < until:
            time.sleep(0.05)
        states, _ = self.states("tiny.toml", *ENDLESS, "checkpoint.every=0.01", "--seeds", "1,2")
        self.assertRegex(states[0], r"^goes on from step [\d,]+$")

    def test_what_another_process_runs_is_left_to_it(self):
        self.started(*ENDLESS, "--seeds", "3")
        self.assertEqual(self.states("tiny.toml", *ENDLESS, "seed=3,4")[0], ["running", "to run"])

    def test_in_another_folder_a_point_is_known_by_its_data(self):
        """Relative paths mean other files there."""
        self.write("sweep.toml", TEXT + "\n[sweep]\nseed = [1, 2]\n")
        self.write("text.txt", "To be, or not to be, that is the question. " * 4)
        self.run_atelier("run", "sweep.toml")
        for folder, text in (("same", None), ("other", "Whether 'tis nobler in the mind to suffer. " * 4)):
            os.mkdir(self.path(folder))
            shutil.copy(self.path("sweep.toml"), self.path(folder))
            shutil.copy(self.path("text.txt"), self.path(folder))
            if text:
                self.write(f"{folder}/text.txt", text)
        self.assertEqual(self.states(self.path("sweep.toml"))[1], "2 points, 0 to run")
        self.assertEqual(self.states("same/sweep.toml")[1], "2 points, 0 to run")
        self.assertEqual(self.states("other/sweep.toml")[1], "2 points, 2 to run")
        os.remove(self.path("same/text.txt"))
        self.assertIn("text.txt", self.run_atelier("run", "same/sweep.toml", "--dry-run", code=2).stderr)

        # A folder that was copied as a whole, as from one machine to another.
        shutil.copytree(self.folder, self.path("copy"), ignore=shutil.ignore_patterns("copy"))
        shutil.rmtree(self.path("runs"))
        done = subprocess.run([PROGRAM, "run", "sweep.toml"], cwd=self.path("copy"), env=self.environment(), capture_output=True,
                              text=True, check=True)
        self.assertEqual(done.stdout.splitlines()[-1], "sweep of 2 points: 0 finished, 2 done before")

    def test_points_that_another_process_has_trained_meanwhile_are_not_trained_again(self):
        commands = [subprocess.Popen([PROGRAM, "run", "sweep.toml", *SOME, "train.epochs=60"], cwd=self.folder, env=self.environment(),
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
        ends = [command.communicate(timeout=120)[0] for command in commands]
        done = [log["experiment"]["settings"] for log in (self.json("show", log) for log in self.logs())]
        points = [(settings["model.latent"], settings["seed"]) for settings in done]
        self.assertEqual(len(points), 4, ends)
        self.assertEqual(len(set(points)), 4, ends)
        self.assertEqual([name for name in os.listdir(self.path("runs")) if name != "tiny"], [])

    def test_a_folder_is_gone_on_with(self):
        self.run_atelier("run", "sweep.toml", "sample.count=3")
        for log in self.logs()[1:3]:
            os.remove(log)
        process = self.started(*SOME, "seed=5")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        done = self.run_atelier("resume", "runs")
        self.assertIn("sweep of 4 points: 2 finished, 2 done before\n", done.stdout)
        statuses = self.output("ls", "--columns", "model.latent,seed,sample.count,status", "--csv").splitlines()[1:]
        self.assertEqual(sorted(statuses), ["2,1,3,finished", "2,2,3,finished", "2,5,4,finished", "3,1,3,finished", "3,2,3,finished"])
        # The experiment's own folder is one, too; and nothing is left to do.
        done = self.run_atelier("resume", "runs/tiny")
        self.assertIn("sweep of 4 points: 0 finished, 4 done before\n", done.stdout)
        self.assertEqual(len(self.logs()), 5)

    def test_a_folder_without_its_sweeps_file(self):
        process = subprocess.Popen([PROGRAM, "run", "sweep.toml", *SOME], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=self.environment())
        while "training from step" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.write("sweep.toml", TINY + SWEEP + "# other\n")
        done = self.run_atelier("resume", "runs")
        self.assertIn("its experiment file is not in", done.stderr)
        self.assertEqual({run["status"] for run in self.json("ls")}, {"finished"})
        self.assertIn("the folder 'runs': has no run that could be resumed",
                      self.run_atelier("resume", "runs", code=2).stderr)

    def test_a_point_needs_a_beginning_of_its_own_identity(self):
        done = self.run_atelier("check", "sweep.toml", "--point", "", code=2)
        self.assertIn("--point: got '', which 0 of the 4 points", done.stderr)
        base = self.output("check", "sweep.toml", "--point", self.output("run", "sweep.toml", "--dry-run").splitlines()[1].split()[0])
        self.assertIn("latent", base)

    def test_one_point_by_its_identity(self):
        lines = self.output("run", "sweep.toml", "--dry-run").splitlines()
        identity = lines[3].split()[0]
        self.run_atelier("run", "sweep.toml", "--point", identity)
        [log] = self.logs()
        self.assertEqual(self.json("show", log)["experiment"]["overrides"], "model.latent=3\nseed=1\n")
        self.assertIn("latent = 3", self.output("check", "sweep.toml", "--point", identity))
        self.assert_error(["run", "sweep.toml", "--point", "xyz"],
                          "--point: got 'xyz', which 0 of the 4 points of sweep.toml begin with; expected the identity of "
                          "one, as 'atelier run sweep.toml --dry-run' lists them")

    def test_what_goes_with_no_sweep_and_with_no_point(self):
        self.assert_error(["run", "tiny.toml", "--fail-fast"], "--fail-fast: got a single experiment, expected a sweep")
        self.assert_error(["run", "sweep.toml", "--profile", "a.json"],
                          "--profile: got a sweep, expected a single experiment; hint: --point")
        for seeds in ("3..1", "1..x", "-1", "0..99999"):
            self.assert_error(["run", "tiny.toml", f"--seeds={seeds}"],
                              f"--seeds: got '{seeds}', expected at most 10000 seeds such as 0..5, both ends among them, or "
                              "1,2,7")
        self.assert_error(["check", "sweep.toml"],
                          "sweep.toml:28:1: sweep: got a sweep, expected a single experiment; hint: 'atelier run' runs it, "
                          "and with --dry-run lists its points, of which --point takes one")


if __name__ == "__main__":
    unittest.main()
