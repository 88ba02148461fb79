"""What makes two texts the same, or nearly the same."""

import base64
import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np

PERMUTATIONS = 64
SHINGLE = 3  # words
_WORD = re.compile(r"\w+")
# One sign for one sign: texts with one digest have their sentences at the same offsets.
_SAME = str.maketrans("“”„«»‘’–—\u00a0", '"""""\'\'-- ')


def content_digest(text: str) -> str:
    """128 bits of BLAKE2b over a cleaned text, in hexadecimal; kinds of quotation marks and dashes count as one."""
    return blake2b(text.translate(_SAME).lower().encode(), digest_size=16).hexdigest()


def signature(body: str) -> str:
    """MinHash of the word shingles of a text without its title: 64 values of 32 bits, little-endian, base64.

    The share of places at which two signatures are equal estimates the share of shingles that two texts have in common.
    """
    from datasketch import MinHash

    sketch = MinHash(num_perm=PERMUTATIONS, scheme="affine32", hashfunc=_hash, permutations=_permutations())
    words = _WORD.findall(body.lower())
    width = min(SHINGLE, len(words)) or 1
    shingles = {" ".join(words[start : start + width]) for start in range(len(words) - width + 1)}
    if shingles:
        sketch.update_batch([shingle.encode() for shingle in shingles])
    return base64.b64encode(np.asarray(sketch.hashvalues).astype("<u4").tobytes()).decode()


def similarity(one: str, other: str) -> float:
    """The estimated share, 0 to 1, of shingles that the texts of two signatures have in common."""
    first, second = (np.frombuffer(base64.b64decode(each), dtype="<u4") for each in (one, other))
    return float(np.count_nonzero(first == second)) / PERMUTATIONS


def _hash(shingle: bytes) -> int:
    return int.from_bytes(blake2b(shingle, digest_size=4).digest(), "little")


@lru_cache(maxsize=1)
def _permutations() -> Any:
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, scheme="affine32").permutations
