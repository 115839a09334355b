"""`tfvae-serving`: what the official image of TensorFlow Serving needs to serve all exports."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tfvae import files
from tfvae.cli.common import Parser, run_command
from tfvae.exports.versions import versions
from tfvae.schema import UserError

SAVED_MODELS, OUTPUT = "saved_models", "serving"
# In the container: the exports, and the files that are written here.
_MODELS, _CONFIG = "/models", "/config"
MODELS_FILE, BATCHING_FILE, COMPOSE_FILE = "models.config", "batching.config", "compose.yaml"
# With --batching: rows of a request, rows that are computed together, and how long the server waits
# for more of them.
MOST_ROWS, ROWS_AT_ONCE, WAIT_MICROSECONDS = 4096, 64, 2000
# How often the server looks for other models; for new versions it looks each second.
_POLL_SECONDS = 30

EXAMPLES = f"""examples:
  tfvae-serving
  docker compose --file {OUTPUT}/{COMPOSE_FILE} up --detach --wait
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the files as the arguments say.

    Args:
        argv: Arguments; None: those of the process.
    Returns:
        Exit status, as `run_command`. Errors are printed on stderr in one line.

    >>> import contextlib, io
    >>> with contextlib.redirect_stderr(io.StringIO()) as printed:
    ...     status = main(["--saved-models-dir", "nowhere"])
    >>> status, printed.getvalue()
    (1, 'tfvae: error: no export in nowhere: train a model first\\n')
    """
    return run_command(_write, argv)


def _write(argv: Sequence[str]) -> None:
    parser = Parser(
        description="Write the files by which the official image of TensorFlow Serving serves all "
        "exports of a folder.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--saved-models-dir", metavar="DIR", help=f"folder of exports (default: {SAVED_MODELS})")
    add("--output-dir", metavar="DIR", help=f"where the files are written (default: {OUTPUT})")
    add("--batching", action="store_true", help="let the server join the requests of several "
        "clients: faster where there are many, but an error of one is an error of all that were "
        "joined with it")  # fmt: skip
    given = vars(parser.parse_args(argv))
    if given.get("help"):
        print(parser.format_help())
        return
    exports = Path(given.get("saved_models_dir", SAVED_MODELS))
    folder = Path(given.get("output_dir", OUTPUT))
    files.check_places({"--output-dir": folder})
    models = served_models(exports)
    made = serving_files(models, exports, folder, batching="batching" in given)
    for name, text in made.items():
        files.write_text(folder / name, text)
    print(f"{len(models)} models: {', '.join(models)}")
    compose = shlex.quote(str(folder / COMPOSE_FILE))
    print(f"Next: docker compose --file {compose} up --detach --wait")


def served_models(saved_models_dir: Path) -> list[str]:
    """Names of the runs that have a complete export.

    Raises:
        UserError: none has.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("vae_digits/1/saved_model.pb", "half/2/variables"):
    ...         Path(folder, name).parent.mkdir(parents=True)
    ...         Path(folder, name).touch()
    ...     served_models(Path(folder))
    ['vae_digits']
    """
    found = sorted(saved_models_dir.iterdir()) if saved_models_dir.is_dir() else []
    models = [each.name for each in found if each.is_dir() and versions(each)]
    if not models:
        raise UserError(f"no export in {saved_models_dir}: train a model first")
    return models


def serving_files(
    models: Sequence[str], exports: Path, folder: Path, batching: bool = False
) -> dict[str, str]:
    """Name of a file -> its text.

    Args:
        models: Names of runs.
        exports: The folder that holds them.
        folder: Where the files will lie; paths in them are relative to it.
        batching: Whether the server joins requests.

    >>> made = serving_files(["vae_digits"], Path("saved_models"), Path("serving"))
    >>> print(made["models.config"])
    model_config_list {
      config {
        name: "vae_digits"
        base_path: "/models/vae_digits"
        model_platform: "tensorflow"
      }
    }
    <BLANKLINE>
    """
    import yaml
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    config = model_server_config_pb2.ModelServerConfig()
    for name in models:
        config.model_config_list.config.add(
            name=name, base_path=f"{_MODELS}/{name}", model_platform="tensorflow"
        )
    command = [
        f"--model_config_file={_CONFIG}/{MODELS_FILE}",
        f"--model_config_file_poll_wait_seconds={_POLL_SECONDS}",
    ]
    if batching:
        command.append("--enable_batching=true")
        command.append(f"--batching_parameters_file={_CONFIG}/{BATCHING_FILE}")
    service = {
        "image": "tensorflow/serving:${TF_SERVING_TAG:-latest}",
        "command": command,
        "ports": ["8500:8500", "8501:8501"],
        "volumes": [_mounted(exports, folder, _MODELS), _mounted(folder, folder, _CONFIG)],
        # The server opens its port when all models are loaded. The image has no curl.
        "healthcheck": {
            "test": ["CMD", "bash", "-c", "exec 3<>/dev/tcp/localhost/8501"],
            "interval": "2s",
            "retries": 60,
        },
    }
    compose = yaml.safe_dump({"services": {"tensorflow-serving": service}}, sort_keys=False)
    made = {MODELS_FILE: text_format.MessageToString(config), COMPOSE_FILE: compose}
    if batching:
        made[BATCHING_FILE] = (
            f"max_batch_size {{ value: {MOST_ROWS} }}\n"
            "enable_large_batch_splitting { value: true }\n"
            f"max_execution_batch_size {{ value: {ROWS_AT_ONCE} }}\n"
            f"batch_timeout_micros {{ value: {WAIT_MICROSECONDS} }}\n"
            f"num_batch_threads {{ value: {os.cpu_count() or 1} }}\n"
        )
    return made


def _mounted(path: Path, folder: Path, target: str) -> dict[str, object]:
    """A folder as the container sees it; Compose replaces what follows a dollar."""
    relative = os.path.relpath(path.absolute(), folder.absolute())
    source = relative if relative.startswith("..") else f"./{relative}"
    source = source.replace("$", "$$")
    return {"type": "bind", "source": source, "target": target, "read_only": True}


if __name__ == "__main__":
    sys.exit(main())
