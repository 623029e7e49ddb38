"""PyTorch's DataLoader over the same files, each read, decoded (Pillow) and turned into a tensor as torchvision's datasets do it.

    torch_loader.py KIND FOLDER BATCH WORKERS
                     says first how long it took until the data was there
    round SECONDS    how many images came in that time
"""
import gzip
import json
import os
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Folder(Dataset):
    """torchvision's ImageFolder with Resize(64), which averages areas with antialiasing, and ToTensor."""

    def __init__(self, folder):
        self.files = [(entry.path, label) for label, kind in enumerate(sorted(os.listdir(folder)))
                      for entry in sorted(os.scandir(Path(folder) / kind), key=lambda entry: entry.name)]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        path, label = self.files[index]
        with open(path, "rb") as file:
            image = Image.open(file).convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)
        return to_tensor(np.asarray(image).transpose(2, 0, 1)), label


class Arrays(Dataset):
    """Images in memory, as CIFAR10 and MNIST of torchvision: each becomes a picture, and a tensor again."""

    def __init__(self, images, labels, binarize=False):
        self.images, self.labels, self.binarize = images, labels, binarize

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = np.asarray(Image.fromarray(self.images[index]))
        tensor = to_tensor(image.transpose(2, 0, 1) if image.ndim == 3 else image[None])
        return (torch.bernoulli(tensor) if self.binarize else tensor), int(self.labels[index])


def to_tensor(pixels):
    return torch.from_numpy(np.ascontiguousarray(pixels)).float().div(255)


def cifar(folder):
    images, labels = [], []
    for number in range(1, 6):
        rows = np.fromfile(Path(folder) / f"data_batch_{number}.bin", np.uint8).reshape(-1, 3073)
        images.append(rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        labels.append(rows[:, 0])
    return Arrays(np.concatenate(images), np.concatenate(labels))


def mnist(folder):
    def read(name, skipped):
        return np.frombuffer(gzip.decompress((Path(folder) / name).read_bytes()), np.uint8)[skipped:]

    return Arrays(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28), read("train-labels-idx1-ubyte.gz", 8), binarize=True)


def endless(loader):
    while True:
        yield from loader


def main():
    kind, folder, batch, workers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    start = time.perf_counter()
    dataset = {"folder": Folder, "cifar": cifar, "mnist": mnist}[kind](folder)
    print(json.dumps({"opened": time.perf_counter() - start, "samples": len(dataset)}), flush=True)
    batches = None
    for line in sys.stdin:
        seconds = float(line.split()[1])
        if batches is None:
            batches = endless(DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=workers, drop_last=True,
                                         persistent_workers=workers > 0))
            next(batches)
        images, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            images += len(next(batches)[0])
        print(json.dumps({"images": images, "seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
