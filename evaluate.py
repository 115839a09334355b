"""Scores exported models: `python evaluate.py --help`."""

import sys

from tfvae.cli.evaluate import main

if __name__ == "__main__":
    sys.exit(main())
