"""The base class of adversarial models, whose parts have losses of their own."""

import tensorflow as tf

from tfvae.models.base import BaseModel, labels_of, weighted_sum
from tfvae.networks import build_encoder
from tfvae.probability import noise, replicas
from tfvae.probability.labels import completed, labels_of_kind
from tfvae.schema import IMAGE, LABEL, OBSERVED


class AdversarialModel(BaseModel):
    """A generator and a critic, each with its own loss and optimizer, and an auxiliary classifier.

    A training step makes `critic_steps` updates of the critic with new noise each, then one of the
    generator and one of the auxiliary classifier, all on one batch; the papers draw a batch for
    each update.

    The auxiliary classifier is trained on real images only: its loss has no gradient with respect
    to the other networks, nor have the other losses one with respect to it. It estimates the label
    of an image where none is given (`classify`, `transfer`, unknown labels in training), and it
    measures `transfer_accuracy`: the share of images, each transferred to the label of another
    image of the batch, that it assigns to that label. This score selects models, because the
    losses of adversaries don't fall as the images get better. `loss` is the generator's.

    Args:
        auxiliary_classifier: Keras model [B, H, W, C] -> logits [B, L] that replaces the default.
    Raises:
        UserError: data without labels.

    Each weight has one optimizer, of the generator, the critic or the auxiliary classifier:

    >>> from tfvae.models.fader import Fader
    >>> from tfvae.schema import DataSpec
    >>> model = Fader(DataSpec("tiny", (8, 8, 1), ("smile", "hat"), "binary"))
    >>> groups = model.variable_groups()
    >>> len(groups), sum(map(len, groups)) == len(model.trainable_variables)
    (3, True)
    >>> list(model.term_weights())
    ['mse', 'adversary', 'critic', 'auxiliary_classifier']
    """

    needs_labels = True
    network_arguments: tuple[str, ...] = ("auxiliary_classifier",)
    renamed_arguments = {"judge": "auxiliary_classifier"}
    # Names of the networks that each optimizer trains.
    generator_networks: tuple[str, ...] = ()
    critic_networks: tuple[str, ...] = ()
    diagnostic_names = ("accuracy", "transfer_accuracy")
    tuning_objective = "val_transfer_accuracy"
    monitor = ("val_transfer_accuracy", "max")
    adam_beta_1 = 0.5
    critic_steps = 1

    def __init__(self, spec, *, auxiliary_classifier=None, **kwargs):
        super().__init__(spec, **kwargs)
        self.labels = labels_of_kind(self.spec.label_kind)
        self.auxiliary_classifier = auxiliary_classifier or build_encoder(
            "auto", self.spec.image_shape, self.spec.num_labels
        )

    @property
    def judge(self):
        """The auxiliary classifier, under the name that it has in files from before 0.1.0."""
        return self.auxiliary_classifier

    # What a subclass defines. In `batch` no label is missing: see `without_gaps`.

    def measure_generator(self, batch, seed):
        """(Terms of the generator's loss, diagnostics), in the format of `measure`."""
        raise NotImplementedError

    def measure_critic(self, batch, seed):
        """(Terms of the critic's loss, diagnostics), in the format of `measure`."""
        raise NotImplementedError

    def generator_weights(self):
        """{name: weight} of the terms of the generator's loss."""
        raise NotImplementedError

    def critic_weights(self):
        """{name: weight} of the terms of the critic's loss."""
        raise NotImplementedError

    def transfer_to(self, image, label, goal):
        """The images [B, H, W, C], transferred from the label `label` to the label `goal`."""
        raise NotImplementedError

    # The auxiliary classifier.

    def classify(self, image):
        """The auxiliary classifier's probability of each class or attribute, [B, L]."""
        return self.labels.probability(self.auxiliary_classifier(image))

    def without_gaps(self, batch):
        """The batch, with the auxiliary classifier's probabilities in place of unknown labels."""
        label, observed = labels_of(batch)
        believed = tf.stop_gradient(self.classify(batch[IMAGE]))
        return {**batch, LABEL: completed(label, observed, believed), OBSERVED: observed}

    def measure_auxiliary(self, batch, seed):
        """`auxiliary_classifier`: -log p(known labels of the real image), nats."""
        del seed
        logits, known = self.auxiliary_classifier(batch[IMAGE]), labels_of(batch)
        terms = {"auxiliary_classifier": -self.labels.log_likelihood(logits, *known)}
        return terms, {"accuracy": self.labels.hits(logits, *known)}

    def transfer_hits(self, batch, seed):
        """(Whether the auxiliary classifier finds shuffled labels in images transferred to them,
        which of these labels are known), the diagnostic `transfer_accuracy`."""
        goal, known = noise.batch_permutation([batch[LABEL], batch[OBSERVED]], seed)
        transferred = self.transfer_to(batch[IMAGE], batch[LABEL], goal)
        return self.labels.hits(self.auxiliary_classifier(transferred), goal, known)

    # Loss.

    def players(self):
        """(measure, weights) of generator, critic and auxiliary classifier, in this order."""
        return (
            (self.measure_generator, self.generator_weights()),
            (self.measure_critic, self.critic_weights()),
            (self.measure_auxiliary, {"auxiliary_classifier": 1.0}),
        )

    def variable_groups(self):
        return [
            [weight for name in names for weight in getattr(self, name).trainable_variables]
            for names in (self.generator_networks, self.critic_networks, ("auxiliary_classifier",))
        ]

    def term_weights(self):
        return {name: value for _, weights in self.players() for name, value in weights.items()}

    def measure(self, batch, seed):
        batch = self.without_gaps(batch)
        terms, diagnostics = joined(measure(batch, seed) for measure, _ in self.players())
        # In validation only: training doesn't need it, and it would take a tenth of a step.
        return terms, {**diagnostics, "transfer_accuracy": self.transfer_hits(batch, seed)}

    def objectives(self, terms):
        return [weighted_sum(terms, weights) for _, weights in self.players()]

    def objective(self, terms):
        """The generator's loss per image, [B]."""
        return weighted_sum(terms, self.generator_weights())

    def train_step(self, batch):
        self.set_rates()
        seed, complete = self.step_seed(), self.without_gaps(batch)
        # A loop in Python, not in the graph: under a strategy an optimizer can't be applied inside
        # a loop or a condition of the graph.
        for number in range(1, self.critic_steps + 1):
            critic = self._update(1, complete, noise.stream(seed, number))
        generator = self._update(0, complete, seed)
        auxiliary = self._update(2, complete, seed)
        return self.log(*joined([generator, critic, auxiliary]))

    def _update(self, player, batch, seed):
        """One step of the optimizer of a part; returns the terms and diagnostics of its loss."""
        measure, weights = self.players()[player]
        optimizer, variables = self.optimizers[player], self.variable_groups()[player]
        with tf.GradientTape() as tape:
            terms, diagnostics = measure(batch, seed)
            loss = optimizer.scale_loss(replicas.batch_mean(weighted_sum(terms, weights)))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return terms, diagnostics

    # What it can do.

    def reconstruct(self, image):
        """The image transferred to its own label, as classified: [B, H, W, C] -> the same."""
        label = self.classify(image)
        return self.transfer_to(image, label, label)

    def transfer(self, image, target, strength):
        """The image transferred from its own label, as classified, towards `target`.

        Args:
            image: [B, H, W, C].
            target: 1 at the target class or attributes, 0 elsewhere, [B, L].
            strength: 0 reconstructs, 1 transfers to the target label, more extrapolates, [B].
        Returns:
            [B, H, W, C].
        """
        label = self.classify(image)
        return self.transfer_to(image, label, self.labels.shifted(label, target, strength))

    def serving_signatures(self):
        return {**super().serving_signatures(), **self.label_signatures()}


def joined(measured):
    """One pair (terms, diagnostics) from several.

    >>> joined([({"mse": 1.0}, {}), ({"critic": 2.0}, {"accuracy": 0.5})])
    ({'mse': 1.0, 'critic': 2.0}, {'accuracy': 0.5})
    """
    all_terms, all_diagnostics = {}, {}
    for terms, diagnostics in measured:
        all_terms |= terms
        all_diagnostics |= diagnostics
    return all_terms, all_diagnostics
