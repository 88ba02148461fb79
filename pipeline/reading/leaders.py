"""Leaders whom a text names by the surname alone, where the gazetteer found nobody: "Macron visits Rabat"."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import yaml

from pipeline.reading.gazetteer import Mention


@lru_cache(maxsize=1)
def _leaders() -> tuple[re.Pattern[str], dict[str, str]]:
    text = files("pipeline.reading").joinpath("data/en/leaders.yaml").read_text("utf-8")
    table = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  only strings: "NO" is a country
    country = {name: code for code, names in table.items() for name in names}
    return re.compile(rf"(?<![\w-])(?:{'|'.join(country)})(?![\w-])"), country


def surnames() -> Mapping[str, str]:
    """The country of each leader, by surname."""
    return _leaders()[1]


def with_leaders(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions, and the leaders among the words that none of them covers; in order."""
    pattern, country = _leaders()
    covered = [(mention.start, mention.end) for mention in mentions]
    found = [
        Mention(match.start(), match.end(), match.group(), country[match.group()], (), (), None, "title")
        for match in pattern.finditer(text)
        if all(match.end() <= start or end <= match.start() for start, end in covered)
    ]
    return sorted([*mentions, *found], key=lambda mention: mention.start) if found else list(mentions)
