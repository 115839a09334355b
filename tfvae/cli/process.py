"""The process of a command: its output, whether anybody reads it or not, and its end by SIGTERM."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any


class Output:
    """A stream of text that may lose its reader: what is written from then on goes nowhere.

    Characters that the stream has no code for are written as escapes.

    Args:
        stream: What `sys.stdout` or `sys.stderr` was; None where a process is started without it.

    >>> output = Output(sys.stdout)
    >>> print("scores", file=output)
    scores
    """

    def __init__(self, stream: Any):
        # It is open as long as the process is.
        nowhere = open(os.devnull, "w", encoding="utf-8") if stream is None else None  # noqa: SIM115
        self._stream: Any = stream or nowhere

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        code = getattr(self._stream, "encoding", None) or "utf-8"
        with self._without_a_reader():
            self._stream.write(text.encode(code, "backslashreplace").decode(code))
        return len(text)

    def flush(self) -> None:
        with self._without_a_reader():
            self._stream.flush()

    @contextlib.contextmanager
    def _without_a_reader(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            # What is still in a buffer goes there too, so that the interpreter ends in peace.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def unread_output() -> Iterator[None]:
    """Lets a `with` block print where nobody reads: into a pipe that is closed early (`| head -1`),
    or to no stream at all (`>&-`).

    >>> with unread_output():
    ...     print("scores")
    scores
    """
    out, err = contextlib.redirect_stdout, contextlib.redirect_stderr
    with out(Output(sys.stdout)), err(Output(sys.stderr)):
        yield


@contextlib.contextmanager
def interrupted_by_sigterm() -> Iterator[list[int]]:
    """Makes of SIGTERM a KeyboardInterrupt, as SIGINT is, while a `with` block runs; a process that
    ignores the signal, or has its own answer to it, keeps that.

    Yields:
        The number of the signal that an interrupt stands for: SIGINT until SIGTERM comes.

    >>> with interrupted_by_sigterm() as signals:
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print(signals == [signal.SIGTERM])
    True
    """
    signals: list[int] = [signal.SIGINT]

    def interrupt(number, frame):
        signals[0] = number
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield signals
        return
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield signals
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
