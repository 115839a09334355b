"""The Conditional Inception Score of the dual-space study, algorithm 2.

Not MUNIT's score of the same name. f gives the classifier's probabilities, x_i is the image x
carried to domain i, M_i = f(x_i) - f(x), an n x n matrix per image. ts = mean of the diagonal,
rs = -mean of the absolute values off the diagonal, CIS = ts + rs. With n equally frequent
classes a perfect transfer has ts = (n - 1) / n and rs = -1 / n: an image's own domain can't
gain, and its own class must lose.
"""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Len
from pydantic import PositiveInt
from tqdm import tqdm

from tfvae.evaluation import plots
from tfvae.evaluation.context import Context
from tfvae.evaluation.needs import Needs
from tfvae.evaluation.result import Result
from tfvae.evaluation.statistics import generator, mean_interval
from tfvae.evaluation.transfer import carried_probabilities, contact_sheet
from tfvae.schema import IMAGE, TEST, VALIDATION

NEEDS = Needs(signatures=("transfer",), labels=True)

# The score doesn't see what is lost within a domain: where it saturates, ever stronger transfers
# that end in one prototype would win by a thousandth.
STRENGTH_TOLERANCE = 0.02


def cis(
    context: Context,
    *,
    num_images: PositiveInt = 160,
    repeats: PositiveInt = 5,
    strength: Annotated[float, Gt(0)] | Literal["auto"] = "auto",
    strengths: Annotated[tuple[float, ...], Len(1)] = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0),
    validation_images: PositiveInt = 80,
    classifier: Literal["cnn", "cnn_bn"] = "cnn",
) -> Result:
    """Scores the transfer of test images to every domain: is the domain reached, the rest kept?

    Values: `cis`, `ts`, `rs` (means over repeats) and their `_std` over repeats; `identity_cis`
    (the image itself, exactly 0), `random_cis` (carried to a random other domain),
    `reconstruction_cis` (strength 0), `classifier_accuracy`, `strength`.

    Args:
        num_images: Test images per repeat.
        repeats: Repeats, each on other images as long as there are enough.
        strength: How far to carry, as the export's `transfer` takes it; auto: the weakest of
            `strengths` whose CIS on validation images is within 0.02 of the best.
        strengths: What auto chooses from; the same for every model.
        validation_images: Validation images that auto looks at.
        classifier: Architecture of the domain classifier f.
    """
    domain_classifier = context.classifier(classifier)
    tables = {}
    if strength == "auto":
        strength, tables["Strength, chosen on validation"] = _choose_strength(
            context, domain_classifier, strengths, validation_images
        )
    images = context.draw(TEST, num_images * repeats)[IMAGE]
    subsets = repeat_subsets(len(images), num_images, repeats)
    original = domain_classifier(images)
    carried = carried_probabilities(context.export, domain_classifier, images, strength)
    rng = generator(context.seed, 1)
    baselines = {
        "identity": np.repeat(original[:, None], original.shape[1], axis=1),
        "random": random_targets(carried, rng),
        "reconstruction": _strength_zero(context, domain_classifier, images, rng),
    }
    scores = {"transfer": image_scores(carried, original)} | {
        name: image_scores(probabilities, original) for name, probabilities in baselines.items()
    }
    values, intervals = _over_repeats(scores["transfer"], subsets, context.seed)
    rows = []
    for name, parts in scores.items():
        means, bounds = _over_repeats(parts, subsets, context.seed)
        rows.append({"images": name, **{part: means[part] for part in parts}})
        if name != "transfer":
            values[f"{name}_cis"], intervals[f"{name}_cis"] = means["cis"], bounds["cis"]
    accuracy = context.classifier_accuracy(classifier)
    if accuracy is not None:
        values["classifier_accuracy"], intervals["classifier_accuracy"] = accuracy
    values["strength"] = float(strength)
    names = context.spec.label_names
    ts, rs = domain_scores(carried, original)
    tables = {
        "Beside other images": rows,
        "Per domain": [
            {"domain": name, "ts": float(t), "rs": float(r), "cis": float(t + r)}
            for name, t, r in zip(names, ts, rs, strict=True)
        ],
        **tables,
    }
    run = context.export.run
    figures = {
        "domains": plots.scatter(
            {name: (float(r), float(t)) for name, t, r in zip(names, ts, rs, strict=True)},
            f"{run} on {context.data_name}: CIS {values['cis']:.3f}; better is up and right",
            "rs: minus the mean change of the other domains",
            "ts: mean gain of the target domain",
        ),
        "transfers": contact_sheet(context, images, strength),
    }
    return Result(
        values,
        intervals,
        len(images),
        settings={"strength": float(strength)},
        tables=tables,
        figures=figures,
        notes=_notes(len(images), num_images, repeats, values.get("classifier_accuracy")),
    )


def image_scores(carried: np.ndarray, original: np.ndarray) -> dict[str, np.ndarray]:
    """Algorithm 2 for each image.

    Args:
        carried: [N, n, n], f of the image carried to domain i in row i.
        original: [N, n], f of the image itself.
    Returns:
        "cis", "ts" and "rs", [N] each; rs is 0 where there is a single domain.
    """
    change = carried.astype(np.float64) - original[:, None].astype(np.float64)
    domains = change.shape[1]
    diagonal = np.einsum("nii->ni", change)
    off = np.abs(change).sum(axis=(1, 2)) - np.abs(diagonal).sum(axis=1)
    ts = diagonal.mean(axis=1)
    rs = -off / max(1, domains * (domains - 1))
    return {"cis": ts + rs, "ts": ts, "rs": rs}


def domain_scores(carried: np.ndarray, original: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ts and rs of each target domain, [n] each: row i of M averaged over images."""
    change = carried.astype(np.float64) - original[:, None].astype(np.float64)
    diagonal = np.einsum("nii->ni", change)
    off = np.abs(change).sum(axis=2) - np.abs(diagonal)
    return diagonal.mean(axis=0), -off.mean(axis=0) / max(1, change.shape[1] - 1)


def random_targets(carried: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Row i replaced by the row of a random other domain, [N, n, n]; the same with one domain."""
    count, domains = carried.shape[:2]
    if domains == 1:
        return carried
    shift = rng.integers(1, domains, size=(count, domains))
    return np.take_along_axis(carried, ((np.arange(domains) + shift) % domains)[..., None], axis=1)


def repeat_subsets(total: int, size: int, repeats: int) -> np.ndarray:
    """Image indices of each repeat [repeats, size']: all different as long as `total` allows."""
    size = min(size, total)
    return (np.arange(repeats)[:, None] * size + np.arange(size)) % total


def _choose_strength(context: Context, classifier, strengths, count: int):
    images = context.draw(VALIDATION, count)[IMAGE]
    original = classifier(images)
    rows = []
    for value in tqdm(sorted(set(strengths)), desc="strength", disable=None, leave=False):
        carried = carried_probabilities(context.export, classifier, images, value)
        means = {name: float(x.mean()) for name, x in image_scores(carried, original).items()}
        rows.append({"strength": float(value), **means})
    enough = max(row["cis"] for row in rows) - STRENGTH_TOLERANCE
    return next(row["strength"] for row in rows if row["cis"] >= enough), rows


def _strength_zero(context: Context, classifier, images, rng) -> np.ndarray:
    """f of images carried nowhere: by strength 0, each towards a random domain."""
    domains = context.spec.num_labels
    targets = np.eye(domains, dtype=np.float32)[rng.integers(domains, size=len(images))]
    zero = np.zeros(len(images), np.float32)
    kept = context.export.call("transfer", image=images, target=targets, strength=zero)[IMAGE]
    return np.repeat(classifier(kept)[:, None], domains, axis=1)


def _over_repeats(scores: dict[str, np.ndarray], subsets: np.ndarray, seed: int):
    values, intervals = {}, {}
    weights = np.bincount(subsets.ravel(), minlength=len(scores["cis"]))
    for name, per_image in scores.items():
        repeats = per_image[subsets].mean(axis=1)
        values[name] = float(repeats.mean())
        intervals[name] = mean_interval(per_image, seed, weights)
        values[f"{name}_std"] = float(repeats.std(ddof=1)) if len(repeats) > 1 else 0.0
    return values, intervals


def _notes(total: int, size: int, repeats: int, accuracy: float | None) -> tuple[str, ...]:
    notes = []
    if total < size * repeats:
        notes.append(
            f"{repeats} repeats of {size} images out of {total}: the repeats share images, so the "
            "std over repeats is too small; the interval over images is not affected."
        )
    if accuracy is None:
        notes.append("No test label is known, so neither is how often the classifier is right.")
    elif accuracy < 0.9:
        notes.append(
            f"The classifier is right on {accuracy:.1%} of the test labels only: "
            "read ts and rs with care."
        )
    return tuple(notes)
