import os
import shutil
import signal
import subprocess
import unittest

from atelier_test import ENDLESS, AtelierTest


class Run(AtelierTest):
    def test_output_is_the_log_and_the_end(self):
        done = self.run_atelier("run", "tiny.toml")
        log, end, evaluation = done.stdout.splitlines()
        self.assertRegex(log, r"^runs/tiny/\d{8}T\d{6}Z-[0-9a-f]+-s7\.h5$")
        self.assertTrue(os.path.exists(self.path(log)))
        self.assertRegex(end, r"^finished: 12 steps, \d:\d\d of training, [\d,]+ samples/s$")
        self.assertRegex(evaluation, r"^evaluation:.*  loss \d+")
        self.assertFalse(os.path.exists(self.path(log + ".lock")))

    def test_messages_where_no_terminal_is(self):
        lines = self.run_atelier("run", "tiny.toml").stderr.splitlines()
        self.assertRegex(lines[0], r"^runs/tiny/.*\.h5: training from step 1$")
        self.assertRegex(lines[1], r"^evaluation at step 4, epoch 1:.*  loss \d+.*  \* best$")
        self.assertEqual(len([line for line in lines if line.startswith("evaluation at")]), 3)
        self.assertNotIn("\x1b", "".join(lines))

    def test_threads_do_not_change_the_result(self):
        evaluations = {self.output("run", "tiny.toml", "--threads", threads).splitlines()[2] for threads in "123"}
        self.assertEqual(len(evaluations), 1)

    def test_overrides_and_folder(self):
        log = self.train("seed=9", "model.latent=3", "--out", "elsewhere")
        self.assertRegex(log, r"^elsewhere/tiny/.*-s9\.h5$")
        self.assertEqual(self.json("show", log)["experiment"]["settings"]["model.latent"], "3")

    def test_dry_run_writes_nothing(self):
        done = self.run_atelier("run", "tiny.toml", "--dry-run", "--threads", "2")
        self.assertEqual(done.stdout, "would train 'tiny': 12 steps of 16 samples from 64, 2,244 parameters, 2 threads\n"
                                      "would log to runs/tiny\n")
        self.assertEqual(os.listdir(self.folder), ["tiny.toml"])

    def test_a_loss_that_is_not_finite_fails_the_run(self):
        done = self.run_atelier("run", "tiny.toml", "optimizer.learning_rate=1e30", code=1)
        self.assertIn("atelier: error: the run failed: ", done.stderr)
        runs = self.json("ls")
        self.assertEqual([run["status"] for run in runs], ["failed"])
        self.assertTrue(runs[0]["reason"])


class WrongInput(AtelierTest):
    def test_experiment(self):
        self.assert_error(["run", "tiny.toml", "model.latnt=3"],
                          "<override \"model.latnt=3\">: model.latnt: got an unknown key; did you mean 'latent'?")
        self.assert_error(
            ["run", "tiny.toml", "model.latent=ten"],
            "<override \"model.latent=ten\">: model.latent: got the string 'ten', expected an integer in [1, 65536]")
        self.assert_error(["run", "tiny.toml", "model.latent=0"],
                          '<override "model.latent=0">: model.latent: got 0, expected an integer in [1, 65536]')
        self.assert_error(["run", "tiny.toml", "model.use=vea"],
                          "<override \"model.use=vea\">: model.use: got 'vea', expected a model; did you mean 'vae'?")
        self.assert_error(["run", "none.toml"], "none.toml: cannot be read, expected an experiment file")
        self.assertEqual(os.listdir(self.folder), ["tiny.toml"])

    def test_the_output_folder_is_a_file(self):
        self.write("file", "")
        self.assert_error(["run", "tiny.toml", "--out", "file"],
                          "file/tiny: the folder cannot be made: file is a file")

    def test_a_folder_that_cannot_be_written_to(self):
        folder = self.path("readonly")
        os.mkdir(folder)
        if os.geteuid() == 0:  # who may write everywhere, except where nobody may
            mounted = shutil.which("mount") and subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], capture_output=True, check=False).returncode == 0
            if not mounted:
                self.skipTest("a read-only file system cannot be mounted here")
            self.addCleanup(subprocess.run, ["umount", folder], check=True)
        else:
            os.chmod(folder, 0o555)
        done = self.run_atelier("run", "tiny.toml", "--out", "readonly", code=2)
        self.assertRegex(done.stderr, r"^atelier: error: readonly/tiny: the folder cannot be made: "
                                      r"(Read-only file system|Permission denied)\n$")


class Interrupt(AtelierTest):
    def test_once_stops_with_a_checkpoint(self):
        process, log = self.start(*ENDLESS)
        process.send_signal(signal.SIGINT)
        output, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        self.assertIn("atelier: stopping after this step; Ctrl-C again to end at once\n", messages)
        self.assertIn(f"atelier: interrupted; go on with: atelier resume {log}\n", messages)
        self.assertRegex(output.splitlines()[1], r"^interrupted: [\d,]+ steps")
        shown = self.json("show", log)
        self.assertEqual(shown["status"], "interrupted")
        self.assertGreater(shown["weights"]["checkpoint"], 0)

    def test_terminate_is_the_same(self):
        process, log = self.start(*ENDLESS)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.json("show", log)["status"], "interrupted")

    def test_no_thread_that_computes_takes_signals(self):
        """A handler's frame would be written over the data of kernels that use the stack pointer for them, as oneDNN's do."""
        process, _ = self.start(*ENDLESS)
        taking = []
        for task in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{task}/status") as status:
                blocked = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
            if not all(blocked >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGTERM)):
                taking.append(int(task))
        self.assertEqual(len(taking), 1)  # the one that waits for them
        self.assertNotEqual(taking[0], process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)

    def test_twice_ends_at_once(self):
        process, log = self.start(*ENDLESS)
        process.send_signal(signal.SIGSTOP)  # so that both arrive before another step
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(output, "")
        self.assertEqual(self.json("ls")[0]["status"], "killed")
        self.assertEqual(self.json("show", log)["status"], "killed")


if __name__ == "__main__":
    unittest.main()
