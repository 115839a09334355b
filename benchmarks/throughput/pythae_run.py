"""A contender: the same VAE in pythae, by its own training pipeline."""

import contextlib
import sys
import tempfile
import time

import numpy as np
import torch
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.pipelines import TrainingPipeline
from pythae.trainers import BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

from benchmarks.throughput.pytorch_networks import decoder, encoder
from benchmarks.throughput.task import LEARNING_RATE, given_task, report


class Encoder(BaseEncoder):
    """Mean and log-variance, [B, D] each."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> ModelOutput:
        mean, log_variance = self.network(images).chunk(2, dim=-1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    """Images in [0, 1], as pythae's loss takes them."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, codes: torch.Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=torch.sigmoid(self.network(codes)))


class Clock(TrainingCallback):
    """Notes when the training began, and when each epoch ended."""

    def __init__(self):
        self.times: list[float] = []

    def on_train_begin(self, training_config, **kwargs):
        self.times.append(time.perf_counter())

    def on_epoch_end(self, training_config, **kwargs):
        self.times.append(time.perf_counter())


def main() -> None:
    task, clock = given_task(), Clock()
    train, validation = (
        np.ascontiguousarray(task.images(split).transpose(0, 3, 1, 2))
        for split in ("train", "validation")
    )
    channels, height, width = train.shape[1:]
    shape = (height, width, channels)
    networks = [
        encoder(task.network, shape, 2 * task.latent_dim),
        decoder(task.network, shape, task.latent_dim),
    ]
    weights = sum(each.numel() for network in networks for each in network.parameters())
    assert weights == task.weights, (weights, task.weights)
    config = VAEConfig(train.shape[1:], task.latent_dim, reconstruction_loss="bce")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        TrainingPipeline(
            training_config=BaseTrainerConfig(
                output_dir=folder,
                per_device_train_batch_size=task.batch_size,
                per_device_eval_batch_size=task.batch_size,
                num_epochs=task.epochs,
                learning_rate=LEARNING_RATE,
            ),
            model=VAE(config, Encoder(networks[0]), Decoder(networks[1])),
        )(train_data=train, eval_data=validation, callbacks=[clock])
    report(np.diff(clock.times).tolist(), len(train))


if __name__ == "__main__":
    main()
