"""`tfvae-fit`, and `train.py --generator`: fits a generator of classes to an export."""

import argparse
from collections.abc import Sequence

from tfvae.cli.common import (
    Parser,
    add_config,
    add_fields,
    load_tensorflow,
    options_table,
    parsed_fields,
    run_command,
)
from tfvae.generators import GENERATORS
from tfvae.generators.config import GeneratorConfig
from tfvae.schema import UsageError

EXAMPLES = """examples:
  tfvae-fit --generator simple
  tfvae-fit --generator medium2 --saved-model saved_models/mmd_vae_mnist --min-accuracy 0.995
  tfvae-evaluate --metric generation

`python train.py --generator NAME ...` is the same command.
"""
METAVARS = {"generator": "NAME", "saved_model": "PATH", "min_accuracy": "SHARE", "name": "NAME"}


def main(argv: Sequence[str] | None = None) -> int:
    """Fits a generator as the arguments say.

    Args:
        argv: Arguments; None: those of the process.
    Returns:
        Exit status, as `run_command`. Errors are printed on stderr in one line.

    >>> import contextlib, io
    >>> with contextlib.redirect_stderr(io.StringIO()) as printed:
    ...     status = main(["--generator", "medium3"])
    >>> status, printed.getvalue().split("; ")[0]
    (2, "tfvae: error: unknown generator 'medium3'")
    """
    return run_command(_fit, argv)


def _fit(argv: Sequence[str]) -> None:
    parser = make_parser()
    fields, wants_help = parsed_fields(parser, argv, GeneratorConfig)
    generator = fields.get("generator")
    if generator is not None:
        GENERATORS.check(str(generator))
    if wants_help:
        _print_help(parser, generator)
        return
    if generator is None:
        raise UsageError(f"--generator is needed (valid: {', '.join(GENERATORS)})")
    config = GeneratorConfig.checked(fields)
    # A missing export is reported before TensorFlow is imported.
    config = config.model_copy(update={"saved_model": config.find_export()})

    load_tensorflow()
    from tfvae.generators.run import fit_generator

    fit_generator(config)


def make_parser() -> Parser:
    """The parser, with an option for each field of `GeneratorConfig`, and `--config`.

    >>> vars(make_parser().parse_args(["--generator", "simple", "--min-accuracy", "0.9"]))
    {'generator': 'simple', 'min_accuracy': '0.9'}
    """
    parser = Parser(
        description="Fit a generator that draws images of one class to an export of a model "
        "without labels.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config(parser)
    add_fields(parser, GeneratorConfig, {"generator": f": {', '.join(GENERATORS)}"}, METAVARS)
    return parser


def _print_help(parser: Parser, generator: str | None) -> None:
    print(parser.format_help())
    if generator is None:
        print("--generator NAME --help lists the options of a generator.")
        return
    load_tensorflow()
    print(options_table(f"options of {generator}", GENERATORS.options(generator)))
