"""What is said, and kept, when a plugin ends the process. The plugin is the one that ATELIER_CRASHES names."""

import os
import signal
import unittest

from atelier_test import AtelierTest

CRASHES = os.environ["ATELIER_CRASHES"]

EXPERIMENT = """name = "crash"
seed = 7
[dataset]
use = "crashing"
{dataset}
[model]
use = "crashing"
{model}
[loss.reconstruction]
use = "{loss}"
{loss_settings}
[optimizer]
use = "{optimizer}"
{optimizer_settings}
[train]
steps = 8
batch_size = 16
[sample]
count = 4
[log]
every = 1
[checkpoint]
every = 1e-9
"""
PLAIN = {"dataset": "", "model": "", "loss": "mse", "loss_settings": "", "optimizer": "crashing",
         "optimizer_settings": ""}


class Crash(AtelierTest):
    def crash(self, code, environment=None, **parts):
        """Runs an experiment that ends so; returns what it said."""
        self.write("crash.toml", EXPERIMENT.format(**{**PLAIN, **parts}))
        done = self.run_atelier("run", "crash.toml", "--plugin-path", CRASHES, code=code, **(environment or {}))
        return done.stderr

    def model(self, how, where="train_step"):
        return {"model": f'how = "{how}"\nwhere = "{where}"'}

    def only_run(self):
        runs = self.json("ls")
        self.assertEqual(len(runs), 1)
        return runs[0]

    def assert_closed(self, *words):
        run = self.only_run()
        self.assertEqual(run["status"], "failed")
        for word in words:
            self.assertIn(word, run["reason"])

    def test_the_plugin_component_function_and_step_are_named_and_the_log_is_closed(self):
        said = self.crash(-signal.SIGSEGV, **self.model("segmentation fault"))
        self.assertRegex(said, r"atelier: error: model 'crashing' \(.*crashes\.so\), train_step, step 5, after "
                               r".*crashes\.cpp:\d+: it crashed: SIGSEGV \(.*\) at address 0x8\n")
        self.assertIn("atelier: the log is closed as failed", said)
        self.assert_closed("model 'crashing'", "train_step, step 5", "SIGSEGV")
        log = "runs/crash"
        self.assertEqual(self.json("show", log)["status"], "failed")
        self.output("sample", self.only_run()["path"], "-o", "x.png", "--plugin-path", CRASHES)  # its newest checkpoint is whole
        self.run_atelier("resume", log, "--plugin-path", CRASHES, code=-signal.SIGSEGV)  # it gets there again

    def test_a_point_of_a_sweep_that_crashes_or_exits_ends_no_other(self):
        self.write("crash.toml", EXPERIMENT.format(**PLAIN))
        words = ["run", "crash.toml", 'model.how="segmentation fault","exit",none', "--plugin-path", CRASHES]
        done = self.run_atelier(*words, code=1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-3], "sweep of 3 points: 1 finished, 2 failed")
        self.assertRegex(lines[-2], r'^failed: model.how="segmentation fault": .*train_step, step 5.*SIGSEGV.* \(runs/crash/.*\)$')
        self.assertRegex(lines[-1], r'^failed: model.how="exit": .*exit.* \(runs/crash/.*\)$')
        self.assertEqual(self.run_atelier(*words, code=1).stdout.splitlines()[-3],
                         "sweep of 3 points: 0 finished, 2 failed, 1 done before")

    def test_every_way_to_crash(self):
        for how, signal_number, words in [("abort", signal.SIGABRT, "SIGABRT (abort())"),
                                          ("division", signal.SIGFPE, "SIGFPE (an integer division by zero)"),
                                          ("illegal", signal.SIGILL, "SIGILL"), ("bus", signal.SIGBUS, "SIGBUS"),
                                          ("recursion", signal.SIGSEGV, "SIGSEGV"),
                                          ("terminate", signal.SIGABRT, "nobody caught: not from here"),
                                          ("thread", signal.SIGABRT, "nobody caught: nobody caught me")]:
            with self.subTest(how):
                said = self.crash(-signal_number, **self.model(how))
                self.assertIn("model 'crashing'", said)
                self.assertIn("train_step, step 5", said)
                self.assertIn(words, said)
                self.assertNotIn("atelier itself", said)

    def test_leaving_is_no_success(self):
        for how in ["exit", "quick_exit", "_exit", "exit thread"]:
            with self.subTest(how):
                said = self.crash(1, **self.model(how))
                self.assertIn("train_step, step 5", said)
                self.assertIn(f"it left the process by {how.split()[0]}(0)", said)
        self.assertEqual({run["status"] for run in self.json("ls")}, {"failed"})

    def test_a_child_of_a_plugin_may_leave(self):
        self.crash(0, **self.model("child"))
        self.assertEqual(self.only_run()["status"], "finished")

    def test_everywhere(self):
        for where in ["constructor", "evaluate", "sample", "destructor"]:
            with self.subTest(where):
                said = self.crash(-signal.SIGSEGV, **self.model("segmentation fault", where))
                self.assertRegex(said, rf"model 'crashing' \(.*crashes\.so\), {where}.*: it crashed: SIGSEGV")

    def test_the_first_failure_comes_first(self):
        said = self.crash(-signal.SIGSEGV, **self.model("segmentation fault", "after a failure"))
        self.assertRegex(said, r"crashes\.cpp:\d+: reshape: got \(3, 5\) for a tensor of \(16, 64\).*; then it crashed")
        self.assert_closed("reshape: got (3, 5)", "; then it crashed: SIGSEGV")

    def test_other_components(self):
        settings = 'how = "segmentation fault"\nwhere = "{}"'
        said = self.crash(-signal.SIGSEGV, loss="crashing", loss_settings=settings.format("per_sample"))
        self.assertRegex(said, r"loss 'crashing' \(.*\), the mean of per_sample, step \d")
        said = self.crash(-signal.SIGSEGV, optimizer_settings=settings.format("begin_update"))
        self.assertRegex(said, r"optimizer 'crashing' \(.*\), begin_update, step 5")

    def test_other_threads(self):
        settings = 'how = "segmentation fault"\nwhere = "{}"'
        said = self.crash(-signal.SIGSEGV, optimizer_settings=settings.format("update"))
        self.assertRegex(said, r"optimizer 'crashing' \(.*\), update: it crashed: SIGSEGV")
        self.assert_closed("optimizer 'crashing'", "update", "SIGSEGV")
        said = self.crash(-signal.SIGSEGV, dataset='how = "segmentation fault"')
        self.assertRegex(said, r"dataset 'crashing' \(.*\), read, sample 17: it crashed: SIGSEGV")

    def test_while_a_library_is_loaded(self):
        said = self.crash(-signal.SIGSEGV, {"CRASH_AT_LOADING": "segmentation fault"})
        self.assertRegex(said, r"the plugin .*crashes\.so, loading it: it crashed: SIGSEGV")
        said = self.crash(1, {"CRASH_AT_LOADING": "exit"})
        self.assertRegex(said, r"the plugin .*crashes\.so, loading it: it left the process by exit\(0\)")


if __name__ == "__main__":
    unittest.main()
