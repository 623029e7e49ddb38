"""What `atelier run --profile` shows: a trace of one step, and a table of the same."""

import json
import os
import re
import unittest

from atelier_test import AtelierTest

CONVOLUTIONAL = """name = "tiny-convolutional"
seed = 7

[dataset]
use = "shapes"
size = 12
count = 64
test_count = 32

[model]
use = "vae"
encoder = "convolutional"
filters = [8, 8]
latent = 4

[optimizer]
use = "adam"

[train]
epochs = 4
batch_size = 16
"""
ROW = re.compile(r"^(?P<name>\S.*?)  +(?P<calls>\d+)  +(?P<ms>[\d.]+)  +(?P<share>[\d.]+)%"
                 r"(?:  +(?P<rate>[\d.]+)  +(?P<peak>[\d.]+)%)?$")


class Profile(AtelierTest):
    def profile(self, file, *words):
        """The events and the other data of a trace, and the lines of the table."""
        output = self.output("run", file, "--profile", "trace.json", *words)
        with open(self.path("trace.json"), encoding="utf-8") as trace:
            content = json.load(trace)
        events = [event for event in content["traceEvents"] if event["ph"] == "X"]
        return events, content["otherData"], output.split("\n\n")[1].splitlines()

    def test_the_trace_shows_products_on_each_worker(self):
        self.write("convolutional.toml", CONVOLUTIONAL)
        events, other, _ = self.profile("convolutional.toml", "--threads", "2")
        self.assertEqual(other["step"], 11)  # the tenth is one whose norms are logged
        names = {event["name"] for event in events}
        self.assertTrue(any("conv" in name for name in names), names)
        self.assertIn("gemm", names)
        self.assertTrue({event["tid"] for event in events} <= {0, 1})
        for event in events:
            self.assertGreater(event["dur"], 0)
            self.assertGreaterEqual(event["ts"], 0)
            self.assertLessEqual(event["ts"] + event["dur"], 1e6 * other["seconds"] + 0.01)
        product = next(event for event in events if event["name"] == "gemm" and "location" in event["args"])
        self.assertGreater(product["args"]["flops"], 0)
        self.assertRegex(product["args"]["location"], r"\.[ch]pp:\d+$")
        self.assertEqual(len(product["args"]["inputs"]), 2)
        self.assertRegex(product["args"]["outputs"][0], r"^\(\d+, \d+\)$")
        self.assertEqual(product["args"]["operation"], "gemm/1")

    def test_a_worker_does_one_thing_at_a_time(self):
        events, _, _ = self.profile("tiny.toml", "--threads", "3")
        for worker in range(3):
            mine = sorted((event["ts"], event["dur"]) for event in events if event["tid"] == worker)
            for (begin, duration), (following, _) in zip(mine, mine[1:]):
                self.assertLessEqual(begin + duration, following + 0.01)

    def test_the_table_sums_up_the_trace(self):
        events, other, lines = self.profile("tiny.toml", "--threads", "2")
        self.assertRegex(lines[0], r"^step 10: [\d.]+ ms on 2 workers; sgemm of 1024x1024 matrices: [\d.]+ GFLOP/s")
        self.assertEqual(lines[1].split(), ["operation", "calls", "ms", "share", "GFLOP/s", "of", "sgemm"])
        total = {}
        for event in events:
            total[event["name"]] = total.get(event["name"], 0) + event["dur"] / 1000
        rows = [ROW.match(line) for line in lines[2:-1]]
        self.assertNotIn(None, rows, lines)
        self.assertEqual(len(rows), len(total))
        for row in rows:
            self.assertAlmostEqual(float(row["ms"]), total[row["name"]], delta=0.002)
            share = 100 * total[row["name"]] / (2000 * other["seconds"])
            self.assertAlmostEqual(float(row["share"]), share, delta=0.1)
        self.assertEqual([row["ms"] for row in rows], sorted((row["ms"] for row in rows), key=float, reverse=True))
        self.assertIn("gemm", {row["name"] for row in rows if row["rate"]})
        last = re.match(r"^matrix products and convolutions ([\d.]+)%, idle ([\d.]+)% of the workers' time; "
                        r"waited ([\d.]+) ms for the next batch; arena [\d.]+ \w+, at most [\d.]+ \w+ in the run$", lines[-1])
        self.assertAlmostEqual(float(last[1]), sum(float(row["share"]) for row in rows if row["rate"]), delta=0.5)
        self.assertAlmostEqual(float(last[2]), 100 - sum(float(row["share"]) for row in rows), delta=0.1 * len(rows))
        ends = {True: 0.0, False: 0.0}  # of assembling, and of all else
        for event in events:
            is_batch = event["name"] == "(assemble the next batch)"
            ends[is_batch] = max(ends[is_batch], event["ts"] + event["dur"])
        self.assertAlmostEqual(float(last[3]), max(ends[True] - ends[False], 0) / 1000, delta=0.001)
        self.assertAlmostEqual(other["waited_for_data"], max(ends[True] - ends[False], 0) / 1e6, delta=1e-6)
        self.assertGreaterEqual(other["peak_arena_bytes"], other["arena_bytes"])
        self.assertGreater(other["arena_bytes"], 0)

    def test_a_short_run_shows_its_last_step(self):
        _, other, _ = self.profile("tiny.toml", "train.epochs=1")
        self.assertEqual(other["step"], 4)

    def test_the_result_is_that_of_a_run_that_is_not_looked_at(self):
        plain = self.output("run", "tiny.toml").splitlines()[2]
        self.assertEqual(self.output("run", "tiny.toml", "--profile", "trace.json").splitlines()[2], plain)

    def test_a_file_that_cannot_be_written(self):
        self.assert_error(["run", "tiny.toml", "--profile", "none/trace.json"],
                          f"none/trace.json: cannot be written: there is no folder {self.path('none')}")
        self.assert_error(["run", "tiny.toml", "--profile", "."], ".: cannot be written: it is a folder")
        self.assertEqual(os.listdir(self.folder), ["tiny.toml"])


if __name__ == "__main__":
    unittest.main()
