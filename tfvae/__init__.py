"""Five studies of the latent space of variational autoencoders, as one system."""

__version__ = "0.1.0"
