"""The model of examples/plain_vae.py with tfvae, which brings the loss, the step and the data.

python examples/vae_with_tfvae.py
"""

import keras
import tensorflow as tf

import tfvae

LATENT_DIM = 8
EPOCHS = 40

keras.utils.set_random_seed(0)
data = tfvae.load_dataset("digits", image_size=8)
model = tfvae.VAE(
    data.spec,
    latent_dim=LATENT_DIM,
    # The same networks; without these two arguments the model makes its own.
    encoder=keras.Sequential([
        keras.Input([8, 8, 1]),
        keras.layers.Flatten(),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(2 * LATENT_DIM),
    ]),
    decoder=keras.Sequential([
        keras.Input([LATENT_DIM]),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(64),
        keras.layers.Reshape([8, 8, 1]),
    ]),
)  # fmt: skip
model.compile(keras.optimizers.Adam(1e-3))
model.fit(
    data.train_batches(50, seed=0),
    steps_per_epoch=data.steps_per_epoch(50),
    epochs=EPOCHS,
    shuffle=False,
    verbose=0,
)

scores = model.evaluate(data.batches("test", 50), return_dict=True, verbose=0)
print(f"ELBO of the test images: {scores['elbo']:.1f} nats")
for image in model.sample(tf.constant([1, 2], tf.int64)).numpy()[..., 0]:
    print("\n".join("".join(" .:-=+*#%@"[int(9.99 * pixel)] * 2 for pixel in row) for row in image))
