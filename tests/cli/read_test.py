import os
import subprocess
import unittest

from atelier_test import AtelierTest

READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_log.py")


class Read(AtelierTest):
    """Logs of real runs, opened by the programs that researchers have."""

    def reads(self, *logs):
        done = subprocess.run(["/usr/bin/python3", "-B", READER, *logs], cwd=self.folder, capture_output=True, text=True)
        if done.returncode == 77:
            self.skipTest(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_log_opens_everywhere(self):
        self.reads(self.train())

    def test_with_all_that_can_be_logged(self):
        layer = "autoencoder.encoder.0"
        self.reads(self.train("log.gradient_norms=2", "log.weights=4", "log.gradients=4", "dataset.validation=0.25",
                              f'log.activations=["{layer}"]', "log.activations_every=3"))

    def test_equal_runs_differ_in_time_only(self):
        """Ids differ by design; all else but the clock's is equal."""
        first = self.train("--threads", "1")
        second = self.train("--threads", "2")
        script = (
            "import sys, h5py\n"
            "def content(path):\n"
            "    out = {}\n"
            "    def visit(name, item):\n"
            "        if isinstance(item, h5py.Dataset) and not name.startswith(('timing', 'provenance')):\n"
            "            value = item[()]\n"
            "            texts = getattr(value, 'dtype', None) == object\n"  # whose bytes are pointers
            "            out[name] = value.tolist() if texts else value.tobytes() if hasattr(value, 'tobytes') else value\n"
            "    h5py.File(path).visititems(visit)\n"
            "    return out\n"
            "a, b = content(sys.argv[1]), content(sys.argv[2])\n"
            "assert a.keys() == b.keys() and len(a) > 20\n"
            "print([name for name in a if a[name] != b[name]])\n"
        )
        done = subprocess.run(["/usr/bin/python3", "-c", script, first, second], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.stdout, "[]\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
