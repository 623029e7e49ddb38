#!/usr/bin/python3
"""Real logs, damaged or edited in many ways, through every verb that reads logs: each ends as it is documented to, with a word about why,
and changes no file but what it was asked to.

ATELIER_MUTATIONS says how many logs are changed, or which (17:18 is the one that number 17 stands for); the default is 100. Those on which a
verb went wrong are left in the folder ATELIER_FINDINGS, where that is set.
"""

import collections
import concurrent.futures
import os
import shutil
import signal
import subprocess
import time
import unittest

import experiments
from atelier_test import PROGRAM, AtelierTest
from mutations import mutate

FIRST, END = (int(number) for number in ("0:" + os.environ.get("ATELIER_MUTATIONS", "100")).rsplit(":", 2)[-2:])
SECONDS = 100  # that a verb may take where others compute, too; a process that reads such a log ends after five of its own
FINDINGS = os.environ.get("ATELIER_FINDINGS")
MOST_LINES = 4  # of a message, beside warnings that a log of another machine, or other plugins, asks for

LOGGED = ["train.epochs=3", "log.weights=2", "log.gradients=3", "checkpoint.keep=4"]
# What is asked of each log; PATH stands for it, and what is in the second list changes it.
READING = [
    ["show", "PATH"],
    ["show", "PATH", "--json"],
    ["ls", "PATH"],
    ["compare", "PATH", "sound.h5"],
    ["sample", "PATH", "-n", "2", "-o", "made.png"],
    ["evaluate", "PATH"],
    ["verify", "PATH", "--chain"],
    ["verify", "PATH", "--steps", "1"],
    ["replay", "PATH", "--at", "1", "--list"],
    ["diff", "PATH", "sound.h5"],
    ["export", "PATH", "--weights", "-o", "made.safetensors"],
    ["export", "PATH", "--metrics", "-o", "made.csv"],
    ["export", "PATH", "--samples", "-o", "made"],
    ["slim", "PATH", "--samples", "--tensors", "-o", "made.h5"],
]
WRITING = [
    ["repair", "PATH"],
    ["tag", "PATH", "x"],
    ["note", "PATH", "a note"],
    ["slim", "PATH", "--optimizer-slots", "--checkpoints"],
    ["resume", "PATH"],
    ["rm", "PATH", "--yes"],
]


THREADS = {verb: ["--threads", "1"] for verb in ("sample", "evaluate", "verify", "replay", "diff", "resume")}


def content_of(path):
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def said(done):
    """What was said of what went wrong, without what warnings and notes say of a run, and its progress."""
    return [line for line in done.stderr.splitlines() if line.startswith("atelier: error: ")]


class Mutations(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("text.txt", "to be or not to be, that is the question. " * 8)
        for name, text in (("gan", experiments.GAN), ("text", experiments.TEXT), ("rnn", experiments.RNN)):
            self.write(f"{name}.toml", text)
        logs = [self.train(*LOGGED), self.interrupted()]
        for name in ("gan", "text", "rnn"):
            logs.append(self.output("run", f"{name}.toml", "log.weights=4").splitlines()[0])
        self.output("note", logs[0], "what was tried")
        self.output("tag", logs[0], "first", "größer")
        self.sound = [content_of(self.path(log)) for log in logs]

    def interrupted(self):
        """A run that has only begun."""
        for _ in range(20):
            words = ["train.epochs=40", "log.weights=20", "sample.every=10", "evaluate.every=10"]
            run = subprocess.Popen([PROGRAM, "run", "tiny.toml", *words], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment())
            run.stderr.readline()
            time.sleep(0.01)
            run.send_signal(signal.SIGINT)
            log = run.communicate()[0].splitlines()[0]
            if run.returncode == 130:
                return log
        self.fail("no run was interrupted")

    def check(self, number, folder, words, repaired=None):
        """Runs a verb on a log, and says what was wrong with how it ended. `repaired`: the log with the change in its journal, which a
        verb that goes on to fail may have made."""
        log = os.path.join(folder, "log.h5")
        before_all = {name: content_of(os.path.join(folder, name)) for name in ("log.h5", "log.h5.journal", "sound.h5")}
        try:
            call = [PROGRAM, *(log if word == "PATH" else word for word in words), *THREADS.get(words[0], [])]
            done = subprocess.run(call, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                                  env=self.environment(), timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return [f"{number}: {words}: no end"]
        faults = []
        if done.returncode not in (0, 1, 2, 3):
            faults.append(f"exit code {done.returncode}")
        errors = said(done)
        if done.returncode in (1, 2) and not 1 <= len(errors) <= MOST_LINES:
            faults.append(f"{len(errors)} lines of errors")
        if done.returncode == 0 and errors:
            faults.append("an error, but exit code 0")
        if done.returncode == 3 and not done.stdout and not done.stderr:
            faults.append("not a word")
        if any(word in done.stderr for word in ("a defect of atelier", "Sanitizer", "terminate called", "std::", "internal error")):
            faults.append("a defect")
        changes = words[0] in ("tag", "note", "repair", "slim", "resume", "rm") and "-o" not in words
        for name, before in before_all.items():
            if changes and name != "sound.h5" and done.returncode != 2:
                continue
            after = content_of(os.path.join(folder, name))
            if after != before and not (changes and repaired and after == {"log.h5": repaired}.get(name)):
                faults.append(f"{name} was changed")
        left = {name for name in os.listdir(folder) if not name.startswith("made")} - {*before_all, "log.h5.lock"}
        if left:
            faults.append(f"left {left}")
        self.ends[words[0], done.returncode] += 1
        return [f"{number}: {words}: {fault}: {done.stdout[-200:]}{done.stderr[-600:]}" for fault in faults]

    def change(self, number):
        """What was wrong with the verbs on one changed log."""
        folder = self.path(f"logs/{number}")
        os.makedirs(folder)
        sound = self.sound[number % len(self.sound)]
        log, journal = os.path.join(folder, "log.h5"), os.path.join(folder, "log.h5.journal")
        with open(os.path.join(folder, "sound.h5"), "wb") as file:
            file.write(sound)
        mutate(number, sound, log)
        before = content_of(log), content_of(journal)
        faults = []
        for words in READING:
            faults += self.check(number, folder, words)
        repaired = None
        for words in WRITING:
            for name, content in zip((log, journal), before):
                if content is not None:
                    with open(name, "wb") as file:
                        file.write(content)
                elif os.path.exists(name):
                    os.remove(name)
            faults += self.check(number, folder, words, repaired)
            if words[0] == "repair" and before[1] is not None:
                repaired = content_of(log)
        if faults and FINDINGS:
            os.makedirs(os.path.join(FINDINGS, str(number)), exist_ok=True)
            for name, content in zip((log, journal, "sound.h5"), (*before, sound)):
                if content is not None:
                    with open(os.path.join(FINDINGS, str(number), os.path.basename(name)), "wb") as file:
                        file.write(content)
        shutil.rmtree(folder)
        return faults

    def test_every_verb_ends_as_it_should(self):
        self.ends = collections.Counter()
        os.mkdir(self.path("logs"))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            faults = [fault for all_ in pool.map(self.change, range(FIRST, END)) for fault in all_]
        print(f"{END - FIRST} changed logs, {sum(self.ends.values())} calls: ", dict(sorted(self.ends.items())))
        self.assertEqual(faults, [], "\n" + "\n".join(faults))


if __name__ == "__main__":
    unittest.main()
