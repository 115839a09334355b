"""Names of runs and what is found under them."""

import shlex
import subprocess
import sys

import pytest

from tfvae.schema import UsageError, UserError
from tfvae.training.config import RunConfig
from tfvae.training.history import truncate_history
from tfvae.training.run_folder import claimed_run, default_name


def save_epoch(run):
    """What a run leaves that has a checkpoint."""
    run.create()
    (run.checkpoints / "epoch-0001").mkdir(parents=True)


def opened(tmp_path, **fields):
    with claimed(tmp_path, **fields) as run:
        return run


@pytest.mark.parametrize(
    "dataset, name",
    [
        ("digits", "vae_digits"),
        ("tfds:eurosat/rgb", "vae_rgb"),
        ("folder:/data/My faces/", "vae_My-faces"),
        ("folder:..", "vae_data"),
        ("folder:cafe\u0301", "vae_caf\u00e9"),
        ("folder:/data/" + 250 * "a", "vae_" + 97 * "a" + "-7191edc1"),
    ],
)
def test_the_default_name_is_a_plain_folder_name(dataset, name):
    assert default_name(RunConfig(model="vae", dataset=dataset)) == name


def test_a_name_that_is_taken_is_numbered_or_refused(tmp_path):
    for expected in ("vae_digits", "vae_digits-2", "vae_digits-3"):
        run = opened(tmp_path, model="vae")
        assert run.path.name == run.config.name == expected
        assert not run.path.exists()
        save_epoch(run)
    with pytest.raises(UserError, match="'vae_digits' exists"):
        opened(tmp_path, model="vae", name="vae_digits")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    (tmp_path / "file").touch()
    for name in ("mine", "file"):
        with pytest.raises(UserError, match=f"{name} exists and holds no run; choose another"):
            opened(tmp_path, model="vae", name=name)
    assert (tmp_path / "mine" / "notes.txt").exists()


def test_the_name_of_a_run_without_a_checkpoint_is_free_again(tmp_path):
    (tmp_path / "vae_digits").mkdir()
    for _ in range(2):
        run = opened(tmp_path, model="vae")
        assert run.path.name == "vae_digits"
        run.create()
        (run.checkpoints / ".writing-1").mkdir(parents=True, exist_ok=True)
        run.history_file.write_text("epoch,loss\n0,3.5\n")
        # It can be resumed too, from its beginning.
        assert opened(tmp_path, name="vae_digits", resume=True).path == run.path
    run.clear()
    assert not run.history_file.read_text() and run.config_file.exists() and run.is_free


@pytest.mark.parametrize("found", ["tuning", "history", "export", "own configuration"])
def test_what_may_be_needed_again_keeps_its_name(tmp_path, found):
    """No checkpoint is there: they were deleted to save room, or the search isn't over, or somebody
    wrote the configuration."""
    run = opened(tmp_path, model="vae", saved_models_dir=tmp_path / "exports")
    run.create()
    run.history_file.write_text("epoch,loss\n0,3.5\n" + ("1,3\n" if found == "history" else ""))
    if found == "tuning":
        run.tuning.mkdir()
    if found == "export":
        (run.export_folder / "1").mkdir(parents=True)
        (run.export_folder / "1" / "saved_model.pb").touch()
    if found == "own configuration":
        run.history_file.unlink()
    before = sorted(run.path.iterdir())
    other = opened(tmp_path, model="vae", saved_models_dir=tmp_path / "exports")
    assert other.path.name == "vae_digits-2" and sorted(run.path.iterdir()) == before
    with pytest.raises(UserError, match="--resume goes on with it"):
        opened(tmp_path, model="vae", name="vae_digits", saved_models_dir=tmp_path / "exports")


def claimed(tmp_path, **fields):
    config = RunConfig(runs_dir=tmp_path, **fields)
    return claimed_run(config, lambda model, settings: dict(settings))


def test_a_name_that_another_process_has_is_numbered_or_refused(tmp_path):
    with claimed(tmp_path, model="vae") as run:
        assert not run.path.exists()
        with claimed(tmp_path, model="vae") as other:
            assert other.path.name == "vae_digits-2"
        named = claimed(tmp_path, model="vae", name="vae_digits")
        with pytest.raises(UserError, match="is starting a run 'vae_digits'"), named:
            pass
    with claimed(tmp_path, model="vae") as again:
        assert again.path.name == "vae_digits"


def test_a_run_that_another_process_trains_is_not_resumed(tmp_path):
    with claimed(tmp_path, model="vae") as run:
        run.create()
        for fields in ({"name": "vae_digits"}, {"model": "vae"}):
            resumed = claimed(tmp_path, resume=True, **fields)
            with pytest.raises(UserError, match="'vae_digits' is being trained"), resumed:
                pass
    with claimed(tmp_path, name="vae_digits", resume=True) as again:
        assert again.path == run.path


CLAIM = """
import sys, time
from tfvae.training.config import RunConfig
from tfvae.training.run_folder import claimed_run
with claimed_run(RunConfig(model="vae", runs_dir=sys.argv[1]), dict) as run:
    run.create()
    print(run.path.name, flush=True)
    time.sleep(60)
"""


def test_processes_at_once_get_a_folder_each_and_a_killed_one_frees_its_run(tmp_path):
    command = [sys.executable, "-c", CLAIM, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        names = sorted(process.stdout.readline().strip() for process in running)
        assert names == ["vae_digits", "vae_digits-2", "vae_digits-3", "vae_digits-4"]
        resumed = claimed(tmp_path, name="vae_digits-3", resume=True)
        with pytest.raises(UserError, match="is being trained"), resumed:
            pass
    finally:
        for process in running:
            process.kill()
            process.communicate()
    with claimed(tmp_path, name="vae_digits-3", resume=True) as run:
        assert run.path.name == "vae_digits-3"


def test_resume_takes_the_named_or_the_newest_run(tmp_path):
    for _ in range(2):
        save_epoch(opened(tmp_path, model="vae"))
    opened(tmp_path, model="vae", name="vae_digits-old").create()
    assert opened(tmp_path, model="vae", resume=True).path.name == "vae_digits-2"
    assert opened(tmp_path, name="vae_digits", resume=True).config.model == "vae"


def test_the_command_that_resumes_is_one_for_a_shell(tmp_path):
    folder = tmp_path / "my $runs"
    command = opened(folder, model="vae").resume_command
    assert shlex.split(command)[-1] == str(folder) and f"'{folder}'" in command


def test_there_must_be_something_to_resume(tmp_path):
    with pytest.raises(UserError, match="no run 'x'"):
        opened(tmp_path, name="x", resume=True)
    with pytest.raises(UserError, match="no run 'vae_digits'"):
        opened(tmp_path, model="vae", resume=True)
    with pytest.raises(UsageError, match="--resume needs"):
        opened(tmp_path, resume=True)
    with pytest.raises(UsageError, match="--model is needed"):
        opened(tmp_path)


def test_history_loses_the_rows_that_will_be_repeated(tmp_path):
    run = opened(tmp_path, model="vae")
    run.create()
    run.history_file.write_text("epoch,loss\n0,3.5\n1,2.5\n2,1")
    truncate_history(run.history_file, 1)
    assert run.history_file.read_text().split() == ["epoch,loss", "0,3.5"]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"\x89PNG\r\n\x00\x01", "NUL"),
        (b"epoch,loss\n0\n1,2.5\n", "differ in length"),
        (b"epoch,loss\n0," + b"1" * 200_000, "field larger"),
        (b"a," * 2000, "2,001 columns"),
    ],
)
def test_a_damaged_history_is_named(tmp_path, content, message):
    run = opened(tmp_path, model="vae")
    run.create()
    run.history_file.write_bytes(content)
    with pytest.raises(UserError, match=f"history.csv.*{message}"):
        truncate_history(run.history_file, 2)
    assert run.history_file.read_bytes() == content


@pytest.mark.parametrize("text", ["epoch,loss\n0,3.5\n1\n", "epoch,loss\n0,3.5\n"])
def test_a_last_row_that_was_cut_off_is_dropped(tmp_path, text):
    run = opened(tmp_path, model="vae")
    run.create()
    run.history_file.write_text(text)
    truncate_history(run.history_file, 2)
    assert run.history_file.read_text().split() == ["epoch,loss", "0,3.5"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "model None is none of vae"),
        ("model: vea", "model 'vea' is none of vae"),
        ("model: [vae", "not valid YAML"),
        ("model: [vae]", r"--model \['vae'\]: input should be a valid string"),
        ("model: vae\nepochs: ten", "--epochs ten: "),
    ],
)
def test_a_damaged_configuration_is_named(tmp_path, text, message):
    run = opened(tmp_path, model="vae", name="x")
    run.create()
    run.config_file.write_text(text)
    with pytest.raises(UserError, match=f"x/config.yaml.*{message}"):
        opened(tmp_path, name="x", resume=True)


def test_columns_of_an_earlier_version_go_under_todays_names(tmp_path):
    """Keras appends in the order of today's names."""
    run = opened(tmp_path, model="fader")
    run.create()
    run.history_file.write_text("epoch,critic,judge,val_critic,val_judge\n0,1,2,3,4\n1,5,6,7,8\n")
    truncate_history(run.history_file, 1, {"judge": "auxiliary_classifier"})
    assert run.history_file.read_text().split() == [
        "epoch,auxiliary_classifier,critic,val_auxiliary_classifier,val_critic", "0,2,1,4,3",
    ]  # fmt: skip


def test_settings_of_an_earlier_version_go_under_todays_names(tmp_path):
    run = opened(tmp_path, model="dualvae", settings={"label_rate": 2.0})
    run.create()
    run.config_file.write_text(run.config_file.read_text().replace("label_rate", "label_weight"))
    assert opened(tmp_path, model="dualvae", resume=True).config.settings == {"label_rate": 2.0}


def test_workers_resume_together(tmp_path, monkeypatch):
    """Without --strategy, which the run has saved."""
    cluster = '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": %d}}'
    monkeypatch.setenv("TF_CONFIG", cluster % 0)
    opened(tmp_path, model="vae", strategy="multi_worker", name="x").create()
    with claimed(tmp_path, name="x", resume=True):
        monkeypatch.setenv("TF_CONFIG", cluster % 1)
        with claimed(tmp_path, name="x", resume=True) as worker:
            assert worker.config.strategy == "multi_worker"


def test_workers_share_one_name(tmp_path, monkeypatch):
    cluster = '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": %d}}'
    with pytest.raises(UsageError, match="needs --name"):
        opened(tmp_path, model="vae", strategy="multi_worker")
    fields = {"model": "vae", "strategy": "multi_worker", "name": "x"}
    monkeypatch.setenv("TF_CONFIG", cluster % 0)
    save_epoch(opened(tmp_path, **fields))
    with pytest.raises(UserError, match="exists"):
        opened(tmp_path, **fields)
    monkeypatch.setenv("TF_CONFIG", cluster % 1)
    assert opened(tmp_path, **fields).path.name == "x"
