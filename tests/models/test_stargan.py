"""The losses of StarGAN in NumPy."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from tests.models.adversaries import small_batch, small_model
from tfvae.networks import stargan
from tfvae.probability import noise

SEED = (0, 1)


def log_likelihood(logits, label, observed):
    right = scipy.special.log_expit(np.where(np.asarray(label) > 0.5, logits, -logits))
    return (observed * right).sum(axis=1)


def test_terms_are_those_of_the_paper():
    model, batch = small_model("stargan"), small_batch()
    complete = model.without_gaps(batch)
    image, label, observed = complete["image"], complete["label"], complete["observed"]
    target, known = noise.batch_permutation([label, observed], SEED)
    made = model.generator([image, target])
    score_real, logits_real = map(np.asarray, model.critic(image))
    score_made, logits_made = map(np.asarray, model.critic(made))
    cycled = np.asarray(model.generator([made, label]))
    expected = {
        "adversary": -score_made[:, 0],
        "target_label": -log_likelihood(logits_made, target, known.numpy()),
        "cycle": np.abs(image - cycled).mean(axis=(1, 2, 3)),
        "critic": score_made[:, 0] - score_real[:, 0],
        "critic_label": -log_likelihood(logits_real, label, observed.numpy()),
    }
    terms = model.loss_terms(batch, SEED)
    for name, values in expected.items():
        np.testing.assert_allclose(terms[name], values, rtol=1e-4, atol=1e-5, err_msg=name)


def test_wanted_labels_are_those_of_the_batch():
    model, batch = small_model("stargan"), small_batch()
    wanted = []
    generator = model.generator

    def listening(inputs):
        wanted.append(np.asarray(inputs[1]))
        return generator(inputs)

    model.generator = listening
    model.measure_generator(model.without_gaps(batch), SEED)
    complete = np.asarray(model.without_gaps(batch)["label"])
    assert sorted(map(tuple, wanted[0])) == sorted(map(tuple, complete))
    np.testing.assert_array_equal(wanted[1], complete)


def test_cycle_falls_where_it_weighs():
    model = small_model("stargan", cycle_weight=100.0, label_weight=0.0, critic_steps=1)
    model.compile(keras.optimizers.Adam(3e-3))
    batches = tf.data.Dataset.from_tensors(small_batch()).repeat()
    cycle = model.fit(batches, epochs=2, steps_per_epoch=25, verbose=0, shuffle=False).history[
        "cycle"
    ]
    assert cycle[1] < cycle[0]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 64, 3), (33, 50, 3)])
def test_networks_fit_the_image(shape):
    generator = stargan.generator(shape, 5, filters=4, residual_blocks=1)
    assert generator.output_shape[1:] == shape
    score, logits = stargan.critic(shape, 5, filters=4).output_shape
    assert (score, logits) == ((None, 1), (None, 5))
