"""One module per metric; none imports another."""
