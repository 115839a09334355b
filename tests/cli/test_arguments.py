"""What is refused before TensorFlow loads, in one line and with the right status."""

import json
import os
import subprocess
import sys

import pytest

from tfvae.cli import common, evaluate, generator, train
from tfvae.schema import DataSpec, UserError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMANDS = {"train": train.main, "evaluate": evaluate.main, "fit": generator.main}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def fails(capsys):
    """Runs a command line that must fail; its only line on stderr."""

    def run(command, *arguments, status):
        assert COMMANDS[command](list(arguments)) == status
        shown = capsys.readouterr()
        assert not shown.out and shown.err.count("\n") == 1, shown
        assert shown.err.startswith("tfvae: error: ")
        return shown.err

    return run


def modules_after(*arguments):
    """(finished process, whether it imported TensorFlow) of a script run for real."""
    script = (
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); sys.argv = sys.argv[2:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally: print('imported', 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    path = os.path.join(ROOT, arguments[0])
    done = subprocess.run(
        [sys.executable, "-c", script, ROOT, path, *arguments[1:]], capture_output=True, text=True
    )
    last = done.stdout.splitlines()[-1]
    assert last.startswith("imported")
    return done, last != "imported False False"


@pytest.mark.parametrize("script", ["train.py", "evaluate.py"])
def test_help_needs_no_tensorflow(script):
    done, imported = modules_after(script, "--help")
    assert done.returncode == 0 and not imported
    assert "--saved-models-dir" in done.stdout and "digits" in done.stdout and not done.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["train.py", "--model", "ccvea"], ["'ccvea'", "did you mean 'ccvae'", "beta_vae"]),
        (
            ["train.py", "--model", "vae", "--dataset", "digit"],
            ["'digit'", "digits", "folder:PATH"],
        ),
        (["evaluate.py", "--metric", "cis,ciss"], ["'ciss'", "did you mean 'cis'", "likelihood"]),
    ],
)
def test_unknown_names_need_no_tensorflow(arguments, words):
    done, imported = modules_after(*arguments)
    assert done.returncode == 2 and not imported
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words), done.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("", "--model is needed"),
        ("--model vae --epochs 0", "--epochs 0"),
        ("--model vae --batch-size many", "--batch-size many"),
        ("--model vae --learning-rate 0", "--learning-rate 0"),
        ("--model vae --missing-labels 2", "--missing-labels 2"),
        ("--model vae --seed -1", "--seed -1"),
        ("--model vae --seed 4294967296", "--seed 4294967296"),
        ("--model vae --epoch 3", "--epoch 3"),
        ("--model vae --set beta", "KEY=VALUE, got 'beta'"),
        ("--model vae --set latent_dimm=3", "'latent_dimm'; did you mean 'latent_dim'"),
        ("--model vae --set latent_dim=many", "latent_dim=many"),
        ("--model vae --config none.yaml", "none.yaml"),
        ("--model vae --dataset folder:nowhere", "nowhere"),
    ],
)
def test_wrong_arguments_of_training(fails, arguments, words):
    assert words in fails("train", *arguments.split(), status=2)
    assert not os.listdir()


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("", "--metric is needed"),
        ("--metric reconstruction --seed x", "--seed"),
        ("--metric reconstruction --seed 4294967296", "--seed"),
        ("--metric cis --set num_image=3", "'num_image'; did you mean 'num_images'"),
        ("--metric cis --set num_images=0", "num_images=0"),
        ("--metric reconstruction,likelihood --set num_image=3", "did you mean 'num_images'"),
    ],
)
def test_wrong_arguments_of_evaluation(fails, arguments, words):
    assert words in fails("evaluate", *arguments.split(), status=2)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("", "--generator is needed (valid: simple"),
        ("--generator simpel", "'simpel'; did you mean 'simple'"),
        ("--generator simple --draws 1", "--draws 1"),
        ("--generator simple --epochs 3", "--epochs 3"),
    ],
)
def test_wrong_arguments_of_a_fit(fails, arguments, words):
    assert words in fails("fit", *arguments.split(), status=2)


def test_places_that_cannot_be_written_are_told_before_the_work(fails, tmp_path):
    (tmp_path / "file").touch()
    for option in ("--runs-dir", "--saved-models-dir"):
        told = fails("train", "--model", "vae", option, "file/x", status=1)
        assert f"{option} file/x can't be written: Not a directory" in told
    write_toy_export(tmp_path / "toy" / "1")
    score = ["--metric", "reconstruction", "--saved-model", "toy"]
    for option, place in {"--output-dir": "file", "--json": "file/x.json"}.items():
        assert f"{option} file can't be written" in fails(
            "evaluate", *score, option, place, status=1
        )
    assert "--json toy is a folder" in fails("evaluate", *score, "--json", "toy", status=2)
    assert sorted(os.listdir()) == ["file", "toy"]


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2J", os.fsdecode(b"\xff")])
def test_names_that_a_terminal_takes_for_something_else(fails, tmp_path, name):
    (tmp_path / name).mkdir()
    escaped = ascii(name)[1:-1]
    for option in ("--runs-dir", "--saved-models-dir", "--dataset"):
        given = f"folder:{name}" if option == "--dataset" else name
        told = fails("train", "--model", "vae", option, given, status=2)
        assert f"{escaped} has control characters" in told
    told = fails("evaluate", "--metric", "cis", "--saved-model", name, status=2)
    assert f"{escaped} has control characters" in told
    assert escaped in fails("train", "--model", "vae", "--name", name, status=2).replace(" ", r"\n")
    assert os.listdir() == [name]


def write_toy_export(folder):
    """What is read of an export before TensorFlow is imported."""
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    about = {
        "format": 1,
        "dataset": "digits",
        "data_spec": DataSpec("digits", (28, 28, 1)).to_dict(),
        "signatures": {"reconstruct": {"inputs": ["image"], "outputs": ["image"]}},
    }
    (folder / "manifest.json").write_text(json.dumps(about))


def test_train_with_a_generator_is_the_command_fit(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr("tfvae.generators.run.fit_generator", seen.append)
    (tmp_path / "fit.yaml").write_text("generator: simple\nsaved-model: x\n")
    from_file = "--config fit.yaml --min-accuracy 0.9 --set counts=1"
    given = "--generator=simple --saved-model x --min-accuracy 0.9 --set counts=1"
    for main in (generator.main, train.main):
        assert main(from_file.split()) == main(given.split()) == 0
    assert len(seen) == 4 and all(config == seen[0] for config in seen)


def test_runs_and_exports_that_are_not_there(fails):
    assert "no run 'x' to resume" in fails("train", "--resume", "--name", "x", status=1)
    assert "saved_models" in fails("evaluate", "--metric", "cis", status=1)
    assert "no export at y" in fails("evaluate", "--metric", "cis", "--saved-model", "y", status=1)


def test_the_command_line_wins_over_the_file(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr("tfvae.training.run.train", seen.append)
    (tmp_path / "run.yaml").write_text(
        "model: vae\nepochs: 7\nbatch-size: 32\nskip_bad_images: true\n"
        "set: {latent_dim: 3, network: conv}\n"
    )
    arguments = "--config run.yaml --epochs 2 --set latent_dim=4 --no-skip-bad-images"
    assert train.main(arguments.split()) == 0
    (config,) = seen
    assert (config.model, config.epochs, config.batch_size) == ("vae", 2, 32)
    assert config.settings == {"latent_dim": "4", "network": "conv"}
    assert not config.skip_bad_images


def test_help_of_a_model_lists_its_hyperparameters(capsys):
    assert train.main(["--model", "vae", "--help"]) == 0
    assert "latent_dim=none" in capsys.readouterr().out
    assert evaluate.main(["--metric", "cis", "--help"]) == 0
    assert "num_images=160" in capsys.readouterr().out
    assert train.main(["--generator", "mixture", "--help"]) == 0
    assert "components=100" in capsys.readouterr().out


def test_help_without_a_name_says_how_to_list_options(capsys):
    assert train.main(["--help"]) == 0
    assert "tfvae-fit --help" in capsys.readouterr().out
    assert generator.main(["--help"]) == 0
    assert "--generator NAME --help lists the options" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error, status, line",
    [
        (UserError("two\nlines"), 1, "tfvae: error: two lines\n"),
        (OSError(28, "No space left on device", "x.h5"), 1,
         "tfvae: error: No space left on device: x.h5\n"),
        (KeyboardInterrupt("interrupted; to go on: x"), 130, "tfvae: interrupted; to go on: x\n"),
    ],
)  # fmt: skip
def test_failures_are_one_line(capsys, error, status, line):
    def command(argv):
        raise error

    assert common.run_command(command, []) == status
    assert capsys.readouterr().err == line
    assert common.run_command(command, ["--traceback"]) == status
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback():
    hook = sys.excepthook
    with pytest.raises(ZeroDivisionError):
        common.run_command(lambda argv: 1 // 0, [])
    assert sys.excepthook is hook


IN_A_GRAPH = """Graph execution error:

Detected at node encoder/dense/MatMul defined at (most recent call last):
  File "train.py", line 8, in <module>

OOM when allocating tensor with shape[512,9] by allocator cpu
\t [[{{node encoder/dense/MatMul}}]]
Hint: If you want to see a list of allocated tensors when OOM happens, add report_tensor_allocations
 [Op:__inference_multi_step_on_iterator_597]"""
COMPILED = """Graph execution error:

Detected at node compile_loss/mse/sub defined at (most recent call last):
<stack traces unavailable>
Incompatible shapes: [5,3] vs. [4,1]
\t [[{{node compile_loss/mse/sub}}]]
\ttf2xla conversion failed while converting __inference_one_step_on_data_1131[].
\t [[StatefulPartitionedCall]] [Op:__inference_multi_step_on_iterator_1155]"""
TWICE = """Graph execution error:

2 root error(s) found.
  (0) INVALID_ARGUMENT:  Incompatible shapes: [5,3] vs. [4,1]
\t [[{{node sub}}]]
0 successful operations.
0 derived errors ignored. [Op:__inference_g_1199]"""
EAGER = "{{function_node __wrapped__Fill_device_/CPU:0}} OOM when allocating [Op:Fill] name: "


@pytest.mark.parametrize(
    "message, told",
    [
        ("OOM when allocating\n\tgraph\n\tmore", "OOM when allocating"),
        (IN_A_GRAPH, "OOM when allocating tensor with shape[512,9] by allocator cpu"),
        (COMPILED, "Incompatible shapes: [5,3] vs. [4,1]"),
        (TWICE, "(0) INVALID_ARGUMENT:  Incompatible shapes: [5,3] vs. [4,1]"),
        (EAGER, "OOM when allocating"),
        ("Graph execution error:", "Graph execution error:"),
    ],
)
def test_tensorflow_errors_are_told_in_the_line_that_says_what_is_wrong(capsys, message, told):
    import tensorflow as tf

    def command(argv):
        raise tf.errors.ResourceExhaustedError(None, None, message)

    assert common.run_command(command, []) == 1
    line = f"tfvae: error: ResourceExhaustedError: {told} (--traceback shows all)\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    "inherited",
    [
        {"MPLBACKEND": "module://no_such_package.backend_inline"},
        {"MPLBACKEND": "nonsense"},
        {"KERAS_BACKEND": "no_such_backend"},
    ],
)
def test_what_a_notebook_set_is_survived(inherited):
    code = (
        "from tfvae.cli.common import run_command\n"
        "def command(argv):\n"
        "    import keras\n"
        "    print(keras.backend.backend())\n"
        "run_command(command, [])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | inherited
    )
    assert done.stdout.split() == ["tensorflow"], done.stderr
