"""The contract of an export, its writer and its reader; they depend on no model.

>>> from tfvae.exports.contract import SIGNATURES
>>> SIGNATURES["transfer"]  # inputs, outputs
(('image', 'target', 'strength'), ('image',))
"""
