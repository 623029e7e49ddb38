#!/usr/bin/python3
"""Real logs, damaged or edited in many ways, through every verb that reads logs: each ends as it is documented to, with a word about why,
and changes no file but what it was asked to.

ATELIER_MUTATIONS says how many logs are changed, or which (17:18 is the one that number 17 stands for); the default is 100. Those on which a
verb went wrong are left in the folder ATELIER_FINDINGS, where that is set.

Most calls are forks of one process that has loaded the program's libraries once (calls.cpp), which is several times as quick as a process for each;
one log in fifty goes through the program itself. Of more than some hundred logs each goes through a quarter of the verbs, in turn.
"""

import collections
import concurrent.futures
import glob
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import experiments
from atelier_test import PROGRAM, AtelierTest
from mutations import mutate

CALLS, PLUGINS = os.environ["ATELIER_CALLS"], os.environ["ATELIER_PLUGINS"]
FIRST, END = (int(number) for number in ("0:" + os.environ.get("ATELIER_MUTATIONS", "100")).rsplit(":", 2)[-2:])
SECONDS = 100  # that a verb may take where others compute, too; a process that reads such a log ends after five of its own
FINDINGS = os.environ.get("ATELIER_FINDINGS")
MOST_BYTES = 1 << 30  # of memory, that a call has at once
PROCESSES_EVERY = 50  # logs: one goes through processes of the program
ALL_VERBS_UNTIL = 300  # logs; of more each goes through one verb in four
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


def said(messages):
    """What was said of what went wrong, without what warnings and notes say of a run, and its progress. All that is wrong with an
    experiment is said at once, and counts as one."""
    lines = [line for line in messages.splitlines() if line.startswith("atelier: error: ")]
    return [line for i, line in enumerate(lines) if i == 0 or "(resolved experiment):" not in line]


def verbs_for(number):
    """Those of READING and of WRITING that this log goes through; so that each kind of verb meets each of the runs."""
    if END - FIRST <= ALL_VERBS_UNTIL or number % PROCESSES_EVERY == 0:
        return READING, WRITING
    chosen = [words for place, words in enumerate(READING + WRITING) if (place + number // 5) % 4 == 0]
    return [words for words in chosen if words in READING], [words for words in chosen if words in WRITING]


class Ended:
    """How a call ended: code is None where a signal, or nothing, ended it."""

    def __init__(self, code, output, messages, peak_bytes=0, signal_=None, timed_out=False):
        self.code, self.output, self.messages = code, output, messages
        self.peak_bytes, self.signal, self.timed_out = peak_bytes, signal_, timed_out


class Forks:
    """Calls by forks of one process."""

    def __init__(self, environment):
        # Every symbol is looked up once, here.
        environment = {**environment, "ATELIER_PLUGIN_PATH": PLUGINS, "LD_BIND_NOW": "1"}
        self.process = subprocess.Popen([CALLS, *glob.glob(os.path.join(PLUGINS, "*.so"))], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment)

    def call(self, folder, words):
        # Beside the logs, and not among what is compared.
        output, messages = folder + ".output", folder + ".messages"
        request = {"words": words, "folder": folder, "output": output, "errors": messages, "seconds": SECONDS}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        outcome = json.loads(self.process.stdout.readline())
        texts = []
        for path in (output, messages):
            with open(path, encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
            os.remove(path)
        return Ended(outcome.get("code"), *texts, outcome["peak_bytes"], outcome.get("signal"), outcome.get("timed_out", False))

    def end(self):
        self.process.communicate()


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

    def forks(self):
        """This thread's."""
        if not hasattr(self.of_thread, "forks"):
            self.of_thread.forks = Forks(self.environment())
            self.all_forks.append(self.of_thread.forks)
        return self.of_thread.forks

    def call(self, number, folder, words):
        if number % PROCESSES_EVERY != 0:
            return self.forks().call(folder, words)
        try:
            done = subprocess.run([PROGRAM, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  errors="replace", env=self.environment(), timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Ended(None, "", "", timed_out=True)
        return Ended(done.returncode if done.returncode >= 0 else None, done.stdout, done.stderr, signal_=-done.returncode)

    def check(self, number, folder, words, repaired=None):
        """Runs a verb on a log, and says what was wrong with how it ended. `repaired`: the log with the change in its journal, which a
        verb that goes on to fail may have made."""
        log = os.path.join(folder, "log.h5")
        before_all = {name: content_of(os.path.join(folder, name)) for name in ("log.h5", "log.h5.journal", "sound.h5")}
        call = [*(log if word == "PATH" else word for word in words), *THREADS.get(words[0], [])]
        begin = time.monotonic()
        done = self.call(number, folder, call)
        self.longest = max(self.longest, time.monotonic() - begin)
        faults = []
        if done.timed_out:
            faults.append("no end")
        elif done.code not in (0, 1, 2, 3):
            faults.append(f"exit code {done.code}" if done.code is not None else f"signal {done.signal}")
        if done.peak_bytes > MOST_BYTES:
            faults.append(f"{done.peak_bytes / 2**20:.0f} MiB of memory")
        errors = said(done.messages)
        if done.code in (1, 2) and not 1 <= len(errors) <= MOST_LINES:
            faults.append(f"{len(errors)} lines of errors")
        if done.code == 0 and errors:
            faults.append("an error, but exit code 0")
        if done.code == 3 and not done.output and not done.messages:
            faults.append("not a word")
        if any(word in done.messages for word in ("a defect of atelier", "Sanitizer", "terminate called", "std::", "internal error")):
            faults.append("a defect")
        changes = words[0] in ("tag", "note", "repair", "slim", "resume", "rm") and "-o" not in words
        for name, before in before_all.items():
            if changes and name != "sound.h5" and done.code != 2:
                continue
            after = content_of(os.path.join(folder, name))
            if after != before and not (changes and repaired and after == {"log.h5": repaired}.get(name)):
                faults.append(f"{name} was changed")
        left = {name for name in os.listdir(folder) if not name.startswith("made")} - {*before_all, "log.h5.lock"}
        if left:
            faults.append(f"left {left}")
        self.ends[words[0], done.code] += 1
        self.most_bytes = max(self.most_bytes, done.peak_bytes)
        return [f"{number}: {words}: {fault}: {done.output[-200:]}{done.messages[-600:]}" for fault in faults]

    def change(self, number):
        """What was wrong with the verbs on one changed log."""
        folder = os.path.join(self.logs, str(number))
        os.makedirs(folder)
        sound = self.sound[number % len(self.sound)]
        log, journal = os.path.join(folder, "log.h5"), os.path.join(folder, "log.h5.journal")
        with open(os.path.join(folder, "sound.h5"), "wb") as file:
            file.write(sound)
        mutate(number, sound, log)
        before = content_of(log), content_of(journal)
        faults = []
        reading, writing = verbs_for(number)
        for words in reading:
            faults += self.check(number, folder, words)
        repaired = None
        if before[1] is not None and ["repair", "PATH"] not in writing:
            writing = [["repair", "PATH"], *writing]  # what the others may have made of it
        for words in writing:
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
        self.ends, self.most_bytes, self.longest = collections.Counter(), 0, 0
        self.of_thread, self.all_forks = threading.local(), []
        begin = time.monotonic()
        # In memory, where that can be had: a thousand logs wait for no disk.
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as self.logs, \
             concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            faults = [fault for all_ in pool.map(self.change, range(FIRST, END)) for fault in all_]
        for forks in self.all_forks:
            forks.end()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{END - FIRST} changed logs, {sum(self.ends.values())} calls in {time.monotonic() - begin:.0f} s, of which they computed "
              f"{used.ru_utime + used.ru_stime:.0f} s, the longest {self.longest:.0f} s, at most {self.most_bytes / 2**20:.0f} MiB: ", {f"{verb} {code}": count for (verb, code), count in sorted(self.ends.items(), key=str)})
        self.assertEqual(faults, [], "\n" + "\n".join(faults))


if __name__ == "__main__":
    unittest.main()
