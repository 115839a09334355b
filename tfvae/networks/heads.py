"""Where a body begins and ends: labels that join an encoder, last layers of decoders."""

import keras


def encoder_of(stages, head, image_shape, num_labels):
    """Layers from an image to numbers, as a model; with `num_labels` > 0 a label [B, L] is joined
    to what `stages` give, [B, F], before `head`."""
    if not num_labels:
        layers = [keras.Input(image_shape, name="image"), *stages, *head]
        return keras.Sequential(layers, name="encoder")
    image = keras.Input(image_shape, name="image")
    label = keras.Input([num_labels], name="label")
    hidden = image
    for layer in stages:
        hidden = layer(hidden)
    hidden = keras.layers.Concatenate()([hidden, label])
    for layer in head:
        hidden = layer(hidden)
    return keras.Model([image, label], hidden, name="encoder")


@keras.saving.register_keras_serializable("tfvae")
class SharedScale(keras.layers.Layer):
    """Joins one learnt, unconstrained scale to every pixel: [B, H, W, C] -> [B, H, W, 2 C].

    One scale for all pixels keeps the likelihood from growing without bound on constant pixels
    (Rybkin et al. 2021). It stays float32.
    """

    def __init__(self, initial_value=-2.0, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.initial_value = initial_value

    def build(self, input_shape):
        self.raw_scale = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.initial_value),
            name="raw_scale",
        )

    def call(self, parameters):
        scale = self.raw_scale + keras.ops.zeros_like(parameters)
        return keras.ops.concatenate([parameters, scale], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "initial_value": self.initial_value}
