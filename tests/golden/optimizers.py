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


class Recorded(torch.optim.Optimizer):
    """What the optimizers below have in common: whole parameters, after their papers."""

    def __init__(self, parameters, settings):
        super().__init__(parameters, {})
        self.settings = settings
        self.t = 0

    def kept(self, p, name, shape=None):
        return self.state[p].setdefault(name, torch.zeros_like(p) if shape is None else torch.zeros(shape, dtype=p.dtype))

    @torch.no_grad()
    def step(self):
        self.t += 1
        for group in self.param_groups:
            for p in group["params"]:
                self.update(p)


def adam_direction(self, p, beta1, beta2, epsilon):
    m, v = self.kept(p, "m"), self.kept(p, "v")
    m.mul_(beta1).add_(p.grad, alpha=1 - beta1)
    v.mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
    return m / (1 - beta1**self.t) / ((v / (1 - beta2**self.t)).sqrt() + epsilon)


class Lamb(Recorded):
    """You et al. 2020, algorithm 2."""

    def update(self, p):
        s = self.settings
        step = adam_direction(self, p, s["beta1"], s["beta2"], s["epsilon"])
        ratio = 1.0
        if p.dim() > 1:
            step = step + s["weight_decay"] * p
            length, of_step = p.norm(), step.norm()
            ratio = length.clamp(max=10) / of_step if length > 0 and of_step > 0 else 1.0
        p -= s["learning_rate"] * ratio * step


class Muon(Recorded):
    """Jordan et al. 2024; vectors by Adam."""

    def update(self, p):
        s = self.settings
        rate = s["learning_rate"]
        if p.dim() <= 1:
            p -= rate * s["vector_rate"] * adam_direction(self, p, 0.9, 0.95, 1e-8)
            return
        kept = self.kept(p, "momentum")
        kept.mul_(s["momentum"]).add_(p.grad)
        x = (p.grad + s["momentum"] * kept).reshape(p.shape[0], -1)
        rows, columns = x.shape
        tall = rows > columns
        x = x.T if tall else x
        x = x / (x.norm() + 1e-7)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        x = x.T if tall else x
        p *= 1 - rate * s["weight_decay"]
        p -= rate * max(1.0, rows / columns) ** 0.5 * x.reshape(p.shape)


class Adafactor(Recorded):
    """Shazeer & Stern 2018, algorithms 4 and 5, with a given learning rate."""

    def update(self, p):
        s = self.settings
        beta2 = 1 - self.t ** -s["decay"]
        squares = p.grad**2 + s["epsilon"]
        if p.dim() <= 1:
            v = self.kept(p, "v")
            v.mul_(beta2).add_(squares, alpha=1 - beta2)
        else:
            squares = squares.reshape(p.shape[0], -1)
            rows, columns = self.kept(p, "rows", squares.shape[:1]), self.kept(p, "columns", squares.shape[1:])
            rows.mul_(beta2).add_(squares.mean(1), alpha=1 - beta2)
            columns.mul_(beta2).add_(squares.mean(0), alpha=1 - beta2)
            v = torch.outer(rows / rows.mean(), columns).reshape(p.shape)
        step = p.grad / v.sqrt()
        p -= s["learning_rate"] * step / max(1.0, (step.square().mean().sqrt() / s["clip"]).item())


class Sam(Recorded):
    """Foret et al. 2021, algorithm 1; `again()` computes the gradients once more, where the weights are then."""

    again = None

    def step(self):
        s = self.settings
        weights = [p for group in self.param_groups for p in group["params"]]
        with torch.no_grad():
            length = torch.sqrt(sum((p.grad**2).sum() for p in weights))
            before = [p.clone() for p in weights]
            for p in weights:
                p += s["rho"] / (length + 1e-12) * p.grad
        gradients = self.again(weights)
        with torch.no_grad():
            for p, old, gradient in zip(weights, before, gradients):
                p.copy_(old)
                decay = s["weight_decay"] if p.dim() > 1 else 0.0
                velocity = self.kept(p, "velocity")
                velocity.mul_(s["momentum"]).add_(gradient).add_(p, alpha=decay)
                p -= s["learning_rate"] * velocity


def make_optimizer(parameters, use, settings):
    """The host's optimizers in PyTorch's names; `settings` are the host's."""
    recorded = {"lamb": Lamb, "muon": Muon, "adafactor": Adafactor, "sam": Sam}
    if use in recorded:
        return recorded[use](parameters, settings)
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
