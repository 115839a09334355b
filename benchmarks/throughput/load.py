"""What else the machine does: a benchmark on a busy machine compares nothing.

PyTorch suffers most: its threads wait for each other, so that one busy core halves its speed.
"""

import resource
import time

import psutil


class OtherLoad:
    """Cores that other processes used while children of this one ran.

    >>> with OtherLoad() as load:
    ...     pass
    >>> load.cores >= 0
    True
    """

    cores = 0.0

    def __enter__(self) -> "OtherLoad":
        self._start = time.monotonic(), _busy(), _own()
        return self

    def __exit__(self, *_) -> None:
        began, busy, own = self._start
        used = (_busy() - busy) - (_own() - own)
        self.cores = max(0.0, used / max(time.monotonic() - began, 0.01))


def idle_load(seconds: float = 2.0) -> float:
    """Cores in use while this process waits.

    >>> idle_load(0.1) >= 0
    True
    """
    with OtherLoad() as load:
        time.sleep(seconds)
    return load.cores


def _busy() -> float:
    """CPU seconds that all processes have used."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "steal", 0.0)


def _own() -> float:
    """CPU seconds of this process and of its children that have ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usage)
