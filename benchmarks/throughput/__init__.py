"""Images per second of trainings, side by side; `python -m benchmarks.throughput`."""
