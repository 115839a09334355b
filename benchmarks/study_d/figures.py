"""The figures of `sweep`: those of the study, drawn from exports and from history.csv."""

import functools

import numpy as np

from benchmarks.bench import Bench
from benchmarks.study_d.plan import Case, Plan, Run
from tfvae import plots
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.generation import drawn_labels
from tfvae.evaluation.metrics.label_mixing import curves, drawn_paths, label_pairs, pair_name
from tfvae.evaluation.statistics import line, make_rng, row_seeds
from tfvae.exports.reader import Export
from tfvae.schema import CATEGORICAL, IMAGE, LABEL

# Images in a row.
SHOWN = 10
# Rows of images that each export draws.
DRAWN = 3
# Pairs of labels for the curves of mixed labels.
PAIRS = 500
# First epochs that learning curves leave out: their fall would set the scale.
LEFT_OUT = 2
# Share of the second label in a mixed one.
MIXED = np.linspace(0, 1, 11)


def figures(bench: Bench, plan: Plan) -> dict:
    """All figures of the page, from runs that are trained.

    Returns:
        Name -> (title, matplotlib figure).
    """
    seed, smallest, beta = plan.seeds[0], plan.smallest, plan.shown_beta
    by_beta = {f"β = {case.value:g}": case for case in plan.sweep if case.latent_dim == smallest}
    by_size = {f"{case.latent_dim} dimensions": case for case in plan.sweep if case.value == beta}
    # The CCVAE with the largest weight of its rate: its labels have the clearest effect.
    largest = max(case.value for case in plan.cases if case.model == "ccvae")
    compared = {
        case.title: case
        for case in plan.cases
        if case.latent_dim == smallest and (case.model == "cvae" or case.value == largest)
    }

    @functools.cache
    def export(case: Case, seed: int = seed) -> Export:
        return Export.load(bench.export(Run(case, seed)))

    def exports(chosen: dict[str, Case]) -> dict[str, Export]:
        return {name: export(case) for name, case in chosen.items()}

    def histories(chosen: dict[str, Case]) -> dict:
        return {
            name: [bench.history(Run(case, each)) for each in plan.seeds]
            for name, case in chosen.items()
        }

    first = plan.sweep[0]
    context = Context([Subject(export(first), bench.load_dataset(Run(first, seed)))])
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
            {name: [export(case, each) for each in plan.seeds] for name, case in compared.items()},
        ),
        "mixed": mixed_images(context, exports(compared)),
    }
    return {
        name: (figure.get_suptitle().replace("\n", " "), figure) for name, figure in found.items()
    }


def reconstructions(context: Context, exports: dict[str, Export], of: str):
    """Test images, and below them their reconstructions, a row per export."""
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
    """Images drawn by each export, a column per label.

    Each export has `DRAWN` rows. The images of a row share one noise, and all exports use the same
    `DRAWN` noises.
    """
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
    """Images decoded between the codes of two test images, a row per export for each pair."""
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
    """Values of each epoch without the first ones: mean over seeds, their range shaded.

    Args:
        histories: Name -> one history per seed, of equally many epochs.
        columns: Column of the histories -> style of its line.
        of: What the title says before `y_label`.
        y_label: What the values are.
    """
    figure = plots.new_figure(6.4, 4.4, f"{of}: {y_label}")
    axes = figure.subplots()
    for index, (name, seeds) in enumerate(histories.items()):
        for column, style in columns.items():
            lines = np.array([history[column] for history in seeds])
            # At least the last epoch is shown.
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
    """Change of the image against the share of the second label, a line per model.

    Args:
        context: Gives the labels.
        exports: Name of the model -> its exports, one per seed.
    """
    labels = line(*label_pairs(context, PAIRS), MIXED)
    paths = {
        name: [drawn_paths(name, export, labels, context.seed, 1) for export in seeds]
        for name, seeds in exports.items()
    }
    return curves(paths, MIXED, context.data_name)


def mixed_images(context: Context, exports: dict[str, Export], pairs: int = 4):
    """Images drawn for mixed labels, a row per export for each pair of labels."""
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
    """Test images and labels: one of each class, or without classes the first ones drawn."""
    data = context.draw()
    rows = np.arange(min(SHOWN, len(data[IMAGE])))
    if context.spec.label_kind == CATEGORICAL:
        members = [np.flatnonzero(column > 0.5) for column in data[LABEL].T]
        rows = np.array([found[0] for found in members if len(found)][:SHOWN])
    return {name: values[rows] for name, values in data.items()}


def _lines(export: Export, data, first, second, weights) -> np.ndarray:
    """Images decoded from straight lines between the codes of pairs of examples.

    Args:
        export: With `encode` and `decode`.
        data: Images and labels.
        first, second: Rows of the data, [P].
        weights: Share of the second code at each step, [steps].
    Returns:
        [P, steps, H, W, C].
    """
    codes = export.call("encode", image=data[IMAGE], label=data[LABEL])["mean"]
    points = line(codes[first], codes[second], weights)
    labels = line(data[LABEL][first], data[LABEL][second], weights)
    flat = {"latent": points, "label": labels}
    flat = {name: values.reshape(-1, values.shape[-1]) for name, values in flat.items()}
    images = export.call("decode", **flat)[IMAGE]
    return images.reshape(*points.shape[:2], *images.shape[1:])
