"""The errors that a user can meet. Each message names the input and the remedy."""


class RecognitionError(Exception):
    """Something the user can mend. The command line prints the message and exits with 1."""


class UnreadableInputError(RecognitionError):
    """A file, line or message that is not what it should be. Carries the reason, never stops a stream."""
