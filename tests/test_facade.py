"""`import tfvae`: what it gives, what it leaves alone, and that Keras finds the classes."""

import importlib
import subprocess
import sys

import keras
import pytest

import tfvae
from tfvae import keras_classes
from tfvae.evaluation import METRICS
from tfvae.generators import GENERATORS
from tfvae.models import MODELS


def test_every_public_name_is_there():
    assert {"load", "load_dataset", "build_model", "train", "fit_generator"} <= set(tfvae.__all__)
    assert {"evaluate", "CCVAE", "StarGAN", "RunConfig", "GeneratorConfig"} <= set(tfvae.__all__)
    for name in tfvae.__all__:
        assert callable(getattr(tfvae, name)), name
    assert set(tfvae.__all__) <= set(dir(tfvae))
    with pytest.raises(AttributeError, match="no attribute 'VEA'"):
        _ = tfvae.VEA


def test_models_by_class_are_those_of_the_table():
    for name in MODELS:
        cls = MODELS.load(name)
        assert getattr(tfvae, cls.__name__) is cls


@pytest.mark.parametrize(
    "program",
    [
        "import tfvae",
        "import tfvae; tfvae.load, tfvae.evaluate, tfvae.RunConfig, tfvae.UserError",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(program):
    check = f"{program}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, text=True)
    heavy = {"tensorflow", "keras", "tensorflow_probability", "matplotlib", "scipy", "sklearn"}
    assert not heavy & set(done.stdout.split())


def test_every_class_of_ours_in_a_file_can_be_found():
    """Each that registers itself with Keras has a stand-in until it does."""
    for table in (MODELS, METRICS, GENERATORS):
        for name in table:
            table.load(name)
    importlib.import_module("tfvae.training.adam")
    ours = [name for name in keras.saving.get_custom_objects() if name.startswith("tfvae>")]
    assert {name.removeprefix("tfvae>") for name in ours} == set(keras_classes.CLASSES)


def test_keras_is_told_once_and_imported_as_ever():
    """The finder leaves, whichever way Keras comes; a second import of the package adds none."""
    check = """
import importlib, sys
import tfvae
from tfvae import keras_classes
keras_classes.announce()
waiting = [f for f in sys.meta_path if type(f).__name__ == "_WaitForKeras"]
assert len(waiting) == 1
from keras.saving import get_registered_object
assert not [f for f in sys.meta_path if type(f).__name__ == "_WaitForKeras"]
assert "tfvae.models.ccvae" not in sys.modules
stand_in = get_registered_object("tfvae>CCVAE")
assert tfvae.CCVAE is not stand_in
assert get_registered_object("tfvae>CCVAE") is tfvae.CCVAE
import keras
assert keras.__spec__.loader.get_source("keras") is not None
"""
    subprocess.run([sys.executable, "-c", check], check=True, capture_output=True)


@pytest.mark.parametrize(
    "before",
    [
        # Many a library only asks.
        "import importlib.util; assert importlib.util.find_spec('keras'); import keras",
        # One thread imports Keras while another one imports this package.
        "import sys, threading, time\n"
        "thread = threading.Thread(target=lambda: __import__('keras'))\n"
        "thread.start()\n"
        "while 'keras' not in sys.modules: time.sleep(0.001)\n"
        "import tfvae.keras_classes; thread.join()",
    ],
)
def test_keras_is_told_however_it_comes(before):
    first = "import tfvae\n" if "thread" not in before else ""
    check = f"""
{first}{before}
import keras, tfvae
tfvae.keras_classes.announce()
assert keras.saving.get_registered_object("tfvae>CCVAE") is not None
"""
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0 and "Error" not in done.stderr, done.stderr
