import os
import shutil
import unittest

from atelier_test import ENDLESS, AtelierTest

import h5py


class Rm(AtelierTest):
    def files(self):
        return sorted(os.path.join(folder, file) for folder, _, files in os.walk(self.path("runs")) for file in files)

    def test_with_all_that_stands_beside_it(self):
        logs = [self.train(f"seed={seed}") for seed in (1, 2)]
        for ending in (".journal", ".new", ".slim", ".png"):
            self.write(logs[0] + ending, "")
        self.assertEqual(self.output("rm", "--yes", logs[0]), f"removed {logs[0]}\n")
        self.assertEqual(self.files(), sorted([self.path(logs[0] + ".png"), self.path(logs[1])]))
        self.output("rm", "-y", "tiny")
        self.assertTrue(os.path.isdir(self.path("runs/tiny")))  # something of the user's is in it
        self.output("run", "tiny.toml", "name=other")
        self.output("rm", "-y", "other")
        self.assertFalse(os.path.exists(self.path("runs/other")))

    def test_asks_on_a_terminal(self):
        log = self.train()
        size = os.path.getsize(self.path(log))
        for answer in ("n\n", "\n", "\x04"):
            code, text = self.on_terminal("rm", "tiny", answer=answer)
            self.assertEqual(code, 0)
            self.assertIn(f"remove this log, {size / 1000:.1f} KB? [y/N]", text)
            self.assertRegex(text, rf"tiny +[0-9a-f]+ +finished +\S+Z +12 +{size / 1000:.1f} KB\n")
            self.assertIn(log, text)
            self.assertIn("nothing is removed", text)
        self.assertEqual(self.files(), [self.path(log)])
        code, text = self.on_terminal("rm", "tiny", answer="y\n")
        self.assertEqual((code, self.files()), (0, []))

    def test_without_a_terminal(self):
        log = self.train()
        done = self.run_atelier("rm", log, code=2)
        self.assertIn("atelier: error: nothing is done without being asked, and there is no terminal to ask on; "
                      "hint: --yes\n", done.stderr)
        self.assertEqual(self.files(), [self.path(log)])

    def test_what_is_written_stays_and_all_others_with_it(self):
        finished = self.train("seed=1")
        process, log = self.start("seed=2", *ENDLESS)
        done = self.run_atelier("rm", "--yes", finished, log, code=2)
        self.assertRegex(done.stderr, rf"^atelier: error: {log}: is being written by process {self.worker_of(process)} on ")
        self.assertIn(self.path(finished), self.files())
        self.end(process)
        self.output("rm", "--yes", finished, log)
        self.assertEqual(self.files(), [])

    def test_several_by_a_pattern_and_broken_ones(self):
        for seed in (1, 2, 3):
            self.train(f"seed={seed}")
        self.write("runs/tiny/broken.h5", "no log\n")
        paths = self.output("ls", "seed > 1", "--paths").split()
        self.assertEqual(len(paths), 2)
        self.output("rm", "--yes", *paths)
        self.assertEqual([run["status"] for run in self.json("ls")], ["broken", "finished"])
        self.output("rm", "--yes", "runs/tiny/broken.h5")
        self.assertEqual([run["seed"] for run in self.json("ls")], [1])
        self.assert_error(["rm", "--yes", "none"],
                          "'none': expected a log, a folder with logs, or in 'runs' an experiment or a run's id")

    def write_next(self):
        with open(self.path("tiny.toml"), encoding="utf-8") as file:
            self.write("next.toml", file.read().replace('"tiny"', '"next"') + '[start]\nfrom = "tiny"\n')

    def test_what_began_with_it_is_said(self):
        log = self.train()
        self.write_next()
        self.output("run", "next.toml")
        self.output("run", "next.toml", "name=keeps", "checkpoint.keep=4")
        shutil.copy(self.path(log), self.path("runs/copy.h5"))
        self.assertNotIn("other run", self.on_terminal("rm", log, answer="n\n")[1])  # of which there is another
        os.remove(self.path("runs/copy.h5"))
        code, text = self.on_terminal("rm", log, answer="y\n")
        self.assertEqual(code, 0)
        self.assertIn("1 other run used the weights of these; its log has a copy of them", text)
        self.assertIn("1 other run began with the weights of these ([start] from), and can no longer be verified or "
                      "replayed from step 0 without them", " ".join(text.split()))
        self.output("sample", "next", "-o", "a.png")
        self.output("replay", "keeps", "--at", "2", "--sample", "-o", "b.png")
        self.assertIn("start.from", self.run_atelier("verify", "next", code=2).stderr)

    def test_what_is_no_log_stays(self):
        log = self.train()
        with h5py.File(self.path("data.h5"), "w") as file:
            file["values"] = [1, 2, 3]
        shutil.copy(self.path("data.h5"), self.path("runs/tiny/data.h5"))
        self.write("runs/tiny/text.h5", "mine\n")
        for ending in (".slim", ".new"):
            self.write("tiny.toml" + ending, "mine\n")
        files = self.files()
        for name, reason in (("tiny.toml", "it is not an HDF5 file"), ("data.h5", "it is an HDF5 file, but no log of a run"),
                             ("/dev/null", "it is no regular file")):
            self.assert_error(["rm", "-y", log, name], f"{name}: cannot be read: {reason}; 'atelier rm' removes logs of runs alone")
        self.assertEqual(self.files(), files)
        self.assertTrue(all(os.path.exists(self.path("tiny.toml" + ending)) for ending in ("", ".slim", ".new")))
        done = self.run_atelier("rm", "-y", "runs/tiny/[dt]*.h5", code=2)
        self.assertTrue(done.stderr.endswith("\natelier: error: nothing is removed: none of these is a log of a run\n"))
        self.assertEqual(self.files(), files)
        done = self.run_atelier("rm", "-y", "runs/tiny")
        self.assertEqual(done.stdout, f"removed {log}\n")
        self.assertIn("passed over: runs/tiny/data.h5: cannot be read: it is an HDF5 file, but no log of a run\n", done.stderr)
        self.assertIn("passed over: runs/tiny/text.h5: cannot be read: it is not an HDF5 file; hint: a log as", done.stderr)
        self.assertEqual(self.files(), [file for file in files if file != self.path(log)])

    def test_damaged_logs(self):
        logs = [self.train(f"seed={seed}") for seed in (1, 2)]
        with h5py.File(self.path(logs[0]), "r+") as file:
            del file["metrics"]
        with open(self.path(logs[1]), "r+b") as file:
            file.truncate(5000)
        self.assertEqual({run["status"] for run in self.json("ls")}, {"broken"})
        self.assertEqual(self.output("rm", "-y", "runs/tiny"), f"removed {logs[0]}\n")
        self.assertEqual(self.files(), [self.path(logs[1])])
        self.output("rm", "-y", logs[1])
        self.assertEqual(self.files(), [])

    def test_links(self):
        log = self.train("seed=1")
        os.symlink(self.path(log), self.path("link.h5"))
        self.assertEqual(self.output("rm", "-y", "link.h5", log, "./link.h5", "tiny"), f"removed link.h5\nremoved {log}\n")
        self.assertFalse(os.path.lexists(self.path("link.h5")))
        self.assertEqual(self.files(), [])
        log = self.train("seed=1")
        self.train("seed=2")
        os.rename(self.path("runs/tiny"), self.path("runs/elsewhere"))
        os.symlink("elsewhere", self.path("runs/tiny"))
        self.output("rm", "-y", log)
        self.assertTrue(os.path.islink(self.path("runs/tiny")))
        self.output("rm", "-y", "tiny")
        self.assertTrue(os.path.islink(self.path("runs/tiny")))


if __name__ == "__main__":
    unittest.main()
