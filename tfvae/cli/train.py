"""`train.py`: options made from `RunConfig`, names checked before TensorFlow is imported."""

import argparse
from collections.abc import Sequence

from tfvae.cli import generator
from tfvae.cli.common import (
    Parser,
    add_config,
    add_fields,
    load_tensorflow,
    options_table,
    parsed_fields,
    run_command,
)
from tfvae.config import read_config_file
from tfvae.data import DATASETS, check_dataset_name
from tfvae.models import MODELS
from tfvae.training.config import RunConfig
from tfvae.training.origin import with_origin
from tfvae.training.run_folder import new_run

EXAMPLES = """examples:
  python train.py --model ccvae
  python train.py --model ccvae --dataset mnist --set beta=0.05 latent_dim=16 --epochs 30
  python train.py --resume --name ccvae_mnist
  python train.py --start-from saved_models/vae_mnist --freeze encoder --dataset kmnist

generators, which draw images of one class from an export of a model without labels:
  tfvae-fit --help
  python train.py --generator medium2 --saved-model saved_models/mmd_vae_mnist    (the same command)
"""
METAVARS = {"model": "NAME", "dataset": "NAME", "name": "NAME", "missing_labels": "RATIO",
            "early_stopping": "PATIENCE", "tune": "N", "labels": "N|NAME,NAME",
            "train_images": "N", "start_from": "PATH"}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Trains a model as the arguments say.

    With `--generator`, or a configuration file that has this key, it is the command `tfvae-fit`.

    Args:
        argv: Arguments; None: those of the process.
    Returns:
        Exit status, as `run_command`. Errors are printed on stderr in one line.

    >>> import contextlib, io
    >>> with contextlib.redirect_stderr(io.StringIO()) as printed:
    ...     status = main(["--model", "ccvea"])
    >>> status, printed.getvalue().split(" (")[0]
    (2, "tfvae: error: unknown model 'ccvea'; did you mean 'ccvae'?")
    """
    return run_command(_train_or_fit, argv)


def _train_or_fit(argv: Sequence[str]) -> int:
    if names_generator(argv):
        return generator.main(argv)
    _train(argv)
    return 0


def names_generator(argv: Sequence[str]) -> bool:
    """Whether the arguments, or the file that they name by `--config`, ask for a generator.

    >>> names_generator(["--model", "vae"]), names_generator(["--generator=simple"])
    (False, True)
    """
    given = {}
    for argument, following in zip(argv, [*argv[1:], None]):
        option, equals, value = argument.partition("=")
        given[option] = value if equals else following
    if "--generator" in given:
        return True
    file = given.get("--config")
    return file is not None and "generator" in read_config_file(file)


def _train(argv: Sequence[str]) -> None:
    parser = make_parser()
    fields, wants_help = parsed_fields(parser, argv, RunConfig)
    if fields.get("model") is not None:
        MODELS.check(str(fields["model"]))
    if wants_help:
        _print_help(parser, fields.get("model"))
        return
    config = RunConfig.checked(fields)
    if "dataset" in fields or not config.resume:
        check_dataset_name(config.dataset)
    if not config.resume:
        # A name that is already used is reported before TensorFlow is imported.
        new_run(with_origin(config))

    load_tensorflow()
    from tfvae.training.run import train

    train(config)


def make_parser() -> Parser:
    """The parser, with an option for each field of `RunConfig`, and `--config`.

    >>> vars(make_parser().parse_args(["--model", "vae", "--epochs", "3"]))
    {'model': 'vae', 'epochs': '3'}
    """
    parser = Parser(
        description="Train a model and export it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config(parser)
    names = {"model": f": {', '.join(MODELS)}", "dataset": f": {', '.join(DATASETS.choices)}"}
    add_fields(parser, RunConfig, names, METAVARS)
    return parser


def _print_help(parser: Parser, model: str | None) -> None:
    print(parser.format_help())
    if model is None:
        print("--model NAME --help lists the hyper-parameters of a model.")
        return
    load_tensorflow()
    print(options_table(f"hyper-parameters of {model}", MODELS.options(model)))
