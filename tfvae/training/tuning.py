"""Hyper-parameter search before a run: Bayesian optimisation over the model's search space."""

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import keras_tuner
from pydantic import BaseModel, PositiveFloat

from tfvae import files
from tfvae.models import MODELS, current_settings
from tfvae.reading import read_json, read_yaml
from tfvae.schema import UsageError, UserError, what_is_wrong
from tfvae.training.callbacks import StopOnNonFinite
from tfvae.training.config import RunConfig
from tfvae.training.fit import compiled_model, fit, training_batches
from tfvae.training.run_folder import RunFolder
from tfvae.training.strategy import check_tuner_address, is_tuning_worker

# A trial trains for this share of the run's epochs, rounded up.
TRIAL_SHARE = 0.25
BEST = "best.yaml"


class _Best(BaseModel):
    """What the file of the best settings holds."""

    settings: dict[str, Any]
    learning_rate: PositiveFloat


def tuned_run(run: RunFolder, num_trials: int, dataset, strategy) -> RunFolder | None:
    """The run with the best settings of `num_trials` trials, which are written to `config.yaml`.

    Settings and a learning rate in the configuration keep their values; the rest of the model's
    `search_space` and the learning rate are searched. A search that was interrupted is resumed.

    Where several processes search together, the chief hands out the settings and gets the run;
    the others train the trials.

    Returns:
        The run; None in a process that trains trials for a chief, when there are no more.
    Raises:
        UsageError: there is nothing to search, or the strategy is `multi_worker`.
        UserError: no trial ended with finite scores, or the environment is wrong
            (`is_tuning_worker`, `check_tuner_address`).

    >>> from pathlib import Path
    >>> config = RunConfig(model="mmd_vae", name="a", learning_rate=1e-3)
    >>> run = RunFolder(Path("runs/a"), config)
    >>> tuned_run(run, num_trials=5, dataset=None, strategy=None)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --tune has nothing to search: of mmd_vae it would be ...
    """
    config = run.config
    if config.strategy == "multi_worker":
        raise UsageError("--tune doesn't go with --strategy multi_worker: tune on one machine")
    hyperparameters = keras_tuner.HyperParameters()
    chosen_fields(config, hyperparameters)
    if not hyperparameters.space:
        raise UsageError(
            f"--tune has nothing to search: of {config.model} it would be the learning rate alone, "
            "and --learning-rate gives it"
        )
    best_file = run.tuning / BEST
    if is_tuning_worker():
        if not best_file.exists():
            with tempfile.TemporaryDirectory() as folder:
                _search(run, num_trials, dataset, strategy, Path(folder))
        print("There are no more trials; the chief trains the run.")
        return None
    if not best_file.exists():
        check_tuner_address()
        # Wrong settings raise an error here, before anything is on disk, not in every trial.
        compiled_model(config, dataset, strategy)
        training_batches(dataset, config)
        run.create()
        tuner = _search(run, num_trials, dataset, strategy, run.path)
        # Written last: if this file exists, the search is finished.
        files.write_yaml(best_file, _plain(_best(tuner, config)))
    best = read_yaml(best_file, _Best)
    settings = current_settings(config.model_name, best.settings)
    run = run.with_config(settings=settings, learning_rate=best.learning_rate)
    run.config.save(run.config_file)
    return run


def _search(
    run: RunFolder, num_trials: int, dataset, strategy, folder: Path
) -> keras_tuner.BayesianOptimization:
    """The tuner after its search, whose files are in a folder `tuning` below `folder`."""
    config = run.config
    name = getattr(MODELS.load(config.model_name), "tuning_objective", "val_elbo")
    direction = "min" if name.endswith("loss") else "max"
    epochs = math.ceil(config.num_epochs * TRIAL_SHARE)
    print(
        f"Tuning: {num_trials} trials of {epochs} epochs each, {direction}imising {name}"
        + ("; this process takes its trials from the chief" if is_tuning_worker() else ""),
        flush=True,
    )
    # Of a search that was interrupted.
    found = sorted((folder / run.tuning.name).rglob("*.json"))
    # Keras Tuner looks for its trials as for a pattern.
    with files.plain_path(folder) as plain:
        try:
            for path in found:
                read_json(path)
            tuner = _Tuner(
                run_config=config.model_copy(update={"epochs": epochs}),
                dataset=dataset,
                strategy=strategy,
                objective=keras_tuner.Objective(name, direction),
                max_trials=num_trials,
                max_consecutive_failed_trials=num_trials + 1,
                seed=config.seed,
                directory=plain,
                project_name=run.tuning.name,
            )
        # Keras Tuner has none of its own for files that it can't use.
        except Exception as error:
            if not found:
                raise
            raise UserError(
                f"can't go on with the search: {what_is_wrong(error)}; delete {run.tuning} to "
                "search anew"
            ) from error
        tuner.search(verbose=0)
    return tuner


def _best(tuner: keras_tuner.BayesianOptimization, config: RunConfig) -> dict[str, Any]:
    """Prints the trials, the best first; returns the fields of the best one."""
    objective = tuner.oracle.objective
    trials = [
        trial
        for trial in tuner.oracle.get_best_trials(tuner.oracle.max_trials)
        if trial.score is not None and math.isfinite(trial.score)
    ]
    if not trials:
        raise UserError("tuning: no trial ended with finite scores")
    for rank, trial in enumerate(trials, start=1):
        chosen = "  ".join(f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"
                           for key, value in trial.hyperparameters.values.items())  # fmt: skip
        print(f"  {rank}. {objective.name} {trial.score:.4f}  {chosen}")
    return chosen_fields(config, trials[0].hyperparameters)


def chosen_fields(
    config: RunConfig, hyperparameters: keras_tuner.HyperParameters
) -> dict[str, Any]:
    """Settings and learning rate: those of the configuration, the others from `hyperparameters`.

    >>> hyperparameters = keras_tuner.HyperParameters()
    >>> fields = chosen_fields(RunConfig(model="beta_vae", settings={"beta": 2}), hyperparameters)
    >>> fields["settings"]["beta"], sorted(hyperparameters.values)
    (2.0, ['beta', 'latent_dim', 'learning_rate'])
    """
    searched = MODELS.load(config.model_name).search_space(hyperparameters)
    rate = config.learning_rate
    if rate is None:
        rate = hyperparameters.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    settings = MODELS.check_options(config.model_name, {**searched, **config.settings})
    return {"settings": settings, "learning_rate": rate}


def objective_value(name: str, scores: Mapping[str, float]) -> float:
    """A score, or the difference "A - B" of two.

    >>> objective_value("val_elbo - val_label", {"val_elbo": -100.0, "val_label": 0.5})
    -100.5
    """
    first, *others = name.split(" - ")
    return scores[first] - sum(scores[other] for other in others)


class _Tuner(keras_tuner.BayesianOptimization):
    def __init__(self, run_config, dataset, strategy, **kwargs):
        self._run_config = run_config
        self._dataset = dataset
        self._strategy = strategy
        super().__init__(**kwargs)

    def run_trial(self, trial, **_):
        config = self._run_config.model_copy(
            update=chosen_fields(self._run_config, trial.hyperparameters)
        )
        keras.backend.clear_session()
        try:
            model = compiled_model(config, self._dataset, self._strategy)
            batches = training_batches(self._dataset, config)
            history = fit(
                model, batches, self._dataset, config, [StopOnNonFinite(model.term_weights())]
            )
        except UserError as error:
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        # The scores of every epoch; Keras Tuner takes the best value of the objective.
        epochs = [
            dict(zip(history.history, scores, strict=True))
            for scores in zip(*history.history.values(), strict=True)
        ]
        name = self.oracle.objective.name
        return [{**scores, name: objective_value(name, scores)} for scores in epochs]


def _plain(value: Any) -> Any:
    """The value for YAML: lists in place of tuples, plain numbers in place of NumPy's."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value
