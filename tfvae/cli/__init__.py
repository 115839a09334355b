"""The command line: arguments, help, messages. Names are checked before TensorFlow is imported."""
