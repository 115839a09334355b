"""Benchmarks: experiments of the studies repeated, each written as one page of tables and figures.

Run from the root of the repository; every script has `--help`, and `--quick` for a trial run:

    python -m benchmarks.study_a.swap       # swapped encoders and decoders, Zeng et al.
    python -m benchmarks.study_b.disentanglement    # sparsity, Cristovao et al.
    python -m benchmarks.study_b.faces      # units that follow attributes of faces
    python -m benchmarks.study_c.table4     # categorical generation, Vargas Aguilar & Gu
    python -m benchmarks.study_d.sweep      # label characteristics, Benyahia et al.
    python -m benchmarks.study_e.table1     # dual space, Okamoto et al. (2018)

Models are trained by `train.py`; what was trained, searched and scored is kept and not repeated.
"""
