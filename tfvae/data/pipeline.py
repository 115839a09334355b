"""The one tf.data pipeline: indices are shuffled and batched, and each batch is read as a whole.

With work per image, a dense network would wait for its data.
"""

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfvae.data.examples import IN_MEMORY_BYTES, Examples
from tfvae.data.splits import labelled_rows
from tfvae.schema import IMAGE, LABEL, OBSERVED


def train_indices(
    examples: Examples, batch_size: int, seed: int, labelled_share: float, initial_epoch: int
) -> tf.data.Dataset:
    """Endless batches of the numbers of examples, int64 [batch_size] each; arguments as for
    `Dataset.train_batches`.

    >>> examples = Examples(np.zeros([5, 8, 8, 1], np.uint8))
    >>> indices = train_indices(examples, 2, seed=0, labelled_share=0.0, initial_epoch=0)
    >>> len(set(np.concatenate(list(indices.take(2).as_numpy_iterator())).tolist()))
    4
    """
    count = len(examples)
    steps = count // batch_size
    labelled = labelled_rows(examples.observed)
    from_labelled = 0
    if 0 < len(labelled) < labelled_share * count:
        from_labelled = math.ceil(labelled_share * batch_size)

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        order = _shuffled(tf.range(count, dtype=tf.int64), 1, seed, epoch)
        rows = tf.reshape(order[: steps * (batch_size - from_labelled)], [steps, -1])
        if from_labelled:
            turns = -(-steps * from_labelled // len(labelled))
            # Negative epochs: another stream than the one of the order of all images.
            again = _shuffled(tf.constant(labelled), turns, seed, -1 - epoch)
            again = tf.reshape(again[: steps * from_labelled], [steps, from_labelled])
            rows = tf.concat([rows, again], axis=1)
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(rows, [steps, batch_size]))

    return tf.data.Dataset.range(initial_epoch, tf.int64.max).flat_map(one_epoch)


class Pipeline:
    """Reads examples by their numbers, as the batches of `Dataset`.

    Args:
        image_shape: (H, W, C).

    >>> examples = Examples(np.full([3, 8, 8, 1], 255, np.uint8))
    >>> float(next(iter(Pipeline((8, 8, 1)).single(examples)))["image"].numpy().min())
    1.0
    """

    def __init__(self, image_shape: tuple[int, int, int]):
        self.image_shape = image_shape
        # Images that are in memory once, however often they are read.
        self._tensors: dict[int, tf.Tensor] = {}

    def single(self, examples: Examples) -> tf.data.Dataset:
        """One pass over single examples in fixed order."""
        indices = tf.data.Dataset.range(len(examples))
        return indices.map(self._reader(examples)).with_options(_options())

    def gathered(self, indices: tf.data.Dataset, examples: Examples) -> tf.data.Dataset:
        """The batches of examples with these numbers, int64 [B] each."""
        batches = indices.map(
            self._reader(examples), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        return batches.prefetch(tf.data.AUTOTUNE).with_options(_options())

    def _reader(self, examples: Examples) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
        """A graph function from indices, [B] or scalar, to a batch or one example."""
        take_images = self._image_reader(examples)
        # In host memory: the pipeline can't capture a tensor on a GPU.
        with tf.device("CPU:0"):
            rows = None if examples.rows is None else tf.constant(examples.rows)
            label = None if examples.label is None else tf.constant(examples.label)
            observed = None if examples.label is None else tf.constant(examples.observed)

        def read(indices: tf.Tensor) -> dict[str, tf.Tensor]:
            images = take_images(indices if rows is None else tf.gather(rows, indices))
            images = tf.ensure_shape(images, [*indices.shape, *self.image_shape])
            # Division, because 255 must become exactly 1.
            batch = {IMAGE: tf.cast(images, tf.float32) / 255.0}
            if label is not None:
                batch[LABEL] = tf.cast(tf.gather(label, indices), tf.float32)
                batch[OBSERVED] = tf.cast(tf.gather(observed, indices), tf.float32)
            return batch

        return read

    def _image_reader(self, examples: Examples) -> Callable[[tf.Tensor], tf.Tensor]:
        images = examples.images
        if images.nbytes > IN_MEMORY_BYTES or not isinstance(images, np.ndarray):
            return lambda rows: tf.numpy_function(
                lambda chosen: images[chosen], [rows], tf.uint8, stateful=False
            )
        if id(images) not in self._tensors:
            with tf.device("CPU:0"):
                self._tensors[id(images)] = tf.constant(images)
        tensor = self._tensors[id(images)]
        return lambda rows: tf.gather(tensor, rows)


def _shuffled(rows: tf.Tensor, turns: int, seed: int, epoch: tf.Tensor) -> tf.Tensor:
    """`rows` [N] in `turns` successive random orders, [turns * N]; a function of (seed, epoch)."""

    def one_turn(turn: tf.Tensor) -> tf.Tensor:
        # A shuffle has two seeds: the run's, and one for this turn of this epoch.
        turn_seed = tf.stack([tf.constant(seed, tf.int64), epoch + turn * 2**32])
        return tf.random.experimental.stateless_shuffle(rows, seed=turn_seed)

    if turns == 1:
        return one_turn(tf.constant(0, tf.int64))
    return tf.reshape(tf.map_fn(one_turn, tf.range(turns, dtype=tf.int64)), [-1])


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # Each worker takes its part of every batch: there are no files to divide among workers.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return options
