"""The limit: the matrix products alone, of the steps of an epoch and of the validation images.

Convolutions count as the products that they are computed by. NumPy and PyTorch have other libraries
for them; the faster one is the limit.
"""

import importlib.util
import time
from collections.abc import Callable, Sequence

import keras
import numpy as np

from benchmarks.throughput.task import given_task, report
from tfvae.networks import build_decoder, build_encoder

ROUNDS, REPEATS = 7, 3


def main() -> None:
    task = given_task()
    shape = task.images("train").shape[1:]
    networks = [
        build_encoder(task.network, shape, 2 * task.latent_dim),
        build_decoder(task.network, task.latent_dim, shape),
    ]
    sizes = [size for network in networks for size in products(network, task.batch_size)]
    libraries: list[tuple[Callable, Callable]] = [
        (np.matmul, lambda *size: np.ones(size, np.float32))
    ]
    if importlib.util.find_spec("torch"):
        import torch

        libraries.append((torch.mm, lambda *size: torch.ones(size)))
    step, loss = (
        min(seconds(sizes, *library, backwards=backwards) for library in libraries)
        for backwards in (True, False)
    )
    epoch = task.steps * step + task.count("validation") / task.batch_size * loss
    report([epoch, epoch], task.steps * task.batch_size)


def products(network: keras.Model, batch_size: int) -> list[tuple[int, int, int]]:
    """(rows, inner size, columns) of the product of each layer that has weights.

    >>> from tfvae.networks import conv, dense
    >>> products(dense.decoder(10, (28, 28, 1)), batch_size=128)
    [(128, 10, 500), (128, 500, 500), (128, 500, 784)]
    >>> products(conv.encoder((8, 8, 3), num_outputs=20), batch_size=2)[0]  # 4x4 places, 4x4 pixels
    (32, 48, 32)
    """
    sizes = []
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Dense):
            sizes.append((batch_size, *layer.kernel.shape))
        elif isinstance(layer, keras.layers.Conv2DTranspose):
            height, width, _ = layer.input.shape[1:]
            rows, columns, after, before = layer.kernel.shape
            sizes.append((batch_size * height * width, before, rows * columns * after))
        elif isinstance(layer, keras.layers.Conv2D):
            height, width, _ = layer.output.shape[1:]
            rows, columns, before, after = layer.kernel.shape
            sizes.append((batch_size * height * width, rows * columns * before, after))
    return sizes


def seconds(
    sizes: Sequence[tuple[int, int, int]], multiply: Callable, make: Callable, *, backwards: bool
) -> float:
    """The shortest time of the products of all layers; backwards those of the gradients, too: of a
    layer's weights and of its input.

    >>> 0 < seconds([(2, 3, 4)], np.matmul, lambda *size: np.ones(size), backwards=True) < 1
    True
    """
    operands = [(make(m, k), make(k, n), make(m, n)) for m, k, n in sizes]
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(REPEATS):
            for number, (inputs, weights, outputs) in enumerate(operands):
                multiply(inputs, weights)
                if backwards:
                    multiply(inputs.T, outputs)
                if backwards and number:  # no gradient of the images
                    multiply(outputs, weights.T)
        best = min(best, (time.perf_counter() - start) / REPEATS)
    return best


if __name__ == "__main__":
    main()
