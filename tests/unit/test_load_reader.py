"""Readers are chosen by name."""

import pytest

from pipeline.errors import RecognitionError
from pipeline.reading.load import load_reader
from pipeline.settings import Settings


def test_an_unknown_reader_is_named_beside_the_installed_ones() -> None:
    with pytest.raises(RecognitionError, match=r"'clairvoyant' \(RECOGNITION_READER\); installed: .*english"):
        load_reader(Settings(reader="clairvoyant"))
