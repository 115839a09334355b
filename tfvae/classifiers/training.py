"""Trains a domain classifier on the train split.

Labels that aren't observed count neither in the loss nor in the accuracy.
"""

import sys
from collections.abc import Callable

import numpy as np

from tfvae.classifiers.augmentation import AUGMENTATIONS
from tfvae.classifiers.classifier import PREDICT_BATCH, Classifier
from tfvae.classifiers.networks import ARCHITECTURES
from tfvae.classifiers.scores import accuracy
from tfvae.schema import (
    CATEGORICAL,
    IMAGE,
    LABEL,
    OBSERVED,
    TEST,
    TRAIN,
    VALIDATION,
    LabelledImages,
    UserError,
)

# Changed whenever training changes: classifiers that older code trained aren't used then.
PROTOCOL = 1
PATIENCE = 5
UNKNOWN = -1.0


def train(
    dataset: LabelledImages, architecture: str, *, seed: int, weights: str | None = None
) -> Classifier:
    """Trains a classifier on the train split, and keeps the weights of the best validation loss.

    Args:
        dataset: With labels.
        architecture: A name of `ARCHITECTURES`.
        seed: Of weights, order and augmentation.
        weights: Weights from which the training of a pretrained architecture starts.
    Raises:
        UserError: no label of the validation or the test split is known.

    >>> import contextlib, io
    >>> from tfvae.data import load_dataset
    >>> with contextlib.redirect_stderr(io.StringIO()):
    ...     classifier = train(load_dataset("digits", image_size=8), "cnn", seed=0)
    >>> classifier.accuracy["test"] > 0.95
    True
    """
    import keras

    spec = dataset.spec
    for split in (VALIDATION, TEST):
        batches = dataset.batches(split, PREDICT_BATCH)
        if not any(batch[OBSERVED].numpy().any() for batch in batches):
            raise UserError(
                f"{spec.name}: no image of the {split} split has a known label, so that a "
                "classifier can't be judged"
            )
    keras.utils.set_random_seed(seed)
    chosen = ARCHITECTURES[architecture]
    network = chosen.build(spec, weights) if chosen.pretrained else chosen.build(spec)
    batch_size, steps, epochs = chosen.plan(spec.num_examples[TRAIN])
    # The network is wrapped, so that it is saved without the state of the optimizer.
    images = keras.Input(spec.image_shape)
    trained = keras.Model(images, network(images))
    trained.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(chosen.learning_rate, epochs * steps),
            weight_decay=chosen.weight_decay,
        ),
        loss=masked_loss(spec.label_kind),
        jit_compile=False,
    )
    print(
        f"Training the {architecture} classifier of {spec.name} ({epochs} epochs at most)",
        file=sys.stderr,
    )
    trained.fit(
        _augmented(
            dataset.train_batches(batch_size, seed=seed), AUGMENTATIONS[chosen.augmentation], seed
        ),
        epochs=epochs,
        steps_per_epoch=steps,
        shuffle=False,
        validation_data=_masked(dataset.batches(VALIDATION, PREDICT_BATCH)),
        callbacks=[
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=PATIENCE, restore_best_weights=True
            )
        ],
        verbose=1 if sys.stderr.isatty() else 0,
    )
    classifier = Classifier(network, {})
    classifier.accuracy = {
        split: _split_accuracy(classifier, dataset, split) for split in (VALIDATION, TEST)
    }
    return classifier


def _split_accuracy(classifier: Classifier, dataset: LabelledImages, split: str) -> float | None:
    batches = [
        (classifier(batch[IMAGE].numpy()), batch[LABEL].numpy(), batch[OBSERVED].numpy())
        for batch in dataset.batches(split, PREDICT_BATCH)
    ]
    probability, label, observed = map(np.concatenate, zip(*batches, strict=True))
    return accuracy(probability, label, observed, dataset.spec.label_kind)


def masked_loss(label_kind: str | None) -> Callable:
    """A loss function: the cross-entropy in nats over known labels, [B].

    Unknown labels are -1 in the target [B, L]. For binary labels the loss of an image is the mean
    over its known labels.

    The second attribute of this image is unknown, so the loss is -log 0.5:

    >>> from keras import ops
    >>> target, probability = ops.array([[1.0, -1.0]]), ops.array([[0.5, 0.9]])
    >>> masked_loss("binary")(target, probability).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    from keras import ops

    def cross_entropy(target, probability):
        known = ops.cast(target >= 0, probability.dtype)
        probability = ops.clip(probability, 1e-7, 1 - 1e-7)
        log_likelihood = known * target * ops.log(probability)
        if label_kind == CATEGORICAL:
            return -ops.sum(log_likelihood, axis=-1)
        log_likelihood += known * (1 - target) * ops.log(1 - probability)
        return -ops.sum(log_likelihood, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1)

    return cross_entropy


def _masked(batches):
    """Batches as (image, label with -1 for unknown)."""
    import tensorflow as tf

    def pair(batch):
        return batch[IMAGE], tf.where(batch[OBSERVED] > 0, batch[LABEL], UNKNOWN)

    return batches.map(pair, num_parallel_calls=tf.data.AUTOTUNE)


def _augmented(batches, augment: Callable, seed: int):
    """Training pairs, their images changed by a function of `AUGMENTATIONS`."""
    import tensorflow as tf

    def change(step, pair):
        image, target = pair
        return augment(image, (tf.cast(seed, tf.int64), step)), target

    return _masked(batches).enumerate().map(change, num_parallel_calls=tf.data.AUTOTUNE)
