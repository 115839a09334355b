"""The accuracy of the export's own classifier on test images."""

import numpy as np
from pydantic import PositiveInt

from tfvae import plots
from tfvae.classifiers.scores import (
    binary_scores,
    categorical_scores,
    confusion_matrix,
    majority,
    predicted_labels,
    recall_groups,
)
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import mean_interval, proportion_interval
from tfvae.exports.needs import Needs
from tfvae.schema import CATEGORICAL, IMAGE, LABEL, OBSERVED, UserError

NEEDS = Needs(signatures=("classify",), labels=True)


def classification(context: Context, *, num_images: PositiveInt | None = None) -> Result:
    """How often does the export's `classify` predict the labels of test images correctly?

    Only labels that are known are scored. Values:

    * `accuracy`, the share of labels that are predicted correctly. Of classes the most probable one
      is the prediction; of attributes each whose probability is above 0.5.
    * `majority_accuracy`, the accuracy of the most frequent label, whatever the image: that of
      these test images, so no constant does better.
    * `balanced_accuracy`, the mean over classes of the recall; for attributes, the mean over
      attributes of the mean of the recalls with and without it. A classifier that ignores the image
      has 1 / L for L classes and 0.5 for attributes, however rare they are; 1 is perfect.
    * `log_loss`, -log of the probability given to the true label, nats per known label; 0 is
      perfect.

    Args:
        num_images: Number of test images; none for all.

    A classifier that finds all ten digits equally probable has a log loss of log 10:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> undecided = {"probability": np.full([20, 10], 0.1)}
    >>> export = SimpleNamespace(run="undecided", call=lambda signature, image: undecided)
    >>> values = classification(Context([Subject(export, load_dataset("digits"))]), num_images=20)
    >>> round(values.values["log_loss"], 4)
    2.3026
    """
    data = context.draw(count=num_images)
    labels, known = data[LABEL], data[OBSERVED] > 0
    categorical = context.spec.label_kind == CATEGORICAL
    if categorical:
        known = known & known.all(axis=1, keepdims=True)
    if not known.any():
        raise UserError(f"no test image of {context.spec.name} has a known label")
    probability = context.export.call("classify", image=data[IMAGE])["probability"]
    score = categorical_scores if categorical else binary_scores
    right, weight, recall, log_loss = score(probability, labels, known)
    values, intervals = {}, {}
    for name, per_image, interval in (
        ("accuracy", right, proportion_interval),
        ("log_loss", log_loss, mean_interval),
    ):
        values[name] = float(np.average(per_image, weights=weight))
        intervals[name] = interval(per_image, weight)
    constant = np.tile(majority(labels, known, context.spec.label_kind), (len(labels), 1))
    by_constant = score(constant, labels, known)[0]
    values["majority_accuracy"] = float(np.average(by_constant, weights=weight))
    intervals["majority_accuracy"] = proportion_interval(by_constant, weight)
    if not np.isnan(recall).all():
        values["balanced_accuracy"] = float(np.nanmean(recall))
        groups = recall_groups(probability, labels, known, context.spec.label_kind)
        intervals["balanced_accuracy"] = proportion_interval(*groups)
    names = context.spec.label_names
    rows, figures = [], {}
    predicted = predicted_labels(probability, context.spec.label_kind)
    for index, name in enumerate(names):
        mask = known[:, index]
        row = {"label": name, "known": int(mask.sum())}
        row["positive"] = int(labels[mask, index].sum())
        hits = predicted[mask, index] == (labels[mask, index] > 0.5)
        row["accuracy"] = float(hits.mean()) if mask.any() else None
        row["recall" if categorical else "balanced accuracy"] = (
            None if np.isnan(recall[index]) else float(recall[index])
        )
        rows.append(row)
    title = f"{context.export.run}: classify on the test images of {context.data_name}"
    if categorical:
        matrix = confusion_matrix(probability[known[:, 0]], labels[known[:, 0]])
        figures["confusion"] = _confusion_figure(matrix, names, title)
    else:
        figures["labels"] = _label_figure(rows, title)
    return Result(
        values,
        intervals,
        int((weight > 0).sum()),
        tables={"Per label": rows},
        figures=figures,
    )


def _confusion_figure(matrix: np.ndarray, names, title: str):
    side = max(4.5, 0.5 * len(names) + 1.8)
    figure = plots.new_figure(side + 0.8, side, title)
    axes = figure.subplots()
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    drawn = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(drawn, ax=axes, label="share of the true label's images", shrink=0.8)
    ticks = range(len(names))
    short = [plots.shortened(name) for name in names]
    axes.set_xticks(ticks, short, rotation=0 if max(map(len, short)) < 4 else 60, fontsize=8)
    axes.set_yticks(ticks, short, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(names) <= 20:
        for row, column in zip(*np.nonzero(matrix), strict=True):
            color = "white" if share[row, column] > 0.5 else "black"
            axes.text(
                column, row, matrix[row, column], ha="center", va="center", color=color, fontsize=7
            )
    return figure


def _label_figure(rows, title: str):
    rows = sorted(rows, key=lambda row: row["balanced accuracy"] or 0)
    figure = plots.new_figure(6.4, 0.22 * len(rows) + 1.5, title)
    axes = figure.subplots()
    names = [row["label"] for row in rows]
    axes.barh(names, [row["balanced accuracy"] or 0 for row in rows], label="balanced accuracy")
    axes.plot([row["accuracy"] or 0 for row in rows], names, "k.", label="accuracy")
    axes.axvline(0.5, color="grey", linestyle=":", label="chance, balanced")
    axes.set_xlim(0, 1)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("share right")
    axes.legend(fontsize=8, loc="lower right")
    return figure
