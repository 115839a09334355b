"""Networks of StarGAN (Choi et al. 2018), scaled to the image. Outputs are float32.

The generator receives an image and the target label. The critic scores patches of an image as real
or generated, and predicts the label of the image.
"""

import math

import keras

SMALLEST_SIDE = 4
GENERATOR_STAGES = 2
MAX_CRITIC_FILTERS = 256
SLOPE = 0.01


def num_stages(image_shape: tuple[int, int, int], most: int) -> int:
    """Number of stride-2 stages down to about 4 pixels a side, at least 1 and at most `most`.

    >>> num_stages((64, 64, 3), most=10), num_stages((64, 64, 3), most=2)
    (4, 2)
    """
    return max(1, min(most, int(math.log2(max(min(image_shape[:2]) / SMALLEST_SIDE, 2)))))


def generator(
    image_shape: tuple[int, int, int], num_labels: int, filters: int, residual_blocks: int
) -> keras.Model:
    """[[B, H, W, C], [B, L]] -> image [B, H, W, C] in [0, 1].

    >>> model = generator((16, 16, 3), num_labels=5, filters=4, residual_blocks=1)
    >>> model.input_shape, model.output_shape
    ([(None, 16, 16, 3), (None, 5)], (None, 16, 16, 3))
    """
    height, width, channels = image_shape
    stages = num_stages(image_shape, GENERATOR_STAGES)
    image = keras.Input(image_shape, name="image")
    label = keras.Input([num_labels], name="label")
    # The paper concatenates a constant map per label to the image. A convolution of a constant map
    # is the same number at every pixel except at the borders, so a bias per filter does the same
    # and costs no more for 40 labels. Normalisation would remove it: this layer has none.
    label_bias = keras.layers.Reshape([1, 1, filters])(
        keras.layers.Dense(filters, use_bias=False)(label)
    )
    hidden = keras.layers.Rescaling(2.0, -1.0)(image)
    hidden = keras.layers.Conv2D(filters, 7, padding="same")(hidden)
    hidden = keras.layers.ReLU()(keras.layers.Add()([hidden, label_bias]))
    for stage in range(1, stages + 1):
        hidden = _normalised(_halving(filters * 2**stage))(hidden)
    for _ in range(residual_blocks):
        block = keras.Sequential(
            [
                _normalised(_flat(filters * 2**stages)),
                _flat(filters * 2**stages),
                _instance_normalisation(),
            ]
        )
        hidden = keras.layers.Add()([hidden, block(hidden)])
    for stage in reversed(range(stages)):
        hidden = _normalised(_doubling(filters * 2**stage))(hidden)
    output = keras.layers.Conv2D(
        channels, 7, padding="same", activation="sigmoid", dtype="float32"
    )(hidden)
    surplus = ((0, output.shape[1] - height), (0, output.shape[2] - width))
    output = keras.layers.Cropping2D(surplus, dtype="float32")(output)
    return keras.Model([image, label], output, name="generator")


def critic(image_shape: tuple[int, int, int], num_labels: int, filters: int) -> keras.Model:
    """[B, H, W, C] -> score [B, 1], logits of the label [B, L].

    The score is the mean over patches, high for real images.

    >>> critic((16, 16, 3), num_labels=5, filters=4).output_shape
    [(None, 1), (None, 5)]
    """
    image = keras.Input(image_shape, name="image")
    hidden = keras.layers.Rescaling(2.0, -1.0)(image)
    for stage in range(num_stages(image_shape, most=4)):
        width = min(filters * 2**stage, MAX_CRITIC_FILTERS)
        hidden = keras.layers.Conv2D(width, 4, strides=2, padding="same")(hidden)
        hidden = keras.layers.LeakyReLU(SLOPE)(hidden)
    patches = keras.layers.Conv2D(1, 3, padding="same", use_bias=False, dtype="float32")(hidden)
    score = keras.layers.GlobalAveragePooling2D(dtype="float32")(patches)
    logits = keras.layers.Dense(num_labels, use_bias=False, dtype="float32")(
        keras.layers.Flatten()(hidden)
    )
    return keras.Model(image, [score, logits], name="critic")


def _normalised(convolution: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([convolution, _instance_normalisation(), keras.layers.ReLU()])


def _instance_normalisation() -> keras.layers.Layer:
    # Over the pixels of one channel of one image.
    return keras.layers.GroupNormalization(groups=-1)


def _flat(filters: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)


def _halving(filters: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False)


def _doubling(filters: int) -> keras.layers.Layer:
    return keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)
