"""One run from data to export."""

import contextlib
import dataclasses
import math
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfvae.data import check_dataset_name, check_outside, load_dataset
from tfvae.exports.writer import export_model
from tfvae.models import MODELS, current_settings
from tfvae.schema import TEST, TRAIN, VALIDATION, UserError, what_is_wrong
from tfvae.training.callbacks import EventFiles, SaveAndStopEarly, StopOnNonFinite
from tfvae.training.checkpoints import Checkpoints, Progress
from tfvae.training.config import RunConfig, changed_option, fixed_fields
from tfvae.training.fit import (
    compiled_model,
    default_epochs,
    dtype_policy,
    fit,
    split_scores,
    training_batches,
)
from tfvae.training.history import truncate_history
from tfvae.training.labels import check_labels
from tfvae.training.manifest import export_matches, run_manifest
from tfvae.training.origin import copy_weights, with_origin
from tfvae.training.run_folder import RunFolder, claimed_run
from tfvae.training.strategy import is_chief, make_strategy
from tfvae.training.tuning import tuned_run


def train(config: RunConfig) -> Path | None:
    """Trains a model as `config` describes, or resumes a run, and exports the model.

    Returns:
        The export's version folder; None on workers that write nothing.
    Raises:
        UsageError: a wrong name, key or value.
        UserError: the run exists, the data can't be read, a loss is not finite, the disk is full.
        KeyboardInterrupt: as usual; the text has the command that resumes the run.

    >>> import json, tempfile
    >>> from tfvae.exports.contract import MANIFEST
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
    ...     places = {"runs_dir": f"{folder}/runs", "saved_models_dir": f"{folder}/exports"}
    ...     fields = {"model": "vae", "epochs": 1, "batch_size": 512, "jit": "off", **places}
    ...     export = train(RunConfig.checked({**fields, "set": {"network": "dense"}}))
    ...     manifest = json.loads((export / MANIFEST).read_text(encoding="utf-8"))
    >>> export.parent.name, manifest["training"]["epochs"], sorted(manifest["training"]["scores"])
    ('vae_digits', 1, ['test', 'validation'])
    """
    with _checked_run(config) as run:
        return _claimed_train(run)


def _claimed_train(run: RunFolder) -> Path | None:
    config = run.config
    strategy = make_strategy(config.strategy, config.batch_size)
    with dtype_policy(config.precision), _resume_hint(run):
        size = config.image_size
        with _memory_advice(config, f"{size}x{size}" if size else "their own size"):
            dataset = load_dataset(
                config.dataset,
                data_dir=config.data_dir,
                manual_dir=config.manual_dir,
                image_size=size,
                skip_bad_images=config.skip_bad_images,
                labels=config.labels,
            )
        with _memory_advice(config, "x".join(map(str, dataset.spec.image_shape))):
            return _tuned_and_trained(run, dataset, strategy)


def _tuned_and_trained(run: RunFolder, dataset, strategy) -> Path | None:
    config = run.config
    if config.train_images is not None:
        dataset = dataset.with_train_images(config.train_images, config.seed)
    if config.epochs is None:
        run = run.with_config(epochs=default_epochs(dataset.spec.num_examples[TRAIN]))
    if config.tune:
        tuned = tuned_run(run, config.tune, dataset, strategy)
        if tuned is None:
            return None
        run = tuned
    if run.config.learning_rate is None:
        run = run.with_config(learning_rate=MODELS.load(config.model_name).learning_rate)
    return _train(run, dataset, strategy)


@contextlib.contextmanager
def _memory_advice(config: RunConfig, size: str) -> Iterator[None]:
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        # TensorFlow calls a full disk exhausted too.
        if "No space left" in str(error):
            raise
        raise UserError(
            f"out of memory with images of {size} and --batch-size {config.batch_size}: lower "
            f"--batch-size or --image-size ({what_is_wrong(error)})"
        ) from error


@contextlib.contextmanager
def _checked_run(config: RunConfig) -> Iterator[RunFolder]:
    """The run's folder, claimed, after a check of all names and settings; data are loaded later."""
    if config.model is not None:
        MODELS.check(config.model)
    config = with_origin(config)
    if config.start_from is not None and config.model is not None:
        MODELS.check(config.model)
        settings = current_settings(config.model, config.settings)
        config = config.model_copy(update={"settings": settings})
    if config.model is not None and not config.resume:
        # Before the claim, which leaves a file.
        MODELS.check_options(config.model, config.settings)
        check_dataset_name(config.dataset)
        check_outside(config.dataset, _places(config))
    with claimed_run(config, _all_settings) as run:
        check_dataset_name(run.config.dataset)
        check_outside(run.config.dataset, _places(run.config))
        settings = MODELS.check_options(run.config.model_name, run.config.settings)
        yield run.with_config(settings=settings)


def _places(config: RunConfig) -> dict[str, Path]:
    return {"--runs-dir": config.runs_dir, "--saved-models-dir": config.saved_models_dir}


def _all_settings(model: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return MODELS.defaults(model) | MODELS.check_options(model, settings)


def _settings_of(model: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """As `_all_settings`, of settings that an earlier version may have written."""
    return _all_settings(model, current_settings(model, settings))


def _train(run: RunFolder, dataset, strategy) -> Path | None:
    config, chief = run.config, is_chief(run.config.strategy)
    if MODELS.load(config.model_name).needs_labels:
        check_labels(dataset, config)
    checkpoints = Checkpoints(run.checkpoints)
    progress = _of_this_run(checkpoints.latest(), run, dataset)
    if config.early_stopping is not None:
        progress = _with_a_saved_best(progress, checkpoints)
    model = compiled_model(config, dataset, strategy)
    if progress.epochs:
        checkpoints.restore(model, progress.epochs)
    elif config.start_from is not None:
        copy_weights(model, config.start_from)
    if progress.is_finished(config.num_epochs, config.early_stopping):
        export = run.newest_export()
        if export is not None and export_matches(export, run_manifest(config, dataset, progress)):
            print(
                f"{run.path} is finished ({progress.epochs} epochs) and exported to {export}: "
                "nothing to do."
            )
            return export
        print(f"{run.path} is finished ({progress.epochs} epochs); the export follows.")
    else:
        _print_start(run, dataset, model, progress)
        progress = _fit(run, dataset, model, checkpoints, progress, chief)
    return _export(run, dataset, model, checkpoints, progress, chief)


def _of_this_run(progress: Progress, run: RunFolder, dataset) -> Progress:
    """The progress with what the run is made of; raises UserError if the data or the configuration
    have changed since."""
    fixed = fixed_fields(run.config)
    change = progress.configuration and changed_option(progress.configuration, fixed, _settings_of)
    if change:
        option, before, after = change
        raise UserError(
            f"the checkpoint of run {run.path.name!r} was made with {option} {before}, "
            f"{run.config_file} says {after}: it was edited, or two runs have shared the folder; "
            "choose another --name"
        )
    seen, now = progress.dataset_fingerprint, dataset.fingerprint
    if seen is not None and seen != now:
        raise UserError(
            f"{dataset.spec.name} has changed since run {run.path.name!r} was started: other "
            "images, labels or splits; put it back to go on, or choose another --name"
        )
    return dataclasses.replace(progress, dataset_fingerprint=now, configuration=fixed)


def _with_a_saved_best(progress: Progress, checkpoints: Checkpoints) -> Progress:
    """The progress, with its last epoch as the best one if the best one has no checkpoint: a run
    that was begun without early stopping doesn't save it."""
    if progress.epochs == 0 or checkpoints.has(progress.best_epoch):
        return progress
    print(
        f"The best epoch so far, {progress.best_epoch}, has no checkpoint: the best one is looked "
        f"for from epoch {progress.epochs} on."
    )
    return dataclasses.replace(progress, best_epoch=progress.epochs, best_loss=math.inf)


def _fit(run, dataset, model, checkpoints, progress, chief) -> Progress:
    config = run.config
    # Before the run's folder is made, because this may raise a UserError.
    batches = training_batches(dataset, config, progress.epochs)
    saver = SaveAndStopEarly(
        checkpoints if chief else None,
        progress,
        config.epochs,
        config.early_stopping,
        model.monitor,
    )
    writers = []
    if chief:
        run.create()
        if progress.epochs:
            truncate_history(run.history_file, progress.epochs, model.renamed_arguments)
        else:
            run.clear()
        writers = [
            keras.callbacks.CSVLogger(run.history_file, append=True),
            EventFiles(run.tensorboard, progress.epochs),
        ]
    # The check comes first and the checkpoint last: a saved epoch is finite and in the history.
    callbacks = [StopOnNonFinite(model.term_weights(), _advice(config)), *writers, saver]
    try:
        fit(model, batches, dataset, config, callbacks, initial_epoch=progress.epochs)
    finally:
        # Keras closes the files only if `fit` raises no error; closing them twice does no harm.
        for writer in writers:
            writer.on_train_end()
    return saver.progress


def _advice(config: RunConfig) -> str:
    return (
        "; checkpoints of earlier epochs are kept, but resuming would repeat this: start again "
        f"under another --name with a lower --learning-rate (now {config.learning_rate:g})"
    )


def _export(run, dataset, model, checkpoints, progress, chief) -> Path | None:
    config = run.config
    manifest = run_manifest(config, dataset, progress)
    exported_epoch = manifest["training"]["exported_epoch"]
    if exported_epoch != progress.epochs:
        checkpoints.restore(model, exported_epoch)
    # On all workers: the scores are means over all of them.
    scores = {
        split: split_scores(model, dataset, split, config.batch_size)
        for split in (VALIDATION, TEST)
    }
    if not chief:
        return None
    manifest["training"]["scores"] = scores
    try:
        export = export_model(model, run.export_folder, manifest)
    except (OSError, tf.errors.OpError) as error:
        raise UserError(
            f"trained, but the export to {run.export_folder} failed: {error}; "
            f"to export again: {run.resume_command}"
        ) from error
    _print_end(run, model, progress, exported_epoch, scores[TEST], export)
    return export


@contextlib.contextmanager
def _resume_hint(run: RunFolder) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        hint = "nothing was saved" if run.is_free else f"to go on: {run.resume_command}"
        raise KeyboardInterrupt(f"interrupted; {hint}") from None


def _print_start(run, dataset, model, progress) -> None:
    config, replicas = run.config, model.distribute_strategy.num_replicas_in_sync
    device = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    start = f" from epoch {progress.epochs + 1}" if progress.epochs else ""
    print(
        f"Training {config.model} on {config.dataset} "
        f"({dataset.spec.num_examples[TRAIN]:,} images), "
        f"{model.count_params():,} weights, {config.epochs} epochs{start} of "
        f"{dataset.steps_per_epoch(config.batch_size)} steps on {device}"
        f"{f' x {replicas}' if replicas > 1 else ''}, {config.precision}, "
        f"XLA {'on' if model.jit_compile else 'off'}; {run.path}",
        flush=True,
    )


def _print_end(run, model, progress, exported_epoch, scores, export) -> None:
    config = run.config
    which = ""
    if exported_epoch != progress.epochs:
        which = f", exported epoch {exported_epoch}, the best on the validation split"
    print(f"{progress.epochs} epochs in {progress.seconds:.0f} s{which}. Test split:")
    print("  " + "  ".join(f"{name} {value:.4g}" for name, value in scores.items()))
    print(f"Exported {export}")
    metric = "cis" if "transfer" in model.serving_signatures() else "reconstruction"
    command = ["python", "evaluate.py", "--metric", metric, "--saved-model", str(run.export_folder)]
    for option, folder in (("--data-dir", config.data_dir), ("--manual-dir", config.manual_dir)):
        command += [option, folder] if folder else []
    print(f"Next: {shlex.join(command)}")
