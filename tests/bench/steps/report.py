"""The tables of RESULTS.md."""
import os
import platform
import re
import statistics
import subprocess
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "RESULTS.md"  # has a section for each instruction set between such lines
BEGIN, END = "<!-- steps with {} -->\n", "<!-- end of the steps with {} -->\n"

ABOUT = """## Steps with {instruction_set}

{machine}.

Milliseconds a step: the median of {rounds} rounds of {seconds:g} s (lowest–highest), the programs taking turns, each in the
fastest of its settings (PyTorch: fused and foreach Adam, channels last and not, one and two threads; JAX: the whole step jitted).
All train the same networks with the same losses and Adam; before, {parity_steps} steps from equal weights on equal images and draws
gave equal losses, the first {close_steps} as closely as the table of shares says. "2 : 1" is what a second thread gives Atelier, and "sgemm
2 : 1" what it gave 1024-cubed products in the same minutes; the ratio is of the fastest other program's time to Atelier's with all threads.

"""

BESIDE = """
The same while {beside} other process{es} multipl{ies} matrices without end, on one thread{each}; each program in the number of threads that is
the fastest then.

"""

DETAILS = """
Images a second count the batch once. Shares of the peak are of the operations of matrix products and convolutions as these are defined, of
which minimal filtering does fewer, against 1024-cubed products in GFLOP/s measured in turn. Recording is the main thread's share of a step
with one thread, where nothing hides it. Memory: what training adds to the resident size of a process (its peak, less what it was before
the model was built, libraries loaded); in brackets Atelier's arena, weights and optimizer state alone.

"""

GENERATED = """
Generating alone, with all threads: milliseconds for 1 and for 64 images (of classifiers: evaluating them, which for Atelier includes loss
and accuracy; of `next-frame`: 20 frames, one after the other; of `vq-vae`: place after place from the prior). `pixelcnn`'s generation, pixel
after pixel, is not written for the other programs.

"""


def spread(values):
    digits = 2 if statistics.median(values) < 10 else 1
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def markdown(columns, lines):
    return "\n".join(["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns),
                      *("| " + " | ".join(cells) + " |" for cells in lines)])


def label(row):
    return f"{row['case'].name}, {row['case'].batch}"


def time_table(rows, threads, condition="alone"):
    names = list(rows[0][condition]["theirs"])
    lines = []
    for row in rows:
        measured = row[condition]
        own = {count: statistics.median(times) for count, times in measured["times"].items()}
        peaks = [statistics.median(values) for values in measured["peaks"].values()]
        theirs = measured["theirs"].values()
        ran = [statistics.median(found[0]) for found in theirs if found]
        lines.append([label(row), *(spread(measured["times"][count]) for count in reversed(threads)),
                      f"{own[threads[0]] / own[threads[-1]]:.2f}", f"{peaks[-1] / peaks[0]:.2f}",
                      *(f"{spread(found[0])}; {found[1]}" if found else "did not run" for found in theirs),
                      f"**{min(ran) / own[threads[-1]]:.2f}**" if ran else ""])
    own = [f"Atelier, {count} thread{'s' * (count > 1)}" for count in reversed(threads)]
    return markdown(["case, batch", *own, "2 : 1", "sgemm 2 : 1", *names, "ratio"], lines)


def detail_table(rows, threads):
    lines = []
    for row in rows:
        own = {count: statistics.median(times) for count, times in row["alone"]["times"].items()}
        peaks = {count: statistics.median(values) for count, values in row["alone"]["peaks"].items()}
        shares = [f"{row['alone']['flops'] / 1e6 / own[count] / peaks[count]:.0%} of {peaks[count]:.0f}" for count in threads]
        memory = row["memory"]
        theirs = f"{memory['pytorch']['bytes'] / 1e6:.0f}" if "pytorch" in memory else ""
        lines.append([label(row), f"{1e3 * row['case'].batch / own[threads[-1]]:.0f}", *shares,
                      f"{statistics.median(row['alone']['recording'][threads[0]]):.1%}", f"{row['difference']:.0e}",
                      f"{memory['atelier']['bytes'] / 1e6:.0f} ({memory['atelier']['planned'] / 1e6:.0f})", theirs])
    return markdown(["case, batch", "images a second", *(f"share of the sgemm peak (GFLOP/s), {count}" for count in threads),
                     "recording", "losses agree to", "Atelier's memory, MB", "PyTorch's, MB"], lines)


def generation_table(rows):
    rows = [row for row in rows if row["generated"]]
    if not rows:
        return ""
    batches = list(rows[0]["generated"])
    names = list(rows[0]["generated"][batches[0]])
    lines = [[row["case"].name, *("" if time is None else f"{time:.2f}" for batch in batches for time in row["generated"][batch].values())]
             for row in rows]
    return markdown(["case", *(f"{name}, {batch}" for batch in batches for name in names)], lines)


def machine(versions):
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    compiler = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    installed = [f"{name} {metadata.version(package)}" for name, package in (("PyTorch", "torch"), ("JAX", "jax"))
                 if any(found.metadata["Name"] == package for found in metadata.distributions())]
    return ", ".join([f"{cpu.group(1) if cpu else platform.machine()}, {len(os.sched_getaffinity(0))} cores", *installed,
                      f"Python {platform.python_version()}", f"g++ {compiler}", versions])


def failures(rows, differ):
    found = sorted({f"- {label(row)}: {name} did not run: {reason}" for row in rows for name, reason in row["failures"]})
    found += [f"- {reason}" for reason in differ]
    return "\n".join(["", *found, ""]) if found else ""


def beside(rows, threads, count):
    words = {"es": "", "ies": "ies", "each": ""} if count == 1 else {"es": "es", "ies": "y", "each": " each"}
    return BESIDE.format(beside=count, **words) + time_table(rows, threads, "beside") + "\n"


def write_section(name, text):
    """In its place, or where there is none yet, at the end."""
    begin, end = BEGIN.format(name), END.format(name)
    old = RESULTS.read_text()
    if begin not in old:
        old += f"\n{begin}{end}"
    before, rest = old.split(begin)
    RESULTS.write_text(before + begin + text + end + rest.split(end)[1])


def write_results(rows, differ, threads, options, counts, write):
    versions = rows[0]["versions"]
    instruction_set = re.search(r"instruction_set=(\S+)", versions).group(1)
    text = (ABOUT.format(machine=machine(versions), instruction_set=instruction_set, rounds=options.rounds, seconds=options.seconds, **counts)
            + time_table(rows, threads) + "\n" + failures(rows, differ) + (beside(rows, threads, options.beside) if options.beside else "")
            + DETAILS + detail_table(rows, threads) + "\n" + GENERATED + generation_table(rows) + "\n")
    print("\n" + text)
    if write:
        write_section(instruction_set, text)
