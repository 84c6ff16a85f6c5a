"""A small classifier of handwritten digits, whose class pushes and loads itself."""

from __future__ import annotations

import hashlib
from functools import cache

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from tqdm import tqdm

from anyhub import PyTorchModelHubMixin

BATCH = 64

torch.set_num_threads(1)  # on images this small, threads only get in each other's way


class DigitClassifier(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="anyhub",
    pipeline_tag="image-classification",
    license="apache-2.0",
    tags=["digits"],
    docs_url="https://scikit-learn.org/stable/datasets/toy_dataset.html",
):
    """Two convolutions and a linear layer over images of 8 × 8 pixels."""

    def __init__(self, channels: int = 16, dropout: float = 0.2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(2 * channels * 4 * 4, 10))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


@cache
def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return images to learn from and to test on, and the digits on each, from the data set inside scikit-learn."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images, labels, test_size=0.2, random_state=0, stratify=labels)
    learn, test = (torch.tensor(part, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16 for part in parts[:2])
    return learn, test, torch.tensor(parts[2]), torch.tensor(parts[3])


def train(model: DigitClassifier, epochs: int, name: str) -> None:
    """Let the model learn for some more epochs, always in the same way."""
    images, _, labels, _ = digits()
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    with tqdm(total=epochs * len(images), desc=f"   training {name}", unit="images", disable=None, leave=False) as bar:
        for _ in range(epochs):
            for batch in torch.randperm(len(images)).split(BATCH):
                loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                bar.update(len(batch))


@torch.no_grad()
def examine(model: DigitClassifier) -> dict[str, object]:
    """Return the model's accuracy on the images to test on, and a hash of every bit of its predictions."""
    _, images, _, labels = digits()
    predictions = model.eval()(images)
    return {
        "accuracy": (predictions.argmax(1) == labels).float().mean().item(),
        "predictions": hashlib.sha256(predictions.numpy().tobytes()).hexdigest(),
    }
