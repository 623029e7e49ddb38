"""Writes the JSON files beside it: losses, gradients and weights of tiny models over three training steps, made by PyTorch in
float64. `python3 tests/golden/make.py [FAMILY ...]` (NumPy and PyTorch 2.13). The values are committed; tests need no Python."""
import json
import math
import sys
from pathlib import Path

import torch

import counted
import models_adversarial as adversarial
import models_convolutional as convolutional
import models_recurrent as recurrent
import models_sequences as sequences
import models_variational as variational
from models_detection import Ssd
from models_diffusion import Diffusion
from models_flow import RealNvp
from models_latent_games import Aae, VaeGan
from models_perceptual import FOREIGN_RANGE, PerceptualVae
from models_pixelcnn import PixelCnn
from models import BATCH, IMAGE, Gan, Vae, wave
from optimizers import make_optimizer

STEPS = 3
SEED = 11


def image_of(model):
    return getattr(model, "image", IMAGE)


def images(model, step):
    """One batch, within the range that the model wants."""
    low, high = model.image_range
    return ((low + high) / 2 + (high - low) / 2 * wave((BATCH, math.prod(image_of(model))), 10 * step, scale=0.9)).float().double()


def noise(model, step):
    return torch.from_numpy(counted.normal(SEED, step, 0, BATCH, model.latent)).double()


def clip(parameters, limit):
    """Pascanu et al. 2013: g min(1, limit / |g|), over the whole group."""
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in parameters))
    for p in parameters:
        p.grad *= min(1.0, limit / norm)


def numbers(tensor, digits):
    return [float(f"%.{digits}g" % value) for value in tensor.detach().flatten().tolist()]


def train_step(model, step, digits, update):
    """One step of all groups: losses and gradients as they were before `update(group)`, which may change the weights."""
    losses, gradients = {}, {}
    further = model.further_inputs(step, SEED) if hasattr(model, "further_inputs") else ()

    def all_losses():
        return model.losses(images(model, step), noise(model, step), *further)

    def again(wanted, weights):  # the gradients where the weights are now, for an optimizer that moves them to look
        return torch.autograd.grad(next(loss for group, _, loss in all_losses() if group == wanted), weights)

    model.again = again
    for group, logged, loss in all_losses():
        members = model.parameters.group(group)
        found = torch.autograd.grad(loss, list(members.values()))
        for (name, parameter), gradient in zip(members.items(), found):
            parameter.grad = gradient
            gradients[name] = numbers(gradient, digits)
        losses.update({name: numbers(value, digits)[0] for name, value in logged.items()})
        update(group)
    return {"losses": losses, "gradients": gradients}


def make_case(name, make_model, recipe, optimizer, clip_norm=0.0, with_frozen=True):
    """`make_model()` builds the PyTorch model that `recipe` describes to the host."""
    model = make_model()
    case = {"name": name, **recipe, "optimizer": optimizer, "clip_norm": clip_norm, "seed": SEED, "range": model.image_range,
            "image": image_of(model), "batch": BATCH, "latent": model.latent,
            "initial": {key: {"shape": list(value.shape), "values": numbers(value, 9)}
                        for key, value in model.parameters.items()},
            "images": [numbers(images(model, step), 9) for step in range(1, STEPS + 1)],
            "noise": [numbers(noise(model, step), 9) for step in range(1, STEPS + 1)]}
    if getattr(model, "classes", 0) > 0:
        case["classes"] = model.classes
        case["labels"] = [model.labels(step) for step in range(1, STEPS + 1)]
    if hasattr(model, "fields"):  # beside the images and labels: name, classes (0 for real numbers), values (batch, ...)
        steps = [model.fields(step) for step in range(1, STEPS + 1)]
        case["fields"] = [{"name": name, "dims": list(values.shape[1:]), "classes": classes,
                           "values": [numbers(fields[i][2], 9) for fields in steps]}
                          for i, (name, classes, values) in enumerate(steps[0])]
    if hasattr(model, "sample"):  # from the initial weights
        case["sampled"] = numbers(model.sample(SEED, BATCH), 9)
    if with_frozen:  # one step in double precision where the optimizers are left out
        frozen = make_model()
        case["frozen"] = train_step(frozen, 1, 15, getattr(frozen, "after_update", lambda group: None))
    groups = {key.split(".")[0]: None for key in model.parameters if key not in model.parameters.state}
    optimizers = {g: make_optimizer(list(model.parameters.group(g).values()), **optimizer) for g in groups}

    def update(group):
        if clip_norm > 0:
            clip(list(model.parameters.group(group).values()), clip_norm)
        optimizers[group].again = lambda weights: model.again(group, weights)
        optimizers[group].step()
        if hasattr(model, "after_update"):
            model.after_update(group)

    case["steps"] = [train_step(model, step, 9, update) for step in range(1, STEPS + 1)]
    case["weights"] = {key: numbers(value, 9) for key, value in model.parameters.items()}
    return case


def adam(**settings):
    return {"use": "adam", "settings": {"learning_rate": 0.01, **settings}}


def gan_case(name, loss, optimizer, loss_settings=None, **more):
    sizes = {"latent": 5, "generator": [7], "discriminator": [6]}
    recipe = {"model": {"use": "gan", "settings": sizes},
              "losses": {"adversarial": {"use": loss, "settings": loss_settings or {}}}}
    return make_case(name, lambda: Gan(**sizes, loss=loss, **(loss_settings or {})), recipe, optimizer, **more)


def vae_case(name, loss, optimizer, hidden=6, latent=3, batch_norm=False, **more):
    settings = {"hidden": [hidden], "latent": latent, "beta": 0.7, "batch_norm": batch_norm}
    recipe = {"model": {"use": "vae", "settings": settings},
              "losses": {"reconstruction": {"use": loss, "settings": {}}, "divergence": {"use": "gaussian-kl", "settings": {}}}}
    return make_case(name, lambda: Vae([hidden], latent, 0.7, loss, batch_norm), recipe, optimizer, **more)


def gan_cases():
    yield gan_case("non-saturating with label smoothing", "non-saturating", adam(beta1=0.5), {"label_smoothing": 0.1})
    yield gan_case("minimax", "minimax", adam(beta1=0.5))
    yield gan_case("clipped gradients", "non-saturating", adam(), clip_norm=0.25, with_frozen=False)


def vae_cases():
    sgd = {"use": "sgd", "settings": {"learning_rate": 0.01, "momentum": 0.9}}
    yield vae_case("bce", "bce", adam())
    yield vae_case("mse", "mse", adam())
    # Adam would make a whole step of the rounding error in the gradient of a bias that the normalization cancels.
    yield vae_case("batch normalization", "bce", sgd, batch_norm=True)
    nesterov = {"use": "sgd", "settings": {**sgd["settings"], "nesterov": True, "weight_decay": 0.05}}
    rmsprop = {"use": "rmsprop", "settings": {"learning_rate": 0.01, "decay": 0.9, "momentum": 0.5, "weight_decay": 0.05}}
    for name, optimizer in {"adam, coupled weight decay": adam(weight_decay=0.05, decoupled=False),
                            "adam, decoupled weight decay": adam(weight_decay=0.05, decoupled=True),
                            "sgd, Nesterov momentum and weight decay": nesterov,
                            "rmsprop, momentum and weight decay": rmsprop}.items():
        yield vae_case(name, "mse", optimizer, hidden=4, latent=2, with_frozen=False)


def settings_case(name, kind, use, settings, loss, optimizer=None, **more):
    """Of a model whose PyTorch twin takes the host's settings."""
    slots = {"bce": "reconstruction", "mse": "reconstruction", "cross-entropy": "classification"}
    losses = {slots[loss]: {"use": loss, "settings": {}}} if loss else {}
    recipe = {"model": {"use": use, "settings": settings}, "losses": losses}
    return make_case(name, lambda: kind(**settings, **more), recipe, optimizer or adam())


def convolutional_cases():
    classifier = {"filters": [2, 3, 2], "hidden": [4], "activation": "leaky_relu"}
    yield settings_case("pooled", convolutional.Cnn, "cnn", classifier, "cross-entropy")
    through = {"filters": [2, 3], "hidden": [5]}
    for task, loss in {"autoencode": "bce", "denoise": "bce", "translate": "mse"}.items():
        yield settings_case(task, convolutional.ImageToImage, "cnn-image-to-image", {**through, "task": task, "noise": 0.4}, loss,
                            distance=loss)
    levels = {"filters": [2, 3, 4], "activation": "leaky_relu"}
    yield settings_case("three levels", convolutional.UNet, "cnn-segmentation", levels, "cross-entropy")


def detection_cases():
    settings = {"filters": [3, 4], "scales": [0.4, 0.7], "aspect_ratios": [1.0, 0.5], "negatives": 2.0,
                "activation": "leaky_relu", "classes": 2, "batch_norm": False}
    yield settings_case("two levels", Ssd, "ssd", settings, None)
    yield settings_case("one of three levels", Ssd, "ssd", {**settings, "filters": [2, 3, 4], "scales": [0.5]}, None)


def recurrent_cases():
    yield settings_case("two layers", recurrent.Rnn, "rnn", {"cell": "lstm", "units": 4, "layers": 2}, "cross-entropy")
    for cell in ["tanh", "lstm", "gru"]:
        yield settings_case(cell, recurrent.NextFrame, "rnn-next-frame",
                            {"cell": cell, "units": 3, "layers": 2, "filters": []}, None)
    yield settings_case("convolutional", recurrent.NextFrame, "rnn-next-frame",
                        {"cell": "gru", "units": 5, "layers": 1, "filters": [2]}, None)
    yield settings_case("connected", recurrent.NextFrame, "rnn-next-frame",
                        {"cell": "lstm", "units": 3, "layers": 1, "filters": [2, 3], "connected": True, "window": 2}, None)
    yield settings_case("window", recurrent.NextFrame, "rnn-next-frame",
                        {"cell": "tanh", "units": 3, "layers": 1, "filters": [], "window": 3}, None)
    for architecture, cell, loss in [("sequence-to-sequence", "lstm", "bce"), ("bidirectional", "gru", "mse")]:
        yield settings_case(architecture, recurrent.Manipulation, "rnn-manipulation",
                            {"architecture": architecture, "cell": cell, "units": 3, "layers": 2}, loss, distance=loss)


def sequence_cases():
    for cell, layers in [("lstm", 2), ("gru", 1)]:
        yield settings_case(f"text, {cell}", sequences.CharacterRnn, "character-rnn",
                            {"cell": cell, "units": 4, "layers": layers, "embedding": 3}, None)
    settings = {"latent": 2, "filters": [3, 2], "beta": 0.7}
    recipe = {"model": {"use": "signal-vae", "settings": settings},
              "losses": {"reconstruction": {"use": "mse", "settings": {}}, "divergence": {"use": "gaussian-kl", "settings": {}}}}
    yield make_case("signals", lambda: sequences.SignalVae(**settings), recipe, adam())


def pixelcnn_case(name, image=(1, 4, 4), features=2, levels=2, gated=False, blocks=1):
    settings = {"features": features, "blocks": blocks, "kernel": 3, "first_kernel": 5, "levels": levels, "gated": gated}
    recipe = {"model": {"use": "pixelcnn", "settings": settings}, "losses": {}}
    return make_case(name, lambda: PixelCnn(image, **settings), recipe, adam())


def pixelcnn_cases():
    yield pixelcnn_case("two levels", blocks=2)
    yield pixelcnn_case("four levels", levels=4)
    yield pixelcnn_case("gated, two levels", gated=True, blocks=2)
    yield pixelcnn_case("gated, four levels", gated=True, levels=4)
    yield pixelcnn_case("three colours", image=(3, 3, 4), features=3, levels=3)
    yield pixelcnn_case("three colours, gated", image=(3, 3, 4), features=3, levels=2, gated=True)


def diffusion_cases():
    small = {"steps": 6, "schedule": "linear", "channels": [2, 4], "blocks": 1, "groups": 2, "heads": 2,
             "sampling_steps": 0, "eta": 1.0}
    cosine = {**small, "schedule": "cosine", "channels": [4], "groups": 1, "heads": 0, "sampling_steps": 3, "eta": 0.0}
    label = {**small, "steps": 9, "channels": [2, 2], "blocks": 2, "conditional": "label", "sampling_steps": 4, "eta": 0.5}
    for name, settings in {"linear, ancestral": small, "cosine, implicit": cosine, "conditional": label}.items():
        yield settings_case(name, Diffusion, "diffusion", settings, None, SGD)


def flow_cases():
    sgd = {"use": "sgd", "settings": {"learning_rate": 1e-3, "momentum": 0.9}}
    for name, image, settings in [
            ("one scale", (1, 4, 4), {"features": [3], "couplings": 1, "blocks": 2, "levels": 4, "alpha": 0.05}),
            ("two scales", (1, 4, 4), {"features": [3, 4], "couplings": 1, "blocks": 1, "levels": 256, "alpha": 0.05}),
            ("three colours", (3, 4, 4), {"features": [2, 3], "couplings": 1, "blocks": 0, "levels": 16, "alpha": 0.01,
                                          "temperature": 0.7})]:
        recipe = {"model": {"use": "realnvp", "settings": settings}, "losses": {}}
        yield make_case(name, lambda: RealNvp(image, **settings), recipe, sgd)


def vae_gan_case(name, reconstruction_in="features", feature_layer=0, separate_generator=False, layers="fully_connected",
                 encoder=(5,), discriminator=(6, 4), latent=2, batch_norm=False):
    settings = {"layers": layers, "encoder": list(encoder), "discriminator": list(discriminator), "latent": latent,
                "batch_norm": batch_norm, "reconstruction_in": reconstruction_in, "feature_layer": feature_layer, "beta": 0.7,
                "gamma": 0.3, "separate_generator": separate_generator}
    recipe = {"model": {"use": "vae-gan", "settings": settings},
              "losses": {"adversarial": {"use": "non-saturating", "settings": {}},
                         "divergence": {"use": "gaussian-kl", "settings": {}}}}
    # Adam would make a whole step of the rounding error in the gradient of a bias that the normalization cancels.
    return make_case(name, lambda: VaeGan(**settings), recipe, SGD if batch_norm else adam(beta1=0.5))


def vae_gan_cases():
    yield vae_gan_case("compared in features")
    yield vae_gan_case("compared in pixels", "pixels")
    yield vae_gan_case("generator apart", feature_layer=1, separate_generator=True)
    yield vae_gan_case("convolutional", layers="convolutional", encoder=(2, 3), discriminator=(2, 2))
    # Widths for which float32 is enough: where a unit hardly varies over three images, its normalization loses digits.
    yield vae_gan_case("batch normalization", encoder=(8, 7), latent=5, batch_norm=True)
    yield vae_gan_case("convolutional, batch normalization, generator apart", separate_generator=True, layers="convolutional",
                       encoder=(4, 3), discriminator=(3,), latent=2, batch_norm=True)


def aae_cases():
    settings = {"hidden": [5], "discriminator": [4], "latent": 2, "regularization": 2.0}
    recipe = {"model": {"use": "aae", "settings": settings},
              "losses": {"adversarial": {"use": "non-saturating", "settings": {}},
                         "reconstruction": {"use": "bce", "settings": {}}}}
    yield make_case("two phases", lambda: Aae(**settings), recipe, adam())


def variational_cases():
    losses = {"reconstruction": {"use": "bce", "settings": {}}, "divergence": {"use": "gaussian-kl", "settings": {}}}
    small = {"latent": 2, "hidden": [5], "activation": "leaky_relu"}
    convolutions = {**small, "encoder": "convolutional", "filters": [2, 3], "kernel": 3}
    for name, settings in {"three importance samples": {**small, "samples": 3, "beta": 0.8},
                           "the plain bound of three samples": {**small, "samples": 3, "bound": "plain", "free_bits": 0.02},
                           "free bits": {**small, "latent": 3, "free_bits": 0.02},
                           "normalized latents": {**small, "latent_batch_norm": True},
                           "conditional": {**small, "conditional": "label", "samples": 2},
                           "convolutional": convolutions,
                           "convolutional, conditional": {**convolutions, "conditional": "label"},
                           "fully connected decoder": {**convolutions, "decoder": "fully_connected", "decoder_hidden": [4, 3]},
                           }.items():
        recipe = {"model": {"use": "vae", "settings": settings}, "losses": losses}
        yield make_case(name, lambda: variational.VariationalAutoencoder(**settings), recipe, adam())
    sizes = {"codes": 5, "length": 3, "features": 4, "residual_features": 3, "residual_blocks": 2, "commitment": 0.3,
             "decay": 0.9, "restart_below": 0.0, "prior_features": 4, "prior_blocks": 1}
    near_the_encoder = [[0.21, 0.23, 0.29], [0.0, 0.0, 0.0], [0.28, 0.17, 0.33], [0.13, 0.28, 0.26], [0.22, 0.19, 0.35]]
    yield settings_case("a codebook with an unused code", variational.VqVae, "vq-vae", sizes, "bce",
                        vectors=near_the_encoder, unused=1)


def perceptual_cases():
    """What another run's classifier, of another range and frozen, sees in the images."""
    vae = {"hidden": [6], "latent": 3, "beta": 0.7}
    classifier = {"filters": [2, 3], "hidden": [4], "activation": "leaky_relu"}
    foreign = {"name": "classifier", "range": FOREIGN_RANGE, "classes": convolutional.CLASSES,
               "model": {"use": "cnn", "settings": classifier},
               "losses": {"classification": {"use": "cross-entropy", "settings": {}}}}
    for pixels, feature, weight in [("bce", "convolutions", 400.0), ("mse", "logits", 30000.0), ("none", "convolutions", 40.0)]:
        perceptual = {"from": foreign["name"], "feature": feature, "weight": weight, "pixels": pixels}
        recipe = {"model": {"use": "vae", "settings": vae}, "foreign": foreign,
                  "losses": {"reconstruction": {"use": "perceptual", "settings": perceptual},
                             "divergence": {"use": "gaussian-kl", "settings": {}}}}
        make = lambda: PerceptualVae(**vae, pixels=pixels, feature=feature, weight=weight, classifier=classifier)
        yield make_case(f"{feature}, pixels by {pixels}", make, recipe, adam())


def optimizer_cases():
    adagrad = {"learning_rate": 0.05, "initial_accumulator": 0.1, "weight_decay": 0.05}
    adadelta = {"learning_rate": 0.5, "decay": 0.8, "epsilon": 1e-4, "weight_decay": 0.05}
    lion = {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.05}
    lamb = {"learning_rate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "weight_decay": 0.05}
    muon = {"learning_rate": 0.02, "vector_rate": 0.1, "momentum": 0.9, "weight_decay": 0.05}
    adafactor = {"learning_rate": 0.02, "decay": 0.8, "clip": 0.5, "epsilon": 1e-30}
    sam = {"learning_rate": 0.02, "rho": 0.1, "momentum": 0.9, "weight_decay": 0.05}
    for use, settings in {"adagrad": adagrad, "adadelta": adadelta, "lion": lion, "lamb": lamb, "muon": muon,
                          "adafactor": adafactor, "sam": sam}.items():
        yield vae_case(use, "mse", {"use": use, "settings": settings}, hidden=4, latent=2, with_frozen=False)


SGD = {"use": "sgd", "settings": {"learning_rate": 0.01, "momentum": 0.9}}
GAN = {"latent": 5, "generator": [7], "discriminator": [6]}
DCGAN = {"latent": 5, "generator": [4, 3], "discriminator": [3, 4]}


def adversarial_case(name, use, sizes, loss="non-saturating", loss_settings=None, classes=0, feature_matching=0.0, image=None,
                     generator_steps=1, **more):
    networks = {"gan": adversarial.GanNetworks, "dcgan": adversarial.DcganNetworks}[use]
    settings = {**sizes, "feature_matching": feature_matching, "conditional": "label" if classes else "none",
                **({"generator_steps": generator_steps} if generator_steps > 1 else {})}
    recipe = {"model": {"use": use, "settings": settings},
              "losses": {"adversarial": {"use": loss, "settings": loss_settings or {}}}}
    shape = {"image": image} if image else {}
    make = lambda: adversarial.Adversarial(networks(classes, **sizes, **shape), adversarial.LOSSES[loss](**(loss_settings or {})),
                                           classes, feature_matching, generator_steps)
    # Adam would make a whole step of the rounding error in the gradient of a bias that the normalization cancels.
    return make_case(name, make, recipe, adam(beta1=0.5) if use == "gan" else SGD, **more)


def adversarial_cases():
    labels = {"fake_label": -0.5, "real_label": 1.0, "wanted_label": 0.5}
    convolutional = {"latent": 5, "generator": [7], "discriminator_layers": "convolutional", "discriminator_filters": [2, 3]}
    yield adversarial_case("least squares", "gan", GAN, "least-squares", labels)
    yield adversarial_case("Wasserstein, clipped weights", "gan", GAN, "wasserstein", {"clip": 0.2})
    yield adversarial_case("Wasserstein, gradient penalty", "gan", GAN, "wasserstein-gp", {"lambda": 7.0})
    yield adversarial_case("penalty around real images", "gan", GAN, "dragan", {"lambda": 7.0, "deviation": 0.4})
    yield adversarial_case("hinge with spectral normalization", "gan", {**GAN, "spectral_norm": True}, "hinge")
    yield adversarial_case("conditional on labels", "gan", GAN, classes=3)
    yield adversarial_case("conditional on embedded labels, convolutional", "gan", {**convolutional, "condition_embedding": 2},
                           classes=4)
    yield adversarial_case("feature matching", "gan", GAN, feature_matching=0.5)
    yield adversarial_case("minibatch discrimination", "gan", {**GAN, "minibatch_discrimination": 4, "minibatch_dimension": 2})
    yield adversarial_case("non-saturating", "dcgan", DCGAN)
    yield adversarial_case("conditional on labels, feature matching", "dcgan", DCGAN, classes=3, feature_matching=0.5)
    yield adversarial_case("layer normalization, gradient penalty", "dcgan", {**DCGAN, "discriminator_norm": "layer"},
                           "wasserstein-gp")
    yield adversarial_case("no normalization but the spectral one", "dcgan",
                           {**DCGAN, "discriminator_norm": "none", "spectral_norm": True}, "hinge")
    yield adversarial_case("two updates of the generator", "dcgan", DCGAN, generator_steps=2)
    yield adversarial_case("5x5 filters, odd sides", "dcgan", {**DCGAN, "kernel": 5}, image=(2, 5, 7))


def text_of(value, indent=""):
    """JSON with one line for each array of numbers, so that a change shows where it is."""
    inner = indent + " "
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{inner}{json.dumps(k)}: {text_of(v, inner)}" for k, v in value.items()) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        return "[\n" + ",\n".join(inner + text_of(v, inner) for v in value) + f"\n{indent}]"
    return json.dumps(value)


if __name__ == "__main__":
    families = {"gan": gan_cases, "vae": vae_cases, "convolutional": convolutional_cases, "recurrent": recurrent_cases,
                "sequences": sequence_cases,
                "pixelcnn": pixelcnn_cases, "vae-gan": vae_gan_cases, "aae": aae_cases, "variational": variational_cases,
                "diffusion": diffusion_cases, "flow": flow_cases, "detection": detection_cases,
                "adversarial": adversarial_cases, "perceptual": perceptual_cases, "optimizers": optimizer_cases}
    for family in sys.argv[1:] or families:
        (Path(__file__).parent / (family + ".json")).write_text(text_of(list(families[family]())) + "\n")
