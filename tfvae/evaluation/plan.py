"""Which export is scored by which metric on which data, and what is scored together."""

import dataclasses
import json
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae import files
from tfvae.data import check_dataset_name, check_outside
from tfvae.evaluation import ALL, METRICS, applicable_metrics, metric_needs
from tfvae.evaluation.context import Subject
from tfvae.evaluation.report import Report
from tfvae.evaluation.score import score
from tfvae.exports.reader import Export, is_unchanged
from tfvae.exports.versions import newest_export
from tfvae.options import closest_name
from tfvae.schema import UsageError, UserError, printable, what_is_wrong

# Name of a data set, and the options to load it with.
Source = tuple[str, Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class Job:
    """One metric to be computed.

    Args:
        metric: A name of `METRICS`.
        exports: One, or several for a metric that compares.
        sources: The data set of each export.
        settings: Of the metric.

    >>> export = Export(Path("vae_digits/1"), {"dataset": "digits"}, spec=None)
    >>> job = Job("reconstruction", (export,), (("digits", {}),), {"num_images": 20})
    >>> job.exports[0].name, job.sources[0][0]
    ('vae_digits/1', 'digits')
    """

    metric: str
    exports: tuple[Export, ...]
    sources: tuple[Source, ...]
    settings: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which export is scored by which metric on which data; made and checked without TensorFlow.

    Args:
        jobs: In the order in which they are run.
        everything: Whether the metrics are "all": one that can't be computed is then left out.
        own_data: Whether each export is scored on the data that it was trained on.

    >>> plan = Plan(jobs=())
    >>> list(plan.run())
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: no metric could be scored
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
        dataset: str | Sequence[str] | None = None,
        labels: str | None = None,
        settings: Mapping[str, Any] | None = None,
        saved_models_dir: str | Path = "saved_models",
    ) -> "Plan":
        """Opens the exports and finds their data; arguments and errors as for `evaluate`.

        A metric that compares scores all exports together on the data of the first; the others
        score each export alone. "all" scores each export by every metric whose signatures it has.

        >>> import tempfile
        >>> from tfvae.schema import DataSpec
        >>> about = {"format": 1, "dataset": "digits"}
        >>> about["signatures"] = {"log_likelihood": {"inputs": ["image", "seed"]}}
        >>> about["signatures"]["log_likelihood"]["outputs"] = ["log_likelihood"]
        >>> about["data_spec"] = DataSpec("digits", (28, 28, 1)).to_dict()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, "saved_model.pb").touch()
        ...     _ = Path(folder, "manifest.json").write_text(json.dumps(about))
        ...     plan = Plan.make("all", folder, settings={"num_images": "50"})
        >>> [(job.metric, job.sources[0][0], job.settings) for job in plan.jobs]
        [('likelihood', 'digits', {'num_images': 50})]
        """
        names = metric_names(metrics)
        everything = ALL in names
        given = [dataset] if isinstance(dataset, str) else list(dataset or ())
        for name in given:
            check_dataset_name(name)
        if not everything:
            checked = settings_by_metric(names, settings or {})
        paths = [saved_models] if isinstance(saved_models, (str, Path)) else list(saved_models)
        exports = [Export.load(path) for path in paths or [newest_export(saved_models_dir)]]
        wanted = [applicable_metrics(export) if everything else names for export in exports]
        if everything:
            applicable = list(dict.fromkeys(name for each in wanted for name in each))
            checked = settings_by_metric(applicable, settings or {})
        if len(given) not in (0, 1, len(exports)):
            raise UsageError(
                f"--dataset is given {len(given)} times for {len(exports)} exports: give it once, "
                "or once for each"
            )
        names_of: list[str | None] = [*given] or [None]
        if len(names_of) == 1:
            names_of *= len(exports)
        sources = [source_of(*each, labels) for each in zip(exports, names_of, strict=True)]
        for name, _ in sources:
            check_dataset_name(name)

        together: list[str] = []
        if not everything:
            together = [name for name in names if _scores_together(name, len(exports))]
        for name in together:
            metric_needs(name).check_together(name, exports)
            if metric_needs(name).same_data and len(set(given)) > 1:
                raise UsageError(
                    f"metric {name} scores all exports on the same images, but --dataset names "
                    f"{' and '.join(dict.fromkeys(given))}"
                )
        jobs = [
            Job(name, (export,), (source,), checked[name])
            for export, source, own in zip(exports, sources, wanted, strict=True)
            for name in own
            if name not in together
        ]
        jobs += [Job(name, tuple(exports), tuple(sources), checked[name]) for name in together]
        return cls(tuple(jobs), everything, not given)

    def run(
        self,
        *,
        seed: int = 0,
        output_dir: str | Path = "results",
        data_dir: str | None = None,
        manual_dir: str | None = None,
    ) -> Iterator[Report]:
        """Loads the data, then computes one metric after another; arguments as for `evaluate`.

        Of several scores one that fails costs none of the others, which are written; a wrong
        option, or a place that can't be written, ends all.

        Raises:
            UserError: as `evaluate`; the data of an export have changed since it was trained. At
                the end: some scores are missing; of "all", none for a reason that isn't an error.
        """
        from tfvae.data import load_dataset

        seed = check_seed(seed)
        for name in dict.fromkeys(name for job in self.jobs for name, _ in job.sources):
            check_outside(name, {"--output-dir": Path(output_dir)})
        files.check_places({"--output-dir": Path(output_dir)})
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
        scored, failed = False, []
        kept: dict[tuple, Any] = {}
        for job in self.jobs:
            subjects = [
                Subject(export, datasets[_key(source)])
                for export, source in zip(job.exports, job.sources, strict=True)
            ]
            try:
                made = score(
                    job.metric,
                    subjects,
                    seed=seed,
                    output_dir=output_dir,
                    settings=job.settings,
                    kept=kept,
                )
            except Exception as error:
                if len(self.jobs) == 1 or isinstance(error, (UsageError, files.WriteError)):
                    raise
                foreseen = isinstance(error, UserError)
                which = f"{job.metric} of {', '.join(export.name for export in job.exports)}"
                print(
                    f"tfvae: {which} left out: {printable(what_is_wrong(error))}", file=sys.stderr
                )
                if not foreseen:
                    traceback.print_exc()
                if not (foreseen and self.everything):
                    failed.append(which)
                continue
            scored = True
            yield made
        if not scored:
            raise UserError("no metric could be scored")
        if failed:
            raise UserError(
                f"{len(failed)} of {len(self.jobs)} scores are missing: {'; '.join(failed)}; the "
                "others are complete"
            )


def check_seed(seed: int | str) -> int:
    """The seed as an integer; a string is read as on the command line.

    Raises:
        UsageError: it isn't an integer from 0 to 2**31 - 1, as in training.

    >>> check_seed("3")
    3
    """
    if not (str(seed).isdecimal() and int(seed) < 2**31):
        raise UsageError(f"--seed must be an integer from 0 to {2**31 - 1}, got {str(seed)!r}")
    return int(seed)


def metric_names(metrics: str | Sequence[str]) -> list[str]:
    """The names in "NAME[,NAME]" or a list, without repetitions; ["all"] if it is among them.

    Raises:
        UsageError: an unknown name, or none.

    >>> metric_names("cis, likelihood,cis"), metric_names(["cis", "all"])
    (['cis', 'likelihood'], ['all'])
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
    """Metric -> the settings among its options, with the values in the declared types.

    Raises:
        UsageError: a key that none of the metrics has, or a bad value.

    >>> settings_by_metric(["reconstruction", "likelihood"], {"num_images": "50", "shown": "5"})
    {'reconstruction': {'num_images': 50, 'shown': 5}, 'likelihood': {'num_images': 50}}
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

    By default these are the data that it was trained on, loaded with the same options. Other data
    are resized to the size of its images, and keep the labels that are asked for, by default all.

    Raises:
        UsageError: labels are given for the export's own data, which keep the labels of training.

    >>> from tfvae.schema import DataSpec
    >>> manifest = {"dataset": "digits", "dataset_options": {"seed": 1}}
    >>> export = Export(Path("vae/1"), manifest, DataSpec("digits", (28, 28, 1)))
    >>> source_of(export), source_of(export, "mnist")
    (('digits', {'seed': 1}), ('mnist', {'image_size': 28}))
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


def _scores_together(metric: str, exports: int) -> bool:
    needs = metric_needs(metric)
    return needs.max_exports > 1 and max(exports, needs.min_exports) > 1


def _key(source: Source) -> str:
    return json.dumps(source, sort_keys=True)
