import os
import shutil
import signal
import struct
import subprocess
import time
import unittest

from atelier_test import ENDLESS, LONG, PROGRAM, AtelierTest


class Run(AtelierTest):
    def test_output_is_the_log_and_the_end(self):
        done = self.run_atelier("run", "tiny.toml")
        log, end, evaluation = done.stdout.splitlines()
        self.assertRegex(log, r"^runs/tiny/\d{8}T\d{6}Z-[0-9a-f]+-s7\.h5$")
        self.assertTrue(os.path.exists(self.path(log)))
        self.assertRegex(end, r"^finished: 12 steps, \d:\d\d of training, [\d,]+ samples/s$")
        self.assertRegex(evaluation, r"^evaluation:.*  loss \d+")
        self.assertFalse(os.path.exists(self.path(log + ".lock")))

    def test_why_it_stopped_early(self):
        done = self.run_atelier("run", "tiny.toml", "train.epochs=20", "optimizer.learning_rate=0.0",
                                "train.early_stopping.patience=2", "train.early_stopping.min_delta=0.5")
        log, end, _ = done.stdout.splitlines()
        reason = "stopped early after 2 evaluations without improvement of 'loss' beyond 0.5"
        self.assertTrue(end.startswith("finished: 12 steps, ") and end.endswith(" samples/s; " + reason), end)
        self.assertRegex(self.output("show", log), rf"(?m)^ended +{reason}$")

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

    def test_bfloat16_is_refused_where_the_processor_has_no_instructions_for_it(self):
        without = {"DNNL_MAX_CPU_ISA": "AVX2"}
        message = ('atelier: error: <override "train.precision=bf16">: train.precision: got \'bf16\', expected \'float32\', as this '
                   "processor has no instructions for bfloat16 (avx512_bf16 or amx_bf16) and would be slower with it; hint: "
                   "'emulated-bf16' tries out what the rounding does\n")
        for verb in "run", "check":
            self.assertEqual(self.run_atelier(verb, "tiny.toml", "train.precision=bf16", code=2, **without).stderr, message)
        self.assertEqual(os.listdir(self.folder), ["tiny.toml"])
        log = self.output("run", "tiny.toml", "train.precision=emulated-bf16", **without).splitlines()[0]
        self.assertIn("loss", self.output("evaluate", log, **without))
        self.run_atelier("verify", log, **without)

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

    def test_oblong_pictures(self):
        """48 x 36 is halved to 24 x 18, 12 x 9 and 6 x 5: even and odd at one level. The data is read as it lies there."""
        os.mkdir(self.path("oblong"))
        for split, count in (("train", 12), ("t10k", 4)):
            pixels = bytes((x * y + 40 * i) % 256 for i in range(count) for y in range(48) for x in range(36))
            for name, content in ((f"{split}-images-idx3-ubyte", struct.pack(">IIII", 0x803, count, 48, 36) + pixels),
                                  (f"{split}-labels-idx1-ubyte",
                                   struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count)))):
                with open(self.path("oblong/" + name), "wb") as file:
                    file.write(content)
        for model in ("vae model.hidden=[8]", "vae model.encoder=convolutional model.filters=[4,4,4]", "vq-vae model.codes=8",
                      "gan model.generator=[8] model.discriminator=[8]", "aae model.hidden=[8]", "vae-gan model.encoder=[8]",
                      "vae-gan model.layers=convolutional model.encoder=[4,4,4] model.discriminator=[4,4,4]",
                      "cnn model.filters=[4,4]", "cnn-image-to-image model.task=denoise", "rnn model.units=8",
                      "pixelcnn model.features=4 model.blocks=1", "realnvp model.features=[4,4,4]",
                      "diffusion model.channels=[8,8,8] model.steps=5 model.sampling_steps=0"):
            with self.subTest(model):
                use, *settings = model.split()
                self.write("oblong.toml", "name = \"oblong\"\n[dataset]\nuse = \"mnist\"\npath = \"oblong\"\n[model]\nuse = \"" + use +
                           "\"\n[optimizer]\nuse = \"adam\"\n[train]\nsteps = 1\nbatch_size = 4\n")
                extra = ["dataset.range=[-1.0, 1.0]"] if "gan" in use or use == "diffusion" else []
                self.run_atelier("run", "oblong.toml", *settings, *extra, "evaluate.every=1000", "sample.every=1000")

    def test_a_log_that_is_removed_is_missed(self):
        process, log = self.start(*LONG)
        os.remove(self.path(log))
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, messages)
        self.assertIn(f"{log}: cannot be written: the file has been removed", messages)

    def test_a_file_that_may_not_grow_is_an_error(self):
        for blocks in (60, 1000):  # too few for the log to be made, and for what then is logged
            done = subprocess.run(["sh", "-c", f'ulimit -f {blocks}; exec "$0" "$@"', PROGRAM, "run", "tiny.toml", *LONG,
                                   "log.every=1"], cwd=self.folder, capture_output=True, text=True, env=self.environment(),
                                  timeout=60, check=False)
            self.assertIn(done.returncode, (1, 2), done.stderr)
            self.assertRegex(done.stderr, "cannot be (made|written): File too large")

    def test_descriptors_that_are_closed_are_not_the_log_s(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM, "run", "tiny.toml"], cwd=self.folder,
                              env=self.environment(), timeout=60, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.json("show", "tiny")["status"], "finished")


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

    def test_a_terminal_that_is_closed_is_the_same(self):
        process, log = self.start(*ENDLESS)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        shown = self.json("show", log)
        self.assertEqual(shown["status"], "interrupted")
        self.assertGreater(shown["weights"]["checkpoint"], 0)

    def test_nohup_is_heeded(self):
        process, log = self.start(*LONG, before=["nohup"])
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.json("show", log)["status"], "finished")

    def test_an_evaluation_is_interrupted_and_made_again(self):
        long_evaluation = ["train.epochs=1", "evaluate.every=0.25", "dataset.test_count=20000", "evaluate.batch_size=1"]
        process, log = self.start(*long_evaluation)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        shown = self.json("show", log)
        self.assertRegex(shown["reason"], r"^interrupted after step [1-4], in \[evaluate\]$")
        self.assertEqual(shown["weights"]["checkpoint"], int(shown["reason"].split()[3].rstrip(",")))
        self.run_atelier("resume", log)
        self.run_atelier("run", "tiny.toml", *long_evaluation, "--out", "whole")
        self.assertEqual(self.json("show", log)["metrics"], self.json("show", "whole/tiny")["metrics"])

    def test_before_the_first_step_it_ends_at_once(self):
        process = subprocess.Popen([PROGRAM, "run", "tiny.toml", "model.hidden=" + str([8] * 4000)], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment())
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        output, messages = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual((process.returncode, output), (130, ""))
        self.assertEqual(messages, "atelier: interrupted before the first step; nothing was written\n")
        self.assertFalse(os.path.exists(self.path("runs")))

    def test_no_thread_that_computes_takes_signals(self):
        """A handler's frame would be written over the data of kernels that use the stack pointer for them, as oneDNN's do."""
        process, _ = self.start(*ENDLESS)
        worker = self.worker_of(process)
        taking = []
        for task in os.listdir(f"/proc/{worker}/task"):
            with open(f"/proc/{worker}/task/{task}/status") as status:
                blocked = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
            if not all(blocked >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGTERM)):
                taking.append(int(task))
        self.assertEqual(len(taking), 1)  # the one that waits for them
        self.assertNotEqual(taking[0], worker)
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
