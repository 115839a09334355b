"""What a metric may use: the exports, the data, classifiers and a seed."""

import dataclasses
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation.export import Export
from tfvae.evaluation.label_scores import image_accuracy
from tfvae.evaluation.statistics import generator, mean_interval
from tfvae.schema import IMAGE, LABEL, OBSERVED, SPLITS, TEST

POOL = 20_000


@dataclasses.dataclass(frozen=True)
class Context:
    """What a metric may use.

    Args:
        exports: One, or several for metrics that compare.
        dataset: The data layer's `Dataset`, or anything with its `spec` and `arrays`.
        seed: Of every random draw.
        cache_dir: Where trained classifiers are kept.
        classifiers: Architecture -> function from images [B, H, W, C] to probabilities [B, L];
            what is missing is trained on the data set when asked for.
    """

    exports: Sequence[Export]
    dataset: Any
    seed: int = 0
    cache_dir: Path = Path("results/classifiers")
    classifiers: MutableMapping[str, Callable[[np.ndarray], np.ndarray]] = dataclasses.field(
        default_factory=dict
    )

    @property
    def export(self) -> Export:
        """The export, for metrics that score one."""
        return self.exports[0]

    @property
    def spec(self):
        return self.dataset.spec

    @property
    def data_name(self) -> str:
        """The data set's name for titles: of a path, its last part."""
        return self.spec.name.rstrip("/").rsplit("/", maxsplit=1)[-1]

    def classifier(self, architecture: str) -> Callable[[np.ndarray], np.ndarray]:
        """Domain classifier of the train split: images [B, H, W, C] -> probabilities [B, L]."""
        if architecture not in self.classifiers:
            from tfvae.evaluation.classifier import load_or_train

            self.classifiers[architecture] = load_or_train(
                self.dataset, architecture, seed=self.seed, cache_dir=self.cache_dir
            )
        return self.classifiers[architecture]

    def classifier_accuracy(self, architecture: str) -> tuple[float, tuple[float, float]] | None:
        """Its accuracy on the test split's known labels, with the interval; None without any."""
        data = self.draw()
        probability = self.classifier(architecture)(data[IMAGE])
        right, weight = image_accuracy(
            probability, data[LABEL], data[OBSERVED], self.spec.label_kind
        )
        if not weight.any():
            return None
        return float(np.average(right, weights=weight)), mean_interval(right, self.seed, weight)

    def draw(self, split: str = TEST, count: int | None = None) -> dict[str, np.ndarray]:
        """Images of a split (and labels, where there are some) in a random order of the seed.

        Args:
            split: Its name.
            count: At most this many, all of them different; None for the whole split. They are
                drawn from the split's first 20,000.
        """
        arrays = self.dataset.arrays(split, limit=POOL if count else None)
        total = len(arrays[IMAGE])
        order = generator(self.seed, SPLITS.index(split)).permutation(total)[: count or total]
        return {name: values[order] for name, values in arrays.items()}
