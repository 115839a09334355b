"""Dual Space Learning with Variational Autoencoders (Okamoto et al. 2018).

The study introduces DualVAE and the conditional inception score (CIS). `table1` reproduces its
table 1, the CIS of four models on 20 and 40 domains, and its test with missing labels (figure 6).
"""
