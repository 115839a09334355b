"""`train.py --generator`: fits a generator of study C to an export."""

import argparse
from collections.abc import Sequence

from tfvae.cli.common import (
    Parser,
    add_config,
    add_fields,
    given_fields,
    load_tensorflow,
    options_table,
)
from tfvae.exports.reader import newest_export
from tfvae.generators import GENERATORS
from tfvae.generators.config import GeneratorConfig

EXAMPLES = """examples:
  python train.py --generator simple
  python train.py --generator medium2 --saved-model saved_models/mmd_vae_mnist --min-accuracy 0.995
  python evaluate.py --metric generation
"""
METAVARS = {"generator": "NAME", "saved_model": "PATH", "min_accuracy": "SHARE", "name": "NAME"}


def fit_generator(argv: Sequence[str]) -> None:
    """Fits and exports as the arguments say."""
    parser = Parser(
        description="Fit a generator of classes to an export of a model without labels.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config(parser)
    add_fields(parser, GeneratorConfig, {"generator": f": {', '.join(GENERATORS)}"}, METAVARS)
    given = vars(parser.parse_args(argv))
    given.pop("traceback", None)
    wants_help = given.pop("help", False)
    fields = given_fields(given, GeneratorConfig)
    GENERATORS.check(str(fields["generator"]))
    if wants_help:
        _print_help(parser, fields["generator"])
        return
    config = GeneratorConfig.checked(fields)
    if config.saved_model is None:
        path = newest_export(config.saved_models_dir, lambda about: "generator" not in about)
        config = config.model_copy(update={"saved_model": path})
    load_tensorflow()
    from tfvae.generators.run import fit

    fit(config)


def _print_help(parser: Parser, generator: str) -> None:
    print(parser.format_help())
    load_tensorflow()
    print(options_table(f"options of {generator}", GENERATORS.options(generator)))
