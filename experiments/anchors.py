#!/usr/bin/env python3
"""Writes the table of README.md's likelihood anchors, and the picture beside it, from the logs of likelihood-anchors and likelihood-fixed:
    python3 experiments/anchors.py [RUNS]       runs/ where not given
A row is the finished runs of one name that are as long and were measured with as many draws; runs whose other settings are not the file's
don't count, and rows without runs stay as they are. Times, and the curve over them, are of the quickest run; the picture is of the runs
that are there. Needs h5py and numpy."""

import math
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from choosing import HERE, ended, is_finite, summary
from table import between, figures, replaced, settings, text, training

PICTURE = HERE / "pictures/likelihood-anchors.svg"
ONCE = "anchor of fixed binarization"
FREE = {"name", "model.samples", "model.bound", "train.epochs", "metric.log_likelihood.samples"}  # in which a file's runs may differ


@dataclass(frozen=True)
class Row:
    title: str
    samples: int      # draws k of the bound that it is trained by
    bound: str        # either, where k = 1
    published: float  # nats
    colour: str       # of its curve (of Okabe and Ito)

    def is_of(self, model):
        return model["samples"] == self.samples and (self.samples == 1 or model["bound"] == self.bound)


FRESH = {"likelihood-vae": Row("VAE, k = 1", 1, "plain", -86.76, "#000000"),
         "likelihood-vae-5": Row("VAE, k = 5", 5, "plain", -86.47, "#56b4e9"),
         "likelihood-vae-50": Row("VAE, k = 50", 50, "plain", -86.35, "#0072b2"),
         "likelihood-iwae-5": Row("IWAE, k = 5", 5, "importance-weighted", -85.54, "#e69f00"),
         "likelihood-iwae-50": Row("IWAE, k = 50", 50, "importance-weighted", -84.78, "#d55e00")}
FIXED = {"likelihood-fixed": Row("784-400-40, each image binarized once", 1, "plain", -89.9, "")}


def all_but_free(source, overrides):
    return {key: value for key, value in settings(source, overrides).items() if key not in FREE and not key.startswith("sweep.")}


def groups(folder, file, rows):
    """{(name, epochs, draws): logs, the quickest first}, shorter runs first, and then in the order of the rows."""
    wanted, found = all_but_free((HERE / file).read_text(), []), {}
    for name in rows:
        for experiment, log in ended(folder / name):
            had = all_but_free(text(log["experiment/source"][()]), text(log["experiment/overrides"][()]).splitlines())
            if is_finite(log) and had == wanted and rows[name].is_of(experiment["model"]):
                key = (name, experiment["train"]["epochs"], experiment["metric"]["log_likelihood"]["samples"])
                found.setdefault(key, []).append(log)
    return {key: sorted(found[key], key=lambda log: log["timing/train/wall_seconds"][-1]) for key in sorted(found, key=lambda key: key[1:])}


HEAD = ["| trained by | seeds | epochs | training | test log-likelihood | draws | active latents | published |",
        "|---|---:|---:|---:|---:|---:|---:|---:|"]


def key_of(line):
    """What tells a table's line from others: its epochs, its draws, and its title."""
    title, _, epochs, _, _, draws = [cell.strip() for cell in line.split("|")[1:7]]
    return int(epochs.replace(",", "")), int(draws.replace(",", "")), title


def table(rows, found, written):
    """With the lines that are written already and have no run here."""
    lines = {key_of(line): line for line in written.splitlines() if line.startswith("| ") and line not in HEAD}
    for (name, epochs, draws), logs in found.items():
        line = (f"| {rows[name].title} | {len(logs)} | {epochs:,} | {training(logs[0])} | {figures({'log_likelihood': '{:.2f}'}, logs)} | "
                f"{draws:,} | {statistics.mean(summary(log, 'active') for log in logs):.0f} | {rows[name].published} |")
        lines[key_of(line)] = line
    order = [row.title for row in rows.values()]
    return HEAD + [lines[key] for key in sorted(lines, key=lambda key: (*key[:2], order.index(key[2])))]


def curve(log):
    """Of each evaluation the epoch, the seconds until it began (of training, with the evaluations before it), and the bound."""
    evaluations, trained = log["metrics/eval"], log["timing/train"]
    before = np.searchsorted(trained["step"][:], evaluations["step"][:], side="right") - 1
    return evaluations["epoch"][:], trained["wall_seconds"][:][before], evaluations["bound"][:]


def ticks(low, high, logarithmic):
    """Some five round numbers between both ends."""
    if logarithmic:
        return [digit * 10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]
    step = next(digit * 10.0**power for power in range(-3, 9) for digit in (1, 2, 5) if (high - low) / (digit * 10.0**power) <= 7)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def panel(left, title, lines, across, logarithmic, legend):
    """Axes and curves: `lines` are (colour, name, x, y), `across` the bounds' ends; with their names where `legend` is."""
    top, width, height = 40, 330, 300
    scale = math.log if logarithmic else float
    ends = min(min(x) for _, _, x, _ in lines), max(max(x) for _, _, x, _ in lines)
    first, last = scale(ends[0]), max(scale(ends[1]), scale(ends[0]) + 1e-9)

    def place(x, y):
        return (left + 8 + (width - 16) * (scale(x) - first) / (last - first), top + 8 + (height - 16) * (across[1] - y) / (across[1] - across[0]))

    out = [f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#888888"/>',
           f'<text x="{left + width / 2}" y="{top + height + 36}" text-anchor="middle">{title}</text>']
    for tick in ticks(*ends, logarithmic):
        x, _ = place(tick, across[0])
        out.append(f'<path d="M{x:.1f} {top + height} v5" stroke="#888888"/><text x="{x:.1f}" y="{top + height + 19}" text-anchor="middle">{tick:g}</text>')
    for tick in ticks(*across, False):
        _, y = place(ends[0], tick)
        out.append(f'<path d="M{left} {y:.1f} h{width}" stroke="#dddddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for colour, _, xs, ys in lines:
        points = [place(x, y) for x, y in zip(xs, ys)]
        out.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>' for x, y in points]
    named = list(dict.fromkeys((colour, name) for colour, name, _, _ in lines)) if legend else []
    for i, (colour, name) in enumerate(named):
        y = top + height - 14 - 18 * (len(named) - 1 - i)
        out.append(f'<path d="M{left + width - 170} {y - 4} h20" stroke="{colour}" stroke-width="3"/><text x="{left + width - 144}" y="{y}">{name}</text>')
    return out


def picture(found):
    """The bound of ten draws after each epoch, of each name's longest runs: over the epochs, a curve for each seed, and over the seconds."""
    longest = {name: logs for (name, _, _), logs in found.items()}
    drawn = [(row.colour, row.title, [curve(log) for log in longest[name]]) for name, row in FRESH.items() if name in longest]
    over_epochs = [(colour, name, epochs, bound) for colour, name, curves in drawn for epochs, _, bound in curves]
    over_seconds = [(colour, name, seconds, bound) for colour, name, curves in drawn for _, seconds, bound in curves[:1]]
    every = np.concatenate([bound for _, _, _, bound in over_epochs])
    across = float(every.min()), max(float(every.max()), float(every.min()) + 0.1)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="800" height="400" font-family="sans-serif" font-size="12">',
           '<rect width="800" height="400" fill="white"/>', '<text x="60" y="24">log-likelihood of test images, nats, by the bound of 10 draws</text>',
           *panel(60, "epochs, each seed", over_epochs, across, logarithmic=False, legend=True),
           *panel(450, "seconds of training, the quickest seed", over_seconds, across, logarithmic=True, legend=False)]
    return "\n".join([*out, "</svg>"]) + "\n"


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "runs")
    page = HERE / "README.md"
    written = page.read_text()
    fresh, fixed = groups(folder, "likelihood-anchors.toml", FRESH), groups(folder, "likelihood-fixed.toml", FIXED)
    if fresh:
        written = replaced(written, "anchors", table(FRESH, fresh, between(written, "anchors")))
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(picture(fresh))
    if fixed:
        written = replaced(written, ONCE, table(FIXED, fixed, between(written, ONCE)))
    page.write_text(written)


if __name__ == "__main__":
    main()
