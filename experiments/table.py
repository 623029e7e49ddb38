#!/usr/bin/env python3
"""Writes the table of README.md from the logs of finished runs, and the pictures in it:
    python3 experiments/table.py [ATELIER [RUNS]]       build/bin/atelier and runs/ where not given
Rows and what is published about them are in table.toml; everything measured comes from the logs: figures from all finished
runs of an experiment with different seeds (the newest of each), time and picture from the run of the file's own seed. Runs with
other settings than the row's don't count, and a row without runs stays as it is. Needs h5py."""

import math
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import h5py

HERE = Path(__file__).parent
COLLAPSED = "gan-minimax-fashion"
WRITTEN = "character-rnn-licence"
CLASSES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def literal(value):
    """The value of an override, which may be a string without quotes."""
    try:
        return tomllib.loads("value = " + value)["value"]
    except tomllib.TOMLDecodeError:
        return value


def settings(source, overrides):
    """What an experiment says, by dotted key; its seed apart."""
    def flat(table, prefix=""):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, prefix + key + ".")
            else:
                yield prefix + key, value
    out = dict(flat(tomllib.loads(source)))
    for override in overrides:
        key, _, value = override.partition("=")
        out[key] = literal(value)
    out.pop("seed", None)
    return out


def finished_runs(row, runs):
    """The newest finished run of each seed with the row's settings; that of the experiment file's own seed comes first."""
    wanted = settings(file_of(row).read_text(), command_of(row)[1:])
    newest = {}
    for path in (runs / row["experiment"]).glob("*.h5"):
        with h5py.File(path) as log:
            experiment = log["experiment"]
            had = settings(text(experiment["source"][()]), text(experiment["overrides"][()]).splitlines())
            if text(log.attrs["status"]) == "finished" and had == wanted:
                seed, created = int(log.attrs["seed"]), text(log.attrs["created_utc"]).rstrip("Z")  # sorts after a fraction
                newest[seed] = max(newest.get(seed, ("", path)), (created, path))
    newest = {seed: path for seed, (_, path) in newest.items()}
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


def command_cell(row):
    _, *overrides = command_of(row)
    return " ".join([f"[`{file_of(row).stem}`]({file_of(row).name})", *(f"`{override}`" for override in overrides)])


def line(row, named_figures, atelier, paths):
    logs = [h5py.File(path) for path in paths]
    seeds = "1 seed" if len(logs) == 1 else f"{len(logs)} seeds"
    forms = named_figures[row["figures"]] if isinstance(row["figures"], str) else row["figures"]
    cells = [row["system"], command_cell(row), f"{training(logs[0])}, {seeds}", figures(forms, logs),
             row.get("published", "none for these settings"), draw(row, paths[0], atelier)]
    return "| " + " | ".join(cells) + " |"


def earlier_line(readme, row):
    """The row as the table has it already, or None."""
    of_row = f" | {command_cell(row)} | "
    return next((old for old in readme.splitlines() if of_row in old), None)


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


def text_of(path, atelier):
    """What a model of text writes, as a block that Markdown leaves as it is."""
    done = subprocess.run([atelier, "sample", path, "-n", "4"], check=True, capture_output=True, text=True, encoding="utf-8")
    return ["```text", *(line.rstrip() for line in done.stdout.rstrip().split("\n")), "```"]


def marks(name):
    return f"<!-- {name} -->", f"<!-- end of the {name} -->"


def between(text, name):
    """What is between the two marks of that name."""
    begin, end = marks(name)
    return text.split(begin)[1].split(end)[0]


def replaced(text, name, lines):
    """With the lines between the two marks of that name."""
    begin, end = marks(name)
    before, rest = text.split(begin)
    return before + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1]


def main():
    atelier = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "build/bin/atelier").resolve()
    runs = Path(sys.argv[2] if len(sys.argv) > 2 else HERE.parent / "runs")
    table = tomllib.loads((HERE / "table.toml").read_text())
    rows = table["row"]
    lines = ["| system | `atelier run experiments/…` | training | measured | published | picture |", "|---|---|---|---|---|---|"]
    readme = HERE / "README.md"
    missing = []
    for row in rows:
        paths = finished_runs(row, runs)
        kept = earlier_line(readme.read_text(), row)
        if paths:
            lines.append(line(row, table["figures"], atelier, paths))
        elif kept:
            lines.append(kept)
        else:
            missing.append(f"`{row['experiment']}`")
        print(row["experiment"], "written anew" if paths else "no finished run with its settings: " + ("stays as it is" if kept else "left out"),
              file=sys.stderr)
    lines += ["", "Not run to their end for this table: " + ", ".join(missing) + "."] if missing else []
    written = replaced(readme.read_text(), "table", lines)
    of = {row["experiment"]: finished_runs(row, runs) for row in rows if row["experiment"] in (COLLAPSED, WRITTEN)}
    if of.get(COLLAPSED):
        written = replaced(written, "collapse", collapse(of[COLLAPSED][0]))
    if of.get(WRITTEN):
        written = replaced(written, "text", text_of(of[WRITTEN][0], atelier))
    readme.write_text(written)


if __name__ == "__main__":
    main()
