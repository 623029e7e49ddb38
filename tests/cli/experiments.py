"""Tiny experiments of other models than the one in atelier_test.py."""

from atelier_test import TINY

REST = """
[optimizer]
use = "adam"
learning_rate = 1e-2
[train]
epochs = 2
batch_size = 16
[sample]
count = 3
[log]
every = 1
"""

TEXT = """name = "text"
seed = 7
[dataset]
use = "text-file"
file = "text.txt"
length = 10
stride = 3
[model]
use = "character-rnn"
units = 8
embedding = 4
sample_length = 25
""" + REST

SIGNALS = """name = "signals"
seed = 7
[dataset]
use = "signals"
length = 16
rate = 8000.0
range = [-1.0, 1.0]
count = 64
test_count = 32
[model]
use = "signal-vae"
latent = 2
filters = [4, 4]
""" + REST


def on_shapes(name, model):
    """On the drawn shapes of the tiny experiment, two epochs."""
    before, rest = TINY.replace('"tiny"', f'"{name}"').replace("epochs = 3", "epochs = 2").split("[model]")
    return f"{before}[model]\n{model}\n\n[optimizer]{rest.split('[optimizer]')[1]}"


CNN = on_shapes("cnn", 'use = "cnn"\nfilters = [4, 4]\nhidden = [8]\nbatch_norm = true')
RNN = on_shapes("rnn", 'use = "rnn"\nunits = 6\ncell = "lstm"')
GAN = on_shapes("gan", 'use = "gan"\nlatent = 3\ngenerator = [8]\ndiscriminator = [8]\nbatch_norm = true').replace(
    'use = "shapes"', 'use = "shapes"\nrange = [-1.0, 1.0]')
