"""``python -m studio`` is the same program as ``reswd``, which starts here."""

import signal
import sys


def start() -> None:
    """The program; one line and exit code 2 where the library was installed without it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl+C ends the process without a traceback
    try:
        from studio.cli import main
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in ("studio", "guidance", "reswd_torch"):
            raise
        print(f'reswd: the command line needs {error.name}: pip install "reswd-studio[app]"', file=sys.stderr)
        raise SystemExit(2) from None
    finally:
        signal.signal(signal.SIGINT, before)
    main()


if __name__ == "__main__":
    start()
