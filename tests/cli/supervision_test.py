"""Runs that are watched: what ends one says who did it, in its log, and ends no other."""

import glob
import json
import re
import signal
import subprocess
import time
import unittest

from atelier_test import ENDLESS, PROGRAM, SELDOM, AtelierTest
from crash_test import CRASHES, EXPERIMENT, PLAIN


class Watched(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("crash.toml", EXPERIMENT.format(**PLAIN))

    def crash(self, *words, code, how="none", **environment):
        return self.run_atelier("run", "crash.toml", f"model.how={how}", "--plugin-path", CRASHES, *words, code=code, **environment)

    def only_run(self):
        [run] = self.json("ls")
        return run


class OneRun(Watched):
    def test_an_endless_loop(self):
        done = self.crash("--stall-timeout", "1", how="loop", code=1)
        words = r"model 'crashing' \(.*crashes\.so\), train_step, step 5, after .*: it stalled: nothing had moved on for 1 s"
        self.assertRegex(done.stderr, words)
        self.assertEqual(self.only_run()["status"], "failed")
        self.assertRegex(self.only_run()["reason"], words)

    def test_no_memory_left(self):
        done = self.crash("--memory-limit", "200MB", how="memory", code=1)
        self.assertRegex(done.stderr, "memory")
        self.assertEqual(self.only_run()["status"], "failed")
        self.assertRegex(self.only_run()["reason"], "memory")

    def test_killed_without_a_word(self):
        done = self.crash(how="killed", code=1)
        words = "the process ended with SIGKILL: it was killed, by somebody or by a system that had no memory left, after step "
        self.assertIn("atelier: error: " + words, done.stderr)
        self.assertEqual(self.only_run()["status"], "failed")
        self.assertIn(words, self.only_run()["reason"])
        self.assertEqual(glob.glob(self.path("runs/crash/*.journal")), [])
        self.crash("--retries", "2", how="killed", code=1)  # each time again

    def test_a_retry_goes_on_from_the_checkpoint_to_the_same_end(self):
        whole = self.json("show", self.crash(how="none", code=0).stdout.splitlines()[0])
        done = self.crash("--retries", "1", "name=again", how="once", code=0, CRASH_ONCE=self.path("crashed"))
        self.assertRegex(done.stderr, r"atelier: retry 1 of 1: goes on from step [345]\n")
        again = self.json("show", "again")
        self.assertEqual((again["status"], again["metrics"]), ("finished", whole["metrics"]))

    def test_what_would_come_again_is_not_tried_again(self):
        done = self.run_atelier("run", "tiny.toml", "optimizer.learning_rate=1e38", "--retries", "3", code=1)
        self.assertIn("atelier: no retry: the same would come again, bit for bit\n", done.stderr)
        self.assertEqual(len(self.json("ls")), 1)

    def test_stopped_by_the_terminal_and_continued(self):
        # A group of its own, whose parent is in the session: the system stops no other.
        process = subprocess.Popen([PROGRAM, "run", "tiny.toml", "train.epochs=3000", *SELDOM], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0)
        self.addCleanup(self.end, process)
        self.assertIn(": training from step 1", process.stderr.readline())
        worker = self.worker_of(process)

        def state(pid):
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")")[-1].split()[0]

        process.send_signal(signal.SIGTSTP)
        until = time.monotonic() + 60
        while time.monotonic() < until and (state(process.pid), state(worker)) != ("T", "T"):
            time.sleep(0.02)
        self.assertEqual((state(process.pid), state(worker)), ("T", "T"))
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=240)
        self.assertEqual(process.returncode, 0)

    def test_the_supervisor_killed_takes_its_run_along_with_a_checkpoint(self):
        process, log = self.start(*ENDLESS)
        process.kill()
        process.communicate()
        until = time.monotonic() + 30
        while glob.glob(self.path("runs/tiny/*.lock")) and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(self.json("show", log)["status"], "interrupted")

    def test_events_for_programs(self):
        lines = self.output("run", "tiny.toml", "--json-lines").splitlines()
        events = [json.loads(line) for line in lines]
        self.assertEqual([event["event"] for event in events], ["started"] + ["evaluated"] * (len(events) - 2) + ["ended"])
        self.assertEqual(events[-1]["status"], "finished")
        self.assertEqual(self.json("show", events[0]["log"])["status"], "finished")

    def test_values_that_cannot_be(self):
        for option, value, expected in [("memory-limit", "2 apples", "at least 1 MiB, as 2GiB, 500MB or 3000000000"),
                                        ("memory-limit", "12", "at least 1 MiB, as 2GiB, 500MB or 3000000000"),
                                        ("stall-timeout", "-1", "seconds, at least 0.1"),
                                        ("stall-timeout", "soon", "seconds, at least 0.1")]:
            self.assert_error(["run", "tiny.toml", f"--{option}={value}"], f"--{option}: got '{value}', expected {expected}")
        self.assert_error(["run", "tiny.toml", "--jobs", "2"], "--jobs: got a single experiment, expected a sweep")


class Sweep(Watched):
    def heads(self, out):
        """The hash over each log, by its point."""
        return {run["overrides"]: self.output("verify", run["path"], "--chain").splitlines()[1].split()[-1]
                for run in (dict(self.json("show", log), overrides=self.json("show", log)["experiment"]["overrides"], path=log)
                            for log in sorted(glob.glob(self.path(out + "/tiny/*.h5"))))}

    def test_every_end_is_named_and_ends_no_other(self):
        words = ['model.how="segmentation fault","loop","memory","killed",none', "--jobs", "2", "--stall-timeout", "5",
                 "--memory-limit", "200MB", "--plugin-path", CRASHES]
        done = self.run_atelier("run", "crash.toml", *words, code=1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-5], "sweep of 5 points: 1 finished, 4 failed")
        reasons = [run["reason"] for run in self.json("ls") if run["status"] == "failed"]
        self.assertEqual(len(reasons), 4)
        for words in ("SIGSEGV (memory that is not there)", "it stalled: ", "ended with SIGKILL: it was killed", "more memory"):
            self.assertEqual(sum(words in reason for reason in reasons), 1, reasons)
        for line, word in zip(lines[-4:], ["SIGSEGV", "stalled", "memory", "SIGKILL"]):
            self.assertRegex(line, rf"^failed: model\.how=.*{word}.* \(runs/crash/.*\)$")

    def test_a_point_that_was_killed_goes_on_from_its_checkpoint(self):
        words = ["run", "crash.toml", 'model.how="killed"', "seed=1,2", "checkpoint.every=0.1", "--plugin-path", CRASHES]
        self.run_atelier(*words, code=1)
        self.assertEqual([run["status"] for run in self.json("ls")], ["failed", "failed"])
        done = self.run_atelier(*words, code=1)
        self.assertEqual(len(re.findall(r"from step [1-5]\b", done.stderr)), 2, done.stderr)
        self.assertEqual(len(self.json("ls")), 2)  # in their logs

    def test_as_many_at_a_time_as_there_are_threads_for_or_one_the_bits_are_the_same(self):
        words = ["run", "tiny.toml", "model.latent=2,3", "seed=1,2"]
        self.run_atelier(*words, "--jobs", "1", "--threads", "2", "--out", "one")
        self.run_atelier(*words, "--jobs", "3", "--threads", "3", "--out", "three")
        one = self.heads("one")
        self.assertEqual(len(one), 4)
        self.assertEqual(one, self.heads("three"))

    def test_points_of_a_killed_sweep_are_waited_for(self):
        words = [PROGRAM, "run", "tiny.toml", "train.epochs=3000", *SELDOM, "--seeds", "1..3", "--jobs", "2"]
        process = subprocess.Popen(words, cwd=self.folder, env=self.environment(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        begun = 0
        while begun < 2:
            begun += "training from step" in process.stderr.readline()
        process.kill()
        done = subprocess.run(words, cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=120, check=False)
        process.communicate()
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (0, "sweep of 3 points: 3 finished"), done.stderr)
        self.assertEqual(len(glob.glob(self.path("runs/tiny/*.h5"))), 3)

    def test_how_many_at_a_time_is_measured_and_said(self):
        done = self.run_atelier("run", "tiny.toml", "--seeds", "1..4", "--threads", "2")
        self.assertRegex(done.stderr, r"atelier: note: [12] runs? at a time of [12] threads?: 4 points take about \d+\.\d s so, and ")

    def test_the_dry_run_says_what_it_takes(self):
        lines = self.output("run", "tiny.toml", "model.latent=2,3", "seed=1,2", "--dry-run", "--jobs", "2").splitlines()
        self.assertRegex(lines[0], r"^point +model\.latent +seed +time +memory +state$")
        for line in lines[1:5]:
            self.assertRegex(line, r" \d+\.\d s +[\d.]+ .B +to run$")
        self.assertEqual(lines[5], "4 points, 4 to run")
        self.assertRegex(lines[6], r"^2 at a time: about \d+\.\d s, and [\d.]+ .B of memory$")

    def test_events_for_programs(self):
        text = self.output("run", "tiny.toml", "--seeds", "1..3", "--jobs", "2", "--json-lines")
        events = [json.loads(line) for line in text.splitlines()]
        kinds = [event["event"] for event in events]
        for kind in ("began", "started", "ended"):
            self.assertEqual(kinds.count(kind), 3, kinds)
        self.assertEqual(kinds[-1], "summary")
        self.assertEqual((events[-1]["done"], events[-1]["best"]["metric"] != ""), (3, True))
        points = {event["point"] for event in events if event["event"] == "ended"}
        self.assertEqual(len(points), 3)

    def test_on_a_terminal_each_run_has_a_line_of_no_more_than_its_columns(self):
        for columns in (80, 40, 20):
            code, text = self.on_terminal("run", "tiny.toml", "train.epochs=2000", *SELDOM, "--seeds", "1..3", "--jobs", "2",
                                          f"name=evil-{columns}", 'tags=["\\u001b[2J"]', columns=columns, stdout=subprocess.DEVNULL)
            self.assertEqual(code, 0)
            self.assertIn("of 3 done", text)
            drawn = re.split(r"\r(?:\x1b\[\d+A)?\x1b\[J", text)
            self.assertGreater(len(drawn), 2)
            for frame in drawn[1:]:
                for line in frame.split("\n"):
                    if not line.startswith("atelier: "):
                        self.assertLess(len(re.sub(r"\x1b\[\d*m", "", line)), columns, frame)


if __name__ == "__main__":
    unittest.main()
