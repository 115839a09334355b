"""RunConfig: one declaration, one file format, one way to say what is wrong."""

import pytest

from tfvae.config import check_new_name
from tfvae.schema import UsageError, UserError
from tfvae.training.config import RunConfig, resumed_config


def all_settings(model, settings):
    return {"beta": 1.0, "latent_dim": 10} | dict(settings)


def test_saved_and_loaded_configurations_are_equal(tmp_path):
    config = RunConfig(
        model="vae", epochs=3, settings={"beta": 0.5}, runs_dir=tmp_path, jit="off", tune=2
    )
    config.save(tmp_path / "config.yaml")
    assert RunConfig.load(tmp_path / "config.yaml") == config
    assert "set:" in (tmp_path / "config.yaml").read_text()


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"epochs": "0"}, "--epochs 0"),
        ({"epochs": 2.5}, "--epochs 2.5"),
        ({"batch_size": 0}, "--batch-size 0"),
        ({"learning_rate": "-1"}, "--learning-rate -1"),
        ({"learning_rate": "nan"}, "--learning-rate nan"),
        ({"missing_labels": 1.5}, "--missing-labels 1.5"),
        ({"seed": -1}, "--seed -1"),
        ({"strategy": "many"}, "--strategy many.*'multi_worker'"),
        ({"name": "../x"}, "--name ../x: letters"),
        ({"epoch": 3}, "unknown key 'epoch'; did you mean 'epochs'"),
    ],
)
def test_bad_fields_are_named(fields, message):
    with pytest.raises(UsageError, match=message) as caught:
        RunConfig.checked(fields)
    assert "\n" not in str(caught.value)


def test_files_take_dashes_and_yaml_switches(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("batch-size: 8\nlearning_rate: 1e-3\njit: off\nset:\n  latent-dim: 3\n")
    config = RunConfig.load(path)
    assert (config.batch_size, config.learning_rate, config.jit) == (8, 1e-3, "off")
    assert config.settings == {"latent_dim": 3}


@pytest.mark.parametrize(
    "text, message",
    [
        ("epochs: [1", "not valid YAML"),
        ("- a\n- b\n", "not a list"),
        ("epoch: 3\n", "unknown key 'epoch'"),
        ("set: 3\n", "`set` must hold"),
        ("!!python/object/apply:os.getcwd []", "not valid YAML"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path, text, message):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as caught:
        RunConfig.read(path)
    assert "run.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_resumed_run_keeps_what_is_not_given():
    saved = RunConfig(model="vae", learning_rate=0.1, settings={"beta": 2.0}, name="x", epochs=3)
    asked = RunConfig(model="vae", resume=True, epochs=5, settings={"latent_dim": 10})
    config = resumed_config(saved, asked, all_settings)
    assert (config.learning_rate, config.epochs, config.name) == (0.1, 5, "x")
    assert config.settings == {"beta": 2.0}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"model": "ccvae"}, "--model vae, now ccvae"),
        ({"dataset": "mnist"}, "--dataset digits, now mnist"),
        ({"seed": 1}, "--seed 0, now 1"),
        ({"batch_size": 8}, "--batch-size 64, now 8"),
        ({"learning_rate": 0.1}, "--learning-rate 0.001, now 0.1"),
        ({"settings": {"beta": 3.0}}, "--set beta: 1.0, now 3.0"),
    ],
)
def test_a_resumed_run_refuses_what_matters(change, message):
    saved = RunConfig(model="vae", name="x", learning_rate=1e-3)
    with pytest.raises(UserError, match=message):
        resumed_config(saved, RunConfig(resume=True, **change), all_settings)


def test_a_cosine_run_is_not_extended():
    saved = RunConfig(model="vae", name="x", epochs=3, lr_schedule="cosine")
    assert resumed_config(saved, RunConfig(epochs=3), all_settings).epochs == 3
    with pytest.raises(UserError, match="cosine schedule over 3"):
        resumed_config(saved, RunConfig(epochs=4), all_settings)


def test_names_are_bounded_and_of_one_form():
    assert RunConfig.checked({"name": "xe\u0301"}).name == "x\u00e9"
    for name in (121 * "a", "a" + 60 * "\u00e9"):
        with pytest.raises(UsageError, match="--name a.*: at most 120 bytes, this name has 121"):
            check_new_name(name)
        # Those that earlier versions made can be resumed.
        assert RunConfig.checked({"name": name}).name == name
