"""The tf.data pipeline, on scikit-learn's digits and on arrays made here."""

import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from tfvae.data import load_dataset, pipeline
from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.schema import BINARY, SPLITS, DataSpec, UsageError, UserError


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def make(count=10, label_kind=BINARY, observed=None):
    """Image i is filled with the value i, so that an image tells which example it is."""
    images = np.broadcast_to(
        np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 2, 3, 1)
    )
    label = np.stack([np.arange(count) % 2, np.ones(count)], axis=1) if label_kind else None
    part = Examples(np.ascontiguousarray(images), label, observed)
    names = ("odd", "always") if label_kind else ()
    spec = DataSpec("made", (2, 3, 1), names, label_kind, dict.fromkeys(SPLITS, count))
    return Dataset(spec, dict.fromkeys(SPLITS, part), {})


def which(batch):
    return np.rint(batch["image"].numpy()[:, 0, 0, 0] * 255).astype(int).tolist()


def epochs(dataset, batch_size, count, **arguments):
    steps = count * dataset.steps_per_epoch(batch_size)
    batches = dataset.train_batches(batch_size, **arguments)
    return [which(batch) for batch in itertools.islice(batches, steps)]


def test_digits_spec_and_ranges(digits):
    assert digits.spec.image_shape == (28, 28, 1)
    assert digits.spec.num_examples == {"train": 1258, "validation": 180, "test": 359}
    assert json.loads(json.dumps(digits.options)) == digits.options
    for split in SPLITS:
        arrays = digits.arrays(split)
        assert {key: array.dtype for key, array in arrays.items()} == dict.fromkeys(
            ("image", "label", "observed"), np.float32
        )
        assert arrays["image"].min() == 0 and arrays["image"].max() == 1
        assert np.all(arrays["label"].sum(axis=1) == 1) and np.all(arrays["observed"] == 1)
        shares = arrays["label"].mean(axis=0)
        np.testing.assert_allclose(shares, 0.1, atol=0.015)


def test_digits_splits_do_not_depend_on_the_seed_and_are_disjoint(digits):
    other = load_dataset("digits", **{**digits.options, "seed": 7})
    rows = []
    for split in SPLITS:
        images = digits.arrays(split)["image"]
        np.testing.assert_array_equal(images, other.arrays(split)["image"])
        rows += [image.tobytes() for image in images]
    assert len(set(rows)) == len(rows) == 1797


def test_digits_in_another_size():
    assert load_dataset("digits", image_size=32).arrays("test")["image"].shape == (359, 32, 32, 1)


def test_batch_types_and_static_shapes(digits):
    spec = digits.train_batches(32, seed=0).element_spec
    assert spec["image"] == tf.TensorSpec((32, 28, 28, 1), tf.float32)
    assert spec["label"] == spec["observed"] == tf.TensorSpec((32, 10), tf.float32)
    assert digits.batches("test", 32).element_spec["image"].shape == (None, 28, 28, 1)
    example = next(iter(digits.examples("test")))
    assert example["image"].shape == (28, 28, 1) and example["label"].shape == (10,)
    assert int(digits.batches("test", 100).cardinality()) == 4


def test_255_comes_out_as_exactly_one():
    part = Examples(np.full((3, 1, 1, 1), 255, np.uint8))
    dataset = Dataset(DataSpec("white", (1, 1, 1)), dict.fromkeys(SPLITS, part), {})
    assert np.all(next(iter(dataset.batches("test", 3)))["image"] == 1.0)
    assert np.all(dataset.arrays("test")["image"] == 1.0)


def test_batches_keep_the_order_and_the_rest():
    dataset = make(10)
    assert [which(batch) for batch in dataset.batches("test", 4)] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]
    for batch, example in zip(dataset.batches("test", 1), dataset.examples("test"), strict=True):
        assert all(np.array_equal(batch[key][0], example[key]) for key in example)


def test_arrays_agree_with_batches_and_limit(digits):
    batch = next(iter(digits.batches("validation", 180)))
    arrays = digits.arrays("validation")
    assert all(np.array_equal(batch[key], arrays[key]) for key in arrays)
    assert len(digits.arrays("validation", limit=7)["image"]) == 7
    assert len(digits.arrays("validation", limit=7000)["label"]) == 180


def test_an_epoch_has_every_example_once_but_the_rest():
    dataset = make(10)
    assert dataset.steps_per_epoch(4) == 2
    seen = sum(epochs(dataset, 4, 1, seed=0), [])
    assert len(set(seen)) == 8
    assert sorted(sum(epochs(dataset, 5, 1, seed=0), [])) == list(range(10))


def test_order_depends_on_seed_and_epoch_only():
    dataset = make(50)
    run = epochs(dataset, 10, 4, seed=1)
    assert run == epochs(dataset, 10, 4, seed=1)
    assert run != epochs(dataset, 10, 4, seed=2)
    assert run[:5] != run[5:10]
    # Another batch size walks the same order.
    assert sum(run, []) == sum(epochs(dataset, 25, 4, seed=1), [])


def test_few_labelled_images_fill_their_share_of_each_batch(digits):
    """Drawn in turn, so that each comes equally often; the others come as often as before."""
    steps = digits.steps_per_epoch(64)
    options = {"seed": 0, "missing_labels": 0.99, "labelled_share": 0.25}
    batches = list(itertools.islice(digits.train_batches(64, **options), 2 * steps))
    known = [batch["observed"].numpy()[:, 0] for batch in batches]
    assert min(part[48:].sum() for part in known) == 16
    images = np.concatenate(
        [batch["image"].numpy()[48:].reshape(16, -1) for batch in batches[:steps]]
    )
    _, counts = np.unique(images, axis=0, return_counts=True)
    assert len(counts) == 13  # 1 % of 1,258
    assert counts.max() - counts.min() <= 1
    resumed = next(iter(digits.train_batches(64, initial_epoch=1, **options)))
    np.testing.assert_array_equal(resumed["image"], batches[steps]["image"])


@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_share_changes_nothing_where_enough_images_are_labelled(digits, missing):
    plain, shared = (
        next(iter(digits.train_batches(64, seed=0, missing_labels=missing, labelled_share=share)))
        for share in (0.0, 0.5)
    )
    np.testing.assert_array_equal(plain["image"], shared["image"])


@pytest.mark.parametrize("start", [1, 3])
def test_resume_gets_what_the_uninterrupted_run_gets(start):
    dataset = make(53)
    run = epochs(dataset, 10, 4, seed=1, missing_labels=0.5)
    resumed = epochs(dataset, 10, 4 - start, seed=1, missing_labels=0.5, initial_epoch=start)
    assert resumed == run[5 * start :]


def test_batch_size_is_capped_at_the_split():
    dataset = make(10)
    assert dataset.steps_per_epoch(64) == 1
    assert dataset.train_batches(64, seed=0).element_spec["image"].shape[0] == 10


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "8"])
def test_bad_batch_size_is_refused(batch_size):
    for call in (
        lambda dataset: dataset.steps_per_epoch(batch_size),
        lambda dataset: dataset.train_batches(batch_size, seed=0),
        lambda dataset: dataset.batches("test", batch_size),
    ):
        with pytest.raises(UsageError, match="batch size"):
            call(make())


def test_unknown_split_is_refused():
    with pytest.raises(UsageError, match="'tset'"):
        make().arrays("tset")


def test_empty_split_is_refused():
    part = Examples(np.zeros((2, 4, 4, 1), np.uint8))
    with pytest.raises(UserError, match="test split holds no images"):
        Dataset(DataSpec("half", (4, 4, 1)), {"train": part, "validation": part}, {})


def test_missing_labels_are_counted_hidden_and_the_same_each_epoch(digits):
    steps = 2 * digits.steps_per_epoch(1258)
    first, second = itertools.islice(digits.train_batches(1258, seed=4, missing_labels=0.9), steps)
    known = first["observed"].numpy()
    assert (known[:, 0] == 0).sum() == round(0.9 * 1258)
    assert np.array_equal(first["label"].numpy().sum(axis=1), known[:, 0])

    def labelled(batch):
        mask = batch["observed"].numpy()[:, 0] == 1
        return {image.tobytes() for image in batch["image"].numpy()[mask]}

    assert labelled(first) == labelled(second)
    # The other splits, and later runs without it, know everything.
    assert digits.arrays("train")["observed"].all() and digits.arrays("test")["observed"].all()


def test_unknown_labels_read_zero():
    observed = np.tile([1, 0], (10, 1))
    arrays = make(observed=observed).arrays("train")
    assert np.array_equal(arrays["observed"], observed)
    assert not arrays["label"][:, 1].any()


def test_hiding_labels_where_there_are_none_is_refused():
    dataset = make(label_kind=None)
    assert set(next(iter(dataset.train_batches(4, seed=0)))) == {"image"}
    with pytest.raises(UserError, match="no labels"):
        dataset.train_batches(4, seed=0, missing_labels=0.5)
    with pytest.raises(UsageError, match="between 0 and 1"):
        make().train_batches(4, seed=0, missing_labels=1.5)


def test_memory_mapped_images_give_the_same_batches(monkeypatch):
    dataset = make(30)
    expected = epochs(dataset, 7, 2, seed=3)
    monkeypatch.setattr(pipeline, "IN_MEMORY_BYTES", 1)
    assert epochs(dataset, 7, 2, seed=3) == expected
    assert dataset.train_batches(7, seed=3).element_spec["image"].shape == (7, 2, 3, 1)


def test_rows_point_into_shared_images():
    images = make(10).arrays("test")["image"]
    part = Examples(np.rint(images * 255).astype(np.uint8), rows=np.array([7, 3, 3, 0]))
    dataset = Dataset(DataSpec("rows", (2, 3, 1)), dict.fromkeys(SPLITS, part), {})
    assert which(next(iter(dataset.batches("test", 4)))) == [7, 3, 3, 0]
    assert np.array_equal(dataset.arrays("test")["image"], images[[7, 3, 3, 0]])


def test_tf_distribute_can_tell_the_batch_size_and_shards_by_data(digits):
    batches = digits.train_batches(32, seed=0)
    policy = batches.options().experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.DATA
    assert batches.options().deterministic
