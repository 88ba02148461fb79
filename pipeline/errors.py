"""The errors that a user can meet. Each message names the input and the remedy."""


class RecognitionError(Exception):
    """Something the user can mend. The command line prints the message and exits with 1."""


class UnreadableInputError(RecognitionError):
    """A file, line or message that is not what it should be. Carries the reason, never stops a stream."""


class SetAside(Exception):  # noqa: N818 - no error: the article is sound, and not for us
    """A relevant article that is not read, and why: not English, or nothing left after cleaning."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def in_a_line(error: BaseException) -> str:
    """What kind of error it is, and the first line of what it says: for the log."""
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')[:200]}"
