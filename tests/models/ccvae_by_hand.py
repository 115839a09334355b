"""CCVAEs for tests, and the bound of one attribute by brute force."""

import numpy as np
import scipy.special
import scipy.stats
import tensorflow as tf

from tfvae.models import build_model
from tfvae.schema import DataSpec

SEED = (0, 1)
SHAPE = (4, 4, 1)


def spec(kind, num_labels):
    names = tuple(f"label{index}" for index in range(num_labels))
    return DataSpec("tiny", SHAPE, names, kind, {"train": 8})


def build(kind="binary", num_labels=1, **settings):
    model = build_model("ccvae", spec(kind, num_labels), {"latent_dim": num_labels + 1, **settings})
    # Away from the symmetric start, so that no term vanishes by accident.
    generator = np.random.default_rng(3)
    for weight in model.characteristics.weights:
        weight.assign(weight + 0.3 * generator.normal(size=weight.shape))
    return model


def batch(label, observed, count=1, seed=0):
    """`count` copies of one random image with the given label."""
    image = np.random.default_rng(seed).random((1, *SHAPE), dtype="float32")

    def tile(row):
        return np.repeat(np.asarray([row], "float32"), count, axis=0)

    return {
        "image": tf.constant(np.repeat(image, count, axis=0)),
        "label": tf.constant(tile(label)),
        "observed": tf.constant(tile(observed)),
    }


def moments(model, data):
    encoded = model.encode(data["image"][:1])
    return encoded["mean"].numpy()[0].astype("float64"), encoded["stddev"].numpy()[0].astype(
        "float64"
    )


class Attribute:
    """q(y|z) and p(z|y) of a model's one attribute, in NumPy."""

    def __init__(self, model, index=0):
        parts = model.characteristics
        self.slope, self.bias = float(parts.slope[index]), float(parts.bias[index])
        self.means = parts.prior_mean.numpy()[index]
        self.stddevs = np.log1p(np.exp(parts.prior_raw_stddev.numpy()[index]))
        self.log_label = scipy.special.log_softmax(parts.label_logits.numpy()[index])

    def classifier(self, z, value):
        logit = self.slope * z + self.bias
        return scipy.special.expit(logit if value else -logit)

    def log_prior(self, z, value):
        return scipy.stats.norm.logpdf(z, self.means[value], self.stddevs[value])


class Grid:
    """All codes (z_c, z_s) of one attribute's model on a grid, with q(z|x) and log p(x|z)."""

    def __init__(self, model, data):
        mean, stddev = moments(model, data)
        # In units of the standard deviation, so that a code keeps its place if q(z|x) moves.
        epsilon = np.linspace(-7, 7, 121)
        noise = np.stack(np.meshgrid(epsilon, epsilon, indexing="ij"), axis=-1).reshape(-1, 2)
        self.z = mean + stddev * noise
        self.log_q = scipy.stats.norm.logpdf(self.z, mean, stddev).sum(axis=-1)
        density = np.exp(scipy.stats.norm.logpdf(noise).sum(axis=-1))
        self.weight = density / density.sum()
        image = np.repeat(data["image"].numpy()[:1], len(self.z), axis=0)
        self.log_x = model.likelihood(tf.constant(self.z, tf.float32)).log_prob(image).numpy()
        self.log_style = scipy.stats.norm.logpdf(self.z[:, 1])

    def expectation(self, values):
        return np.sum(self.weight * values)


def grid_weight(model, data, label):
    """w at the codes of the grid, [N]."""
    grid = Grid(model, data)
    classifier = Attribute(model).classifier(grid.z[:, 0], label)
    return classifier / grid.expectation(classifier)


def grid_bound(model, data, label, given=None):
    """The docstring's bound for one attribute, on a grid over (z_c, z_s).

    `label` None: unknown. `given`: w before log p(x|z) alone, [N]; None: that of the model.
    """
    grid, attribute = Grid(model, data), Attribute(model)
    z_c = grid.z[:, 0]
    if label is None:
        labels = sum(
            attribute.classifier(z_c, value)
            * (
                attribute.log_prior(z_c, value)
                + attribute.log_label[value]
                - np.log(attribute.classifier(z_c, value))
            )
            for value in (0, 1)
        )
        return grid.expectation(grid.log_x - grid.log_q + grid.log_style + labels)
    w = grid_weight(model, data, label)
    classifier = attribute.classifier(z_c, label)
    rest = attribute.log_prior(z_c, label) + grid.log_style - grid.log_q - np.log(classifier)
    return (
        grid.expectation((w if given is None else given) * grid.log_x + w * rest)
        + np.log(grid.expectation(classifier))
        + attribute.log_label[label]
    )
