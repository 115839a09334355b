"""Capturing label characteristics in VAEs (poster of Benyahia, Martinez and Levechin).

The study trains the CCVAE of Joy et al. (2021) with several values of beta and sizes of the code.
`sweep` reproduces its figures, with tables of scores beside them, and compares the CCVAE to the
conditional VAE that the poster begins with, whose decoder takes z + MLP(y).
"""
