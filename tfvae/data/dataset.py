"""Images and labels of any source, in splits: batches, arrays, factors, edits."""

import dataclasses
import json
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.data.consistency import check_splits
from tfvae.data.examples import Examples
from tfvae.data.pipeline import Pipeline, train_indices
from tfvae.data.splits import check_ratio, untaught_labels
from tfvae.groups import Groups
from tfvae.schema import (
    IMAGE,
    SPLITS,
    TRAIN,
    DataSpec,
    UsageError,
    UserError,
)

# Options that change neither which examples there are nor their order.
_NOT_PAIRING = ("image_size", "labels")
# Function (split, rows, label) -> uint8 [N, H, W, C]: the examples drawn again with that label on.
Edit = Callable[[str, np.ndarray, int], np.ndarray]


class Dataset:
    """Images in [0, 1] with their labels, in the splits train, validation and test.

    A batch is {"image": float32 [B, H, W, C], "label": float32 [B, L], "observed": float32 [B, L]};
    without labels it holds the image alone. An unknown label reads 0.

    Args:
        spec: `DataSpec`.
        splits: {"train", "validation", "test"} -> `Examples`.
        options: The options of `load_dataset`, except the folders, that load it again.
        fingerprint: Changes when the source changes under the same name: for `folder:` a digest of
            the files and labels of each split, for sets of TensorFlow Datasets a digest of the
            labels, for `chairs` one of the archive, for `avatars` the version of the drawing, for
            `digits` None.
        edit: Function (split, rows, label) -> uint8 [N, H, W, C] that `edited` calls; None where
            the data set can't draw its examples again.
        pairing: As the property; None: the data set is paired with itself alone.
    Raises:
        UserError: a split is missing or empty.

    >>> from tfvae.data import load_dataset
    >>> digits = load_dataset("digits")
    >>> digits.arrays("test", limit=5)["image"].shape, digits.steps_per_epoch(100)
    ((5, 28, 28, 1), 12)
    >>> [len(batch["image"]) for batch in digits.batches("validation", 100)]
    [100, 80]
    >>> next(iter(digits.train_batches(100, seed=0)))["label"].shape.as_list()
    [100, 10]
    """

    def __init__(
        self,
        spec: DataSpec,
        splits: Mapping[str, Examples],
        options: dict[str, Any],
        fingerprint: str | None = None,
        edit: Edit | None = None,
        pairing: str | None = None,
    ):
        for split in SPLITS:
            if not len(splits.get(split, ())):
                raise UserError(f"data set {spec.name}: the {split} split holds no images")
        self.spec = spec
        self.options = options
        self.fingerprint = fingerprint
        self._edit = edit
        self._pairing = pairing
        self._splits = dict(splits)
        self._pipeline = Pipeline(spec.image_shape)

    def __repr__(self) -> str:
        return f"Dataset({self.spec!r})"

    def check(self, image_size: int | None = None) -> None:
        """As `consistency.check_splits` for this data set, which `load_dataset` asks of each."""
        check_splits(self.spec, self._splits, image_size)

    def examples(self, split: str) -> tf.data.Dataset:
        """One pass over single examples in fixed order; shapes as in a batch, without B.

        >>> from tfvae.data import load_dataset
        >>> next(iter(load_dataset("digits").examples("test")))["image"].shape.as_list()
        [28, 28, 1]
        """
        examples = self._examples(split)
        return self._pipeline.single(examples)

    def train_batches(
        self,
        batch_size: int,
        *,
        seed: int,
        missing_labels: float = 0.0,
        labelled_share: float = 0.0,
        initial_epoch: int = 0,
    ) -> tf.data.Dataset:
        """Endless training batches; the order within an epoch depends on (seed, epoch) only.

        A run that starts at `initial_epoch` gets the same batches as an uninterrupted run from that
        epoch on. The last examples of an epoch are dropped where they don't fill a batch, so an
        epoch has `steps_per_epoch(batch_size)` batches, all of one static shape.

        Args:
            batch_size: Images per batch; capped at the size of the split.
            seed: integer; decides the order and which labels are hidden.
            missing_labels: Share of the known labels to hide; see `splits.hide_labels`.
            labelled_share: Where fewer images than this share have a known label, this share of
                each batch (rounded up) is drawn in turn from the images with one, the rest from
                all.
            initial_epoch: The first epoch.
        Raises:
            UsageError: a batch size below 1, or a ratio outside 0..1.
            UserError: `missing_labels` > 0 for a data set without labels.
        """
        batch_size = self._batch_size(batch_size)
        check_ratio("labelled images in a batch", labelled_share)
        examples = self._train_examples(missing_labels, seed)
        indices = train_indices(examples, batch_size, seed, labelled_share, initial_epoch)
        return self._pipeline.gathered(indices, examples)

    def untaught_labels(self, *, seed: int, missing_labels: float = 0.0) -> tuple[str, ...]:
        """Names of the labels that no model can learn from the training images, as
        `splits.untaught_labels`; arguments as for `train_batches`.

        >>> from tfvae.data import load_dataset
        >>> load_dataset("digits").with_train_images(3, seed=0).untaught_labels(seed=0)
        ('0', '1', '5', '6', '7', '8', '9')
        """
        examples = self._train_examples(missing_labels, seed)
        kind = self.spec.label_kind
        if kind is None or examples.label is None or examples.observed is None:
            return ()
        columns = untaught_labels(examples.label, examples.observed, kind)
        return tuple(self.spec.label_names[column] for column in columns)

    def steps_per_epoch(self, batch_size: int) -> int:
        """Number of batches of one epoch of `train_batches`, at least 1."""
        return self.spec.num_examples[TRAIN] // self._batch_size(batch_size)

    def batches(self, split: str, batch_size: int) -> tf.data.Dataset:
        """One pass over a split in fixed order; the last batch may be smaller.

        Raises:
            UsageError: an unknown split, or a batch size below 1.
        """
        examples = self._examples(split)
        indices = tf.data.Dataset.range(len(examples)).batch(_check_batch_size(batch_size))
        return self._pipeline.gathered(indices, examples)

    def arrays(self, split: str, limit: int | None = None) -> dict[str, np.ndarray]:
        """The first `limit` examples of a split (all if None) as NumPy arrays, float32."""
        examples = self._examples(split)
        count = len(examples)
        return examples.read(0, count if limit is None else min(limit, count))

    def factors(self, split: str) -> np.ndarray | None:
        """Ground-truth factors, int64 [N, F]; None where they are unknown.

        Rows are in the order of `arrays`, columns in the order of `spec.factor_sizes`.

        >>> part = Examples(np.zeros([10, 8, 8, 1], np.uint8), factors=np.zeros([10, 2], np.int64))
        >>> spec = DataSpec("squares", (8, 8, 1), factor_sizes={"x": 8, "y": 8})
        >>> Dataset(spec, dict.fromkeys(SPLITS, part), options={}).factors("test").shape
        (10, 2)
        """
        return self._examples(split).factors

    def nuisances(self, split: str) -> Mapping[str, np.ndarray] | None:
        """What the images were drawn from beside their labels: name -> float32 [N], rows in the
        order of `arrays`; None where that isn't known, as of photographs.

        >>> from tfvae.data import load_dataset
        >>> load_dataset("digits").nuisances("test") is None
        True
        """
        return self._examples(split).nuisances

    def pairs(self, split: str, factor: str, count: int, *, seed: int) -> dict[str, np.ndarray]:
        """Random pairs of different images that share the value of one factor.

        Args:
            split: "train", "validation" or "test".
            factor: Its name, a key of `spec.factor_sizes`.
            count: Number of pairs.
            seed: Of the draw.
        Returns:
            {"image": float32 [count, 2, H, W, C], "factors": int64 [count, 2, F]}.
        Raises:
            UserError: the factors aren't known, or no two images share a value.
            UsageError: an unknown split or factor, or a number below 1.

        >>> column = np.arange(10)[:, None] % 4
        >>> part = Examples(np.zeros([10, 8, 8, 1], np.uint8), factors=column)
        >>> spec = DataSpec("squares", (8, 8, 1), factor_sizes={"x": 4})
        >>> squares = Dataset(spec, dict.fromkeys(SPLITS, part), options={})
        >>> found = squares.pairs("test", "x", count=3, seed=0)
        >>> found["image"].shape, bool((found["factors"][:, 0] == found["factors"][:, 1]).all())
        ((3, 2, 8, 8, 1), True)
        """
        examples = self._examples(split)
        if examples.factors is None:
            raise UserError(f"the factors of the data set {self.spec.name} aren't known")
        if count < 1:
            raise UsageError(f"the number of pairs must be 1 or more, got {count}")
        names = list(self.spec.factor_sizes or ())
        if factor not in names:
            raise UsageError(f"unknown factor {factor!r}; choose from {', '.join(names)}")
        number = names.index(factor)
        groups = Groups(examples.factors[:, number], f"factor {factor}")
        rows = np.stack(groups.pairs((count,), np.random.default_rng(seed)), axis=1)
        images = examples.take(rows.ravel()).read(0, rows.size)[IMAGE]
        return {
            IMAGE: images.reshape(count, 2, *images.shape[1:]),
            "factors": examples.factors[rows],
        }

    @property
    def pairing(self) -> str:
        """Equal for two data sets if example i of a split shows the same in both.

        The size of the images and the choice of labels make no difference.

        >>> from tfvae.data import load_dataset
        >>> small, large = (load_dataset("digits", image_size=size) for size in (8, 28))
        >>> small.pairing == large.pairing
        True
        """
        if self._pairing is not None:
            return self._pairing
        options = {key: self.options[key] for key in self.options if key not in _NOT_PAIRING}
        return json.dumps([self.spec.name, options, self.fingerprint], sort_keys=True)

    @property
    def can_edit(self) -> bool:
        """Whether the source can draw an example again with a label on: `edited` works.

        >>> from tfvae.data import load_dataset
        >>> load_dataset("digits").can_edit
        False
        """
        return self._edit is not None

    def edited(self, split: str, rows: Sequence[int] | np.ndarray, label: int) -> np.ndarray:
        """The ground truth of a transfer: examples drawn again with a label on, all else kept.

        Labels that exclude this one are switched off. An image that has the label already stays
        the same.

        Args:
            split: "train", "validation" or "test".
            rows: [N] integers, positions in the order of `arrays(split)`.
            label: Number of the label in `spec.label_names`.
        Returns:
            float32 [N, H, W, C] in [0, 1].
        Raises:
            UserError: the data set can't draw its examples again.
            UsageError: an unknown split, or a row or label out of range.

        A data set that is white where a label is on:

        >>> part = Examples(np.zeros([10, 8, 8, 1], np.uint8), label=np.zeros([10, 1]))
        >>> spec = DataSpec("squares", (8, 8, 1), ("white",), "binary")
        >>> edit = lambda split, rows, label: np.full([len(rows), 8, 8, 1], 255, np.uint8)
        >>> squares = Dataset(spec, dict.fromkeys(SPLITS, part), options={}, edit=edit)
        >>> float(squares.edited("test", rows=[3, 4], label=0).min())
        1.0
        """
        examples = self._examples(split)
        if self._edit is None:
            raise UserError(
                f"data set {self.spec.name} can't draw its images again with a label switched on; "
                "avatars and avatars_cartoon can"
            )
        rows = np.asarray(rows, np.int64)
        _check_numbers("row", rows, len(examples))
        _check_numbers("label", np.array([label]), self.spec.num_labels)
        images = self._edit(split, rows, int(label))
        return np.asarray(images, np.float32) / np.float32(255)

    def with_labels(self, columns: Sequence[int]) -> "Dataset":
        """The same images with only some of the labels, in the order of `columns`.

        `options` stay as they are: `load_dataset`, which calls this, has put its `labels` there.

        Args:
            columns: Numbers of the labels in `spec.label_names`.

        >>> part = Examples(np.zeros([10, 8, 8, 1], np.uint8), label=np.zeros([10, 3]))
        >>> spec = DataSpec("faces", (8, 8, 1), ("smiling", "hat", "beard"), "binary")
        >>> faces = Dataset(spec, dict.fromkeys(SPLITS, part), options={})
        >>> faces.with_labels([1, 0]).spec.label_names
        ('hat', 'smiling')
        """
        names = tuple(self.spec.label_names[column] for column in columns)
        spec = dataclasses.replace(self.spec, label_names=names)
        splits = {split: part.with_labels(columns) for split, part in self._splits.items()}
        edit_all, edit = self._edit, None
        if edit_all is not None:

            def edit(split: str, rows: np.ndarray, label: int) -> np.ndarray:
                return edit_all(split, rows, columns[label])

        return Dataset(spec, splits, self.options, self.fingerprint, edit, self.pairing)

    def with_train_images(self, count: int, seed: int) -> "Dataset":
        """The same data with only some of the training images, which a seed chooses.

        Images for a smaller count are among those for a larger one.

        Raises:
            UserError: more images than there are.

        >>> from tfvae.data import load_dataset
        >>> load_dataset("digits").with_train_images(100, seed=0).spec.num_examples["train"]
        100
        """
        whole = self._examples(TRAIN)
        if count > len(whole):
            raise UserError(
                f"data set {self.spec.name} has {len(whole):,} training images, "
                f"{count:,} are asked for"
            )
        rows = np.random.default_rng(seed).permutation(len(whole))[:count]
        splits = {**self._splits, TRAIN: whole.take(rows.astype(np.int64))}
        numbers = {**self.spec.num_examples, TRAIN: count}
        spec = dataclasses.replace(self.spec, num_examples=numbers)
        pairing = json.dumps([self.pairing, count, seed])
        return Dataset(spec, splits, self.options, self.fingerprint, None, pairing)

    def _train_examples(self, missing_labels: float, seed: int) -> Examples:
        examples = self._examples(TRAIN)
        check_ratio("missing labels", missing_labels)
        if missing_labels > 0:
            if self.spec.label_kind is None:
                raise UserError(f"data set {self.spec.name} has no labels that could be hidden")
            examples = examples.with_hidden_labels(self.spec.label_kind, missing_labels, seed)
        return examples

    def _examples(self, split: str) -> Examples:
        if split not in self._splits:
            raise UsageError(f"unknown split {split!r}; choose from {', '.join(SPLITS)}")
        return self._splits[split]

    def _batch_size(self, batch_size: int) -> int:
        return min(_check_batch_size(batch_size), len(self._splits[TRAIN]))


def _check_numbers(what: str, given: np.ndarray, count: int) -> None:
    wrong = given[(given < 0) | (given >= count)]
    if len(wrong):
        raise UsageError(f"a {what} must be 0 to {count - 1}, got {wrong[0]}")


def _check_batch_size(batch_size: int) -> int:
    if not isinstance(batch_size, numbers.Integral) or batch_size < 1:
        raise UsageError(f"the batch size must be a whole number of at least 1, got {batch_size!r}")
    return int(batch_size)
