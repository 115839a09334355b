"""What is made of several runs together: the agreement of seeds, and traversals side by side."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.study_b.plan import Run
from tfvae import files
from tfvae.evaluation import disentanglement
from tfvae.evaluation.code_scores import channel_information
from tfvae.evaluation.context import Context, Subject
from tfvae.exports.reader import load

# Test images whose codes the models of one row are compared by.
UDR_IMAGES = 5000
STEPS = 5


def agreement(bench: Bench, runs: Sequence[Run]) -> list[dict[str, float]]:
    """The unsupervised score of each run, from the runs of the same model; none for a single one.

    UDR compares the codes of the same test images by models that differ in their seeds.
    """
    if len(runs) < 2:
        return [{} for _ in runs]

    def make() -> list[float]:
        data, codes, rates = bench.load_dataset(runs[0]), [], []
        for run in runs:
            export = load(bench.export(run))
            images = Context([Subject(export, data)]).draw(count=UDR_IMAGES)["image"]
            encoded = export.call("encode", image=images)
            codes.append(encoded["mean"])
            # The paper has the divergence from the prior, which is 0 for dimensions without use.
            # So is their information, whatever the prior; the divergence from N(0, 1) isn't.
            rates.append(channel_information(encoded["mean"], encoded["stddev"]))
        return disentanglement.udr(codes, rates).tolist()

    name = bench.call_name(runs, ["udr"], f"udr-{runs[0].name}")
    return [{"udr": value} for value in kept(bench, name, make)]


def traversals(bench: Bench, runs: Sequence[Run], output: Path, dimensions: int = 6) -> None:
    """Draws traversals by all runs at one test image, into files beside the page.

    The figure is `<page>-traversals.png`, the animation `<page>-traversals.gif`. They show this
    number of dimensions, those with the largest divergence.
    """
    settings = [f"steps={STEPS}", f"max_dimensions={dimensions}"]
    name = bench.call_name(runs, ["traversal"], "traversals", settings)
    folder = bench.folder / "results" / name
    options = ["--output-dir", str(folder), "--set", *settings]
    # The options of the other metrics are not those of this one.
    plain = dataclasses.replace(bench, evaluate_options=())
    plain.documents(runs, ["traversal"], name, options)
    output.parent.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "gif"):
        for path in folder.glob(f"traversal/*.{kind}"):
            shutil.copyfile(path, output.with_name(f"{output.stem}-traversals.{kind}"))


def kept(bench: Bench, name: str, make: Callable):
    """What `make` returns, computed once: later it is read from a file."""
    path = bench.folder / "results" / f"{name}.json"
    if not path.exists():
        made = make()
        files.write_json(path, made)
    return json.loads(path.read_text(encoding="utf-8"))
