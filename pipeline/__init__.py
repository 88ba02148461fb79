"""Recognition Watch: which country recognises which government or state, read from the news."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("recognition-watch")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0.0.0"
