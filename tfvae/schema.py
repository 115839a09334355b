"""The names and shapes that every layer agrees on; imports no TensorFlow.

A batch is `{"image": float32 [B, H, W, C] in [0, 1], "label": float32 [B, L],
"observed": float32 [B, L]}`. `label` is one-hot (categorical) or 0/1 per attribute
(binary); `observed` is 1 where the label is known. A data set without labels has
neither `label` nor `observed`.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    import numpy as np

IMAGE = "image"
LABEL = "label"
OBSERVED = "observed"

TRAIN = "train"
VALIDATION = "validation"
TEST = "test"
SPLITS = (TRAIN, VALIDATION, TEST)

# By so much rounding and resizing may leave [0, 1]; one of 255 grey levels is four times as much.
TOLERANCE = 1e-3
# Pixels; no network takes more.
LARGEST_SIDE = 2**16

CATEGORICAL = "categorical"
BINARY = "binary"


class UserError(Exception):
    """An error that the user can correct. Its message is one clear line; the process exits with 1.

    >>> UserError("there is no folder pictures").exit_status
    1
    """

    exit_status = 1


class UsageError(UserError):
    """A wrong name, key or value on the command line; the process exits with 2.

    >>> issubclass(UsageError, UserError), UsageError("unknown model 'vea'").exit_status
    (True, 2)
    """

    exit_status = 2


def printable(text: str) -> str:
    """The text with an escape for each control character, line separator, and byte that isn't
    UTF-8, so that it is one line in a terminal, a table and a JSON file; other text as it is.

    >>> import os
    >>> print(printable("caf\\u00e9\\n\\x1b[2J"), printable(os.fsdecode(b"\\xff")))
    café\\n\\x1b[2J \\udcff
    """
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        else character
        for character in text
    )


def check_printable(what: str, text: object) -> None:
    """Checks a name that is a path, which escapes would change.

    Raises:
        UsageError: `printable` would change it.

    >>> check_printable("--runs-dir", "my runs")
    >>> check_printable("--runs-dir", "my\\nruns")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --runs-dir my\\nruns has control characters, ...
    """
    if printable(str(text)) != str(text):
        raise UsageError(
            f"{what} {printable(str(text))} has control characters, or bytes that aren't UTF-8: "
            "rename it"
        )


# Lines by which TensorFlow says where in its graph an error is, and not which.
_ABOUT_THE_GRAPH = re.compile(
    r"$|\s+(?![\s(])|Graph execution error|Detected at node|<stack|Node:|Hint:"
    r"|\(?\d+ (root error|successful op|derived error)"
)


def what_is_wrong(error: BaseException) -> str:
    """The line of an error's message that says what is wrong: the first; where TensorFlow begins
    with where it is in the graph, the last that isn't about the graph.

    >>> what_is_wrong(ValueError("no such file\\nwas it moved?"))
    'no such file'
    >>> what_is_wrong(RuntimeError("Graph execution error:\\n\\nOut of memory\\n\\t [[{{a}}]]"))
    'Out of memory'
    """
    message = str(getattr(error, "message", None) or error).strip()
    lines = message.splitlines() or [type(error).__name__]
    said = [line for line in lines if not _ABOUT_THE_GRAPH.match(line)]
    line = said[-1] if said and said[0] != lines[0] else lines[0]
    # Eager operations name themselves around the message.
    return re.sub(r"^\{\{function_node .*?\}\} | \[Op:[^]]*\]( name:.*)?$", "", line).strip()


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """The facts about a data set that a model or metric may use before it sees an image.

    Args:
        name: As given to `--dataset`.
        image_shape: (H, W, C).
        label_names: L names, in the order of the label axis; empty without labels. These and the
            names of factors become `printable`.
        label_kind: "categorical", "binary", or None without labels.
        num_examples: Examples per split, for the keys of `SPLITS`.
        factor_sizes: Name -> number of values, where the ground-truth factors are known.
    Raises:
        ValueError: the shape isn't (H, W, C), or kind and names contradict each other.

    >>> spec = DataSpec("digits", (28, 28, 1), tuple("0123456789"), CATEGORICAL)
    >>> spec.num_labels, spec.num_pixels
    (10, 784)
    >>> DataSpec.from_dict(spec.to_dict()) == spec
    True
    """

    name: str
    image_shape: tuple[int, int, int]
    label_names: tuple[str, ...] = ()
    label_kind: str | None = None
    num_examples: Mapping[str, int] = dataclasses.field(default_factory=dict)
    factor_sizes: Mapping[str, int] | None = None
    # Where Pydantic reads it.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    def __post_init__(self) -> None:
        if len(self.image_shape) != 3 or not all(1 <= n <= LARGEST_SIDE for n in self.image_shape):
            raise ValueError(
                "image_shape must be (height, width, channels), each from 1 to "
                f"{LARGEST_SIDE:,}, got {self.image_shape}"
            )
        if self.label_kind not in (None, CATEGORICAL, BINARY):
            raise ValueError(
                f"label_kind must be categorical, binary or None, got {self.label_kind!r}"
            )
        if (self.label_kind is None) != (not self.label_names):
            raise ValueError(
                f"label_kind {self.label_kind!r} does not go with "
                f"{len(self.label_names)} label names"
            )
        object.__setattr__(self, "image_shape", tuple(int(size) for size in self.image_shape))
        object.__setattr__(self, "label_names", tuple(map(printable, self.label_names)))
        if self.factor_sizes is not None:
            sizes = {printable(name): size for name, size in self.factor_sizes.items()}
            object.__setattr__(self, "factor_sizes", sizes)

    @property
    def num_labels(self) -> int:
        """L, 0 without labels."""
        return len(self.label_names)

    @property
    def num_pixels(self) -> int:
        """Values per image, channels included."""
        height, width, channels = self.image_shape
        return height * width * channels

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; `from_dict` is its inverse."""
        fields = dataclasses.asdict(self)
        return {
            **fields,
            "image_shape": list(self.image_shape),
            "label_names": list(self.label_names),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "DataSpec":
        """The inverse of `to_dict`."""
        return cls(**{**fields, "image_shape": tuple(fields["image_shape"])})


class LabelledImages(Protocol):
    """The part of a data set that classifiers and generators are trained on.

    `tfvae.data.dataset.Dataset` has it, and so has a data set seen through an autoencoder. The
    methods that return batches return a `tf.data.Dataset` of them.

    >>> from tfvae.data import load_dataset
    >>> images: LabelledImages = load_dataset("digits")
    >>> batch = next(iter(images.batches(TEST, batch_size=8)))
    >>> batch[IMAGE].shape.as_list(), batch[LABEL].shape.as_list()
    ([8, 28, 28, 1], [8, 10])
    """

    @property
    def spec(self) -> DataSpec:
        """Shape, labels and size of the data set."""

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of `load_dataset` that load the same data set again; JSON-ready."""

    @property
    def fingerprint(self) -> str | None:
        """Changes when the source's images or labels change under the same name; None if fixed."""

    def batches(self, split: str, batch_size: int) -> Any:
        """One pass over a split in fixed order; the last batch may be smaller."""

    def train_batches(
        self,
        batch_size: int,
        *,
        seed: int,
        missing_labels: float = 0.0,
        labelled_share: float = 0.0,
        initial_epoch: int = 0,
    ) -> Any:
        """Endless shuffled batches of the training split."""


class EvaluationImages(LabelledImages, Protocol):
    """The part of a data set that metrics use: also whole splits as NumPy arrays, and the ground
    truth of an edit where the data set can draw it.

    >>> from tfvae.data import load_dataset
    >>> images: EvaluationImages = load_dataset("digits")
    >>> {name: values.shape for name, values in images.arrays(TEST, limit=5).items()}
    {'image': (5, 28, 28, 1), 'label': (5, 10), 'observed': (5, 10)}
    """

    def arrays(self, split: str, limit: int | None = None) -> Mapping[str, "np.ndarray"]:
        """The first `limit` examples of a split in fixed order, float32; all if None."""

    def factors(self, split: str) -> "np.ndarray | None":
        """Known factors of variation [N, F], rows as in `arrays`; None where they are unknown."""

    def nuisances(self, split: str) -> "Mapping[str, np.ndarray] | None":
        """What the examples were drawn from beside their labels: name -> [N]; None if unknown."""

    @property
    def pairing(self) -> str:
        """Equal for two data sets if example i of a split shows the same in both."""

    @property
    def can_edit(self) -> bool:
        """Whether `edited` is possible."""

    def edited(self, split: str, rows: "np.ndarray", label: int) -> "np.ndarray":
        """Examples drawn again with one label switched on, all else kept: [N, H, W, C]."""
