"""Parts that several networks share: the label input of encoders, the learnt scale of decoders."""

from collections.abc import Sequence
from typing import Any

import keras


def encoder_of(
    stages: Sequence[keras.layers.Layer],
    head: Sequence[keras.layers.Layer],
    image_shape: tuple[int, int, int],
    num_labels: int,
) -> keras.Model:
    """The model that applies `stages`, then `head`, to an image.

    Args:
        stages: Layers from an image to features [B, F].
        head: Layers from features to the output.
        image_shape: (H, W, C).
        num_labels: L; where it is not 0, the model takes a label [B, L] beside the image and
            concatenates it to the features.

    >>> stages, head = [keras.layers.Flatten()], [keras.layers.Dense(20)]
    >>> encoder_of(stages, head, image_shape=(28, 28, 1), num_labels=10).input_shape
    [(None, 28, 28, 1), (None, 10)]
    """
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


def hidden_outputs(network: keras.Model) -> list[keras.KerasTensor]:
    """Outputs of the layers with a nonlinearity, before the last layer; the first layer first.

    >>> head = [keras.layers.Dense(3, "relu"), keras.layers.Dense(20)]
    >>> network = encoder_of([keras.layers.Flatten()], head, image_shape=(8, 8, 1), num_labels=0)
    >>> [output.shape for output in hidden_outputs(network)]
    [(None, 3)]
    """
    return [layer.output for layer in network.layers[:-1] if _is_nonlinear(layer)]


def _is_nonlinear(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)):
        return True
    return getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear


@keras.saving.register_keras_serializable("tfvae")
class SharedScale(keras.layers.Layer):
    """Adds one learnt, unconstrained scale to every pixel: [B, H, W, C] -> [B, H, W, 2 C].

    One scale for all pixels keeps the likelihood from growing without bound on constant pixels
    (Rybkin et al. 2021). It stays float32.

    >>> SharedScale(initial_value=-2.0)(keras.ops.zeros([1, 2, 2, 1])).numpy().tolist()
    [[[[0.0, -2.0], [0.0, -2.0]], [[0.0, -2.0], [0.0, -2.0]]]]
    """

    def __init__(self, initial_value: float = -2.0, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.initial_value = initial_value

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.raw_scale = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.initial_value),
            name="raw_scale",
        )

    def call(self, parameters: keras.KerasTensor) -> keras.KerasTensor:
        scale = self.raw_scale + keras.ops.zeros_like(parameters)
        return keras.ops.concatenate([parameters, scale], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*input_shape[:-1], 2 * input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "initial_value": self.initial_value}
