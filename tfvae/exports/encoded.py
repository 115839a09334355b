"""Image files and names of labels as tensors, in the graph of an export."""

import tensorflow as tf

from tfvae.schema import BINARY, DataSpec

# Pixels of an image that is decoded: what a small file can claim is bounded.
MOST_PIXELS = 2**24
# Where the header of a PNG file has its width and height, four bytes each.
_PNG_SIZE = 16
_NAMES_SHOWN = 50


def decoded(image_bytes: tf.Tensor, spec: DataSpec) -> tf.Tensor:
    """Images [B, H, W, C] in [0, 1] from PNG or JPEG files [B].

    An image is scaled to cover H x W and cut to its centre, and lies on white where it is
    transparent, as images of a folder are.

    >>> file = tf.io.encode_png(tf.fill([20, 40, 3], tf.constant(51, tf.uint8)))
    >>> image = decoded(file[tf.newaxis], DataSpec("dots", (8, 8, 3)))
    >>> image.shape.as_list(), round(float(image[0, 0, 0, 0]), 4)
    ([1, 8, 8, 3], 0.2)
    """
    height, width, channels = spec.image_shape

    def one(file: tf.Tensor) -> tf.Tensor:
        image = tf.cond(tf.io.is_jpeg(file), lambda: _jpeg(file), lambda: _png(file))
        if channels == 1:
            image = tf.image.rgb_to_grayscale(image)
        return _fitted(image, height, width)

    image = tf.map_fn(one, image_bytes, fn_output_signature=tf.float32)
    return tf.ensure_shape(image, [None, *spec.image_shape])


def encoded(image: tf.Tensor) -> tf.Tensor:
    """PNG files [B] of images [B, H, W, C] in [0, 1].

    >>> files = encoded(tf.fill([2, 8, 8, 1], 0.2))
    >>> int(tf.io.decode_png(files[1])[0, 0, 0])
    51
    """
    pixels = tf.cast(tf.round(255.0 * image), tf.uint8)
    return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)


def marked(name: tf.Tensor, spec: DataSpec, argument: str) -> tf.Tensor:
    """The labels with these names, [B] -> [B, L]: 1 for those that are named, else 0.

    A class has one name. Of attributes several may be named, with commas between them, or none.

    Args:
        name: Strings.
        spec: Has the names of the labels.
        argument: What the error of an unknown name calls them.

    >>> spec = DataSpec("dots", (8, 8, 1), ("red", "large", "round"), "binary")
    >>> marked(tf.constant(["large", "red, round", ""]), spec, "target_name").numpy().tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    names = tf.constant(spec.label_names)
    shown = ", ".join(spec.label_names[:_NAMES_SHOWN])
    if several := spec.label_kind == BINARY and not any("," in each for each in spec.label_names):
        parts = tf.strings.split(name, ",")
        row, part = parts.value_rowids(), tf.strings.strip(parts.flat_values)
        row, part = row[part != ""], part[part != ""]
    else:
        row, part = tf.range(tf.size(name)), name
    equal = part[:, tf.newaxis] == names
    how = "names, with commas between them, of" if several else "one of"
    known = tf.debugging.Assert(
        tf.reduce_all(tf.reduce_any(equal, axis=1)), [f"{argument} must be {how}: {shown}"]
    )
    with tf.control_dependencies([known]):
        found = tf.math.unsorted_segment_sum(tf.cast(equal, tf.float32), row, tf.size(name))
    return tf.minimum(found, 1.0)


def _jpeg(file: tf.Tensor) -> tf.Tensor:
    """[height, width, 3] in [0, 1]."""
    with tf.control_dependencies([_small(tf.io.extract_jpeg_shape(file)[:2])]):
        return tf.cast(tf.io.decode_jpeg(file, channels=3), tf.float32) / 255.0


def _png(file: tf.Tensor) -> tf.Tensor:
    """[height, width, 3] in [0, 1], on white."""
    is_png = (tf.strings.substr(file, 0, 4) == b"\x89PNG") & (tf.strings.length(file) > 24)
    known = tf.debugging.Assert(is_png, ["image_bytes must be PNG or JPEG files"])
    with tf.control_dependencies([known]):
        size = tf.io.decode_raw(
            tf.strings.substr(file, _PNG_SIZE, 8), tf.int32, little_endian=False
        )
    with tf.control_dependencies([_small(size)]):
        image = tf.cast(tf.io.decode_png(file, channels=4), tf.float32) / 255.0
    colour, opacity = image[..., :3], image[..., 3:]
    return opacity * colour + (1.0 - opacity)


def _small(size: tf.Tensor) -> tf.Operation:
    """Checks a size, two numbers."""
    height, width = tf.unstack(tf.cast(size, tf.int64), num=2)
    small = (height > 0) & (width > 0) & (height * width <= MOST_PIXELS)
    return tf.debugging.Assert(small, [f"image_bytes must have at most {MOST_PIXELS} pixels"])


def _fitted(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Scaled to cover height x width, and cut to its centre."""
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = tf.reduce_min(size / [float(height), float(width)])
    kept = tf.maximum(1, tf.cast(tf.round(scale * [float(height), float(width)]), tf.int32))
    top, left = tf.unstack((tf.shape(image)[:2] - kept) // 2)
    centre = tf.image.crop_to_bounding_box(image, top, left, kept[0], kept[1])
    small = tf.image.resize(centre, [height, width], "bicubic", antialias=True)
    return tf.clip_by_value(small, 0.0, 1.0)
