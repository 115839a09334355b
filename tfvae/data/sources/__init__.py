"""One file per source of images; each loads what one or several names of `DATASETS` stand for."""
