"""``python -m studio`` is the same program as ``reswd``."""

from studio.cli import main

if __name__ == "__main__":
    main()
