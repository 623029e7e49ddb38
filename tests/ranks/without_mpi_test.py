"""A program that was built without MPI refuses to be one of several processes: each would do the whole work."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
from atelier_test import PROGRAM, AtelierTest  # noqa: E402


class WithoutMpi(AtelierTest):
    def test_one_of_several_is_refused_by_the_first_in_words(self):
        for size, rank in (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"), ("SLURM_STEP_NUM_TASKS", "PMIX_RANK")):
            for number in ("0", "1"):
                done = self.run_atelier("run", "tiny.toml", code=2, **{size: "2", rank: number})
                name = rank if size.startswith("SLURM") else size
                message = (f"atelier: error: {name}: got 2 processes of one program that was built without MPI: each would do the whole "
                           "work; hint: one process, or a program that was configured with -DATELIER_MPI=ON\n")
                self.assertEqual(done.stderr, message if number == "0" else "")
                self.assertFalse(os.path.exists(self.path("runs")))

    def test_no_script_for_several_is_written(self):
        for words, what in ((["--ranks=4"], "--ranks"), (["--nodes=1-4"], "--nodes"), (["--nodes=2", "--ranks=4"], "--ranks")):
            self.assert_error(["slurm", "tiny.toml", *words], f"{what}: got 4 ranks for a run, and this program was built without MPI; "
                              "hint: one process for a run, or a program that was configured with -DATELIER_MPI=ON")
        self.assertFalse(os.path.exists(self.path("job.sh")))

    def test_alone_is_as_ever(self):
        self.run_atelier("run", "tiny.toml", OMPI_COMM_WORLD_SIZE="1", OMPI_COMM_WORLD_RANK="0")

    def test_no_mpi_is_in_it(self):
        libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("libmpi", libraries)


if __name__ == "__main__":
    unittest.main()
