"""One file per source of images; each loads one or several of the data sets in `DATASETS`."""
