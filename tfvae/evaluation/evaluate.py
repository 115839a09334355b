"""Exports scored by metrics: which export goes with which data, and what is scored together."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae.data import check_dataset_name
from tfvae.evaluation import ALL, METRICS, applicable_metrics, metric_needs
from tfvae.evaluation.context import Subject
from tfvae.evaluation.report import Report
from tfvae.evaluation.score import score
from tfvae.exports.reader import Export, is_unchanged, newest_export
from tfvae.options import closest_name
from tfvae.schema import UsageError, UserError

# Name of a data set, and the options to load it with.
Source = tuple[str, Mapping[str, Any]]


def evaluate(
    metrics: str | Sequence[str],
    saved_models: str | Path | Sequence[str | Path] = (),
    *,
    dataset: str | None = None,
    labels: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    output_dir: str | Path = "results",
    data_dir: str | None = None,
    manual_dir: str | None = None,
    saved_models_dir: str | Path = "saved_models",
) -> list[Report]:
    """Scores exports by metrics, as `evaluate.py` does, and writes JSON, Markdown and figures.

    Args:
        metrics: A name of `METRICS`, several, or "all".
        saved_models: Exports, each a version folder or a run's folder; none: the newest one.
        dataset: To score them on; none: each on the data that it was trained on.
        labels: Of another `dataset`, keep only these binary labels.
        settings: Options of the metrics; strings are read as on the command line.
        seed: Of every random draw.
        output_dir: Files go to `<output_dir>/<metric>/`.
        data_dir, manual_dir: As for `load_dataset`.
        saved_models_dir: Where the newest export is looked for.
    Returns:
        A report for each score, in the order in which they were made.
    Raises:
        UsageError: unknown metric or option, a bad value, or too many exports.
        UserError: an export or the data lack what a metric needs, or don't fit each other.
    """
    plan = Plan.make(
        metrics,
        saved_models,
        dataset=dataset,
        labels=labels,
        settings=settings,
        saved_models_dir=saved_models_dir,
    )
    return list(
        plan.run(seed=seed, output_dir=output_dir, data_dir=data_dir, manual_dir=manual_dir)
    )


@dataclasses.dataclass(frozen=True)
class Job:
    """One score to be made.

    Args:
        metric: A name of `METRICS`.
        exports: One, or several for a metric that compares.
        sources: The data of each export.
        settings: Of the metric.
    """

    metric: str
    exports: tuple[Export, ...]
    sources: tuple[Source, ...]
    settings: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which export is scored by which metric on which data; made and checked without TensorFlow.

    Args:
        jobs: In their order.
        everything: Whether the metrics are "all": one that can't be scored is then left out.
        own_data: Whether each export is scored on the data that it was trained on.
    """

    jobs: tuple[Job, ...]
    everything: bool = False
    own_data: bool = True

    @classmethod
    def make(
        cls,
        metrics: str | Sequence[str],
        saved_models: str | Path | Sequence[str | Path] = (),
        *,
        dataset: str | None = None,
        labels: str | None = None,
        settings: Mapping[str, Any] | None = None,
        saved_models_dir: str | Path = "saved_models",
    ) -> "Plan":
        """Opens the exports and finds their data; arguments and errors as for `evaluate`.

        Metrics that compare score all exports at once on the data of the first; the others score
        each on its own. "all" scores each export by every metric whose signatures it has.
        """
        names = metric_names(metrics)
        everything = ALL in names
        if dataset is not None:
            check_dataset_name(dataset)
        if not everything:
            checked = settings_by_metric(names, settings or {})
        paths = [saved_models] if isinstance(saved_models, (str, Path)) else list(saved_models)
        exports = [Export.load(path) for path in paths or [newest_export(saved_models_dir)]]
        wanted = [applicable_metrics(export) if everything else names for export in exports]
        if everything:
            applicable = list(dict.fromkeys(name for each in wanted for name in each))
            checked = settings_by_metric(applicable, settings or {})
        sources = [source_of(export, dataset, labels) for export in exports]
        for name, _ in sources:
            check_dataset_name(name)

        together: list[str] = []
        if not everything and len(exports) > 1:
            together = [name for name in names if metric_needs(name).max_exports > 1]
        for name in together:
            metric_needs(name).check_together(name, exports)
        jobs = [
            Job(name, (export,), (source,), checked[name])
            for export, source, own in zip(exports, sources, wanted, strict=True)
            for name in own
            if name not in together
        ]
        jobs += [Job(name, tuple(exports), tuple(sources), checked[name]) for name in together]
        return cls(tuple(jobs), everything, dataset is None)

    def run(
        self,
        *,
        seed: int = 0,
        output_dir: str | Path = "results",
        data_dir: str | None = None,
        manual_dir: str | None = None,
    ) -> Iterator[Report]:
        """Loads the data, then makes one score after another; arguments as for `evaluate`.

        Raises:
            UserError: as `evaluate`; the data of an export have changed since it was trained.
        """
        from tfvae.data import load_dataset

        datasets: dict[str, Any] = {}
        for job in self.jobs:
            for export, source in zip(job.exports, job.sources, strict=True):
                name, options = source
                if _key(source) not in datasets:
                    datasets[_key(source)] = load_dataset(
                        name, data_dir=data_dir, manual_dir=manual_dir, **options
                    )
                if self.own_data and not is_unchanged(export, datasets[_key(source)]):
                    raise UserError(
                        f"{name} has changed since {export.path} was trained: its test split may "
                        f"hold images that were trained on; --dataset {name} scores the export on "
                        "it even so"
                    )
        scored = False
        for job in self.jobs:
            subjects = [
                Subject(export, datasets[_key(source)])
                for export, source in zip(job.exports, job.sources, strict=True)
            ]
            try:
                made = score(
                    job.metric, subjects, seed=seed, output_dir=output_dir, settings=job.settings
                )
            except UserError as error:
                if not self.everything:
                    raise
                print(f"tfvae: {job.metric} left out: {error}", file=sys.stderr)
                continue
            scored = True
            yield made
        if not scored:
            raise UserError("no metric could be scored")


def metric_names(metrics: str | Sequence[str]) -> list[str]:
    """The names in "NAME[,NAME]" or a list, each once; ["all"] where it is among them.

    Raises:
        UsageError: an unknown name, or none.
    """
    given = metrics.split(",") if isinstance(metrics, str) else metrics
    names = list(dict.fromkeys(name.strip() for name in given if name.strip()))
    if not names:
        raise UsageError(f"--metric is needed (valid: {', '.join(METRICS.choices)})")
    for name in names:
        if name != ALL:
            METRICS.check(name)
    return [ALL] if ALL in names else names


def settings_by_metric(
    names: Sequence[str], settings: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Metric -> those settings that it has, in its types.

    Raises:
        UsageError: a key that none of the metrics has, or a bad value.
    """
    if len(names) == 1:
        return {names[0]: METRICS.check_options(names[0], settings)}
    known = {name: {option.name for option in METRICS.options(name)} for name in names}
    everything = set().union(*known.values())
    for key in settings:
        if key not in everything:
            closest = closest_name(key, everything)
            guess = f"did you mean {closest!r}? " if closest else ""
            raise UsageError(
                f"none of the metrics {', '.join(names)} has the option {key!r}; "
                f"{guess}(valid: {', '.join(sorted(everything))})"
            )
    return {
        name: METRICS.check_options(
            name, {key: value for key, value in settings.items() if key in known[name]}
        )
        for name in names
    }


def source_of(export: Export, given: str | None = None, labels: str | None = None) -> Source:
    """The data set to score an export on, and the options to load it with.

    By default the very examples that it was trained and tested on; other data come in the size of
    its images, with all labels but for those that are asked for.

    Raises:
        UsageError: labels are chosen of the export's own data, which come with its own.
    """
    own = export.manifest["dataset"]
    if given is None or given == own:
        if labels is not None:
            raise UsageError(
                f"--labels goes with another --dataset; {export.path} is scored with its own labels"
            )
        return own, export.manifest.get("dataset_options", {})
    height, width, _ = export.spec.image_shape
    options = {"image_size": height} if height == width else {}
    return given, options if labels is None else {**options, "labels": labels}


def _key(source: Source) -> str:
    return json.dumps(source, sort_keys=True)
