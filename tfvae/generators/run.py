"""The fit of a generator, from an export to the export of its generator."""

import contextlib
import csv
import dataclasses
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfvae import files, locks, plots
from tfvae.config import check_new_name
from tfvae.data import check_outside, load_dataset
from tfvae.exports.needs import Needs
from tfvae.exports.reader import Export, is_unchanged
from tfvae.exports.writer import export_model
from tfvae.generators import GENERATORS
from tfvae.generators.class_conditional import ClassConditional
from tfvae.generators.config import GeneratorConfig
from tfvae.generators.problem import NEEDED, FitProblem, Score, check_export
from tfvae.generators.search import Candidate, Search
from tfvae.schema import TEST, UserError


def fit_generator(config: GeneratorConfig) -> Path:
    """Fits a generator as `config` says and exports it.

    The run's folder holds `config.yaml`, the generator as `generator.keras`, and every candidate of
    the search in `search.csv` and `search.png`. The folder appears whole or not at all.

    Returns:
        The version folder of the new export.
    Raises:
        UsageError: a wrong name, key or value.
        UserError: the name is taken; the export or its data can't be used.

    >>> fit_generator(GeneratorConfig(generator="simple", saved_model="saved_models/nothing"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: no export at saved_models/nothing: there is no such folder
    """
    settings = GENERATORS.check_options(config.generator, config.settings)
    saved_model = config.find_export()
    export = Export.load(saved_model)
    check_export(export)
    config = config.model_copy(update={"settings": settings, "saved_model": saved_model})
    places = {
        "--runs-dir": config.runs_dir,
        "--saved-models-dir": config.saved_models_dir,
        "--output-dir": config.output_dir,
    }
    check_outside(export.manifest["dataset"], places)
    files.check_places(places)
    dataset = load_dataset(
        export.manifest["dataset"],
        data_dir=config.data_dir,
        manual_dir=config.manual_dir,
        **export.manifest.get("dataset_options", {}),
    )
    Needs(signatures=NEEDED, labels=True).check(f"generator {config.generator}", export, dataset)
    if not is_unchanged(export, dataset):
        raise UserError(f"{dataset.spec.name} has changed since {export.path} was trained")
    with _run_folder(config, export) as (config, folder):
        problem = FitProblem.for_export(
            export,
            dataset,
            seed=config.seed,
            cache_dir=config.output_dir / "classifiers",
            searched_on=config.searched_on,
            num_draws=config.draws,
        )
        _print_start(config, export, problem)
        search = GENERATORS.load(config.generator)(problem, **settings)
        sampler, best = search.chosen(config.min_accuracy)
        # On new draws: the score by which the best of many was chosen is too good.
        score = problem.score(sampler)
        _write_run(folder, config, export, search, sampler)
        manifest = _manifest(config, export, problem, search, best, score)
        run_folder = config.saved_models_dir / str(config.name)
        path = export_model(ClassConditional(export, sampler), run_folder, manifest)
    _print_end(config, search, best, score, path)
    return path


@contextlib.contextmanager
def _run_folder(config: GeneratorConfig, export: Export) -> Iterator[tuple[GeneratorConfig, Path]]:
    """The configuration with its name, and a hidden folder for its files.

    When all went well the hidden folder becomes that of the run; it is gone otherwise.

    Raises:
        UserError: the name is taken or nothing can be written there, told before the search.
    """
    with contextlib.ExitStack() as stack:
        try:
            config.saved_models_dir.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(files.hidden_folder(config.runs_dir))
        except OSError as error:
            raise UserError(f"can't write to {error.filename}: {error.strerror}") from error
        run = _claimed_folder(config, export, stack)
        yield config.model_copy(update={"name": run.name}), folder
        files.publish(folder, run)


def _claimed_folder(config: GeneratorConfig, export: Export, claims: contextlib.ExitStack) -> Path:
    """The run's folder, which isn't there or is empty: of several runs at once, each has its own
    name until it ends."""
    check_new_name(config.name)
    longest = files.LONGEST_NAME - 10  # room for a number
    base = config.name or files.short_name(f"{export.run}_{config.generator}", longest)
    for name in [base] if config.name else files.numbered(base):
        run = config.runs_dir / name
        places = [run, config.saved_models_dir / name]
        with contextlib.ExitStack() as attempt:
            # A training that has just begun has a name and no folder.
            if not attempt.enter_context(locks.claimed(config.runs_dir, name)):
                continue
            # Looked at under the claim: another fit may have ended just before it.
            for place in places:
                files.remove_leftovers(place, alone=True)
            if not any(place.is_dir() and any(place.iterdir()) for place in places):
                claims.push(attempt.pop_all())
                return run
    raise UserError(f"run {base!r} exists; another --name starts anew")


def _write_run(
    folder: Path, config: GeneratorConfig, export: Export, search: Search, sampler
) -> None:
    rows = search.best_so_far(config.min_accuracy)
    config.save(folder / "config.yaml")
    files.write(folder / "generator.keras", sampler.save)
    with (folder / "search.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    figure = search_figure(rows, f"{config.generator} fitted to {export.run}")
    files.write(folder / "search.png", lambda path: plots.save_figure(figure, path, dpi=110))


def search_figure(rows: list[dict[str, Any]], title: str):
    """Accuracy against cosine of all candidates, and the best scores so far against time.

    >>> scores = [Score(cosine=0.9, accuracy=1.0), Score(cosine=0.7, accuracy=0.95)]
    >>> tried = [Candidate([], score, {}, seconds=1.0) for score in scores]
    >>> figure = search_figure(Search(None, tried).best_so_far(), "simple fitted to vae_digits")
    >>> [axes.get_xlabel() for axes in figure.axes[:2]]
    ['cosine similarity', 'seconds of search']
    """
    figure = plots.new_figure(9, 3.6, title)
    left, right = figure.subplots(1, 2)
    points = left.scatter(
        [row["cosine"] for row in rows],
        [row["accuracy"] for row in rows],
        c=[row["trial"] for row in rows],
        s=14,
    )
    figure.colorbar(points, ax=left, label="trial")
    left.set(xlabel="cosine similarity", ylabel="accuracy")
    seconds = [row["seconds"] for row in rows]
    right.step(seconds, [row["best cosine"] for row in rows], where="post", label="cosine")
    right.step(seconds, [row["best accuracy"] for row in rows], where="post", label="accuracy")
    right.set(xlabel="seconds of search", ylabel="best so far")
    right.legend(loc="center right")
    return figure


def _manifest(
    config: GeneratorConfig,
    export: Export,
    problem: FitProblem,
    search: Search,
    best: Candidate,
    score: Score,
) -> dict[str, Any]:
    about = export.manifest
    kept = ("dataset", "dataset_options", "dataset_fingerprint")
    return {
        "model": f"{about.get('model', 'autoencoder')}+{config.generator}",
        # An export of other origin may lack some of them.
        **{name: about[name] for name in kept if name in about},
        "seed": config.seed,
        "generator": {
            "name": config.generator,
            "settings": {**GENERATORS.defaults(config.generator), **config.settings},
            "min_accuracy": config.min_accuracy,
            "fitted_to": export.name,
            "trials": len(search.candidates),
            "seconds": round(search.candidates[-1].seconds, 1),
            "chosen": best.settings,
            # By the classifiers of the search; the metric `generation` uses another one.
            "scores": dataclasses.asdict(score),
            "scores_in_search": dataclasses.asdict(best.score),
            "labelled_images": len(problem.codes),
            "classifier_accuracy": _accuracies(problem),
        },
        "training": about.get("training", {}),
    }


def _accuracies(problem: FitProblem) -> dict[str, float | None]:
    return {name: each.accuracy[TEST] for name, each in problem.classifiers.items()}


def _print_start(config: GeneratorConfig, export: Export, problem: FitProblem) -> None:
    print(
        f"Fitting {config.generator} to {export.path}: {len(problem.codes):,} codes of "
        f"{problem.latent_dim} dimensions.",
        flush=True,
    )
    for name, accuracy in _accuracies(problem).items():
        shown = "unknown" if accuracy is None else f"{accuracy:.4f}"
        print(f"  Accuracy of the classifier that was trained on {name}: {shown} on those of the "
              "test split", flush=True)  # fmt: skip


def _print_end(
    config: GeneratorConfig, search: Search, best: Candidate, score: Score, path: Path
) -> None:
    chosen = "  ".join(f"{name}={value}" for name, value in best.settings.items())
    print(
        f"{len(search.candidates)} trials in {search.candidates[-1].seconds:.0f} s. "
        f"Chosen: {chosen}\n"
        f"  cosine similarity {best.score.cosine:.4f}  accuracy {best.score.accuracy:.4f}  "
        f"objective {best.score.objective:.4f}, as scored in the search\n"
        f"  cosine similarity {score.cosine:.4f}  accuracy {score.accuracy:.4f}  "
        f"objective {score.objective:.4f}, by the same classifiers on new draws\n"
        "  objective: cosine similarity + 1 - accuracy (Vargas Aguilar & Gu, eq. 4)"
    )
    if config.min_accuracy is not None and best.score.accuracy < config.min_accuracy:
        print(f"  No candidate reached {config.min_accuracy}: this is the most accurate one.")
    print(f"Exported {path}\nNext: python evaluate.py --metric generation --saved-model "
          f"{shlex.quote(str(path.parent))}")  # fmt: skip
