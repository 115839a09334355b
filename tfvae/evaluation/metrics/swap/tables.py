"""The values and tables of `swap`."""

from collections.abc import Mapping, Sequence

import numpy as np

from tfvae.evaluation.context import Rows
from tfvae.evaluation.image_scores import mean_squared_error
from tfvae.evaluation.metrics.swap.labels import agreement, chance
from tfvae.evaluation.metrics.swap.pair import Pair, Scores, errors, mean_score, realism
from tfvae.evaluation.swap.distances import gaussian_wasserstein, linear_cka


def values(pair: Pair, scores: Scores) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """The values of a pair under one alignment with those for comparison, and their intervals.

    >>> from tfvae.evaluation.metrics.swap.pair import copying_pair, score
    >>> pair = copying_pair()
    >>> found, intervals = values(pair, score(pair, "none", None))
    >>> found["mse"], found["agreement_chance"], intervals["mse"]
    (0.0, 0.1, (0.0, 0.0))
    """
    found: dict = {}
    if scores.agreement is not None:
        found["agreement"] = scores.agreement.value, scores.agreement.interval
        for name, reading in references(pair).items():
            found[f"agreement_{name}"] = reading
    for name in ("mse", "ssim", "mse_ratio", "realism"):
        found[name] = getattr(scores, name)
    found["realism_within"] = realism(pair.target, pair.target.reconstructions)
    found["cycle_mse"] = scores.cycle_mse
    source = pair.source
    found["cycle_mse_within"] = mean_score(
        mean_squared_error(source.reconstructions, source.test.images)
    )
    found = {name: score for name, score in found.items() if score is not None}
    return (
        {name: value for name, (value, _) in found.items()},
        {name: interval for name, (_, interval) in found.items() if interval is not None},
    )


def references(pair: Pair) -> dict:
    """Agreements for comparison, name -> (value, interval or None); {} without shared labels.

    >>> from tfvae.evaluation.metrics.swap.pair import copying_pair
    >>> pair = copying_pair()
    >>> sorted(references(pair))
    ['ceiling', 'chance', 'majority', 'within']
    """
    target, shared = pair.target, pair.shared
    if pair.reader is None:
        return {}
    label = shared.from_target(target.test.label)
    found = {}
    for name, images in (("within", target.reconstructions), ("ceiling", target.test.images)):
        read = agreement(pair.reader(images), label, shared)
        if read is not None:
            found[name] = read.value, read.interval
    of_source = shared.from_source(pair.source.test.label)
    random, majority = chance(shared, of_source, target.spec)
    return {**found, "chance": (random, None), "majority": (majority, None)}


def tables(
    pairs: Sequence[Pair], scores: Mapping[tuple[str, str], Scores], best: Mapping[str, str]
) -> dict[str, Rows]:
    """Every encoder with every decoder; each pair by alignment; labels; distances of codes.

    Args:
        pairs: All of them.
        scores: (Name of a pair, alignment) -> scores.
        best: Name of a pair -> its alignment for the first table.

    >>> from tfvae.evaluation.metrics.swap.pair import copying_pair, score
    >>> pair = copying_pair()
    >>> scores = {("a -> b", name): score(pair, name, None) for name in pair.alignments}
    >>> found = tables([pair], scores, {"a -> b": "none"})
    >>> [row["alignment"] for row in found["a -> b, by alignment"]][:2]
    ['none', 'moments']
    """
    found = {
        "Every encoder with every decoder, under the alignment chosen on validation images": [
            {"encoder": pair.source.name, "decoder": pair.target.name, "alignment": best[pair.name]}
            | _cells(scores[pair.name, best[pair.name]])
            for pair in pairs
        ]
    }
    for pair in pairs:
        if pair.source is pair.target:
            continue
        rows = [{"alignment": name} | _cells(scores[pair.name, name]) for name in pair.alignments]
        found[f"{pair.name}, by alignment"] = rows + _reference_rows(pair)
    for pair in pairs:
        chosen = scores[pair.name, best[pair.name]].agreement
        if pair.source is not pair.target and chosen is not None:
            found[f"{pair.name}, {best[pair.name]}, by label"] = [
                {"label": name, "agreement": float(value)}
                for name, value in zip(pair.shared.names, chosen.per_label, strict=True)
                if np.isfinite(value)
            ]
    found["Distances between codes of test images"] = [
        row for pair in pairs if pair.source is not pair.target for row in _distances(pair, best)
    ]
    return found


def _reference_rows(pair: Pair) -> Rows:
    """Rows without an alignment: agreements for comparison, and errors of the target's own
    reconstructions and of its mean image where the true counterparts are known."""
    target, rows = pair.target, {}
    for name, (value, interval) in references(pair).items():
        rows[name] = {"agreement": value} | _interval(interval)
    if pair.paired:
        guesses = {
            "within": target.reconstructions,
            "mean image": np.broadcast_to(target.mean_image, target.test.images.shape),
        }
        for name, images in guesses.items():
            rows.setdefault(name, {}).update(_errors(pair, images))
    own_realism = realism(target, target.reconstructions)
    if own_realism is not None:
        rows.setdefault("within", {})["realism"] = own_realism[0]
    return [{"alignment": f"({name})"} | cells for name, cells in rows.items()]


def _errors(pair: Pair, images: np.ndarray) -> dict:
    scores = errors(pair, images)
    return {name.replace("_", " "): score[0] for name, score in scores.items()}


def _distances(pair: Pair, best: Mapping[str, str]) -> Rows:
    # Here, because help texts are printed without TensorFlow.
    from tfvae.probability.mmd import default_bandwidth, gaussian, squared_mmd

    rows = []
    theirs = pair.target.test.codes
    bandwidth = default_bandwidth(theirs.shape[1])
    for name in dict.fromkeys(("none", best[pair.name])):
        if name not in pair.alignments:
            continue
        ours = pair.alignments[name](pair.source.test.codes)
        count = min(len(ours), len(theirs))
        # Of paired data, different images on either side.
        half = count // 2
        row = {
            "codes": pair.name,
            "alignment": name,
            "MMD^2": float(squared_mmd(ours[:half], theirs[half:count], gaussian, bandwidth)),
            "Gaussian Wasserstein^2": gaussian_wasserstein(ours, theirs),
        }
        if pair.paired:
            row["linear CKA"] = linear_cka(ours, theirs)
        rows.append(row)
    return rows


def _cells(scores: Scores) -> dict:
    cells: dict = {}
    if scores.agreement is not None:
        cells |= {"agreement": scores.agreement.value, **_interval(scores.agreement.interval)}
    for name in ("mse", "ssim", "mse_ratio", "realism", "cycle_mse"):
        value = getattr(scores, name)
        if value is not None:
            cells[name.replace("_", " ")] = value[0]
    return cells


def _interval(bounds) -> dict:
    return {} if bounds is None else {"95 % interval": f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"}
