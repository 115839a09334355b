"""How the cost of training grows with the number of images, the code, the labels and the image.

    python -m benchmarks.cost                    # all curves, half an hour on two cores
    python -m benchmarks.cost --curves classes attributes --points 3

Each curve changes one size and keeps the others. Its images are noise, for the cost doesn't depend
on what they show. A point is a process of its own, which trains by the code of `train.py` without
checkpoints; its first epoch, which compiles, is told apart. A slope is that of the logarithm of the
time of an image from one point to the next: 1 where twice the size costs twice the time.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import ROOT
from benchmarks.pages import write_page
from benchmarks.throughput.load import OtherLoad
from benchmarks.throughput.task import peak_bytes
from tfvae.evaluation.report import markdown_table


@dataclasses.dataclass(frozen=True)
class Point:
    """One training, or one estimate of log p(x), and the sizes that it has.

    Args:
        model, network: As for `train.py`.
        images: Of an epoch.
        batch_size: Images per step.
        image_shape: (H, W, C).
        num_labels, label_kind: Of the data.
        settings: Of the model.
        samples: K of the importance-weighted bound, which is estimated instead of a training.
    """

    model: str = "vae"
    network: str = "dense"
    images: int = 8192
    batch_size: int = 128
    image_shape: tuple[int, int, int] = (28, 28, 1)
    num_labels: int = 10
    label_kind: str = "categorical"
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    samples: int | None = None


@dataclasses.dataclass(frozen=True)
class Curve:
    """What is changed, and the points: size -> `Point`."""

    title: str
    points: Mapping[int, Point]


def _attributes(count: int) -> Point:
    settings = {"latent_dim": count + 16}
    return Point("ccvae", num_labels=count, label_kind="binary", images=4096, settings=settings)


def _square(side: int) -> Point:
    shape, images = (side, side, 3), max(512, 2**23 // side**2 // 64 * 64)
    settings = {"latent_dim": 64}
    return Point("vae", "conv", images, 64, shape, settings=settings)


CURVES = {
    "images": Curve(
        "images of an epoch (`vae`, dense, 28x28)",
        {size: Point(images=size) for size in (10_000, 30_000, 100_000, 300_000, 1_000_000)},
    ),
    "latent": Curve(
        "dimensions of the code (`vae`, dense, 28x28)",
        {size: Point(settings={"latent_dim": size}) for size in (2, 8, 32, 128, 512)},
    ),
    "classes": Curve(
        "classes (`ccvae`, dense, 28x28)",
        {
            size: Point("ccvae", num_labels=size, images=4096, settings={"latent_dim": 20})
            for size in (10, 40, 200, 1000)
        },
    ),
    "attributes": Curve(
        "attributes (`ccvae`, dense, 28x28; a dimension of the code for each, and 16)",
        {size: _attributes(size) for size in (10, 40, 200, 1000)},
    ),
    "side": Curve(
        "side of the image (`vae`, convolutional, 3 channels)",
        {side: _square(side) for side in (28, 32, 64, 128, 256)},
    ),
    "samples": Curve(
        "K of the importance-weighted bound (`vae`, dense, 28x28)",
        {size: Point(images=64, samples=size) for size in (1, 10, 100, 1000)},
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.points is not None and given.points < 1:
        raise SystemExit("--points must be 1 or more")
    rows = []
    with OtherLoad() as others:
        for name in given.curves:
            sizes = CURVES[name].points
            found = {size: run(point) for size, point in list(sizes.items())[: given.points]}
            rows += table(CURVES[name].title, found)
    lines = [
        *markdown_table(rows),
        "",
        "The images of noise lie in memory, which a large data set doesn't. Other programs used "
        f"{others.cores:.2f} cores.",
    ]
    write_page(given.output, lines)


def run(point: Point) -> dict[str, float]:
    """What a process of its own found: `measure`."""
    command = [sys.executable, "-m", "benchmarks.cost", "--point"]
    command.append(json.dumps(dataclasses.asdict(point)))
    print(point, file=sys.stderr, flush=True)
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"{point} failed: {' '.join(done.stderr.strip().splitlines()[-3:])}")
    return json.loads(done.stdout.splitlines()[-1])


def table(title: str, found: Mapping[int, Mapping[str, float]]) -> list[dict[str, str]]:
    """A row per point.

    >>> of = {"seconds": 1.0, "images": 1000, "first": 5.0, "bytes": 2**30}
    >>> rows = table("labels", {10: of, 20: {**of, "seconds": 2.0}})
    >>> [row["ms per image"] for row in rows], [row["slope"] for row in rows]
    (['1.000', '2.000'], ['', '1.00'])
    """
    rows, before = [], None
    for size, each in found.items():
        cost = 1000 * each["seconds"] / each["images"]
        slope = ""
        if before is not None:
            slope = f"{np.log(cost / before[1]) / np.log(size / before[0]):.2f}"
        rows.append(
            {
                "size": title if before is None else "",
                "is": f"{size:,}",
                "ms per image": f"{cost:.3f}",
                "slope": slope,
                "first epoch, s": f"{each['first']:.1f}",
                "peak memory, GiB": f"{each['bytes'] / 2**30:.2f}",
            }
        )
        before = size, cost
    return rows


def measure(point: Point) -> dict[str, float]:
    """Seconds of an epoch, its images, seconds of the first epoch, and the peak of the memory."""
    import tensorflow as tf

    from tfvae.training.config import RunConfig
    from tfvae.training.fit import compiled_model, fit, training_batches

    dataset = noise_images(point)
    fields = {"model": point.model, "epochs": 4, "batch_size": point.batch_size}
    settings = {"network": point.network, "pixel_likelihood": "bernoulli", **point.settings}
    config = RunConfig.checked({**fields, "set": settings, "learning_rate": 1e-4})
    model = compiled_model(config, dataset, tf.distribute.get_strategy())
    if point.samples is not None:
        durations = _estimates(model, dataset, point.samples)
    else:
        clock = _clock()
        fit(model, training_batches(dataset, config), dataset, config, [clock])
        durations = clock.durations
    return {
        "seconds": float(np.median(durations[1:])),
        "images": point.images,
        "first": durations[0],
        "bytes": peak_bytes(),
    }


def noise_images(point: Point):
    """A `Dataset` of random images and labels; validation and test have one batch each."""
    from tfvae.data.dataset import Dataset
    from tfvae.data.examples import Examples
    from tfvae.schema import CATEGORICAL, SPLITS, TRAIN, DataSpec

    rng = np.random.default_rng(0)
    counts = {name: point.images if name == TRAIN else point.batch_size for name in SPLITS}

    def examples(count: int) -> Examples:
        images = rng.integers(0, 256, (count, *point.image_shape), np.uint8)
        if point.label_kind == CATEGORICAL:
            classes = rng.integers(0, point.num_labels, count)
            return Examples(images, (classes[:, None] == np.arange(point.num_labels)).astype("u1"))
        return Examples(images, rng.integers(0, 2, (count, point.num_labels), np.uint8))

    names = tuple(f"label{index}" for index in range(point.num_labels))
    spec = DataSpec("noise", point.image_shape, names, point.label_kind, counts)
    return Dataset(spec, {name: examples(count) for name, count in counts.items()}, options={})


def _estimates(model, dataset, samples: int) -> list[float]:
    import tensorflow as tf

    from tfvae.models import vae

    vae.LOG_LIKELIHOOD_SAMPLES = samples
    bound = tf.function(model.log_likelihood)
    images = dataset.arrays("train")["image"]
    durations = []
    for _ in range(8):
        began = time.perf_counter()
        bound(tf.constant(images), tf.range(len(images), dtype=tf.int64)).numpy()
        durations.append(time.perf_counter() - began)
    return durations


def _clock():
    import keras

    class Clock(keras.callbacks.Callback):
        """Seconds of the steps of each epoch, without the validation that follows."""

        def on_train_begin(self, logs=None):
            self.durations = []

        def on_epoch_begin(self, epoch, logs=None):
            self._began = time.perf_counter()

        def on_test_begin(self, logs=None):
            self.durations.append(time.perf_counter() - self._began)

    return Clock()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--curves", nargs="+", choices=CURVES, default=list(CURVES), metavar="CURVE",
        help=f"of {', '.join(CURVES)} (default: all)")  # fmt: skip
    add("--points", type=int, metavar="N", help="only the first N points of each curve")
    add("--output", type=Path, default=Path("results/cost.md"), metavar="FILE",
        help="the page (default: results/cost.md)")  # fmt: skip
    add("--point", metavar="JSON", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    if sys.argv[1:2] == ["--point"]:
        print(json.dumps(measure(Point(**json.loads(sys.argv[2])))), flush=True)
    else:
        main()
