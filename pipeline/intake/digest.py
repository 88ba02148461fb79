"""What makes two texts the same, or nearly the same."""

import base64
import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

_VALUES = 64
_SHINGLE = 3  # words
_WORD = re.compile(r"\w+")
# One sign for one sign: texts with one digest have their sentences at the same offsets.
_SAME = str.maketrans("“”„«»‘’–—\u00a0", '"""""\'\'-- ')


def content_digest(text: str) -> str:
    """128 bits of BLAKE2b over a cleaned text, in hexadecimal; case and kinds of quotation marks and dashes aside."""
    return blake2b(text.translate(_SAME).lower().encode(), digest_size=16).hexdigest()


def signature(body: str) -> str:
    """MinHash of the word shingles of a text without its title: 64 values of 32 bits, little-endian, base64.

    The share of places at which two signatures are equal estimates the share of shingles that two texts have in
    common. Each place holds the least of the shingles' hashes under one function of a universal family,
    ``(a * hash + b) >> 32`` in 64 bits (Dietzfelbinger's multiply-add-shift).
    """
    words = _WORD.findall(body.lower())
    width = min(_SHINGLE, len(words))
    shingles = {" ".join(words[start : start + width]) for start in range(len(words) - width + 1)} if words else {""}
    digests = b"".join(blake2b(shingle.encode(), digest_size=4).digest() for shingle in shingles)
    hashes: NDArray[Any] = np.frombuffer(digests, dtype="<u4").astype(np.uint64)[:, np.newaxis]
    factors, terms = _family()
    least = ((hashes * factors + terms) >> np.uint64(32)).min(axis=0)
    return base64.b64encode(least.astype("<u4").tobytes()).decode()


def similarity(one: str, other: str) -> float:
    """The estimated share, 0 to 1, of shingles that the texts of two signatures have in common."""
    first, second = (np.frombuffer(base64.b64decode(each), dtype="<u4") for each in (one, other))
    return float(np.count_nonzero(first == second)) / _VALUES


@lru_cache(maxsize=1)
def _family() -> tuple[NDArray[Any], NDArray[Any]]:
    """The factors and terms of the hash functions: drawn once and for all from BLAKE2b, for signatures outlive us."""
    drawn = b"".join(blake2b(f"signature {place}".encode(), digest_size=16).digest() for place in range(_VALUES))
    numbers: NDArray[Any] = np.frombuffer(drawn, dtype="<u8").reshape(_VALUES, 2)
    return numbers[:, 0].astype(np.uint64), numbers[:, 1].astype(np.uint64)
