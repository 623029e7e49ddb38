"""The cases in PyTorch's DistributedDataParallel over gloo, several processes of one thread each, all on this machine.

    ddp_peer.py CASE PROCESSES STEPS [channels-last]    prints the milliseconds of the shortest step, as JSON

Each has its share of the batch. Gradients alone meet: batch normalization sees its own share, as it does in Atelier's shards."""
import json
import multiprocessing
import os
import socket
import sys
import time
from dataclasses import replace

import torch
import torch.distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from cases import CASES
from peer import WARM_UP_STEPS
from pytorch_peer import PytorchPeer


class Called(nn.Module):
    """What makes something of parameters, as a module that DDP may wrap: it is called once for each backward pass."""

    def __init__(self, module, function):
        super().__init__()
        self.module, self.function = module, function

    def forward(self, *given):
        return self.function(*given)


def spread(model, case):
    """As prepare() has left it, with its gradients' means over all processes."""
    def over_all(module, function):
        return DistributedDataParallel(Called(module, function), forward_sync_buffers=False, gradient_as_bucket_view=True)

    use = case.model["use"]
    if use in ("gan", "dcgan"):
        model.generate = over_all(model.generator, model.generate)
        model.discriminator_loss = over_all(model.discriminator, model.discriminator_loss)
    elif use in ("vae", "cnn"):
        function = "losses" if use == "vae" else "loss"
        setattr(model, function, over_all(model, getattr(model, function)))
    else:
        raise SystemExit(f"{case.name}: no DDP of '{use}' here")


def train(rank, processes, port, name, steps, channels_last, out):
    torch.set_num_threads(1)
    torch.manual_seed(7)  # equal weights
    case = replace(CASES[name], batch=CASES[name].batch // processes)
    peer = PytorchPeer(case)
    if processes > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        torch.distributed.init_process_group("gloo", rank=rank, world_size=processes)
    peer.build(channels_last=channels_last)
    if processes > 1:
        spread(peer.model, case)
    times = []
    for _ in range(WARM_UP_STEPS + steps):
        begin = time.perf_counter()
        peer.train_step()
        times.append(time.perf_counter() - begin)
    if rank == 0:
        out.put(1e3 * min(times[WARM_UP_STEPS:]))
    if processes > 1:
        torch.distributed.destroy_process_group()


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def main():
    name, processes, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    start = multiprocessing.get_context("spawn")
    out, port = start.Queue(), free_port()
    workers = [start.Process(target=train, args=(rank, processes, port, name, steps, "channels-last" in sys.argv[4:], out))
               for rank in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode != 0 for worker in workers):
        sys.exit(1)
    print(json.dumps({"milliseconds": out.get()}))


if __name__ == "__main__":
    main()
