"""The one error a caller is expected to show to a person."""


class InputError(ValueError):
    """The caller's input cannot be used.

    The message is one line: it quotes the input and says what to do. The command line prints it and exits with 2, the
    browser shows it; neither prints a traceback.
    """
