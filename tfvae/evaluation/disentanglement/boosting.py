"""Gradient boosted trees for classes, those of scikit-learn, at a third of its time.

scikit-learn sorts the codes again for every node of every tree. Here they are sorted once, and all
nodes of one depth are split together. Only what `dci` needs is kept: how much each input lowers the
error, and the predicted classes.
"""

import dataclasses

import numpy as np

ROUNDS, DEPTH, LEARNING_RATE = 100, 3, 0.1
# Closer values of an input are not told apart.
SMALLEST_STEP = 1e-7


@dataclasses.dataclass
class Boosted:
    """What is left of a fit.

    Args:
        importance: Share of each input in the decrease of the squared error, [D], with the sum 1; 0
            if nothing could be split.
        scores: Logarithms of the class probabilities, up to a constant, of the rows that were not
            fitted to: [M, K].

    >>> Boosted(np.array([1.0]), np.array([[0.0, 2.0]])).scores.argmax(axis=1).tolist()
    [1]
    """

    importance: np.ndarray
    scores: np.ndarray


def boosted(inputs: np.ndarray, classes: np.ndarray, split: int) -> Boosted:
    """Fits `sklearn.ensemble.GradientBoostingClassifier()`, with its defaults, to the first rows.

    One regression tree of depth 3 is fitted to the residuals of each class (of one, if there are
    two), a hundred times, and its leaves make a Newton step (Friedman 2001, algorithm 6).

    Args:
        inputs: [N, D].
        classes: Of the rows to fit to, [split]: numbers 0 to K - 1, each of them present; K is 2 or
            more.
        split: Number of rows to fit to.

    >>> inputs = np.random.default_rng(0).normal(size=[500, 2])
    >>> found = boosted(inputs, (inputs[:400, 0] > 0).astype(int), split=400)
    >>> found.importance.round(2).tolist(), found.scores.shape
    ([1.0, 0.0], (100, 2))
    """
    from scipy.special import softmax

    inputs = np.asarray(inputs, np.float32)
    columns_of_inputs = np.ascontiguousarray(inputs[:split].T)
    order = np.argsort(columns_of_inputs, axis=1, kind="stable")
    values = np.take_along_axis(columns_of_inputs, order, axis=1)
    count = int(classes.max()) + 1
    one_hot = np.eye(count)[classes]
    scores = np.tile(np.log(one_hot.mean(axis=0)), [len(inputs), 1])
    # Of two classes, the first has the score 0.
    columns = [1] if count == 2 else list(range(count))
    if count == 2:
        scores[:, 1] -= scores[:, 0]
        scores[:, 0] = 0
    step = LEARNING_RATE * (1.0 if count == 2 else (count - 1) / count)
    importance, rng = np.zeros(inputs.shape[1]), np.random.default_rng(0)
    for _ in range(ROUNDS):
        probabilities = softmax(scores[:split], axis=1)
        for column in columns:
            share = probabilities[:, column]
            residuals = one_hot[:, column] - share
            leaves = _grow(order, values, inputs, residuals, importance, rng)
            size = 2**DEPTH
            above = np.bincount(leaves[:split], residuals, size)
            below = np.bincount(leaves[:split], share * (1 - share), size)
            heights = np.divide(above, below, out=np.zeros(size), where=np.abs(below) > 1e-150)
            scores[:, column] += step * heights[leaves]
    total = importance.sum()
    return Boosted(importance / total if total else importance, scores[split:])


def _grow(
    order: np.ndarray,
    values: np.ndarray,
    inputs: np.ndarray,
    residuals: np.ndarray,
    importance: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """A regression tree on the residuals: the leaf, 0 to 7, of each row of all inputs.

    The decrease of the squared error is added to the importance of each input.

    Args:
        order: Of the fitted rows, from the smallest value of each input to the largest, [D, n].
        values: In that order, [D, n].
        inputs: All rows, [N, D]; the first n are fitted.
        residuals: [n].
        importance: [D], changed in place.
        rng: As for `_best_split`.
    """
    leaves = np.zeros(len(inputs), np.int64)
    for depth in range(DEPTH):
        size = 2**depth
        features, thresholds = np.zeros(size, np.int64), np.full(size, np.inf)
        fitted = leaves[: len(residuals)]
        if depth:
            # Rows of one node side by side, still sorted within it.
            place = np.argsort(fitted[order].astype(np.uint8), axis=1, kind="stable")
            order = np.take_along_axis(order, place, axis=1)
            values = np.take_along_axis(values, place, axis=1)
        ends = np.cumsum(np.bincount(fitted, minlength=size))
        sums = np.cumsum(residuals[order], axis=1)
        for node, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            before = float(sums[0, start - 1]) if start else 0.0
            found = _best_split(values[:, start:end], sums[:, start:end], before, rng)
            if found is not None:
                features[node], thresholds[node], gain = found
                importance[features[node]] += gain
        asked = inputs[np.arange(len(inputs)), features[leaves]]
        leaves = 2 * leaves + (asked > thresholds[leaves])
    return leaves


def _best_split(
    values: np.ndarray, sums: np.ndarray, before: float, rng: np.random.Generator
) -> tuple[int, float, float] | None:
    """Input, threshold and decrease of the squared error of the best split; None if there is none.

    Args:
        values: Of the node's rows, sorted for each input, [D, n].
        sums: Running sums of the residuals in the same order, [D, n].
        before: What the sums begin with.
        rng: Chooses among inputs that are equally good.
    """
    count = values.shape[1]
    if count < 2:
        return None
    left = sums[:, :-1] - before
    total = sums[0, -1] - before
    number = np.arange(1, count)
    # Squared sums over numbers, left and right, less that of the node, in one fraction.
    gains = np.square(left - number * (total / count)) * (count / (number * (count - number)))
    gains[values[:, 1:] <= values[:, :-1] + SMALLEST_STEP] = -1.0
    places = gains.argmax(axis=1)
    best = gains[np.arange(len(gains)), places]
    gain = float(best.max())
    if gain < 0:
        return None
    # Of equal inputs, a random one: otherwise a copy of another input would seem to be useless.
    equal = np.flatnonzero(best == gain)
    feature = int(equal[0] if len(equal) == 1 else rng.choice(equal))
    place = int(places[feature])
    low, high = (float(each) for each in values[feature, place : place + 2])
    middle = low / 2 + high / 2
    return feature, low if middle == high else middle, gain
