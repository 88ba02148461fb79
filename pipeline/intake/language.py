"""Whether a text is English."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

_SAMPLE = 2000  # characters that suffice
_SURE = 0.5
_MARGIN = 50.0  # another language must be so many times as likely as English: names alone sway a short text


def other_language(text: str, stated: str | None = None) -> str | None:
    """The language (ISO 639 code) of a text that is not English; None for English, and where it is too short to tell.

    ``stated`` is the publisher's own word: it decides nothing, and halves what it takes to believe it.
    """
    likelihood: dict[str, float] = dict(_identifier().rank(text[:_SAMPLE]))
    best = max(likelihood, key=lambda code: likelihood[code])
    if best == "en":
        return None
    ease = 0.5 if (stated or "").split("-")[0].lower() == best else 1.0
    sure = likelihood[best] >= _SURE * ease and likelihood[best] >= _MARGIN * ease * likelihood.get("en", 0.0)
    return best if sure else None


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    wanted = yaml.safe_load(files("pipeline.intake").joinpath("data/languages.yaml").read_text(encoding="utf-8"))[
        "news"
    ]
    known = set(identifier.labels)
    identifier.set_languages([code for code in wanted if code in known])
    return identifier
