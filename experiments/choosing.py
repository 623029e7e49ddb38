#!/usr/bin/env python3
"""Writes the tables of CHOOSING.md, and the picture in it, from the logs of its two sweeps:
    python3 experiments/choosing.py [RUNS]       runs/ where not given
A table whose sweep has no finished run there stays as it is. Needs h5py and numpy."""

import itertools
import statistics
import sys
import tomllib
from pathlib import Path

import h5py
import numpy as np

from table import replaced, text

HERE = Path(__file__).parent
PICTURE = HERE / "pictures/gan-stability-fashion.svg"
FEW_CLASSES = 5                # of ten, that have a hundredth of the images each
WINDOWS = (50, 150, 300, 750)  # steps, of 1,500, by which something may show


def is_finite(log):
    return text(log.attrs["status"]) == "finished"


def ended(folder):
    """[(resolved experiment, log)] of the newest run of each experiment that has finished, or ended in values that are not finite."""
    newest = {}
    for path in folder.glob("*.h5"):
        with h5py.File(path) as log:
            if is_finite(log) or "not finite" in text(log.attrs["exit_reason"]):
                resolved = text(log["experiment/resolved"][()])
                created = text(log.attrs["created_utc"])
                newest[resolved] = max(newest.get(resolved, ("", path)), (created, path))
    in_time = sorted(newest.items(), key=lambda item: item[1])
    return [(tomllib.loads(resolved), h5py.File(path)) for resolved, (_, path) in in_time]


def summary(log, name):
    return float(log["final/summary"][name][()])


# ---- where training is lost

def stability_key(experiment):
    return (experiment["loss"]["adversarial"]["use"], experiment["optimizer"]["use"], experiment["optimizer"]["learning_rate"],
            experiment["train"]["batch_size"], experiment["model"]["activation"])


def lost(log):
    """Whether fewer than half of the classes are made, or numbers have become too large."""
    return not is_finite(log) or summary(log, "classes.modes") < FEW_CLASSES


def in_order(runs, place):
    """The values that the runs have at a place of their keys, as the sweep's file has them: in the order of its points."""
    return list(dict.fromkeys(key[place] for key in runs))


def stability_table(runs):
    losses, optimizers, rates = in_order(runs, 0), in_order(runs, 1), sorted({key[2] for key in runs})
    lines = ["| loss | optimizer | " + " | ".join(f"learning rate {rate:g}" for rate in rates) + " |", "|---|---|" + "---:|" * len(rates)]
    for loss, optimizer in itertools.product(losses, optimizers):
        cells = []
        for rate in rates:
            of_cell = [log for key, log in runs.items() if key[:3] == (loss, optimizer, rate)]
            distances = [summary(log, "distance") for log in of_cell if is_finite(log)]
            cells.append(f"{min(distances):.0f}; {sum(map(lost, of_cell))} of {len(of_cell)}" if distances else f"; {len(of_cell)} of {len(of_cell)}")
        lines.append(f"| `{loss}` | `{optimizer}` | " + " | ".join(cells) + " |")
    return lines


def share_table(runs):
    """How many are lost, by each setting alone."""
    lines = ["| setting | lost |", "|---|---|"]
    for place, name in enumerate(["loss", "optimizer", "learning rate", "batch", "activation"]):
        parts = []
        for value in sorted({key[place] for key in runs}) if place in (2, 3) else in_order(runs, place):
            of_value = [log for key, log in runs.items() if key[place] == value]
            parts.append(f"{value:g}" if isinstance(value, (int, float)) else f"`{value}`")
            parts[-1] += f" {sum(map(lost, of_value))} of {len(of_value)}"
        lines.append(f"| {name} | " + ", ".join(parts) + " |")
    return lines


def stability_picture(runs):
    """A field for each run: its colour goes by the distance, a cross says that it is lost; black is not finite."""
    rows = list(itertools.product(in_order(runs, 0), in_order(runs, 1)))
    columns = list(itertools.product(sorted({key[2] for key in runs}), sorted({key[3] for key in runs}), in_order(runs, 4)))
    side, left, top = 30, 180, 150
    logarithms = [np.log(summary(log, "distance")) for log in runs.values() if is_finite(log)]
    low, high = min(logarithms), max(logarithms)
    width, height = left + side * len(columns) + 90, top + side * len(rows) + 46
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for i, (rate, batch, activation) in enumerate(columns):
        x = left + side * i + side / 2
        out.append(f'<text x="{x}" y="{top - 8}" transform="rotate(-60 {x} {top - 8})">{rate:g}, {batch}, {activation}</text>')
    for j, (loss, optimizer) in enumerate(rows):
        out.append(f'<text x="{left - 8}" y="{top + side * j + 19}" text-anchor="end">{loss}, {optimizer}</text>')
        for i, column in enumerate(columns):
            log = runs.get((loss, optimizer, *column))
            if log is None:
                continue
            fill = colour((np.log(summary(log, "distance")) - low) / (high - low)) if is_finite(log) else "black"
            x, y = left + side * i, top + side * j
            out.append(f'<rect x="{x}" y="{y}" width="{side - 2}" height="{side - 2}" fill="{fill}"/>')
            if lost(log):
                out.append(f'<path d="M{x + 8} {y + 8} l12 12 m0 -12 l-12 12" stroke="white" stroke-width="2"/>')
    y = top + side * len(rows) + 26
    out.append(f'<text x="{left - 8}" y="{y}" text-anchor="end">Fréchet distance</text>')
    for i in range(5):
        x = left + 92 * i
        out.append(f'<rect x="{x}" y="{y - 14}" width="20" height="18" fill="{colour(i / 4)}"/>'
                   f'<text x="{x + 26}" y="{y}">{np.exp(low + (high - low) * i / 4):.0f}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def colour(share):
    """From blue by way of yellow to dark red, of as even a lightness as serves in print, too."""
    stops = np.array([(49, 104, 160), (120, 178, 190), (240, 214, 120), (214, 110, 60), (110, 20, 30)], float)
    place = share * (len(stops) - 1)
    below = min(int(place), len(stops) - 2)
    red, green, blue = stops[below] + (stops[below + 1] - stops[below]) * (place - below)
    return f"#{int(red):02x}{int(green):02x}{int(blue):02x}"


def signs(log, step):
    """What may tell at a step, each such that more of it is worse, or less: the way that tells is found."""
    norms = log["metrics/train"]
    upto = norms["step"][:] <= step
    recent = upto & (norms["step"][:] > step - 50)

    def mean(name):
        return float(np.mean(norms[name][:][recent]))

    out = {"norm of the discriminator's gradient": mean("gradient_norm.discriminator"),
           "norm of the generator's gradient": mean("gradient_norm.generator"),
           "the generator's over the discriminator's": mean("gradient_norm.generator") / max(mean("gradient_norm.discriminator"), 1e-30),
           "the discriminator's loss": mean("discriminator_loss")}
    evaluations = log["metrics/eval"]
    seen = np.flatnonzero(evaluations["step"][:] <= step)
    if len(seen):
        out["classes that are made"] = float(evaluations["classes.modes"][seen[-1]])
        out["Fréchet distance"] = float(evaluations["distance"][seen[-1]])
    return out


def area_under_curve(values, labels):
    """The probability that a sign orders a lost run and another one right (of the receiver operating characteristic)."""
    bad = [value for value, label in zip(values, labels) if label]
    good = [value for value, label in zip(values, labels) if not label]
    wins = sum((b > g) + 0.5 * (b == g) for b in bad for g in good)
    return wins / (len(bad) * len(good))


def signs_table(every_run):
    """Of runs with finite numbers, and evaluations."""
    runs = {key: log for key, log in every_run.items() if is_finite(log)}
    labels = [lost(log) for log in runs.values()]
    if len(set(labels)) < 2:
        return ["No table: either all of these runs are lost, or none."]
    lines = ["| sign | " + " | ".join(f"step {step}" for step in WINDOWS) + " |", "|---|" + "---:|" * len(WINDOWS)]
    by_step = {step: [signs(log, step) for log in runs.values()] for step in WINDOWS}
    for name in by_step[WINDOWS[-1]][0]:
        cells = []
        for step in WINDOWS:
            pairs = [(found[name], label) for found, label in zip(by_step[step], labels) if name in found]
            if len(pairs) < len(labels):
                cells.append("")
                continue
            area = area_under_curve(*zip(*pairs))
            cells.append(f"{area:.2f} (more)" if area >= 0.5 else f"{1 - area:.2f} (less)")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


# ---- which model

METRICS = {"frechet": ("Fréchet distance", "{:.1f}", min), "sets.precision": ("precision", "{:.2f}", max), "sets.recall": ("recall", "{:.2f}", max),
           "balls.density": ("density", "{:.2f}", max), "balls.coverage": ("coverage", "{:.2f}", max),
           "classes.divergence": ("KL of the classes", "{:.3f}", min)}
# The best FID that Lucic et al. 2018 found among many settings, in the features of an Inception network, as table 1 of Dai and Wipf 2019 has it.
PUBLISHED = {"mnist": {"minimax": 9.8, "non-saturating": 6.8, "least-squares": 7.8, "wasserstein": 6.7, "wasserstein-gp": 20.3, "dragan": 7.6},
             "fashion-mnist": {"minimax": 29.6, "non-saturating": 26.5, "least-squares": 30.7, "wasserstein": 21.5, "wasserstein-gp": 24.5,
                               "dragan": 27.7}}


def comparison_table(runs, dataset):
    of_name, infinite = {}, {}
    for experiment, log in runs:
        if experiment["dataset"]["use"] == dataset:
            (of_name if is_finite(log) else infinite).setdefault(experiment["name"].removeprefix("comparison-"), []).append(log)
    means = {name: {metric: statistics.mean(summary(log, metric) for log in logs) for metric in METRICS} for name, logs in of_name.items()}
    best = {metric: choose(of[metric] for of in means.values()) for metric, (_, _, choose) in METRICS.items()}
    lines = ["| model | seeds | steps | " + " | ".join(title for title, _, _ in METRICS.values()) + " | published FID |",
             "|---|---:|---:|" + "---:|" * (len(METRICS) + 1)]
    for name in sorted(means, key=lambda name: means[name]["frechet"]):
        logs, cells = of_name[name], []
        for metric, (_, form, _) in METRICS.items():
            values = [summary(log, metric) for log in logs]
            shown = form.format(means[name][metric])
            shown = f"**{shown}**" if means[name][metric] == best[metric] else shown
            cells.append(shown + (f" ({form.format(min(values))} to {form.format(max(values))})" if metric == "frechet" and len(values) > 1 else ""))
        published = PUBLISHED[dataset].get(name)
        lines.append(f"| `{name}` | {len(logs)} | {int(summary(logs[0], 'steps')):,} | " + " | ".join(cells) +
                     f" | {published or ''} |")
    real = [log for logs in of_name.values() for log in logs][0]
    real_names = ["frechet.real", "sets.real_precision", "sets.real_recall", "balls.real_density", "balls.real_coverage", "classes.real_divergence"]
    lines.append("| training images | | | " +
                 " | ".join(form.format(summary(real, name)) for name, (_, form, _) in zip(real_names, METRICS.values())) + " | |")
    left_out = [f"Left out: {len(logs)} runs of `{name}` that ended in values that are not finite." for name, logs in infinite.items()]
    return [*lines, "", *left_out] if left_out else lines


def with_stability(page, found):
    places = [in_order(found, 0), in_order(found, 1), sorted({key[2] for key in found}), sorted({key[3] for key in found}), in_order(found, 4)]
    runs = {key: found[key] for key in itertools.product(*places) if key in found}
    infinite = sum(not is_finite(log) for log in runs.values())
    page = replaced(page, "stability", [f"{len(runs)} runs, of which {sum(map(lost, runs.values()))} are lost, {infinite} of these by values "
                                        "that are not finite:", "", *stability_table(runs)])
    page = replaced(page, "shares", share_table(runs))
    for name, chosen in {"signs at low rates": lambda key: key[2] <= 1e-3, "signs at high rates": lambda key: key[2] >= 1e-2}.items():
        page = replaced(page, name, signs_table({key: log for key, log in runs.items() if chosen(key)}))
    PICTURE.write_text(stability_picture(runs))
    return page


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "runs")
    page = HERE / "CHOOSING.md"
    written = page.read_text()
    stability = {stability_key(experiment): log for experiment, log in ended(folder / "gan-stability-fashion")}
    if stability:
        written = with_stability(written, stability)
    comparison = [run for path in folder.glob("comparison-*") for run in ended(path)]
    for dataset in ("mnist", "fashion-mnist"):
        if any(experiment["dataset"]["use"] == dataset and is_finite(log) for experiment, log in comparison):
            written = replaced(written, f"comparison on {dataset}", comparison_table(comparison, dataset))
    page.write_text(written)


if __name__ == "__main__":
    main()
