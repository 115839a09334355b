"""A trained network as a function from images to probabilities."""

import functools
from collections.abc import Callable

import numpy as np

PREDICT_BATCH = 256


class Classifier:
    """Images -> probabilities of the labels, by a trained network.

    Args:
        network: Keras model, images [B, H, W, C] in [0, 1] -> probabilities [B, L].
        accuracy: Split -> accuracy on it (of binary labels, over all known ones); None if no label
            is known.

    >>> import keras
    >>> layers = [keras.Input([8, 8, 1]), keras.layers.Flatten(), keras.layers.Softmax()]
    >>> classifier = Classifier(keras.Sequential(layers), accuracy={"test": None})
    >>> probabilities = classifier(np.zeros([3, 8, 8, 1], np.float32))
    >>> probabilities.shape, float(probabilities[0, 0]) == 1 / 64
    ((3, 64), True)
    """

    def __init__(self, network, accuracy: dict[str, float | None]):
        import tensorflow as tf

        self.network = network
        self.accuracy = accuracy
        # One graph for any number of rows: `predict` would trace a new one for each.
        self._probabilities = tf.function(
            lambda images: network(images, training=False),
            input_signature=[tf.TensorSpec([None, *network.input_shape[1:]], tf.float32)],
        )

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Probabilities [N, L], float32; computed in batches."""
        return in_batches(self._probabilities, images)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last layer, the head, gets: [N, F], float32; computed in batches.

        Distances between images, as a classifier sees them, are taken between these.
        """
        return in_batches(self._features, images)

    @functools.cached_property
    def _features(self):
        import keras
        import tensorflow as tf

        body = keras.Model(self.network.inputs, self.network.layers[-1].input)
        return tf.function(
            lambda images: body(images, training=False),
            input_signature=[tf.TensorSpec([None, *self.network.input_shape[1:]], tf.float32)],
        )


def in_batches(
    function: Callable, images: np.ndarray, batch_size: int = PREDICT_BATCH
) -> np.ndarray:
    """What a TensorFlow function returns for images [N, H, W, C], computed in batches: [N, ...].

    >>> import tensorflow as tf
    >>> in_batches(lambda images: tf.reduce_mean(images, [1, 2, 3]), np.ones([3, 8, 8, 1]), 2)
    array([1., 1., 1.])
    """
    starts = range(0, len(images), batch_size)
    batches = (images[start : start + batch_size] for start in starts)
    return np.concatenate([function(batch).numpy() for batch in batches])
