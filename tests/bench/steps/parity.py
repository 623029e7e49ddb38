"""Whether all programs compute the same: the first steps of training from the same weights, on the same images and random draws."""
import importlib.util

from contestants import CONTESTANTS
from program import DidNotRun, Peer

STEPS = 20
CLOSE_STEPS = 5  # so many are told of


class Differ(Exception):
    """How two programs do not compute the same, so that their times say nothing."""


def tolerance(step, value, largest):
    """Of a loss. At first rounding is all that differs; Adam and a game's two players make more of it at every step. `largest` is the
    step's largest loss: a small one may be a difference of such terms."""
    return min(1e-6 * 3 ** step, 1e-2) * abs(value) + 2 ** -23 * largest


def check(ours, file, peer, name):
    """The largest difference of a loss in the first steps, of the step's largest. Raises where losses differ."""
    theirs = peer.command("parity", file=str(file), **ours)
    worst = 0.0
    losses = [step["losses"] for step in ours["steps"]]
    for step, (mine, other) in enumerate(zip(losses, theirs["losses"], strict=True), start=1):
        for loss, value in other.items():
            difference, largest = abs(mine[loss] - value), max(map(abs, other.values()))
            worst = max(worst, difference / largest) if step <= CLOSE_STEPS else worst
            if not difference <= tolerance(step, value, largest):
                raise Differ(f"step {step}, {loss}: Atelier {mine[loss]}, {name} {value}: they do not compute the same")
    return worst


def parity_and_memory(case, atelier, threads, folder):
    """Of the peers that can be asked, before they are tuned: how closely losses agree, and what PyTorch's training adds to memory."""
    file = folder / "steps.bin"
    ours, difference, memory = atelier.parity(STEPS, file), 0.0, {"atelier": atelier.ask("memory")}
    for name, script, package in {entry[:3] for entry in CONTESTANTS if entry[0] != "torch.compile"}:
        if importlib.util.find_spec(package) is None:
            continue
        peer = Peer(script, case, threads)
        try:
            if package == "torch":
                memory["pytorch"] = peer.command("memory")
            difference = max(difference, check(ours, file, peer, name))
        except DidNotRun as reason:
            raise Differ(f"{name} cannot repeat the steps: {reason}") from reason
        finally:
            peer.close()
    print(f"    same losses over {STEPS} steps, the first {CLOSE_STEPS} to {difference:.1e}", flush=True)
    return difference, memory
