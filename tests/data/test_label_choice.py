"""The option `labels`: some of a data set's binary labels."""

import types

import numpy as np
import pytest
from PIL import Image

from tfvae.avatars.attributes import NAMES
from tfvae.cli.train import make_parser
from tfvae.data import load_dataset
from tfvae.data.label_choice import chosen_columns
from tfvae.data.options import LoadOptions
from tfvae.data.sources.avatars import draw_dataset
from tfvae.evaluation.plan import source_of
from tfvae.schema import BINARY, TEST, DataSpec, UsageError, UserError
from tfvae.training.config import RunConfig

RANGES = {"train": (0, 20), "validation": (20, 10), "test": (30, 20)}


@pytest.fixture
def folder(tmp_path):
    rows = ["image,smiling,hat,beard"]
    for number in range(20):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{number % 2},{'' if number % 3 else 1},{number // 10}")
    (tmp_path / "attributes.csv").write_text("\n".join(rows))
    return f"folder:{tmp_path}"


@pytest.mark.parametrize(
    ("labels", "columns"),
    [("2", [0, 1]), ("3", [0, 1, 2]), ("beard,smiling", [2, 0]), (" hat , beard ", [1, 2])],
)
def test_labels_are_kept_in_the_order_asked_for(folder, labels, columns):
    whole, part = load_dataset(folder), load_dataset(folder, labels=labels)
    assert part.spec.label_names == tuple(whole.spec.label_names[column] for column in columns)
    for split in part.spec.num_examples:
        all_of, some = whole.arrays(split), part.arrays(split)
        np.testing.assert_array_equal(some["image"], all_of["image"])
        np.testing.assert_array_equal(some["label"], all_of["label"][:, columns])
        np.testing.assert_array_equal(some["observed"], all_of["observed"][:, columns])


def test_the_choice_is_among_the_options_that_load_it_again(folder):
    part = load_dataset(folder, labels="hat")
    again = load_dataset(folder, **part.options)
    assert again.spec == part.spec and again.options == part.options
    assert load_dataset(folder).options["labels"] is None


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        ("0", "1 to 3"),
        ("-1", "1 to 3"),
        ("4", "1 to 3"),
        ("smilng", r"'smilng' \(did you mean smiling\?\).*smiling, hat, beard"),
        ("hat,nose", "'nose'.*smiling, hat, beard"),
        ("hat,,beard", "''"),
        ("", "''"),
        ("hat,hat", "hat stands there twice"),
        (20, "labels must be"),
    ],
)
def test_wrong_choices_are_told(folder, labels, what):
    with pytest.raises(UsageError, match=what):
        load_dataset(folder, labels=labels)


@pytest.mark.parametrize("spec", [DataSpec("plain", (1, 1, 1)), None])
def test_only_binary_labels_can_be_chosen(spec):
    spec = spec or load_dataset("digits").spec
    with pytest.raises(UserError, match=f"{spec.name} has .*only of binary labels"):
        chosen_columns(spec, "3")


def test_a_label_may_have_a_number_for_a_name():
    spec = DataSpec("years", (1, 1, 1), ("1999", "2000"), BINARY)
    assert chosen_columns(spec, "2000") == [1]
    assert chosen_columns(spec, "2") == [0, 1]


def test_edits_follow_the_chosen_labels():
    whole = draw_dataset("avatars", LoadOptions(), RANGES)
    part = whole.with_labels([NAMES.index("hat"), NAMES.index("smiling")])
    rows = [3, 11]
    assert part.can_edit
    np.testing.assert_array_equal(
        part.edited(TEST, rows, 0), whole.edited(TEST, rows, NAMES.index("hat"))
    )
    with pytest.raises(UsageError, match="label must be 0 to 1"):
        part.edited(TEST, rows, 2)
    twice = part.with_labels([1])
    np.testing.assert_array_equal(
        twice.edited(TEST, rows, 0), whole.edited(TEST, rows, NAMES.index("smiling"))
    )


@pytest.mark.parametrize(
    ("given", "labels"), [(20, "20"), ("hat", "hat"), (["hat", "beard"], "hat,beard"), (None, None)]
)
def test_a_run_takes_labels_as_a_file_may_write_them(given, labels):
    assert RunConfig.checked({"labels": given}).labels == labels


def test_the_command_line_takes_labels():
    assert make_parser().parse_args(["--labels", "hat,beard"]).labels == "hat,beard"
    with pytest.raises(UsageError, match="--labels"):
        RunConfig.checked({"labels": True})


def test_scoring_takes_labels_for_other_data_only():
    export = types.SimpleNamespace(
        path="saved_models/made",
        manifest={"dataset": "avatars", "dataset_options": {"labels": "20"}},
        spec=DataSpec("avatars", (32, 32, 3)),
    )
    assert source_of(export, None) == ("avatars", {"labels": "20"})
    other = source_of(export, "avatars_cartoon", "20")
    assert other == ("avatars_cartoon", {"image_size": 32, "labels": "20"})
    for dataset in (None, "avatars"):
        with pytest.raises(UsageError, match="--labels goes with another --dataset"):
            source_of(export, dataset, "5")
