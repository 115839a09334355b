"""The root of models whose parts play against each other."""

import tensorflow as tf

from tfvae.models.base import BaseModel, labels_of, weighted_sum
from tfvae.networks import build_encoder
from tfvae.probability import noise, replicas
from tfvae.probability.labels import completed, labels_of_kind
from tfvae.schema import IMAGE, LABEL, OBSERVED


class AdversarialModel(BaseModel):
    """A generator and a critic, each with its own loss and optimizer, and an auxiliary classifier.

    A step makes `critic_steps` updates of the critic with fresh noise, then one of the generator
    and one of the auxiliary classifier, all on one batch; the papers draw a batch for each update.

    The auxiliary classifier is trained on real images only: its loss has no gradient in the other
    networks, and no other loss has one in it. It estimates the label of an image where none is
    given (`classify`, `transfer`, unknown entries in training), and it measures
    `transfer_accuracy`: how often it finds the target labels in images that were transferred to the
    labels of other images of the batch. That score selects models, because the losses of
    adversaries don't fall as the images get better. `loss` is the generator's.

    Args:
        auxiliary_classifier: Keras model [B, H, W, C] -> logits [B, L], in place of the default.
    Raises:
        UserError: data without labels.
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
        """The auxiliary classifier: where Keras looks for its weights in files of version 0.1."""
        return self.auxiliary_classifier

    # What a model gives. In `batch` no label is missing: see `without_gaps`.

    def measure_generator(self, batch, seed):
        """(Terms of the generator's loss, diagnostics), as `measure`."""
        raise NotImplementedError

    def measure_critic(self, batch, seed):
        """(Terms of the critic's loss, diagnostics), as `measure`."""
        raise NotImplementedError

    def generator_weights(self):
        """{name: weight} of the generator's terms."""
        raise NotImplementedError

    def critic_weights(self):
        """{name: weight} of the critic's terms."""
        raise NotImplementedError

    def transfer_to(self, image, label, goal):
        """Images [B, H, W, C] as they would look with the label `goal` in place of `label`."""
        raise NotImplementedError

    # The auxiliary classifier.

    def classify(self, image):
        """The auxiliary classifier's probability of each class or attribute, [B, L]."""
        return self.labels.probability(self.auxiliary_classifier(image))

    def without_gaps(self, batch):
        """The batch with unknown labels filled in by the auxiliary classifier's probabilities."""
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
        """Whether shuffled labels are found in images transferred to them, and which count."""
        goal, known = noise.batch_permutation([batch[LABEL], batch[OBSERVED]], seed)
        transferred = self.transfer_to(batch[IMAGE], batch[LABEL], goal)
        return self.labels.hits(self.auxiliary_classifier(transferred), goal, known)

    # Loss.

    def players(self):
        """(measure, weights) of each part, in the order of `variable_groups`."""
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
        # In validation only: it is no part of a training step, and would cost a tenth of it.
        return terms, {**diagnostics, "transfer_accuracy": self.transfer_hits(batch, seed)}

    def objectives(self, terms):
        return [weighted_sum(terms, weights) for _, weights in self.players()]

    def objective(self, terms):
        """The generator's loss per image, [B]."""
        return weighted_sum(terms, self.generator_weights())

    def train_step(self, batch):
        self.set_rates()
        seed, complete = self.step_seed(), self.without_gaps(batch)
        # One after another, not in a loop of the graph: under a strategy optimizers can't be
        # applied inside one, nor inside a condition.
        for number in range(1, self.critic_steps + 1):
            critic = self._update(1, complete, noise.stream(seed, number))
        generator = self._update(0, complete, seed)
        auxiliary = self._update(2, complete, seed)
        return self.log(*joined([generator, critic, auxiliary]))

    def _update(self, player, batch, seed):
        """One step of a player's optimizer; returns what its loss was made of."""
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
            target: 1 at the wanted class or attributes, [B, L].
            strength: 0 reconstructs, 1 asks for the target label, more extrapolates, [B].
        Returns:
            [B, H, W, C].
        """
        label = self.classify(image)
        return self.transfer_to(image, label, self.labels.shifted(label, target, strength))

    def serving_signatures(self):
        return {**super().serving_signatures(), **self.label_signatures()}


def joined(measured):
    """One (terms, diagnostics) from several."""
    all_terms, all_diagnostics = {}, {}
    for terms, diagnostics in measured:
        all_terms |= terms
        all_diagnostics |= diagnostics
    return all_terms, all_diagnostics
