import signal
import unittest

from atelier_test import LONG, AtelierTest


class Resume(AtelierTest):
    def interrupted(self):
        process, log = self.start(*LONG)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        return log

    def test_goes_on_to_the_same_result(self):
        log = self.interrupted()
        done = self.run_atelier("resume", log)
        self.assertRegex(done.stderr.splitlines()[0], r": training from step \d+$")
        self.assertNotIn("training from step 1\n", done.stderr)
        self.assertRegex(done.stdout.splitlines()[1], r"^finished: 48,000 steps")
        resumed = self.json("show", log)
        whole = self.json("show", self.train(*LONG))
        self.assertEqual(resumed["status"], "finished")
        self.assertEqual(resumed["metrics"], whole["metrics"])

    def test_by_name_and_by_folder(self):
        self.train()
        log = self.interrupted()
        self.assertEqual(self.output("resume", "tiny").splitlines()[0], log)
        self.assert_error(["resume", "runs"],
                          f"the folder 'runs': has no run that could be resumed; the newest, {log}, is finished")

    def test_what_cannot_be_resumed(self):
        log = self.train()
        self.assert_error(["resume", log], f"{log}: the run is finished; there is nothing to resume")
        self.assert_error(["resume", "none.h5"], "none.h5: no such file")
        self.assert_error(["resume", "tinny"],
                          "'tinny': expected a log, a folder with logs, or in 'runs' an experiment or a run's id; "
                          "did you mean 'tiny'?")


if __name__ == "__main__":
    unittest.main()
