"""Scores of pairs and of sequences of images: arrays in, numbers out. Pixels in [0, 1]."""

import numpy as np

SSIM_BATCH = 256


def binary_cross_entropy(images: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """-sum over pixels of x log p + (1 - x) log(1 - p), [N], nats.

    >>> white, grey = np.ones([1, 2, 2, 1]), np.full([1, 2, 2, 1], 0.5)
    >>> float(binary_cross_entropy(white, grey)[0] / np.log(2))
    4.0
    """
    clipped = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    nats = images * np.log(clipped) + (1 - images) * np.log1p(-clipped)
    return -nats.sum(axis=(1, 2, 3))


def mean_squared_error(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared difference per pixel, mean over each image, [N].

    >>> mean_squared_error(np.zeros([1, 2, 2, 1]), np.full([1, 2, 2, 1], 0.5)).tolist()
    [0.25]
    """
    return np.square(first - second).mean(axis=(1, 2, 3), dtype=np.float64)


def structural_similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """SSIM of Wang et al. (2004), [N]; Gaussian window of 11 pixels, or less for smaller images.

    >>> image = np.linspace(0, 1, 144, dtype=np.float32).reshape(1, 12, 12, 1)
    >>> structural_similarity(image, image).tolist()
    [1.0]
    """
    import tensorflow as tf

    side = min(first.shape[1:3])
    window = min(11, side if side % 2 else side - 1) or 1
    parts = [
        tf.image.ssim(
            tf.constant(first[start : start + SSIM_BATCH]),
            tf.constant(np.clip(second[start : start + SSIM_BATCH], 0, 1)),
            max_val=1.0,
            filter_size=window,
        ).numpy()
        for start in range(0, len(first), SSIM_BATCH)
    ]
    return np.concatenate(parts).astype(np.float64)


def smoothness(paths: np.ndarray) -> dict[str, np.ndarray]:
    """How evenly and how directly sequences of images change.

    Args:
        paths: [P, steps, ...].
    Returns:
        "largest_step", the largest distance of neighbours over their mean distance, and
        "path_length", the sum of these distances over the distance of the ends, [P] each. Both are
        1 for an even and straight path, and if nothing changes.

    >>> even = np.linspace(0, 1, 5).reshape(1, 5, 1)
    >>> {name: values.tolist() for name, values in smoothness(even).items()}
    {'largest_step': [1.0], 'path_length': [1.0]}
    """
    flat = paths.reshape(*paths.shape[:2], -1).astype(np.float64)
    distances = np.linalg.norm(np.diff(flat, axis=1), axis=2)
    mean, total = distances.mean(axis=1), distances.sum(axis=1)
    direct = np.linalg.norm(flat[:, -1] - flat[:, 0], axis=1)
    still = np.ones(len(flat))
    return {
        "largest_step": np.divide(distances.max(axis=1), mean, out=still.copy(), where=mean > 0),
        "path_length": np.divide(total, direct, out=still.copy(), where=direct > 0),
    }


def changed_area(change: np.ndarray) -> np.ndarray:
    """Share of the pixels that an absolute change [N, H, W] covers, [N]; 0 without any change.

    (sum |c|)^2 / (H W sum c^2): 1 if all pixels change equally, 1 / (H W) if a single one does.

    >>> changed_area(np.array([[[1.0, 1.0], [0.0, 0.0]]])).tolist()
    [0.5]
    """
    flat = change.reshape(len(change), -1).astype(np.float64)
    squares = (flat**2).sum(axis=1) * flat.shape[1]
    return np.divide(flat.sum(axis=1) ** 2, squares, out=np.zeros(len(flat)), where=squares > 0)


def resized(images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Images of another size or number of channels, [N, *shape].

    Sizes by bilinear interpolation with antialiasing; grey is repeated, colour is averaged.

    >>> resized(np.ones([1, 4, 4, 1]), (2, 2, 3)).shape
    (1, 2, 2, 3)
    """
    import tensorflow as tf

    if images.shape[-1] != shape[2]:
        grey = images.mean(axis=-1, keepdims=True)
        images = np.repeat(grey, shape[2], axis=-1)
    if images.shape[1:3] != tuple(shape[:2]):
        images = tf.image.resize(images, shape[:2], antialias=True).numpy()
    return images
