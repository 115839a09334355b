"""Training: `config.RunConfig` says what, `run.train` does it. Imports no TensorFlow here."""
