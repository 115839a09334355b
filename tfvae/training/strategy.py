"""The devices of a run."""

import os
import re
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

from tfvae import reading
from tfvae.schema import UsageError, UserError

CHIEF_TYPES = ("chief", "master")
SECONDS_FOR_NAMES = 60
TUNER_VARIABLES = ("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID")


def make_strategy(name: str, batch_size: int):
    """A `tf.distribute.Strategy`.

    Args:
        name: "auto" (all GPUs if there are several), "single", "mirrored" or "multi_worker".
        batch_size: Images per step, on all replicas together.
    Raises:
        UserError: a malformed `TF_CONFIG`.
        UsageError: the batch doesn't divide among the replicas.

    >>> make_strategy("single", batch_size=64).num_replicas_in_sync
    1
    """
    strategy = _STRATEGIES[name]()
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise UsageError(
            f"--batch-size {batch_size} does not divide among {replicas} replicas; "
            f"try {max(batch_size // replicas, 1) * replicas}"
        )
    return strategy


def is_chief(strategy_name: str) -> bool:
    """Whether this process writes the files of the run; imports no TensorFlow.

    Raises:
        UserError: a malformed `TF_CONFIG`.

    >>> is_chief("mirrored")
    True
    """
    if strategy_name != "multi_worker":
        return True
    config = check_tf_config(os.environ.get("TF_CONFIG"))
    task = config["task"]
    has_chief = any(kind in config["cluster"] for kind in CHIEF_TYPES)
    return task["type"] in CHIEF_TYPES or (not has_chief and task["index"] == 0)


def is_tuning_worker() -> bool:
    """Whether this process trains trials for a chief, by the variables of Keras Tuner.

    A search over several processes has `KERASTUNER_ORACLE_IP` and `KERASTUNER_ORACLE_PORT`, the
    chief's address, and `KERASTUNER_TUNER_ID`, which has the word "chief" in it or is another one
    for each worker.

    Raises:
        UserError: some of the three are missing.

    >>> is_tuning_worker()
    False
    """
    missing = [name for name in TUNER_VARIABLES if not os.environ.get(name)]
    if "KERASTUNER_ORACLE_IP" in missing:
        return False
    if missing:
        raise UserError(f"KERASTUNER_ORACLE_IP is set, {' and '.join(missing)} not")
    return "chief" not in os.environ["KERASTUNER_TUNER_ID"]


def check_tuner_address() -> None:
    """Tries whether a chief of Keras Tuner can listen on its address; without one there is none.

    Raises:
        UserError: the address is wrong, or the port is taken.

    >>> check_tuner_address()
    """
    if not os.environ.get("KERASTUNER_ORACLE_IP"):
        return
    host, port = (os.environ[name] for name in TUNER_VARIABLES[:2])
    try:
        socket.create_server((host, int(port))).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(f"the chief of the search can't listen on {host}:{port}: {error}") from None


def check_tf_config(text: str | None) -> dict[str, Any]:
    """The contents of `TF_CONFIG`.

    Raises:
        UserError: it is missing or not JSON, or its cluster and task contradict each other; the
            message has the reason.

    >>> cluster = '"cluster": {"worker": ["a.org:2222", "b.org:2222"]}'
    >>> check_tf_config('{%s, "task": {"type": "worker", "index": 1}}' % cluster)["task"]["index"]
    1
    >>> check_tf_config('{%s, "task": {"type": "worker", "index": 2}}' % cluster)
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: TF_CONFIG: task.index is 2, cluster.worker has 0 to 1
    """
    if not text:
        raise UserError("TF_CONFIG is not set; --strategy multi_worker needs it on every worker")
    config = reading.parse_json("TF_CONFIG", text)
    cluster = _mapping(config, "cluster")
    task = _mapping(config, "task")
    for kind, addresses in cluster.items():
        if not isinstance(addresses, list) or not addresses or not all(map(_is_address, addresses)):
            raise UserError(
                f"TF_CONFIG: cluster.{kind} must be a list of host:port, got {addresses!r}"
            )
    addresses = [address for group in cluster.values() for address in group]
    if len(set(addresses)) < len(addresses):
        raise UserError("TF_CONFIG: two tasks have the same host:port")
    if "worker" not in cluster:
        raise UserError("TF_CONFIG: cluster.worker, the list of the workers' host:port, is missing")
    unknown = sorted(set(cluster) - {"worker", *CHIEF_TYPES})
    if unknown:
        raise UserError(f"TF_CONFIG: cluster.{unknown[0]} has no part in training by workers")
    own, index = task.get("type"), task.get("index")
    if not isinstance(own, str) or own not in cluster:
        raise UserError(f"TF_CONFIG: task.type is {own!r}, the cluster has {', '.join(cluster)}")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(cluster[own]):
        raise UserError(
            f"TF_CONFIG: task.index is {index!r}, cluster.{own} has 0 to {len(cluster[own]) - 1}"
        )
    return config


def _mapping(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    if not isinstance(value, dict):
        raise UserError(f"TF_CONFIG: {key!r} must be a mapping, got {value!r}")
    return value


def _is_address(value: Any) -> bool:
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    return bool(host and colon and re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 2**16)


def _single():
    import tensorflow as tf

    return tf.distribute.get_strategy()


def _mirrored():
    import tensorflow as tf

    # Without a GPU, the logical CPUs: one, unless the caller has configured more.
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def _multi_worker():
    import tensorflow as tf

    cluster = check_tf_config(os.environ.get("TF_CONFIG"))["cluster"]
    addresses = [address for group in cluster.values() for address in group]
    _wait_for_names([address.rpartition(":")[0].strip("[]") for address in addresses])
    print(f"Waiting for {len(addresses)} workers: {', '.join(addresses)}", flush=True)
    return tf.distribute.MultiWorkerMirroredStrategy()


def _wait_for_names(hosts: Iterable[str]) -> None:
    """Raises UserError for a host whose address isn't found within `SECONDS_FOR_NAMES`.

    TensorFlow would wait for it forever, and Ctrl-C would not stop it. A cluster's name service may
    know a worker only when its container runs.
    """
    deadline = time.monotonic() + SECONDS_FOR_NAMES
    for host in hosts:
        while reason := _why_unknown(host):
            if time.monotonic() >= deadline:
                raise UserError(f"TF_CONFIG: {host}: {reason}")
            print(f"Waiting for the address of {host}: {reason}", flush=True)
            time.sleep(5)


def _why_unknown(host: str) -> str | None:
    try:
        socket.getaddrinfo(host, None)
    # What isn't a name at all raises a UnicodeError.
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def _auto():
    import tensorflow as tf

    return _mirrored() if len(tf.config.list_physical_devices("GPU")) > 1 else _single()


_STRATEGIES = {
    "auto": _auto,
    "single": _single,
    "mirrored": _mirrored,
    "multi_worker": _multi_worker,
}
