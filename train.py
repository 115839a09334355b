"""Trains a model and exports it: `python train.py --help`."""

import sys

from tfvae.cli.train import main

if __name__ == "__main__":
    sys.exit(main())
