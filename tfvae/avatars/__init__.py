"""Procedural faces with 40 binary attributes, drawn in two styles; no network, no files."""
