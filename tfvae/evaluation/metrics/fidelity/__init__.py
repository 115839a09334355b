"""How close images that a model makes are to real ones, as sets."""
