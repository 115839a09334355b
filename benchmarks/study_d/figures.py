"""The figures of `sweep`: the study's, drawn from exports and from history.csv."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.bench import Bench
from tfvae import plots
from tfvae.evaluation.context import Context
from tfvae.evaluation.metrics.generation import drawn_labels
from tfvae.evaluation.metrics.label_mixing import curves, drawn_paths, label_pairs, pair_name
from tfvae.evaluation.statistics import line, make_rng, row_seeds
from tfvae.exports.reader import Export
from tfvae.schema import CATEGORICAL, IMAGE, LABEL

# Images in a row, and draws of a label mixed.
SHOWN = 10
DRAWN = 3
PAIRS = 500
# Epochs before the curves: their fall would set the scale.
LEFT_OUT = 2
MIXED = np.linspace(0, 1, 11)


def figures(bench: Bench, cases: Sequence, given, run_of: Callable) -> dict:
    """Name -> (title, matplotlib figure).

    Args:
        bench: With all runs trained.
        cases: Of `sweep`.
        given: Its arguments.
        run_of: (case, seed) -> run.
    """
    seed, smallest = given.seeds[0], min(given.latent_dims)
    sweep = [case for case in cases if case.model == "ccvae" and case.value in given.betas]
    by_beta = {f"β = {case.value:g}": case for case in sweep if case.latent_dim == smallest}
    beta = given.shown_beta if given.shown_beta in given.betas else given.betas[0]
    by_size = {f"{case.latent_dim} dimensions": case for case in sweep if case.value == beta}
    # Those whose rate weighs most: what their labels do is at its clearest.
    most = max(case.value for case in cases if case.model == "ccvae")
    compared = {
        case.title: case
        for case in cases
        if case.latent_dim == smallest and (case.model == "cvae" or case.value == most)
    }

    @functools.cache
    def export(case, seed=seed) -> Export:
        return Export.load(bench.export(run_of(case, seed)))

    def exports(chosen: dict) -> dict[str, Export]:
        return {name: export(case) for name, case in chosen.items()}

    def histories(chosen: dict) -> dict:
        return {
            name: [bench.history(run_of(case, each)) for each in given.seeds]
            for name, case in chosen.items()
        }

    context = Context([export(sweep[0])], _dataset(export(sweep[0]), given))
    at_size, at_beta = f"ccvae with {smallest} dimensions", f"ccvae, β = {beta:g}"
    found = {
        "reconstructions-beta": reconstructions(context, exports(by_beta), at_size),
        "generations-beta": generations(context, exports(by_beta), at_size),
        "interpolations-beta": interpolations(context, exports(by_beta), at_size),
        "reconstructions-size": reconstructions(context, exports(by_size), at_beta),
        "accuracy-beta": learning_curves(
            histories(by_beta), {"val_accuracy": "-"}, at_size, "validation accuracy of q(y|x)"
        ),
        "loss-size": learning_curves(
            histories(by_size), {"loss": "-", "val_loss": "--"}, at_beta, "loss, nats per image"
        ),
        "mixing": mixing(
            context,
            {name: [export(case, each) for each in given.seeds] for name, case in compared.items()},
        ),
        "mixed": mixed_images(context, exports(compared)),
    }
    return {
        name: (figure.get_suptitle().replace("\n", " "), figure) for name, figure in found.items()
    }


def reconstructions(context: Context, exports: dict[str, Export], of: str):
    """Test images, and a row per export of what comes back."""
    data = shown_images(context)
    rows = [
        export.call("reconstruct", image=data[IMAGE], label=data.get(LABEL))[IMAGE]
        for export in exports.values()
    ]
    return plots.image_grid(
        np.stack([data[IMAGE], *rows]),
        f"{of}: test images of {context.data_name} and their reconstructions",
        row_labels=["image", *exports],
    )


def generations(context: Context, exports: dict[str, Export], of: str):
    """Rows per export, a column per label; each row of an export by one noise, the same for all."""
    names = context.spec.label_names[:SHOWN]
    rng, kind = make_rng(context.seed, 2), context.spec.label_kind
    data = context.draw()
    label = np.concatenate([drawn_labels(data, i, 1, kind, rng) for i in range(len(names))])
    rows = [
        export.call("sample", seed=np.full(len(names), seed), label=label)[IMAGE]
        for export in exports.values()
        for seed in row_seeds(context.seed, DRAWN)
    ]
    return plots.image_grid(
        np.stack(rows),
        f"{of}: images drawn for each label of {context.data_name}, "
        f"a row by one noise, the same {DRAWN} for each model",
        row_labels=[name for name in exports for _ in range(DRAWN)],
        column_labels=[plots.shortened(name, 12) for name in names],
    )


def interpolations(context: Context, exports: dict[str, Export], of: str, pairs: int = 2):
    """Lines between the codes of two test images, a row per export for each pair."""
    data = shown_images(context)
    total = len(data[IMAGE])
    first, second = np.arange(pairs) % total, (total - 1 - np.arange(pairs) * 2) % total
    weights = np.linspace(0, 1, SHOWN - 1)
    rows, labels = [], []
    decoded = {
        name: _lines(export, data, first, second, weights) for name, export in exports.items()
    }
    for pair in range(pairs):
        ends = data[IMAGE][first[pair]][None], data[IMAGE][second[pair]][None]
        for name, images in decoded.items():
            rows.append(np.concatenate([ends[0], images[pair], ends[1]]))
            labels.append(name)
    return plots.image_grid(
        np.stack(rows),
        f"{of}: from one test image of {context.data_name} to another, between their codes",
        row_labels=labels,
        column_labels=["image", *(f"{weight:.3g}" for weight in weights), "image"],
    )


def learning_curves(
    histories: dict[str, list[dict[str, list[float]]]],
    columns: dict[str, str],
    of: str,
    y_label: str,
):
    """Mean over seeds against the epoch, the range of the seeds shaded; the first epochs left out.

    Args:
        histories: Name -> one history per seed, of equally many epochs.
        columns: Of the histories -> style of its line.
        of: What is shown.
        y_label: What the figures are.
    """
    figure = plots.new_figure(6.4, 4.4, f"{of}: {y_label}")
    axes = figure.subplots()
    for index, (name, seeds) in enumerate(histories.items()):
        for column, style in columns.items():
            lines = np.array([history[column] for history in seeds])
            # The last one stays, whatever there is.
            left_out = min(LEFT_OUT, lines.shape[1] - 1)
            lines = lines[:, left_out:]
            epochs = 1 + left_out + np.arange(lines.shape[1])
            kind = "" if len(columns) == 1 else ", validation" if "val_" in column else ", train"
            plots.mean_and_range(
                axes, epochs, lines, color=f"C{index}", label=name + kind, line=style
            )
    axes.set_xlabel("epoch")
    axes.set_ylabel(y_label)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def mixing(context: Context, exports: dict[str, list[Export]]):
    """Distance against how far the label is mixed, a line per model over its seeds' exports."""
    labels = line(*label_pairs(context, PAIRS), MIXED)
    paths = {
        name: [drawn_paths(name, export, labels, context.seed, 1) for export in seeds]
        for name, seeds in exports.items()
    }
    return curves(paths, MIXED, context.data_name)


def mixed_images(context: Context, exports: dict[str, Export], pairs: int = 4):
    """The images of mixed labels, a row per export for each pair."""
    first, second = label_pairs(context, pairs)
    labels = line(first, second, MIXED)
    names = [pair_name(context, pair, first[pair], second[pair]) for pair in range(pairs)]
    paths = [
        drawn_paths(name, export, labels, context.seed, pairs) for name, export in exports.items()
    ]
    return plots.image_grid(
        np.stack([path.shown[pair] for pair in range(pairs) for path in paths]),
        f"images drawn for labels of {context.data_name} mixed (1 - t) y + t y', "
        "the noise of a pair kept",
        row_labels=[f"{pair}, {name}" for pair in names for name in exports],
        column_labels=[f"{weight:.1f}" for weight in MIXED],
        x_label="t",
    )


def shown_images(context: Context) -> dict[str, np.ndarray]:
    """Test images and labels: one of each of the first classes, or those drawn first."""
    data = context.draw()
    rows = np.arange(min(SHOWN, len(data[IMAGE])))
    if context.spec.label_kind == CATEGORICAL:
        members = [np.flatnonzero(column > 0.5) for column in data[LABEL].T]
        rows = np.array([found[0] for found in members if len(found)][:SHOWN])
    return {name: values[rows] for name, values in data.items()}


def _lines(export: Export, data, first, second, weights) -> np.ndarray:
    """Decoded lines between the codes of rows of the data, [P, steps, H, W, C]."""
    codes = export.call("encode", image=data[IMAGE], label=data[LABEL])["mean"]
    points = line(codes[first], codes[second], weights)
    labels = line(data[LABEL][first], data[LABEL][second], weights)
    flat = {"latent": points, "label": labels}
    flat = {name: values.reshape(-1, values.shape[-1]) for name, values in flat.items()}
    images = export.call("decode", **flat)[IMAGE]
    return images.reshape(*points.shape[:2], *images.shape[1:])


def _dataset(export: Export, given):
    """The data that the runs were tested on."""
    from tfvae.data import load_dataset

    return load_dataset(
        export.manifest["dataset"],
        data_dir=given.data_dir,
        manual_dir=given.manual_dir,
        **export.manifest["dataset_options"],
    )
