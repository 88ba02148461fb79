"""The one place that knows the parser: sentences go in with their mentions, dependency trees come out.

A mention is one token for the parser, put as a plain proper noun or adjective, and a headline is rewritten into the
sentence that it stands for ("Chad, Togo to cut ties" -> "Chad and Togo will cut ties"): a small parser then errs far
less. Every token keeps the place in the text that it came from.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Token
from spacy.util import load_model

from pipeline.errors import RecognitionError
from pipeline.reading.cues import load_cues
from pipeline.reading.gazetteer import Mention
from pipeline.reading.lexicon import lexicon
from pipeline.reading.ontology import load_ontology
from pipeline.reading.sentences import Sentence, is_title_case, lowered
from pipeline.reading.tags import TagTable

_STAND_INS = ("France", "Japan", "Italy", "Spain", "Germany", "Poland", "Brazil", "Kenya", "Cuba", "Egypt")
_KNOWN = frozenset(
    """France Japan Italy Spain Germany Poland Brazil Kenya Cuba Egypt Russia China Iran Israel Syria Taiwan Ukraine
    India Turkey Britain Canada Australia Mexico Iraq Taliban Pakistan Jordan Lebanon Sweden Norway Ireland US UK
    EU Honduras Venezuela Colombia Argentina Peru Chile Afghanistan Qatar Libya Sudan Somalia Ethiopia Nigeria
    Greece Portugal Belgium Denmark Finland Austria Switzerland Hungary Romania Bulgaria Serbia Croatia Kosovo
    Georgia Armenia Azerbaijan Indonesia Malaysia Singapore Thailand Vietnam Myanmar Philippines Morocco Algeria
    Tunisia Palestine""".split()
)
_BODY = "Moscow"  # what acts and speaks for a country, as one word
_DATELINE = re.compile(
    r"^[A-Z][A-Z .,’'-]{2,40}(?:,? [A-Z][a-z]{2,8}\.? \d{1,2})?(?: ?\([A-Za-z/ .-]{2,20}\))?(?: ?[—–:-]+ )"
)
_BRITISH = re.compile(r"(\w+)is(e|es|ed|ing|ation)$")
_LABEL_WORDS = 4
_QUOTES = frozenset("'\"‘’“”`")


@dataclass(frozen=True)
class Parsed:
    """A sentence as a tree. ``spans`` gives each token's place in the Document's text."""

    sentence: Sentence
    doc: Doc
    spans: tuple[tuple[int, int], ...]
    mentions: dict[int, Mention]
    persons: frozenset[int] = frozenset()
    """Tokens such as "Spain's Sanchez": who acts for the country, and is not it."""

    def mention(self, token: Token) -> Mention | None:
        """The mention that a token stands for."""
        return self.mentions.get(token.i)


@dataclass
class _Word:
    text: str
    start: int
    end: int
    mention: Mention | None = None
    person: bool = False


class Parser:
    """A spaCy pipeline without what the reader has no use for. Loading takes half a second: load once."""

    def __init__(self, model: str) -> None:
        try:
            self._nlp: Language = load_model(model, exclude=["ner", "senter"])
        except OSError as error:
            raise RecognitionError(
                f"the language model {model!r} is not installed: install it, or set RECOGNITION_LANGUAGE_MODEL"
            ) from error
        self._tags = TagTable(self._nlp.get_pipe("attribute_ruler"))
        self._nlp.remove_pipe("attribute_ruler")
        self._lemmatize: Any
        _, self._lemmatize = self._nlp.remove_pipe("lemmatizer")  # it goes by the parts of speech
        index = self._lemmatize.lookups.get_table("lemma_index")
        self._plainer = load_ontology().plain
        self._verbs = frozenset(index["verb"])
        self._common = self._verbs.union(index["noun"], index["adj"], index["adv"])

    def parse(self, work: Iterable[tuple[Sentence, Sequence[Mention]]]) -> Iterator[Parsed]:
        """The trees of these sentences, each with the mentions that lie in it, in order."""
        prepared = [(sentence, self._words(sentence, mentions)) for sentence, mentions in work]
        prepared = [(sentence, words) for sentence, words in prepared if words]
        docs = (Doc(self._nlp.vocab, words=[word.text for word in words]) for _, words in prepared)
        for (sentence, words), doc in zip(prepared, self._nlp.pipe(docs, batch_size=64), strict=True):
            self._tags(doc)
            self._lemmatize(doc)
            yield Parsed(
                sentence,
                doc,
                tuple((word.start, word.end) for word in words),
                {index: word.mention for index, word in enumerate(words) if word.mention is not None},
                frozenset(index for index, word in enumerate(words) if word.person),
            )

    def bare(self, sentence: Sentence) -> Parsed:
        """A sentence as a single word without a tree, for what is read by the order of words."""
        return Parsed(sentence, Doc(self._nlp.vocab, words=["_"]), ((sentence.start, sentence.end),), {})

    def _words(self, sentence: Sentence, mentions: Sequence[Mention]) -> list[_Word]:
        words = self._merged(sentence, mentions)
        self._plain(words)
        if sentence.headline:
            words = self._as_prose(words, title_case=is_title_case(sentence.text))
        words = _without_interruptions(words, self._is_finite)
        stand_ins = iter(_STAND_INS * (1 + len(mentions) // len(_STAND_INS)))
        for word in words:
            if word.mention is not None:
                word.text = _stand_in(word, stand_ins)
        return words

    def _plain(self, words: list[_Word]) -> None:
        """Rare verbs as common ones of the same act, which the tagger knows."""
        for first, second in itertools.pairwise(words):
            pair = self._plainer.get(f"{first.text} {second.text}".lower()) if second.mention is None else None
            if pair is not None:
                first.text, second.text = pair, ""
        for index in range(len(words) - 2):  # "the Donetsk and Luhansk people's republics"
            if words[index].text.lower() == "people" and words[index + 2].text.lower().startswith("republic"):
                words[index].text = words[index + 1].text = ""
        words[:] = [word for word in words if word.text]
        for word in words:
            if word.mention is None:
                text = self._plainer.get(word.text.lower(), word.text)
                word.text = self._american(text) if "is" in text else text

    def _american(self, text: str) -> str:
        """ "normalise" as the parser's training texts spell it."""
        match = _BRITISH.match(text)
        if match is None:
            return text
        return f"{match[1]}iz{match[2]}" if f"{match[1].lower()}ize" in self._verbs else text

    def _merged(self, sentence: Sentence, mentions: Sequence[Mention]) -> list[_Word]:
        text = sentence.text.replace("ʼ", "’")
        offset = sentence.start
        dateline = _DATELINE.match(text)
        first = dateline.end() if dateline and len(text) - dateline.end() > 20 else 0
        spans = [(m.start - offset, m.end - offset, m) for m in mentions if m.start - offset >= first]
        words: list[_Word] = []
        for token in self._nlp.tokenizer(text):
            start, end = token.idx, token.idx + len(token)
            if start < first or token.is_space:
                continue
            inside = next((span for span in spans if span[0] < end and start < span[1]), None)
            if inside is None:
                words.append(_Word(token.text, offset + start, offset + end))
            elif words and words[-1].mention is inside[2]:
                if end > inside[1]:  # a tail that the tokenizer did not cut off
                    words.append(_Word(text[inside[1] : end], offset + inside[1], offset + end))
            else:
                words.append(_Word(inside[2].text, inside[2].start, inside[2].end, inside[2]))
                if end > inside[1]:
                    words.append(_Word(text[inside[1] : end], offset + inside[1], offset + end))
        return self._with_persons(_compounds(words))

    def _with_persons(self, words: list[_Word]) -> list[_Word]:
        """ "Brazil's Lula" is one word for the parser, and acts for Brazil."""
        result: list[_Word] = []
        index = 0
        while index < len(words):
            word = words[index]
            name = index + 2
            while name < min(len(words), index + 4) and self._is_name(words[name]):
                name += 1
            if word.mention is not None and index + 2 < name and words[index + 1].text in {"'s", "’s", "’", "'"}:
                result.append(_Word(_BODY, word.start, words[name - 1].end, word.mention, person=True))
                index = name
            else:
                result.append(word)
                index += 1
        return result

    def _is_name(self, word: _Word) -> bool:
        return (
            word.mention is None
            and word.text[:1].isupper()
            and word.text.isalpha()
            and not self._is_common(word.text.lower())
        )

    def _as_prose(self, words: list[_Word], *, title_case: bool) -> list[_Word]:
        if title_case:
            for word in words:
                if word.mention is None:
                    word.text = lowered(word.text, common=self._is_common)
        words = [word for word in words if word.mention is not None or word.text not in _QUOTES]
        words = self._without_labels(words)
        _join_lists(words)
        self._as_returning(words)
        words = self._with_auxiliaries(words)
        _with_pasts(words)
        _with_articles(words)
        return words

    def _without_labels(self, words: list[_Word]) -> list[_Word]:
        """ "Breaking: Chad cuts ties", "Chad cuts ties: report": without what stands before or after the colon."""
        marks = [
            index
            for index, word in enumerate(words[:-1])
            if word.mention is None and word.text in {":", "–", "—", "|", "-"} and words[index + 1].start > word.end
        ]
        if marks and marks[0] <= _LABEL_WORDS and not any(self._is_finite(word) for word in words[: marks[0]]):
            words = words[marks[0] + 1 :]
            marks = [mark - marks[0] - 1 for mark in marks[1:]]
        if (
            marks
            and len(words) - marks[-1] - 1 <= _LABEL_WORDS
            and not any(self._is_finite(word) for word in words[marks[-1] + 1 :])
        ):
            words = words[: marks[-1]]
        return words

    def _as_returning(self, words: list[_Word]) -> None:
        """ "Kuwait ambassador back in Iran": the verb that such a headline leaves out."""
        if any(self._is_finite(word) for word in words):
            return
        for word, after in itertools.pairwise(words):
            if word.mention is None and word.text.lower() == "back" and after.text.lower() in lexicon().back_where:
                word.text, after.text = "returned", "to"
                return

    def _with_auxiliaries(self, words: list[_Word]) -> list[_Word]:
        """A headline's bare infinitive gets its "will", its bare adjective or participle its "is"."""
        for index, word in enumerate(words):
            if (
                word.text == "in"
                and 0 < index < len(words) - 1
                and not any(self._is_finite(other) for other in words[:index])
            ) and any(
                other.text.lower() in {"talks", "negotiations", "discussions"} for other in words[index + 1 : index + 4]
            ):
                words.insert(index, _Word("are", word.start, word.start))
                break
            if word.text == "to" and word.mention is None and index > 0:
                before = words[index - 1]
                if before.mention is None and self._governs(before):
                    break
                if before.mention is None and before.text.lower() in lexicon().predicative:
                    if index > 1 and not any(self._is_finite(other) for other in words[: index - 1]):
                        words.insert(index - 1, _Word("is", before.start, before.start))
                elif not any(self._is_finite(other) for other in words[:index]):
                    after = words[index + 1].text.lower() if index + 1 < len(words) else ""
                    if after in self._verbs or after.endswith("ly"):
                        words[index] = _Word("will", word.start, word.end)
                break
        return words

    def _governs(self, word: _Word) -> bool:
        """Whether a word before "to" is a verb that takes it: "agree to", "plans to"."""
        text = word.text.lower()
        forms = {text, text.removesuffix("s"), text.removesuffix("es")}
        cues = load_cues()
        return any(forms & words for table in (cues.verbs, cues.nouns) for words in table.values())

    def _is_finite(self, word: _Word) -> bool:
        text = word.text.lower()
        if word.mention is not None:
            return False
        if text in {
            "is",
            "are",
            "was",
            "were",
            "has",
            "have",
            "will",
            "may",
            "says",
            "said",
            "could",
            "would",
            "should",
        }:
            return True
        stems = [text[: -len(tail)] for tail in ("s", "es", "ed", "d") if text.endswith(tail) and len(text) > 3]
        return any(stem in self._verbs for stem in stems) or text in lexicon().irregular

    @lru_cache(maxsize=20_000)  # noqa: B019  one Parser lives as long as the process
    def _is_common(self, word: str) -> bool:
        if word in self._common or word in lexicon().function_words:
            return True
        return any(word.endswith(tail) and word[: -len(tail)] + ending in self._common for tail, ending in _ENDINGS)


_DAYS = frozenset("""Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun""".split())
_ENDINGS = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("d", ""), ("ing", ""), ("ing", "e"),
            ("ting", ""), ("ped", "p"), ("ised", "ize"), ("ises", "ize"), ("ise", "ize"), ("ising", "ize"),
            ("isation", "ization"), ("ly", ""))  # fmt: skip


def _is_rank(words: list[_Word]) -> bool:
    return words[-1].text.lower() in {"country", "nation", "state", "government"}


def _without_interruptions(words: list[_Word], is_finite: Callable[[_Word], bool]) -> list[_Word]:
    """ "Chad on Monday cut ties" -> "Chad cut ties": else the parser loses the subject. The date keeps its place."""
    result: list[_Word] = []
    index = 0
    while index < len(words):
        rest = words[index : index + 3]
        after_noun = bool(result) and (
            result[-1].mention is not None or (result[-1].text[:1].isalpha() and result[-1].text not in {"and", "that"})
        )
        if (
            after_noun
            and rest[0].text.lower() == "on"
            and len(rest) == 3
            and rest[1].text in _DAYS
            and is_finite(rest[2])
        ):
            index += 2
        elif (
            after_noun
            and rest[0].text in _DAYS
            and len(rest) > 1
            and result[-1].text.lower() != "on"
            and is_finite(rest[1])
        ):
            index += 1
        else:
            result.append(words[index])
            index += 1
    return result


def _compounds(words: list[_Word]) -> list[_Word]:
    """ "Taliban-led" is one adjective; in "anti-Taliban" nobody acts."""
    result: list[_Word] = []
    index = 0
    while index < len(words):
        word = words[index]
        hyphened = index + 2 < len(words) and words[index + 1].text in {"-", "–", "\u2011"}
        if word.text.lower() in {"re", "de"} and hyphened and words[index + 1].start == word.end:
            result.append(_Word(word.text + words[index + 2].text, word.start, words[index + 2].end))
            index += 3
        elif word.mention is not None and hyphened and words[index + 2].text.lower() in lexicon().led:
            result.append(_Word("Afghan", word.start, words[index + 2].end, word.mention))
            index += 3
        elif (
            word.mention is None
            and word.text.lower() in lexicon().not_of
            and hyphened
            and words[index + 2].mention is not None
        ):
            result.append(_Word("foreign", word.start, words[index + 2].end))
            index += 3
        elif word.mention is not None and hyphened and words[index + 2].text.lower() in lexicon().about:
            result.append(_Word("Iranian", word.start, words[index + 2].end, word.mention))
            index += 3
        elif (
            word.mention is not None
            and hyphened
            and words[index + 2].mention is None
            and words[index + 2].text.lower().endswith("ed")
        ):
            result.append(_Word("foreign", word.start, words[index + 2].end))  # "US-backed": not of the US
            index += 3
        else:
            result.append(word)
            index += 1
    return result


def _with_articles(words: list[_Word]) -> None:
    """ "Peru upgrades mission to embassy": without an article it is taken for an infinitive."""
    for index, (word, after) in enumerate(itertools.pairwise(words)):
        if word.text in {"to", "into"} and after.text in {"embassy", "consulate"}:
            words.insert(index + 1, _Word("an", after.start, after.start))
            return


def _with_pasts(words: list[_Word]) -> None:
    """ "Chad and Togo open ties": after a name, a plural present is mistaken for a noun; a past is not."""
    for before, word, after in zip(words[:-2], words[1:-1], words[2:], strict=True):
        past = load_ontology().past.get(word.text.lower()) if word.mention is None else None
        if (
            past
            and before.mention is not None
            and before.mention.form != "adjective"
            and after.text.lower() not in {"to", "for", "on", "in", "from"}
        ):
            word.text = past
            return


def _alike(one: Mention, other: Mention) -> bool:
    """Whether two mentions can be members of one list: "Iran, Saudi Arabia", not "Iran, Russian president"."""
    places = {"name", "capital", "group", "alias"}
    return one.form == other.form or {one.form, other.form} <= places


def _join_lists(words: list[_Word]) -> None:
    """ "Chad, Togo cut ties" -> "Chad and Togo cut ties"."""
    for index in range(1, len(words) - 1):
        before, word, after = words[index - 1], words[index], words[index + 1]
        if word.text != "," or before.mention is None:
            continue
        member = (
            after.mention is not None and _alike(before.mention, after.mention)
        ) or after.text.lower() in lexicon().partners
        following = words[index + 2].text.lower() if index + 2 < len(words) else ","
        if member and following not in {",", "and", "&", "or", "’s", "'s"}:
            word.text = "and"
        elif member and following in {",", "and"} and not any(other.mention for other in words[index + 3 : index + 4]):
            continue


def _stand_in(word: _Word, names: Iterator[str]) -> str:
    mention = word.mention
    if mention is None or word.text in {"Afghan", "Iranian"} or word.person:
        return word.text
    if mention.group and not mention.country:
        return "countries"
    if mention.form == "adjective":
        return word.text if " " not in word.text and word.text[:1].isupper() else "French"
    if mention.form in {"government", "title"}:
        return _BODY
    if not (word.text.isalpha() and word.text.isascii()) or (mention.form == "name" and word.text not in _KNOWN):
        return next(names)
    if mention.form == "contextual" and word.text[:1].islower():
        return word.text
    return word.text
