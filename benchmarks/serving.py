"""How long the signatures of an export take, beside a bare call of its decoder.

    python -m benchmarks.serving --saved-model saved_models/ccvae_digits
    python -m benchmarks.serving --batches 1 64 --calls 1000

Each signature is called as TensorFlow Serving calls it, without the server and its transport, in
turns with the compiled `decode` of the Keras model. Times are of one process on all cores; the last
column compares medians of the same run.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.throughput.load import OtherLoad
from tfvae.evaluation.report import markdown_table

BARE = "compiled `decode` of the Keras model"
_WARM_UP = 5


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    import tfvae
    from tfvae.exports.versions import newest_export

    export = tfvae.load(given.saved_model or newest_export("saved_models"))
    rows = []
    with OtherLoad() as others:
        for size in given.batches:
            calls = _calls(export, size)
            milliseconds = measured(calls, given.calls)
            bare = statistics.median(milliseconds[BARE])
            for name, found in milliseconds.items():
                median = statistics.median(found)
                rows.append(
                    {
                        "signature": name,
                        "batch": str(size),
                        "median, ms": f"{median:.2f}",
                        "99th percentile, ms": f"{statistics.quantiles(found, n=100)[98]:.2f}",
                        "of the bare call": f"{median / bare:.2f}",
                    }
                )
    print(
        f"{export.name}, {given.calls} calls each; other processes took {others.cores:.1f} cores."
    )
    print("\n".join(["", *markdown_table(rows)]))


def measured(calls: dict[str, Callable], count: int) -> dict[str, list[float]]:
    """Milliseconds of each call, which are made in turns.

    >>> {name: len(found) for name, found in measured({"a": int, "b": int}, 3).items()}
    {'a': 3, 'b': 3}
    """
    found: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(_WARM_UP + count):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn >= _WARM_UP:
                found[name].append(1000 * (time.perf_counter() - start))
    return found


def _calls(export, size: int) -> dict[str, Callable]:
    """Name -> function that calls it on a batch of so many rows and waits for the answer."""
    import tensorflow as tf

    from tfvae.exports.warmup import example_inputs

    def of(function, inputs: dict) -> Callable:
        tensors = {name: tf.constant(value) for name, value in inputs.items()}

        def call():
            answer = function(**tensors)
            for tensor in tf.nest.flatten(answer):
                tensor.numpy()

        return call

    calls = {}
    decode = export.function("decode").structured_input_signature[1]
    model = export.keras_model()
    bare = tf.function(lambda **inputs: model.decode(*inputs.values()))
    calls[BARE] = of(bare, example_inputs(decode.values(), export.spec, size))
    for name in export.signatures:
        function = export.function(name)
        inputs = function.structured_input_signature[1].values()
        calls[name] = of(function, example_inputs(inputs, export.spec, size))
    return calls


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--saved-model", type=Path, metavar="PATH", help="export of a VAE; default: the newest")
    add("--batches", type=int, nargs="+", default=[1, 8, 64], metavar="N", help="rows in a call")
    add("--calls", type=int, default=300, metavar="N", help="calls of each signature")
    return parser


if __name__ == "__main__":
    main()
