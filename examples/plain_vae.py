"""A variational autoencoder of handwritten digits, in its plainest form: read it top to bottom.

    python examples/plain_vae.py

An image x is drawn from a code z, the code from N(0, I). Training maximises a lower bound on
log p(x), the ELBO (Kingma & Welling 2014, eq. 3):

    log p(x) >= E_q(z|x)[log p(x|z)] - KL(q(z|x) || p(z))

examples/vae_with_tfvae.py does the same with tfvae.
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp
from sklearn.datasets import load_digits

tfd = tfp.distributions
LATENT_DIM = 8
EPOCHS = 40

# Data: 1,797 images of 8 x 8 pixels in [0, 1].
keras.utils.set_random_seed(0)
images = (load_digits().images[..., None] / 16).astype("float32")
train, test = images[:1500], images[1500:]
batches = tf.data.Dataset.from_tensor_slices(train).shuffle(1500, seed=0).batch(50)

# Networks: x -> parameters of q(z|x), and z -> parameters of p(x|z).
encoder = keras.Sequential([
    keras.Input([8, 8, 1]),
    keras.layers.Flatten(),
    keras.layers.Dense(256, activation="relu"),
    keras.layers.Dense(2 * LATENT_DIM),
])  # fmt: skip
decoder = keras.Sequential([
    keras.Input([LATENT_DIM]),
    keras.layers.Dense(256, activation="relu"),
    keras.layers.Dense(64),
    keras.layers.Reshape([8, 8, 1]),
])  # fmt: skip

# Distributions. Grey pixels count as probabilities, so -log p(x|z) is a cross-entropy.
prior = tfd.Independent(tfd.Normal(tf.zeros([LATENT_DIM]), 1.0), 1)


def posterior(x):
    """q(z|x): a Gaussian with independent dimensions."""
    mean, raw_stddev = tf.split(encoder(x), 2, axis=-1)
    return tfd.Independent(tfd.Normal(mean, 1e-4 + tf.nn.softplus(raw_stddev)), 1)


def likelihood(z):
    """p(x|z): independent Bernoulli pixels."""
    return tfd.Independent(tfd.Bernoulli(logits=decoder(z), dtype=tf.float32), 3)


# Loss: one sample z = mean + stddev * noise lets the gradient through.
def elbo(x):
    """Bound on log p(x) of each image, [B], nats."""
    q = posterior(x)
    return likelihood(q.sample()).log_prob(x) - tfd.kl_divergence(q, prior)


# Training.
optimizer = keras.optimizers.Adam(1e-3)
weights = encoder.trainable_variables + decoder.trainable_variables
optimizer.build(weights)


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(elbo(x))
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))


for _ in range(EPOCHS):
    for x in batches:
        step(x)

# What it has learnt: the bound on new images, and new digits as text.
print(f"ELBO of the test images: {tf.reduce_mean(elbo(test)):.1f} nats")
for image in likelihood(prior.sample(2, seed=1)).mean().numpy()[..., 0]:
    print("\n".join("".join(" .:-=+*#%@"[int(9.99 * pixel)] * 2 for pixel in row) for row in image))
