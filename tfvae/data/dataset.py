"""The one tf.data pipeline: every source's examples become batches here."""

import dataclasses
import math
import numbers

import numpy as np
import tensorflow as tf

from tfvae.data.examples import IN_MEMORY_BYTES, Examples
from tfvae.data.splits import check_ratio, labelled_rows
from tfvae.schema import IMAGE, LABEL, OBSERVED, SPLITS, TRAIN, UsageError, UserError


class Dataset:
    """Images in [0, 1] with their labels, in the splits train, validation and test.

    A batch is {"image": float32 [B, H, W, C], "label": float32 [B, L], "observed": float32 [B, L]};
    without labels it holds the image alone. A label that isn't known reads 0.

    The indices of the examples are shuffled and batched, and each batch is gathered, cast and
    scaled at once: per-image work would hold up a dense network.

    Args:
        spec: `DataSpec`.
        splits: {"train", "validation", "test"} -> `Examples`.
        options: What `load_dataset` needs, beside the name and the folders, to make it again.
        fingerprint: Tells whether the source has changed under its name: of `folder:`, a digest of
            which example is in which split; of `avatars`, the version of the drawing; else None.
        edit: Function (split, rows, label) -> uint8 [N, H, W, C] behind `edited`; None where the
            data set can't.
    Raises:
        UserError: a split is missing or empty.
    """

    def __init__(self, spec, splits, options, fingerprint=None, edit=None):
        for split in SPLITS:
            if not len(splits.get(split, ())):
                raise UserError(f"data set {spec.name}: the {split} split holds no images")
        self.spec = spec
        self.options = options
        self.fingerprint = fingerprint
        self._edit = edit
        self._splits = dict(splits)
        self._tensors = {}

    def __repr__(self):
        return f"Dataset({self.spec!r})"

    def examples(self, split):
        """Single examples in fixed order, finite; shapes as in a batch, without B."""
        examples = self._examples(split)
        indices = tf.data.Dataset.range(len(examples))
        return indices.map(self._reader(examples)).with_options(_options())

    def train_batches(
        self, batch_size, *, seed, missing_labels=0.0, labelled_share=0.0, initial_epoch=0
    ):
        """Endless training batches; the order within an epoch depends on (seed, epoch) only.

        A run that starts at `initial_epoch` gets the very batches that an uninterrupted one gets
        from that epoch on. The rest that fills no batch is dropped, so an epoch has
        `steps_per_epoch(batch_size)` batches, all of one static shape.

        Args:
            batch_size: Images per batch; capped at the size of the split.
            seed: integer; decides the order and whose labels are hidden.
            missing_labels: Share of the known labels to hide; see `splits.hide_labels`.
            labelled_share: Where fewer images than this share have a known label, each batch holds
                this share of labelled ones (rounded up, drawn in turn), the rest from all.
            initial_epoch: First epoch to deliver.
        Raises:
            UsageError: a batch size below 1, or a ratio outside 0..1.
            UserError: labels are to be hidden where there are none.
        """
        examples = self._examples(TRAIN)
        batch_size = self._batch_size(batch_size)
        check_ratio("missing labels", missing_labels)
        check_ratio("labelled images in a batch", labelled_share)
        if missing_labels > 0:
            if self.spec.label_kind is None:
                raise UserError(f"data set {self.spec.name} has no labels that could be hidden")
            examples = examples.with_hidden_labels(self.spec.label_kind, missing_labels, seed)
        count = len(examples)
        steps = count // batch_size
        labelled = labelled_rows(examples.observed)
        from_labelled = 0
        if 0 < len(labelled) < labelled_share * count:
            from_labelled = math.ceil(labelled_share * batch_size)

        def one_epoch(epoch):
            order = _shuffled(tf.range(count, dtype=tf.int64), 1, seed, epoch)
            rows = tf.reshape(order[: steps * (batch_size - from_labelled)], [steps, -1])
            if from_labelled:
                turns = -(-steps * from_labelled // len(labelled))
                # Another stream than the order of all: seeds of epochs from the top down.
                again = _shuffled(tf.constant(labelled), turns, seed, -1 - epoch)
                again = tf.reshape(again[: steps * from_labelled], [steps, from_labelled])
                rows = tf.concat([rows, again], axis=1)
            return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(rows, [steps, batch_size]))

        epochs = tf.data.Dataset.range(initial_epoch, tf.int64.max)
        return self._gathered(epochs.flat_map(one_epoch), examples)

    def steps_per_epoch(self, batch_size):
        """Batches of one epoch of `train_batches`, at least 1."""
        return self.spec.num_examples[TRAIN] // self._batch_size(batch_size)

    def batches(self, split, batch_size):
        """One pass over a split in fixed order; the last batch may be smaller.

        Raises:
            UsageError: an unknown split, or a batch size below 1.
        """
        examples = self._examples(split)
        indices = tf.data.Dataset.range(len(examples)).batch(_check_batch_size(batch_size))
        return self._gathered(indices, examples)

    def arrays(self, split, limit=None):
        """The first `limit` examples of a split (all if None) as NumPy arrays, float32."""
        examples = self._examples(split)
        count = len(examples)
        return examples.read(0, count if limit is None else min(limit, count))

    def factors(self, split):
        """Ground-truth factors in the order of `arrays`, int64 [N, F] in the order of
        `spec.factor_sizes`; None where they aren't known."""
        return self._examples(split).factors

    @property
    def can_edit(self) -> bool:
        """Whether `edited` is known: the source can draw an example again with a label on."""
        return self._edit is not None

    def edited(self, split, rows, label):
        """The ground truth of switching a label on: examples drawn again, all else kept.

        Labels that exclude the one that is switched on go off. An image whose label is on already
        comes back as it is.

        Args:
            split: "train", "validation" or "test".
            rows: [N] integers, positions in the order of `arrays(split)`.
            label: Number of the label in `spec.label_names`.
        Returns:
            float32 [N, H, W, C] in [0, 1].
        Raises:
            UserError: the data set can't draw its examples again.
            UsageError: an unknown split, or a row or label that isn't there.
        """
        examples = self._examples(split)
        if not self.can_edit:
            raise UserError(
                f"data set {self.spec.name} can't draw its images again with a label switched on; "
                "avatars and avatars_cartoon can"
            )
        rows = np.asarray(rows, np.int64)
        _check_numbers("row", rows, len(examples))
        _check_numbers("label", np.array([label]), self.spec.num_labels)
        images = self._edit(split, rows, int(label))
        return np.asarray(images, np.float32) / np.float32(255)

    def with_labels(self, columns):
        """The same images with only some of the labels, in another order if wished.

        `options` stay as they are: `load_dataset`, which calls this, has put its `labels` there.

        Args:
            columns: Numbers of the labels in `spec.label_names`.
        """
        spec = dataclasses.replace(
            self.spec, label_names=[self.spec.label_names[column] for column in columns]
        )
        splits = {split: part.with_labels(columns) for split, part in self._splits.items()}
        edit = None
        if self.can_edit:

            def edit(split, rows, label):
                return self._edit(split, rows, columns[label])

        return Dataset(spec, splits, self.options, self.fingerprint, edit)

    def _examples(self, split) -> Examples:
        if split not in self._splits:
            raise UsageError(f"unknown split {split!r}; choose from {', '.join(SPLITS)}")
        return self._splits[split]

    def _batch_size(self, batch_size):
        return min(_check_batch_size(batch_size), len(self._splits[TRAIN]))

    def _gathered(self, indices, examples):
        batches = indices.map(
            self._reader(examples), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        return batches.prefetch(tf.data.AUTOTUNE).with_options(_options())

    def _reader(self, examples):
        """A graph function from indices, [B] or scalar, to a batch or one example."""
        take_images = self._image_reader(examples)
        # Host memory: a captured tensor on a GPU could not enter the pipeline.
        with tf.device("CPU:0"):
            rows = None if examples.rows is None else tf.constant(examples.rows)
            label = None if examples.label is None else tf.constant(examples.label)
            observed = None if examples.label is None else tf.constant(examples.observed)

        def read(indices):
            images = take_images(indices if rows is None else tf.gather(rows, indices))
            images = tf.ensure_shape(images, [*indices.shape, *self.spec.image_shape])
            # Division: 255 must come out as exactly 1.
            batch = {IMAGE: tf.cast(images, tf.float32) / 255.0}
            if label is not None:
                batch[LABEL] = tf.cast(tf.gather(label, indices), tf.float32)
                batch[OBSERVED] = tf.cast(tf.gather(observed, indices), tf.float32)
            return batch

        return read

    def _image_reader(self, examples):
        images = examples.images
        if images.nbytes > IN_MEMORY_BYTES:
            return lambda rows: tf.numpy_function(
                lambda chosen: images[chosen], [rows], tf.uint8, stateful=False
            )
        if id(images) not in self._tensors:
            with tf.device("CPU:0"):
                self._tensors[id(images)] = tf.constant(images)
        tensor = self._tensors[id(images)]
        return lambda rows: tf.gather(tensor, rows)


def _shuffled(rows, turns, seed, epoch):
    """`rows` [N] in `turns` successive random orders, [turns * N]; a function of (seed, epoch)."""

    def one_turn(turn):
        # Two words seed a shuffle: the run's, and one for this turn of this epoch.
        turn_seed = tf.stack([tf.constant(seed, tf.int64), epoch + turn * 2**32])
        return tf.random.experimental.stateless_shuffle(rows, seed=turn_seed)

    if turns == 1:
        return one_turn(tf.constant(0, tf.int64))
    return tf.reshape(tf.map_fn(one_turn, tf.range(turns, dtype=tf.int64)), [-1])


def _check_numbers(what, given, count):
    wrong = given[(given < 0) | (given >= count)]
    if len(wrong):
        raise UsageError(f"a {what} must be 0 to {count - 1}, got {wrong[0]}")


def _check_batch_size(batch_size):
    if not isinstance(batch_size, numbers.Integral) or batch_size < 1:
        raise UsageError(f"the batch size must be a whole number of at least 1, got {batch_size!r}")
    return int(batch_size)


def _options():
    options = tf.data.Options()
    options.deterministic = True
    # Each replica's worker takes its part of every batch: there are no files to share out.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return options
