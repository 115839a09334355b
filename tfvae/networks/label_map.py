"""A label beside every pixel of a feature map."""

import keras


@keras.saving.register_keras_serializable("tfvae")
class LabelMap(keras.layers.Layer):
    """Tiles a label over the plane and joins it: [B, H, W, F], [B, L] -> [B, H, W, F + L]."""

    def call(self, inputs):
        features, label = inputs
        rows, columns = features.shape[1:3]
        tiled = keras.ops.cast(label, features.dtype)[:, None, None, :]
        tiled = keras.ops.tile(tiled, [1, rows, columns, 1])
        return keras.ops.concatenate([features, tiled], axis=-1)

    def compute_output_shape(self, input_shape):
        features, label = input_shape
        return (*features[:-1], features[-1] + label[-1])
