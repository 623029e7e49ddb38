"""The host's optimizers as PyTorch has them; what PyTorch lacks is written after its paper."""
import torch


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.lerp(p.grad, m, beta1).sign()
                p -= group["lr"] * (update + group["weight_decay"] * p)
                m.lerp_(p.grad, 1 - beta2)


def make_optimizer(parameters, use, settings):
    """The host's optimizers in PyTorch's names; `settings` are the host's."""
    s = dict(settings)
    rate, decay = s.pop("learning_rate"), s.pop("weight_decay", 0.0)
    if use == "adam":
        kind = torch.optim.AdamW if s.pop("decoupled", True) else torch.optim.Adam
        return kind(parameters, lr=rate, betas=(s.pop("beta1", 0.9), s.pop("beta2", 0.999)), eps=1e-8, weight_decay=decay)
    if use == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=s["momentum"], nesterov=s.get("nesterov", False), weight_decay=decay)
    if use == "adagrad":
        return torch.optim.Adagrad(parameters, lr=rate, initial_accumulator_value=s["initial_accumulator"], eps=1e-10, weight_decay=decay)
    if use == "adadelta":
        return torch.optim.Adadelta(parameters, lr=rate, rho=s["decay"], eps=s["epsilon"], weight_decay=decay)
    if use == "lion":
        return Lion(parameters, lr=rate, betas=(s["beta1"], s["beta2"]), weight_decay=decay)
    return torch.optim.RMSprop(parameters, lr=rate, alpha=s["decay"], momentum=s["momentum"], eps=1e-8, weight_decay=decay)
