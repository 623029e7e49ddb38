"""What is said where there is not enough memory, in a process that may have less than the machine has.

A limit of the address space makes the system refuse what the machine would have had.
"""

import resource
import subprocess
import unittest

from atelier_test import PROGRAM, AtelierTest


class Memory(AtelierTest):
    def limited(self, megabytes, *words):
        """What is said with an address space of so much; with one thread, as each has memory of its own."""
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, megabytes * 1_000_000))
        done = subprocess.run([PROGRAM, *words, "--threads", "1"], cwd=self.folder, capture_output=True, text=True,
                              env=self.environment(MALLOC_ARENA_MAX="1"), timeout=120, check=False, preexec_fn=limit)
        self.assertIn(done.returncode, (0, 1, 2), done.stderr)
        return "" if done.returncode == 0 else done.stderr

    def test_more_than_ulimit_leaves(self):
        said = self.limited(400, "check", "tiny.toml", "model.hidden=[65536, 2000]")
        self.assertRegex(said, r"^atelier: error: model 'vae': the parameter '\S+', float32 \(2000, 65536\), with those before it, "
                               r"2 in 17\.0 MB, needs 541\.3 MB of memory, this process may have 400\.0 MB \(ulimit\); hint: "
                               r"smaller layers\n$")

    def test_what_the_system_refuses_is_named_wherever_it_is_refused(self):
        owners = ["the parameter '", "of the optimizer beside the parameter '", "a copy of the parameter '"]
        seen = set()
        for limit in range(350, 1600, 150):
            said = self.limited(limit, "run", "tiny.toml", "model.hidden=[65536, 400]", "train.epochs=1")
            if said:
                self.assertRegex(said, r"needs (\S+ .B of|more) memory.*: this process has .* \(ulimit\); hint: ")
                self.assertRegex(said, r"float32 \([\d, ]+\)")
                self.assertNotIn("bad_alloc", said)
                seen.update(owner for owner in owners if owner in said)
        self.assertIn(owners[1], seen)
        self.assertIn(owners[2], seen)


if __name__ == "__main__":
    unittest.main()
