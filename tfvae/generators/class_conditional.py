"""An export that draws images of one class: a fitted generator in front of a decoder."""

import tensorflow as tf

from tfvae.exports.contract import KERAS_MODEL
from tfvae.exports.reader import Export
from tfvae.probability import noise
from tfvae.schema import IMAGE, LABEL

# Signatures that are taken over from the export that the generator was fitted to.
KEPT = ("reconstruct", "encode", "decode")


class ClassConditional(tf.Module):
    """What `export_model` writes: the export's own signatures, and `sample` for a label.

    Args:
        export: The export that the generator was fitted to.
        sampler: The fitted generator.

    >>> from tfvae.generators.simple import diagonal
    >>> from tfvae.generators.toy import toy_problem
    >>> problem = toy_problem()
    >>> model = ClassConditional(problem.export, diagonal(problem))
    >>> list(model.serving_signatures())
    ['encode', 'decode', 'sample']
    >>> model.sample(tf.constant([0, 1], tf.int64), tf.one_hot([0, 1], 2)).shape
    TensorShape([2, 1, 2, 1])
    """

    def __init__(self, export: Export, sampler):
        super().__init__()
        self.spec = export.spec
        self._origin = export
        # `encode` and `decode` take no label where a generator fits.
        kept = [name for name in KEPT if name in export.signatures]
        kept = [name for name in kept if LABEL not in export.inputs(name)]
        self._functions = {name: export.function(name) for name in kept}
        # Tracked, so that the weights behind the functions are saved.
        self.autoencoder = export.loaded
        self.sampler = sampler

    @property
    def weights(self):
        """Those of the generator; the autoencoder's were looked at when it was exported."""
        return self.sampler.weights

    def get_weights(self):
        """The values of `weights`."""
        return self.sampler.get_weights()

    def sample(self, seed, label):
        """Images [B, H, W, C] of the classes in `label` [B, L], one-hot.

        Row i depends on `seed[i]` and its own label alone.
        """
        draws = noise.row_normal(seed, 1, self.sampler.noise_dim)[0]
        code = self.sampler({"label": label, "noise": draws})
        return self._functions["decode"](latent=code)[IMAGE]

    def manifest_fields(self):
        """Those of the autoencoder."""
        about = self._origin.manifest
        return {
            "hyperparameters": about.get("hyperparameters", {}),
            "likelihood": about.get("likelihood"),
            "origin": self._origin.name,
        }

    def keras_model(self):
        """The file of the autoencoder's Keras model, where its export carries one."""
        path = self._origin.path / KERAS_MODEL
        return path if path.is_file() else None

    def serving_signatures(self):
        """Name -> (function, inputs), as a model's `serving_signatures`."""
        image = tf.TensorSpec([None, *self.spec.image_shape], tf.float32, IMAGE)
        latent_dim = self.sampler.latent_dim
        inputs = {"decode": tf.TensorSpec([None, latent_dim], tf.float32, "latent")}
        seed = tf.TensorSpec([None], tf.int64, "seed")
        label = tf.TensorSpec([None, self.spec.num_labels], tf.float32, LABEL)
        kept = {
            name: (self._kept(name, inputs.get(name, image).name), [inputs.get(name, image)])
            for name in self._functions
        }
        return {**kept, "sample": (self.sample, [seed, label])}

    def _kept(self, name, argument):
        def call(tensor):
            return self._functions[name](**{argument: tensor})

        return call
