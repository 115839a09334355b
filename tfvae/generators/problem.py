"""What a generator is fitted to: a decoder, the codes of each class, and classifiers."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import tensorflow as tf

from tfvae.classifiers.cache import load_or_train
from tfvae.classifiers.classifier import Classifier
from tfvae.exports.reader import Export
from tfvae.generators.config import SearchedOn
from tfvae.generators.reconstructions import Reconstructions
from tfvae.probability import noise
from tfvae.schema import CATEGORICAL, IMAGE, LABEL, OBSERVED, TRAIN, UserError

NEEDED = ("encode", "decode")
ARCHITECTURE = "cnn"
# Keeps the seeds of these classifiers apart from those of the evaluation, for any usual `--seed`.
SEED_STEP, NUM_SEEDS = 1_000_003, 2**31


@dataclasses.dataclass(frozen=True)
class Score:
    """Variety and accuracy of drawn images, as means over classes.

    Args:
        cosine: E[cos(x, x')] over pairs of distinct images of a class (Vargas Aguilar & Gu,
            eq. 5); low for varied images.
        accuracy: Share of the images that the classifiers assign to the class they were drawn for.

    >>> Score(cosine=0.75, accuracy=0.5).objective
    1.25
    """

    cosine: float
    accuracy: float

    @property
    def objective(self) -> float:
        """E[cos(x, x')] + E[1 - accuracy]: Vargas Aguilar & Gu, eq. 4."""
        return self.cosine + 1 - self.accuracy


class FitProblem:
    """What a generator is fitted to: a decoder, the codes of each class, and classifiers.

    Args:
        export: Has `encode` and `decode`, neither of which takes a label.
        classifiers: Name of the training images -> classifier. An image counts as one of a class
            if all classifiers agree. The evaluation uses another classifier.
        codes: Posterior means of training images, float32 [N, D].
        classes: Their classes, int64 [N].
        num_draws: Images per class in a score.
        seed: Seed of every draw.
    Raises:
        UserError: a class has no training image.

    >>> from tfvae.generators.toy import toy_problem
    >>> problem = toy_problem()
    >>> problem.num_labels, problem.latent_dim, problem.of_class(0).shape
    (2, 2, (2000, 2))
    >>> images = problem.decode([[-1.0, 0.0], [2.0, 0.0]])
    >>> problem.classified_as(images, rows=[0, 0]).numpy()
    array([1., 0.], dtype=float32)
    """

    def __init__(
        self,
        export: Export,
        classifiers: Mapping[str, Classifier],
        codes: np.ndarray,
        classes: np.ndarray,
        num_draws: int = 300,
        seed: int = 0,
    ):
        self.export = export
        self.classifiers = dict(classifiers)
        self.codes = codes
        self.classes = classes
        self.num_draws = num_draws
        self.seed = seed
        self.num_labels = export.spec.num_labels
        self.latent_dim = codes.shape[1]
        self._decode = export.function("decode")
        # Sampler -> compiled function that scores it.
        self._scored: dict[Any, Any] = {}
        missing = np.setdiff1d(np.arange(self.num_labels), classes)
        if len(missing):
            name = export.spec.label_names[missing[0]]
            raise UserError(f"no training image of class {name!r}: nothing to fit a generator to")

    @classmethod
    def for_export(
        cls,
        export: Export,
        dataset,
        *,
        seed: int,
        cache_dir,
        searched_on: SearchedOn = "both",
        **options: Any,
    ) -> "FitProblem":
        """The problem of an export on its data, with classifiers trained for it.

        Args:
            export: The export that generators are fitted to.
            dataset: The data that it was trained on.
            seed: Seed of every draw; the seeds of the classifiers derive from it.
            cache_dir: Folder where trained classifiers are kept.
            searched_on: Training images of the classifiers: the export's reconstructions of the
                training images (Vargas Aguilar & Gu, section 3.4), the images themselves, or one
                classifier for each. A classifier that is trained on reconstructions alone learns
                the decoder's confusions: a 4 that was reconstructed as a 9 is a 4 to it.
            **options: As for `FitProblem`.
        Raises:
            UserError: the export can't encode and decode without labels, or a class has no
                training image.
        """
        check_export(export)
        seen = {"reconstructions": Reconstructions(dataset, export), "images": dataset}
        chosen = get_args(SearchedOn)[1:] if searched_on == "both" else (searched_on,)
        classifiers = {
            name: load_or_train(
                seen[name],
                ARCHITECTURE,
                seed=(seed + SEED_STEP) % NUM_SEEDS,
                cache_dir=cache_dir,
            )
            for name in chosen
        }
        codes, classes = encoded(export, dataset)
        return cls(export, classifiers, codes, classes, seed=seed, **options)

    def decode(self, codes):
        """Images [B, H, W, C] of codes [B, D]; differentiable. Those of a code that isn't finite,
        which an export refuses, are NaN: a search may diverge."""
        codes = tf.convert_to_tensor(codes, tf.float32)
        finite = tf.reduce_all(tf.math.is_finite(codes), axis=1)
        images = self._decode(latent=tf.where(finite[:, tf.newaxis], codes, 0.0))[IMAGE]
        return tf.where(finite[:, tf.newaxis, tf.newaxis, tf.newaxis], images, np.nan)

    def probability(self, images, rows):
        """The lowest p(y|x) of all classifiers for classes `rows` [B], [B]; differentiable."""
        doubts = [tf.gather(p, rows, batch_dims=1) for p in self._probabilities(images)]
        return tf.reduce_min(tf.stack(doubts), axis=0)

    def classified_as(self, images, rows):
        """1 for images that all classifiers assign to their class in `rows` [B], float32 [B]."""
        seen = [tf.argmax(p, -1, tf.int32) == rows for p in self._probabilities(images)]
        return tf.cast(tf.reduce_all(tf.stack(seen), axis=0), tf.float32)

    def _probabilities(self, images):
        return [each.network(images, training=False) for each in self.classifiers.values()]

    def of_class(self, row: int) -> np.ndarray:
        """Codes of a class, [N_y, D]."""
        return self.codes[self.classes == row]

    @functools.cached_property
    def means(self) -> np.ndarray:
        """Mean code of each class, [L, D]."""
        return np.stack([self.of_class(row).mean(axis=0) for row in range(self.num_labels)])

    @functools.cached_property
    def stddevs(self) -> np.ndarray:
        """Standard deviation of the codes of each class, [L, D]."""
        return np.stack([self.of_class(row).std(axis=0) for row in range(self.num_labels)])

    def score(self, sampler, number: int = 0) -> Score:
        """Cosine and accuracy of `num_draws` images per class.

        Args:
            sampler: Label and noise -> codes.
            number: Number of the score; each number has noise of its own.
        """
        seeds = tf.constant([self.seed, number], tf.int32)
        if sampler not in self._scored:
            self._scored[sampler] = self._score_function(sampler)
        cosine, hits = self._scored[sampler](seeds)
        # Divided in Python, so that 9 of 10 draws equal a `min_accuracy` of 0.9 exactly.
        return Score(float(cosine), int(hits) / (self.num_labels * self.num_draws))

    def _score_function(self, sampler):
        @tf.function(input_signature=[tf.TensorSpec([2], tf.int32)])
        def scored(seeds):
            def of_class(row):
                rows = tf.fill([self.num_draws], row)
                images = self.draw(sampler, rows, noise.stream(seeds, row))
                return mean_cosine(images), tf.reduce_sum(self.classified_as(images, rows))

            cosine, hits = tf.map_fn(
                of_class, tf.range(self.num_labels), fn_output_signature=(tf.float32, tf.float32)
            )
            return tf.reduce_mean(cosine), tf.reduce_sum(hits)

        return scored

    def draw(self, sampler, rows, seeds):
        """Images [B, H, W, C] of classes `rows` [B], with noise from `seeds`, int32 [2]."""
        label = tf.one_hot(rows, self.num_labels)
        draws = noise.batch_normal(1, tf.shape(rows)[0], sampler.noise_dim, seeds)[0]
        return self.decode(sampler({"label": label, "noise": draws}))


def mean_cosine(images):
    """Mean of cos(x, x') over all pairs of distinct images [B, ...], scalar; differentiable.

    Vargas Aguilar & Gu, eq. 5. `tfvae.evaluation.image_sets.cosine_pairs` computes it in NumPy and
    adds the terms of each image, for intervals.

    >>> images = tf.constant([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    >>> round(float(mean_cosine(images)), 4)
    0.3333
    """
    units = tf.math.l2_normalize(tf.reshape(images, [tf.shape(images)[0], -1]), axis=-1)
    count = tf.cast(tf.shape(units)[0], units.dtype)
    own = tf.reduce_sum(units**2)
    return (tf.reduce_sum(tf.reduce_sum(units, axis=0) ** 2) - own) / (count * (count - 1))


def check_export(export: Export) -> None:
    """Raises UserError if no generator can be fitted to the export.

    >>> from pathlib import Path
    >>> signatures = {"encode": {"inputs": ["image", "label"], "outputs": ["mean", "stddev"]}}
    >>> check_export(Export(Path("cvae/1"), {"signatures": signatures}, spec=None))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: cvae/1: encode takes a label; generators are for models without
    """
    if "generator" in export.manifest:
        fitted_to = export.manifest["generator"].get("fitted_to", "another export")
        raise UserError(f"{export.path} is a generator fitted to {fitted_to}: give that one")
    for name in NEEDED:
        if "label" in export.inputs(name):
            raise UserError(
                f"{export.path}: {name} takes a label; generators are for models without"
            )
    if export.spec.label_kind != CATEGORICAL:
        kind = "attributes" if export.spec.num_labels else "no labels"
        raise UserError(
            f"{export.path} was made from data with {kind}: a generator draws one of its classes"
        )


def encoded(export: Export, dataset) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and classes of the labelled training images: [N, D] and int64 [N].

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> brightness = lambda signature, batch_size, image: {"mean": image.mean(axis=(1, 2))}
    >>> codes, classes = encoded(SimpleNamespace(call=brightness), load_dataset("digits"))
    >>> codes.shape, classes.shape, classes.max()
    ((1258, 1), (1258,), np.int64(9))
    """
    codes, classes = [], []
    for batch in dataset.batches(TRAIN, 1024):
        known = batch[OBSERVED].numpy().all(axis=1)
        if known.any():
            codes.append(export.call("encode", 1024, image=batch[IMAGE].numpy()[known])["mean"])
            classes.append(batch[LABEL].numpy()[known].argmax(axis=1))
    if not codes:
        raise UserError(f"the data set {dataset.spec.name} has no training image of known class")
    return np.concatenate(codes), np.concatenate(classes)
