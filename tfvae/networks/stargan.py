"""Networks of StarGAN, scaled to the image: a generator that is told the wanted label, and a critic
that tells real patches from made ones and names the label. Outputs are float32.
"""

import math

import keras

SMALLEST_SIDE = 4
GENERATOR_STAGES = 2
MAX_CRITIC_FILTERS = 256
SLOPE = 0.01


def num_stages(image_shape, most):
    """Stride-2 stages down to about 4 pixels a side, `most` at the most."""
    return max(1, min(most, int(math.log2(max(min(image_shape[:2]) / SMALLEST_SIDE, 2)))))


def generator(image_shape, num_labels, filters, residual_blocks):
    """[[B, H, W, C], [B, L]] -> image [B, H, W, C] in [0, 1]."""
    height, width, channels = image_shape
    stages = num_stages(image_shape, GENERATOR_STAGES)
    image = keras.Input(image_shape, name="image")
    label = keras.Input([num_labels], name="label")
    # The paper joins a constant map per label to the image. What a convolution makes of it is the
    # same at every pixel (but at borders): a number per filter, which costs no more for 40 labels.
    # Normalised, this layer would lose it again.
    told = keras.layers.Reshape([1, 1, filters])(keras.layers.Dense(filters, use_bias=False)(label))
    hidden = keras.layers.Rescaling(2.0, -1.0)(image)
    hidden = keras.layers.Conv2D(filters, 7, padding="same")(hidden)
    hidden = keras.layers.ReLU()(keras.layers.Add()([hidden, told]))
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
    made = keras.layers.Conv2D(channels, 7, padding="same", activation="sigmoid", dtype="float32")(
        hidden
    )
    surplus = ((0, made.shape[1] - height), (0, made.shape[2] - width))
    made = keras.layers.Cropping2D(surplus, dtype="float32")(made)
    return keras.Model([image, label], made, name="generator")


def critic(image_shape, num_labels, filters):
    """[B, H, W, C] -> (score [B, 1], the mean over patches, high for real; logits [B, L])."""
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


def _normalised(convolution):
    return keras.Sequential([convolution, _instance_normalisation(), keras.layers.ReLU()])


def _instance_normalisation():
    # Over the pixels of one channel of one image.
    return keras.layers.GroupNormalization(groups=-1)


def _flat(filters):
    return keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)


def _halving(filters):
    return keras.layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False)


def _doubling(filters):
    return keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)
