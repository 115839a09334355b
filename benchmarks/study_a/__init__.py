"""Latent Space Structure between VAEs on Different Data (Zeng et al.).

The study asks whether the codes of one VAE can be decoded by another. `swap` measures it, for two
data sets or for two trainings on one.
"""
