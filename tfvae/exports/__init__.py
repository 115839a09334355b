"""The contract of an export: what it promises, who writes it, who reads it. Knows no model."""
