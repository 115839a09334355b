"""Domain classifiers: trained on a data set, kept on disk, asked by metrics and searches."""
