"""What images keep when their label is changed: arrays in, numbers out. Pixels in [0, 1]."""

import numpy as np

STROKES = ("slant", "thickness", "width", "height")


def stroke_properties(images: np.ndarray) -> dict[str, np.ndarray]:
    """Slant, thickness, width and height of bright strokes on black, from moments of the image.

    With x to the right, y downwards and the brightness as weight: the slant is the shear -cov(x, y)
    / var(y), positive where the top leans to the right; width and height are the standard
    deviations of x, after that shear is undone, and of y, in pixels. The thickness is 2 A / P in
    pixels, with the area A = sum of brightness and the perimeter P = total variation: a stroke of
    thickness t and length l has A = t l and P = 2 l. Blur hardly changes either.

    Args:
        images: [N, H, W, C]; channels are averaged.
    Returns:
        Name of `STROKES` -> [N].

    A bar of 3 by 20 pixels:

    >>> image = np.zeros([1, 28, 28, 1])
    >>> image[0, 4:24, 10:13] = 1.0
    >>> {name: round(float(value[0]), 2) for name, value in stroke_properties(image).items()}
    {'slant': -0.0, 'thickness': 2.64, 'width': 0.82, 'height': 5.77}
    """
    light = images.mean(axis=3, dtype=np.float64)
    rows, columns = np.arange(light.shape[1]), np.arange(light.shape[2])
    area = np.maximum(light.sum(axis=(1, 2)), 1e-9)
    by_row, by_column = light.sum(axis=2), light.sum(axis=1)
    y, x = (by_row @ rows) / area, (by_column @ columns) / area
    var_y = np.maximum((by_row @ rows**2) / area - y**2, 1e-9)
    var_x = np.maximum((by_column @ columns**2) / area - x**2, 1e-9)
    covariance = np.einsum("nyx,y,x->n", light, rows, columns) / area - x * y
    # With a black frame, the edges of strokes that reach the border count too.
    framed = np.pad(light, ((0, 0), (1, 1), (1, 1)))
    down, across = np.diff(framed, axis=1)[:, :, :-1], np.diff(framed, axis=2)[:, :-1]
    perimeter = np.maximum(np.hypot(down, across).sum(axis=(1, 2)), 1e-9)
    return {
        "slant": -covariance / var_y,
        "thickness": 2 * light.sum(axis=(1, 2)) / perimeter,
        "width": np.sqrt(np.maximum(var_x - covariance**2 / var_y, 0)),
        "height": np.sqrt(var_y),
    }


def correlation_within(
    before: np.ndarray, after: np.ndarray, groups: np.ndarray
) -> tuple[float, np.ndarray]:
    """Pearson's correlation of two properties, with the mean of each group taken off both.

    Args:
        before, after: [N].
        groups: Number of the group of each, int [N].
    Returns:
        The correlation, and its linear terms [N]; 0 and zeros if one doesn't vary within groups.

    Within each of two groups the second is the first, turned round:

    >>> before, after = np.array([0.0, 1.0, 5.0, 6.0]), np.array([9.0, 8.0, 1.0, 0.0])
    >>> round(correlation_within(before, after, np.array([0, 0, 1, 1]))[0], 6)
    -1.0
    """
    x, y = (_centred(np.asarray(each, np.float64), groups) for each in (before, after))
    if min(x.std(), y.std()) < 1e-12:
        return 0.0, np.zeros(len(x))
    x, y = x / np.sqrt(np.mean(x**2)), y / np.sqrt(np.mean(y**2))
    value = float(np.mean(x * y))
    return value, x * y - value / 2 * (x * x + y * y)


def concordance_within(
    before: np.ndarray, after: np.ndarray, groups: np.ndarray
) -> tuple[float, np.ndarray]:
    """Lin's concordance of two properties, with the mean of each group taken off both.

    2 cov / (var + var): unlike a correlation it falls where one of the two varies less.

    Args:
        before, after: [N].
        groups: Number of the group of each, int [N].
    Returns:
        The concordance, and its linear terms [N]; 0 and zeros if neither varies within groups.

    >>> before = np.array([-2.0, -1.0, 1.0, 2.0])
    >>> [round(concordance_within(before, scale * before, np.zeros(4, int))[0], 3)
    ...  for scale in (1.0, 0.5, 0.001)]
    [1.0, 0.8, 0.002]
    """
    x, y = (_centred(np.asarray(each, np.float64), groups) for each in (before, after))
    total = np.mean(x * x + y * y)
    if total < 1e-24:
        return 0.0, np.zeros(len(x))
    value = float(2 * np.mean(x * y) / total)
    return value, (2 * x * y - value * (x * x + y * y)) / total


def cosines(first: np.ndarray, second: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Cosine between each pair of rows, seen from a centre [D]: [N].

    Unrelated rows have the mean 0 if the centre is their mean.

    Args:
        first, second: [N, D].
        centre: [D].

    >>> cosines(np.array([[1.0, 1.0]]), np.array([[2.0, 0.0]]), np.array([1.0, 0.0])).tolist()
    [0.0]
    """
    first, second = np.asarray(first, np.float64) - centre, np.asarray(second, np.float64) - centre
    norms = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)
    # A row that differs from the centre by rounding has no direction.
    far = np.minimum(*norms) > 1e-6 * np.linalg.norm(centre)
    products = (first * second).sum(axis=1)
    return np.divide(products, norms[0] * norms[1], out=np.zeros_like(products), where=far)


def finds_its_own(changed: np.ndarray, originals: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Whether the nearest of all originals is the one that an image was made from, [N].

    1 or 0; if several originals are equally near, and its own is among them, one over their number.

    Args:
        changed: Features, [N, D].
        originals: [M, D].
        own: Index of its own original for each of `changed`, [N].

    >>> originals = np.array([[0.0], [1.0], [2.0]])
    >>> finds_its_own(np.array([[0.2], [1.9], [0.5]]), originals, np.array([0, 1, 0])).tolist()
    [1.0, 0.0, 0.5]
    """
    from scipy.spatial import distance

    distances = distance.cdist(changed, originals, "sqeuclidean")
    nearest = distances == distances.min(axis=1, keepdims=True)
    return nearest[np.arange(len(own)), own] / nearest.sum(axis=1)


def label_regions(images: np.ndarray, labels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The half of the pixels that goes with each label, bool [L, H, W].

    Those whose brightness has the larger correlations with the label, without their signs; nowhere
    if the label doesn't vary.

    Args:
        images: [N, H, W, C].
        labels, known: [N, L].

    >>> images = np.zeros([4, 1, 2, 1])
    >>> images[:, 0, 1, 0] = labels = np.array([0.0, 1.0, 0.0, 1.0])
    >>> label_regions(images, labels[:, None], np.ones([4, 1])).tolist()
    [[[False, True]]]
    """
    from tfvae.evaluation.code_scores import correlation

    light = images.mean(axis=3, dtype=np.float64)
    found = np.abs(correlation(light.reshape(len(light), -1), labels, known > 0)).T
    regions = found > np.median(found, axis=1, keepdims=True)
    return regions.reshape(-1, *light.shape[1:])


def _centred(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    counts = np.maximum(np.bincount(groups), 1)
    return values - (np.bincount(groups, weights=values) / counts)[groups]
