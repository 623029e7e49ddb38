#!/usr/bin/env python3
"""Writes the table of README.md from the logs of finished runs, and the pictures in it:
    python3 experiments/table.py [ATELIER [RUNS]]       build/bin/atelier and runs/ where not given
Rows and what is published about them are in table.toml; everything measured comes from the logs: figures from all finished
runs of an experiment with different seeds (the newest of each), time and picture from the run of the file's own seed. Needs
h5py."""

import math
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import h5py

HERE = Path(__file__).parent
COLLAPSED = "gan-minimax-fashion"
CLASSES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def finished_runs(row, runs):
    """The newest finished run of each seed; that of the experiment file's own seed comes first."""
    newest = {}
    for path in sorted((runs / row["experiment"]).glob("*.h5")):
        with h5py.File(path) as log:
            if text(log.attrs["status"]) == "finished":
                newest[int(log.attrs["seed"])] = path
    own = tomllib.loads(file_of(row).read_text())["seed"]
    return [newest[seed] for seed in sorted(newest, key=lambda seed: (seed != own, seed))]


def command_of(row):
    return row.get("command", row["experiment"]).split()


def file_of(row):
    return HERE / f"{command_of(row)[0]}.toml"


def training(log):
    seconds, threads = float(log["timing/train/wall_seconds"][-1]), int(log["provenance"].attrs["threads"])
    return (f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s") + f" on {threads} thread{'s' if threads > 1 else ''}"


def figures(forms, logs):
    """Each figure with the mean over the seeds, and their range where there are several."""
    out = []
    for key, form in forms.items():
        values = [float(log["final/summary"][key][()]) for log in logs]
        shown = form.format(statistics.mean(values))
        if len(values) > 1:
            number = form[form.index("{"):form.index("}") + 1]
            shown += f" ({number.format(min(values))} to {number.format(max(values))})"
        out.append(shown if all(map(math.isfinite, values)) else "not finite: " + key)
    return "; ".join(out)


def draw(row, path, atelier):
    """The row's picture, beside this file."""
    if "picture" not in row:
        return ""
    picture = HERE / "pictures" / (row["experiment"] + row.get("picture_type", ".png"))
    picture.parent.mkdir(exist_ok=True)
    subprocess.run([atelier, "sample", path, "-o", picture, *row["picture"]], check=True, capture_output=True)
    return f"![{row['experiment']}](pictures/{picture.name})"


def line(row, named_figures, atelier, runs):
    paths = finished_runs(row, runs)
    if not paths:
        return None
    logs = [h5py.File(path) for path in paths]
    seeds = "1 seed" if len(logs) == 1 else f"{len(logs)} seeds"
    _, *overrides = command_of(row)
    command = " ".join([f"[`{file_of(row).stem}`]({file_of(row).name})", *(f"`{override}`" for override in overrides)])
    forms = named_figures[row["figures"]] if isinstance(row["figures"], str) else row["figures"]
    cells = [row["system"], command, f"{training(logs[0])}, {seeds}", figures(forms, logs),
             row.get("published", "none for these settings"), draw(row, paths[0], atelier)]
    return "| " + " | ".join(cells) + " |"


def collapse(path):
    """How the classes of generated images, and the gradients of each layer's weights, went on in the collapsed run."""
    with h5py.File(path) as log:
        evaluations, shares = log["metrics/eval"], log["tensors/metric.classes.shares/values"][:]
        norms = log["metrics/gradient_norms"]
        layers = sorted(name for name in norms if name.endswith(".weight"))
        short = [name.removesuffix(".weight").replace("discriminator.", "D").replace("generator.", "G") for name in layers]
        lines = ["| epoch | " + " | ".join(CLASSES) + " | " + " | ".join(short) + " |", "|---" * (1 + 10 + len(layers)) + "|"]
        for wanted in (1, 5, 10, 20, 30):
            row = min(range(len(shares)), key=lambda i: abs(evaluations["epoch"][i] - wanted))
            at = min(range(len(norms["step"])), key=lambda i: abs(norms["step"][i] - evaluations["step"][row]))
            cells = [f"{share:.1%}" for share in shares[row]] + [f"{norms[name][at]:.2f}" for name in layers]
            lines.append(f"| {wanted} | " + " | ".join(cells) + " |")
    return lines


def replaced(text, name, lines):
    """With the lines between the two marks of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of the {name} -->"
    before, rest = text.split(begin)
    return before + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1]


def main():
    atelier = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "build/bin/atelier").resolve()
    runs = Path(sys.argv[2] if len(sys.argv) > 2 else HERE.parent / "runs")
    table = tomllib.loads((HERE / "table.toml").read_text())
    rows = table["row"]
    lines = ["| system | `atelier run experiments/…` | training | measured | published | picture |", "|---|---|---|---|---|---|"]
    for row in rows:
        found = line(row, table["figures"], atelier, runs)
        print(row["experiment"], "no finished run: left out" if found is None else "done", file=sys.stderr)
        lines += [found] if found else []
    missing = [f"`{row['experiment']}`" for row in rows if not finished_runs(row, runs)]
    lines += ["", "Not run to their end for this table: " + ", ".join(missing) + "."] if missing else []
    readme = HERE / "README.md"
    written = replaced(readme.read_text(), "table", lines)
    collapsed = finished_runs({"experiment": COLLAPSED}, runs)
    readme.write_text(replaced(written, "collapse", collapse(collapsed[0])) if collapsed else written)


if __name__ == "__main__":
    main()
