"""``python -m studio`` is the same program as ``reswd``."""

import signal

if __name__ == "__main__":
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl+C ends the process without a traceback

    from studio.cli import main

    signal.signal(signal.SIGINT, before)
    main()
