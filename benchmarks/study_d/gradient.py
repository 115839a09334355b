"""What the gradient of a CCVAE leaves out, and what that saves in noise.

    python train.py --model ccvae
    python -m benchmarks.study_d.gradient --saved-model saved_models/ccvae_digits

With f = log p(x|z), the gradient of E_q(z|x)[w f] = E_q(z|x,y)[f] is E_q(z|x,y)[df + f d log w],
and `ccvae` follows the first part alone. As E_q(z|x,y)[d log w] = 0, the second one is
E_q(z|x,y)[(f - b) d log w] for every b of an image; here b is the mean of f over the draws. Both
parts are averaged over many draws for one batch of validation images, for the encoder, the decoder
and the distributions of the label.

* *left out*: the length of the second part by that of the gradient of the bound. It is taken from
  products between two halves of the draws, so that noise does not add to it.
* *noise*: the root of the mean squared distance of the gradient of one draw from its mean, by the
  length of that mean: as `ccvae` takes it, and with the second part.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfvae.data import load_dataset
from tfvae.evaluation.report import markdown_table
from tfvae.exports.reader import load
from tfvae.models.base import labels_of
from tfvae.models.ccvae import CCVAE, NODE_STREAM, at_label
from tfvae.probability import noise
from tfvae.schema import IMAGE, VALIDATION, UserError


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    try:
        model, batch = _model_and_images(given)
    except UserError as error:
        sys.exit(f"error: {error}")
    print("\n".join(markdown_table(shares(model, batch, given.draws))))


def shares(model: CCVAE, batch: dict, draws: int) -> list[dict[str, str]]:
    """A row per part of the model: what its gradient leaves out, and the noise.

    Args:
        batch: Images with their labels, as for `loss_terms`.
        draws: Number of draws for each image, at least 4.
    """
    seeds = [tf.constant([0, draw], tf.int32) for draw in range(draws)]
    variables = [weight.value for weight in model.trainable_variables]
    log_p = tf.function(lambda seed: log_p_and_log_w(model, batch, seed)[0])
    centre = tf.add_n([log_p(seed) for seed in seeds]) / draws

    @tf.function
    def gradients(seed):
        with tf.GradientTape(persistent=True) as tape:
            bound = tf.reduce_mean(model.elbo(model.loss_terms(batch, seed)))
            f, log_w = log_p_and_log_w(model, batch, seed)
            second = tf.reduce_mean(tf.stop_gradient(f - centre) * log_w)
        zero = tf.UnconnectedGradients.ZERO
        return [tape.gradient(of, variables, unconnected_gradients=zero) for of in (bound, second)]

    paths = [weight.path for weight in model.trainable_variables]
    sums: dict[str, list[_Mean]] = {part: [_Mean(), _Mean(), _Mean()] for part in _parts(model)}
    for seed in seeds:
        bound, second = gradients(seed)
        for part, names in _parts(model).items():
            rows = [index for index, path in enumerate(paths) if path in names]
            ours, left = (np.concatenate([np.ravel(grads[row]) for row in rows])
                          for grads in (bound, second))  # fmt: skip
            for mean, vector in zip(sums[part], (ours, left, ours + left), strict=True):
                mean.add(vector)
    return [
        {
            "gradient of": part,
            "left out": f"{left.length() / whole.length():.1%}",
            "noise": f"{ours.noise():.1f}",
            "noise with it": f"{whole.noise():.1f}",
        }
        for part, (ours, left, whole) in sums.items()
    ]


def log_p_and_log_w(model: CCVAE, batch: dict, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """log p(x|z) and log w at a code z drawn from q(z|x, y), [B] each."""
    labels = model.characteristics
    y, observed = labels.groups(*labels_of(batch))
    moments = model.encode(batch[IMAGE])
    (mean_c, mean_s), (stddev_c, stddev_s) = (model.split(moments[k]) for k in ("mean", "stddev"))
    epsilon = noise.batch_normal(labels.num_draws, len(mean_c), model.latent_dim, seed)
    epsilon_c, epsilon_s = model.split(epsilon)
    nodes = labels.nodes(mean_c, stddev_c, epsilon_c)
    given = labels.given_each(nodes, y)
    known_w = tf.where(observed > 0.0, given.own_w, 1.0)
    z_c = nodes.drawn(known_w, noise.stream(seed, NODE_STREAM))
    log_w = at_label(y, labels.log_q_y(z_c) - given.log_q_y)
    z = tf.concat([z_c, mean_s + stddev_s * epsilon_s[0]], axis=-1)
    log_p = model.likelihood(z).log_prob(batch[IMAGE])
    return log_p, tf.reduce_sum(observed * log_w, axis=-1)


class _Mean:
    """Running mean of vectors, in two halves by turns, and of their squared lengths."""

    def __init__(self):
        self.halves, self.squares, self.count = [0.0, 0.0], 0.0, 0

    def add(self, vector: np.ndarray) -> None:
        vector = vector.astype(np.float64)
        self.halves[self.count % 2] = self.halves[self.count % 2] + vector
        self.squares += vector @ vector
        self.count += 1

    def length(self) -> float:
        """Length of the mean, to which noise does not add: 0 if there is nothing but noise."""
        first, second = (half / (self.count / 2) for half in self.halves)
        return float(np.sqrt(max(first @ second, 0.0)))

    def noise(self) -> float:
        """Root mean squared distance from the mean, by the length of the mean."""
        square = self.length() ** 2
        return float(np.sqrt(max(self.squares / self.count - square, 0.0) / square))


def _parts(model: CCVAE) -> dict[str, set[str]]:
    layers = {"encoder": model.encoder, "decoder": model.decoder, "distributions of the label":
              model.characteristics}  # fmt: skip
    return {part: {weight.path for weight in layer.trainable_variables}
            for part, layer in layers.items()}  # fmt: skip


def _model_and_images(given: argparse.Namespace):
    export = load(given.saved_model)
    model = export.keras_model()
    if not isinstance(model, CCVAE):
        raise UserError(f"{given.saved_model} holds no ccvae")
    data = load_dataset(
        export.manifest["dataset"],
        data_dir=given.data_dir,
        manual_dir=given.manual_dir,
        **export.manifest["dataset_options"],
    )
    arrays = data.arrays(VALIDATION, limit=given.images)
    return model, {key: tf.convert_to_tensor(value) for key, value in arrays.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.study_d.gradient",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--saved-model", required=True, metavar="PATH", help="export of a ccvae")
    parser.add_argument("--images", type=int, default=64, help="of the validation split")
    parser.add_argument("--draws", type=int, default=400, help="for each image")
    parser.add_argument("--data-dir", metavar="DIR", help="folder of TensorFlow Datasets")
    parser.add_argument("--manual-dir", metavar="DIR", help="folder with archives fetched by hand")
    return parser


if __name__ == "__main__":
    main()
