"""Categorical generation of images via analysis of learned latent vectors (Vargas Aguilar & Gu).

The study fits generators of single classes to VAEs that never saw a label. `table4` reproduces its
table 4 and figure 1, for every generator of this project beside the study's own.
"""
