"""Contenders: the same VAE in PyTorch, as its users write it, without and with `torch.compile`.

The images lie in memory as one float tensor, so that no `DataLoader` costs time.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

from benchmarks.throughput.pytorch_networks import decoder, encoder
from benchmarks.throughput.task import LEARNING_RATE, given_task, report


class VAE(nn.Module):
    """Distortion (Bernoulli) and rate of images [B, C, H, W], [B] each."""

    def __init__(self, network: str, image_shape: tuple[int, int, int], latent_dim: int):
        super().__init__()
        self.encoder = encoder(network, image_shape, 2 * latent_dim)
        self.decoder = decoder(network, image_shape, latent_dim)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, raw = self.encoder(image).chunk(2, dim=-1)
        stddev = functional.softplus(raw)
        logits = self.decoder(mean + stddev * torch.randn_like(mean))
        distortion = functional.binary_cross_entropy_with_logits(logits, image, reduction="none")
        rate = 0.5 * (mean.square() + stddev.square() - 1 - 2 * stddev.log()).sum(-1)
        return distortion.flatten(1).sum(-1), rate


def main() -> None:
    task, compiles = given_task(), "compile" in sys.argv[2:]
    train, validation = (
        torch.from_numpy(task.images(split)).permute(0, 3, 1, 2).contiguous()
        for split in ("train", "validation")
    )
    channels, height, width = train.shape[1:]
    model = VAE(task.network, (height, width, channels), task.latent_dim)
    weights = sum(parameter.numel() for parameter in model.parameters())
    assert weights == task.weights, (weights, task.weights)
    forward = torch.compile(model) if compiles else model
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    durations = []
    for _ in range(task.epochs):
        start = time.perf_counter()
        order = torch.randperm(len(train))
        total = 0.0
        for rows in order.split(task.batch_size):
            if len(rows) < task.batch_size:
                break
            distortion, rate = forward(train[rows])
            loss = (distortion + rate).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        with torch.no_grad():
            for images in validation.split(task.batch_size):
                total += sum(term.sum().item() for term in forward(images))
        durations.append(time.perf_counter() - start)
    report(durations, len(train) // task.batch_size * task.batch_size)


if __name__ == "__main__":
    main()
