"""Entry point of ``kalsel-gap`` and ``python -m kalsel_gap``: signals, exit status.

Ctrl-C, a request to end and a closed terminal end it with one line and exit status 1, from the
first import to the last line of output.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # the last one does not exist on Windows
# The same signal often comes twice: `timeout` signals the process and then its group.
_SAME_WISH_S = 2.0


class Interruption:
    """The signal to end, raised once as KeyboardInterrupt: half-written files are removed."""

    def __init__(self) -> None:
        self.wished_s: float | None = None

    def watch(self) -> None:
        """Catch signals from now on; a signal that the caller ignores stays ignored."""
        for number in self._numbers():
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._wish)
        sys.unraisablehook = self._unraisable

    def end(self) -> None:
        """Stop catching signals: nothing is left to interrupt."""
        for number in self._numbers():
            signal.signal(number, signal.SIG_IGN)

    @staticmethod
    def _numbers() -> list[signal.Signals]:
        return [signal.Signals[name] for name in _SIGNALS if hasattr(signal, name)]

    def _wish(self, *_: object) -> None:
        now_s = time.monotonic()
        if self.wished_s is None or now_s - self.wished_s > _SAME_WISH_S:
            self.wished_s = now_s
            raise KeyboardInterrupt

    def _unraisable(self, error: UnraisableHookArgs) -> None:
        """Repeat a signal that came where nothing can be raised, otherwise it would be lost."""
        if self.wished_s is None:
            sys.__unraisablehook__(error)
        elif error.exc_type is KeyboardInterrupt:
            import threading

            self.wished_s = None
            again = threading.Timer(0.02, _interrupt_main_thread)
            again.daemon = True
            again.start()


def _interrupt_main_thread() -> None:
    import _thread
    import threading

    if hasattr(signal, "pthread_kill"):  # wakes it as well if it is waiting
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _open_closed_streams() -> None:
    """Lead the standard streams that the caller has closed to nowhere.

    Otherwise the next file that is opened would take the number of the stream, and what is printed
    would be written into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            lowest = os.open(os.devnull, os.O_RDWR)  # the number of the closed stream
            setattr(sys, name, os.fdopen(lowest, mode, encoding="utf-8"))


def main() -> NoReturn:
    """Run the command line of this process."""
    _open_closed_streams()
    interruption = Interruption()
    interruption.watch()
    gc.set_threshold(500_000)  # a process of seconds makes little garbage, and imports a lot
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old console shows unknown characters as ?
    try:
        try:
            from kalsel_gap.cli import main as run

            run()
        finally:
            interruption.end()
            gc.freeze()  # Python would search all objects for garbage before it ends
    except SystemExit:
        raise
    except BaseException:
        # After the signal was raised, any error can follow from it, such as a failed import.
        if interruption.wished_s is None:
            raise
        from kalsel_gap.errors import KalselGapError
        from kalsel_gap.i18n.messages import error_lines
        from kalsel_gap.i18n.text import N_, Text, choose_language

        text = Text(choose_language())
        (line,) = error_lines(KalselGapError("interrupted"), text)
        word = text(N_("error"))
        sys.exit(f"kalsel-gap: {word}: {line}")
    sys.exit()


if __name__ == "__main__":
    main()
