"""The folder of a run: its name, its files and the search for it by `--resume`."""

import contextlib
import dataclasses
import os
import re
import shlex
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfvae import files, locks
from tfvae.config import check_new_name
from tfvae.exports.versions import versions
from tfvae.files import numbered
from tfvae.models import MODELS, current_settings
from tfvae.schema import UsageError, UserError
from tfvae.training.config import AllSettings, RunConfig, resumed_config
from tfvae.training.strategy import is_chief, is_tuning_worker

CONFIG = "config.yaml"


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """The folder of a run and the paths of its files. `create` makes it on disk.

    Args:
        path: `runs/<name>`.
        config: The configuration of this run, with its `name`.

    >>> run = RunFolder(Path("runs/vae_digits"), RunConfig(model="vae", name="vae_digits"))
    >>> run.history_file.as_posix(), run.export_folder.as_posix()
    ('runs/vae_digits/history.csv', 'saved_models/vae_digits')
    >>> run.resume_command
    'python train.py --resume --name vae_digits'
    """

    path: Path
    config: RunConfig

    @property
    def config_file(self) -> Path:
        return self.path / CONFIG

    @property
    def history_file(self) -> Path:
        return self.path / "history.csv"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tuning(self) -> Path:
        return self.path / "tuning"

    @property
    def export_folder(self) -> Path:
        """`saved_models/<name>`, the folder of all versions of the export."""
        return self.config.saved_models_dir / self.path.name

    @property
    def is_free(self) -> bool:
        """Whether a new run may have the folder: there is none, or that of a run which ended before
        its first checkpoint: it has at most one epoch in its history, and no export."""
        if not self.path.is_dir():
            return not os.path.lexists(self.path)
        begun = {path.name for path in (self.config_file, self.history_file, self.tensorboard)}
        found = set(_finished(self.path))
        if found - begun - {self.checkpoints.name} or self.newest_export() is not None:
            return False
        if self.checkpoints.is_dir() and _finished(self.checkpoints):
            return False
        # Without a history, a configuration is somebody's own.
        lines = self.history_file.read_bytes().count(b"\n") if self.history_file.is_file() else 9
        return not found or lines <= 2

    def check_places(self) -> None:
        """Tries whether the run and its export can be written; raises as `files.check_places`."""
        places = {"--runs-dir": self.path.parent, "--saved-models-dir": self.export_folder.parent}
        files.check_places(places)

    @property
    def resume_command(self) -> str:
        """The command that resumes the run after an interruption."""
        parts = ["python", "train.py", "--resume", "--name", self.path.name]
        if "runs_dir" in self.config.model_fields_set:
            parts += ["--runs-dir", str(self.config.runs_dir)]
        return shlex.join(parts)

    def newest_export(self) -> Path | None:
        """The newest finished version of this run's export."""
        return next(reversed(versions(self.export_folder)), None)

    def create(self) -> None:
        """Makes the folder and writes the configuration."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.config.save(self.config_file)

    def with_config(self, **changes: Any) -> "RunFolder":
        return dataclasses.replace(self, config=self.config.model_copy(update=changes))

    def clear(self) -> None:
        """Begins the history, without what an earlier run logged that ended before its first
        checkpoint."""
        self.history_file.write_bytes(b"")
        shutil.rmtree(self.tensorboard, ignore_errors=True)


def _finished(folder: Path) -> list[str]:
    names = (path.name for path in folder.iterdir())
    return [name for name in names if not name.startswith(files.HIDDEN)]


@contextlib.contextmanager
def claimed_run(config: RunConfig, all_settings: AllSettings) -> Iterator[RunFolder]:
    """The folder of the run that a configuration describes, a new one, or with `resume` an existing
    one; it is this process's alone while a `with` block runs.

    A new run needs no folder for that before its first epoch (`locks.claimed`). Workers of a chief
    claim nothing.

    Args:
        config: The configuration of the run.
        all_settings: As for `resumed_config`; called only when a run is resumed.
    Raises:
        UsageError: the configuration names neither a model nor a run to resume.
        UserError: the name is taken; or there is no run to resume, or its options differ; or
            another process has the run; or nothing can be written there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as runs:
    ...     config = RunConfig(model="vae", runs_dir=runs)
    ...     with claimed_run(config, dict) as first, claimed_run(config, dict) as second:
    ...         print(first.path.name, second.path.name)
    vae_digits vae_digits-2
    """

    def claimed(run: RunFolder):
        return locks.claimed(config.runs_dir, run.path.name)

    with contextlib.ExitStack() as claims:
        if config.resume:
            run = _existing_run(config, all_settings)
            # By the options of the run: those of its strategy are seldom given again.
            if not _is_worker(run.config):
                run.check_places()
                if not claims.enter_context(claimed(run)):
                    raise UserError(f"run {run.path.name!r} is being trained by another process")
            # What the process that had it until now has written.
            yield _existing_run(config.model_copy(update={"name": run.path.name}), all_settings)
            return
        for run in _free_runs(config):
            if _is_worker(config):
                yield run
                return
            with claimed(run) as mine:
                # The folder may have been made since it was looked for.
                if mine and run.is_free:
                    yield run
                    return
            if config.name and not run.is_free:
                raise _taken(run)
    raise UserError(
        f"another process is starting a run {config.name!r} in {config.runs_dir}; choose another "
        "--name"
    )


def new_run(config: RunConfig) -> RunFolder:
    """The folder of a new run, which isn't on disk yet; raises as `claimed_run` does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as runs:
    ...     for _ in range(2):
    ...         run = new_run(RunConfig(model="vae", runs_dir=runs))
    ...         (run.path / "checkpoints" / "epoch-0001").mkdir(parents=True)
    ...         print(run.path.name)
    vae_digits
    vae_digits-2
    """
    return next(_free_runs(config))


def _free_runs(config: RunConfig) -> Iterator[RunFolder]:
    """The runs that a configuration may become: one if it has a name, else any number."""
    if config.model is None:
        raise UsageError(f"--model is needed (valid: {', '.join(MODELS)}), or --resume with --name")
    if config.strategy == "multi_worker" and config.name is None:
        raise UsageError("--strategy multi_worker needs --name: every worker must use the same one")
    check_new_name(config.name)
    for name in [config.name] if config.name else numbered(default_name(config)):
        run = RunFolder(config.runs_dir / name, config.model_copy(update={"name": name}))
        if _is_worker(config):
            yield run
        elif run.is_free:
            run.check_places()
            yield run
        elif config.name:
            raise _taken(run)


def _taken(run: RunFolder) -> UserError:
    if not run.config_file.is_file():
        return UserError(f"{run.path} exists and holds no run; choose another --name")
    return UserError(
        f"run {run.path.name!r} exists in {run.path.parent}; --resume goes on with it, another "
        "--name starts anew"
    )


def _is_worker(config: RunConfig) -> bool:
    """Whether another process, the chief, makes the folder and writes there."""
    return not is_chief(config.strategy) or (config.tune is not None and is_tuning_worker())


def _existing_run(config: RunConfig, all_settings: AllSettings) -> RunFolder:
    if config.name is None and config.model is None:
        raise UsageError("--resume needs the run's --name, or --model to take its newest run")
    path = config.runs_dir / config.name if config.name else _newest(config)
    if not (path / CONFIG).is_file():
        raise UserError(f"there is no run {path.name!r} to resume in {config.runs_dir}")
    saved = RunConfig.load(path / CONFIG)
    if saved.model not in MODELS:
        raise UserError(f"{path / CONFIG}: model {saved.model!r} is none of {', '.join(MODELS)}")
    settings = current_settings(saved.model_name, saved.settings)
    saved = saved.model_copy(update={"name": path.name, "settings": settings})
    origin = saved.start_from
    if config.start_from is not None and origin is not None:
        given = config.start_from.absolute()
        if given in (origin.absolute(), origin.absolute().parent):
            # Without a version it names the one of then, whether there is a newer one or none.
            config = config.model_copy(update={"start_from": origin})
    return RunFolder(path, resumed_config(saved, config, all_settings))


def _newest(config: RunConfig) -> Path:
    """The run to resume when none is named: the newest one under its numbered `default_name`."""
    base = default_name(config)
    pattern = re.compile(re.escape(base) + r"(-\d+)?")
    runs = [
        path.parent
        for path in config.runs_dir.glob(f"*/{CONFIG}")
        if pattern.fullmatch(path.parent.name)
    ]
    return max(
        runs, key=lambda path: (path / CONFIG).stat().st_mtime, default=config.runs_dir / base
    )


def default_name(config: RunConfig) -> str:
    """`<model>_<dataset>`, without characters that can't be in the name of a folder.

    >>> default_name(RunConfig(model="vae", dataset="digits"))
    'vae_digits'
    >>> default_name(RunConfig(model="ccvae", dataset="folder:~/pictures/my cats"))
    'ccvae_my-cats'
    """
    dataset = unicodedata.normalize("NFC", config.dataset)
    rest = dataset.partition(":")[2] or dataset
    short = re.sub(r"[^\w.+-]+", "-", Path(rest).name).strip("-.") or "data"
    # Room for a number.
    return files.short_name(f"{config.model}_{short}", files.LONGEST_NAME - 10)
