"""A label as constant channels of a feature map."""

from collections.abc import Sequence

import keras


@keras.saving.register_keras_serializable("tfvae")
class LabelMap(keras.layers.Layer):
    """Repeats a label at every pixel as channels: [B, H, W, F], [B, L] -> [B, H, W, F + L].

    >>> features, label = keras.ops.zeros([1, 1, 2, 1]), keras.ops.ones([1, 2])
    >>> LabelMap()([features, label]).numpy().tolist()
    [[[[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]]]
    """

    def call(self, inputs: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        features, label = inputs
        rows, columns = features.shape[1:3]
        tiled = keras.ops.cast(label, features.dtype)[:, None, None, :]
        tiled = keras.ops.tile(tiled, [1, rows, columns, 1])
        return keras.ops.concatenate([features, tiled], axis=-1)

    def compute_output_shape(self, input_shape: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        features, label = input_shape
        return (*features[:-1], features[-1] + label[-1])
