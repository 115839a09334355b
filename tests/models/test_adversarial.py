"""What the root of the adversarial models promises: who is trained by what."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.adversaries import small_batch, small_model

SEED = (0, 1)
PLAYERS = ("generator", "critic", "auxiliary_classifier")

each_model = pytest.mark.parametrize("name", ["fader", "stargan"])


@each_model
@pytest.mark.parametrize("player", range(3), ids=PLAYERS)
def test_an_update_moves_its_own_player_alone(name, player):
    model = small_model(name, **({"adversary_weight": 1.0} if name == "fader" else {}))
    model.compile(keras.optimizers.SGD(0.1))
    before = [[weight.numpy() for weight in group] for group in model.variable_groups()]
    model._update(player, model.without_gaps(small_batch()), SEED)
    for index, (group, old) in enumerate(zip(model.variable_groups(), before)):
        moved = [not np.array_equal(weight.numpy(), value) for weight, value in zip(group, old)]
        assert any(moved) == (index == player), PLAYERS[index]


@each_model
def test_no_loss_reaches_the_weights_of_another_player(name):
    """The generator's loss depends on critic and auxiliary, but theirs not on the generator."""
    model = small_model(name)
    if name == "fader":
        model.images_shown.assign(1e6)
    batch, (generator, critic, auxiliary) = small_batch(), model.variable_groups()
    with tf.GradientTape(persistent=True) as tape:
        of_generator, of_critic, of_auxiliary = model.objectives(model.loss_terms(batch, SEED))
    strangers = (
        (of_generator, auxiliary),
        (of_critic, generator),
        (of_critic, auxiliary),
        (of_auxiliary, generator),
        (of_auxiliary, critic),
    )
    for loss, variables in strangers:
        assert all(gradient is None for gradient in tape.gradient(loss, variables))
    assert all(gradient is not None for gradient in tape.gradient(of_generator, generator))


def test_critic_steps_are_counted_and_draw_fresh_noise(monkeypatch):
    model = small_model("stargan", critic_steps=3)
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    seeds = []
    measure = model.measure_critic

    def counted(batch, seed):
        seeds.append(tuple(np.asarray(seed)))
        return measure(batch, seed)

    monkeypatch.setattr(model, "measure_critic", counted)
    model.train_step(small_batch())
    assert len(set(seeds)) == 3
    generator, critic, auxiliary = (int(each.iterations) for each in model.optimizers)
    assert (generator, critic, auxiliary) == (1, 3, 1)


@each_model
@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_transfer_of_strength_zero_reconstructs(name, kind):
    model, batch = small_model(name, kind), small_batch(kind)
    image, count = batch["image"], len(batch["image"])
    target = tf.one_hot(np.arange(count) % 3, 3)
    kept = model.transfer(image, target, tf.zeros([count]))
    np.testing.assert_allclose(kept, model.reconstruct(image), atol=1e-6)
    transferred = model.transfer(image, target, tf.ones([count]))
    wanted = target if kind == "categorical" else tf.maximum(model.classify(image), target)
    expected = model.transfer_to(image, model.classify(image), wanted)
    np.testing.assert_allclose(transferred, expected, atol=1e-6)
    assert not np.allclose(transferred, kept, atol=1e-4)


@each_model
def test_unknown_labels_are_filled_in_by_the_auxiliary_classifier(name):
    model, batch = small_model(name), small_batch()
    complete = model.without_gaps(batch)
    np.testing.assert_array_equal(complete["label"][:-1], batch["label"][:-1])
    np.testing.assert_allclose(complete["label"][-1], model.classify(batch["image"])[-1])


@pytest.mark.parametrize("critic_steps", [1, 3])
def test_all_rates_follow_the_first_optimizers(critic_steps):
    """A cosine schedule ends for all players at once, however often each is updated."""
    model = small_model("stargan", critic_steps=critic_steps)
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, 8)
    model.compile(keras.optimizers.Adam(schedule), run_eagerly=True)
    batches = tf.data.Dataset.from_tensors(small_batch()).repeat(4)
    model.fit(batches, verbose=0, shuffle=False)
    rates = [float(each.learning_rate) for each in model.optimizers[1:]]
    # That of the last step made.
    assert rates == pytest.approx([float(schedule(3))] * 2, rel=1e-5)
