"""Files whose examples can be run where their packages are installed."""

import importlib.util

PACKAGES = {
    "throughput/pytorch_networks.py": "torch",
    "throughput/pytorch_run.py": "torch",
    "throughput/pythae_run.py": "pythae",
}
collect_ignore = [file for file, name in PACKAGES.items() if not importlib.util.find_spec(name)]
