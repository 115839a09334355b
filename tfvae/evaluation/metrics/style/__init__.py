"""What survives of an image when its label is changed: everything that the label doesn't fix."""
