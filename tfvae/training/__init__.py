"""Training: `config.RunConfig` declares the options of a run, `run.train` carries it out.

Importing this package imports no TensorFlow.
"""
