"""From the bytes of a message to the Document that is read: parse, sort out, clean and date."""

from functools import cached_property
from typing import TYPE_CHECKING

import orjson
from pydantic import ValidationError

from pipeline.errors import SetAside, UnreadableInputError
from pipeline.intake.clean import clean
from pipeline.intake.dating import date_article
from pipeline.intake.digest import content_digest, signature
from pipeline.intake.language import other_language
from pipeline.records import Article, Document
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.reading.scan import Scanner


class Intake:
    """The steps of the gate, in their order: ``parse``, ``relevant``, ``document``; data are loaded when needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limit = settings.max_article_bytes

    def parse(self, raw: bytes) -> Article:
        """The Article of a message.

        Raises:
            UnreadableInputError: it is empty, too large, not UTF-8, not JSON or not an Article; the message
                says which, and where.
        """
        if len(raw) > self._limit:
            raise UnreadableInputError(
                f"too large: {len(raw):,} bytes, the limit is {self._limit:,} (RECOGNITION_MAX_ARTICLE_BYTES)"
            )
        try:
            return Article.model_validate_json(raw)
        except ValidationError as error:
            raise UnreadableInputError(what_is_wrong(raw, error)) from None

    def relevant(self, article: Article) -> bool:
        """Whether a watched subject, a country and a trigger occur: one pass over the raw text, markup included."""
        return self._scanner.relevant("\n".join(filter(None, (article.title, article.text, article.html))))

    def document(self, article: Article) -> Document:
        """The article cleaned, dated and signed.

        Raises:
            SetAside: it is not English, or nothing is left of it after cleaning.
        """
        cleaned = clean(article)
        if not cleaned.text:
            raise SetAside("nothing left after cleaning")
        other = other_language(cleaned.text, article.language or cleaned.header.language)
        if other is not None:
            raise SetAside(f"not English: {other}")
        dating = date_article(article, cleaned)
        return Document(
            digest=content_digest(cleaned.text),
            signature=signature(cleaned.body or cleaned.text),
            article_id=article.id,
            source=article.source,
            url=article.url or cleaned.header.url,
            title=cleaned.title,
            text=cleaned.text,
            language="en",
            published=dating.published,
            dated=dating.dated,
            dated_basis=dating.basis,
        )

    def warm(self) -> None:
        """Load all that the first article would have to wait for."""
        report = "Nauru recognised Kosovo on Friday, its foreign ministry said in a statement on the matter."
        for article in (
            Article(id="warm", source="warm", text=report),
            Article(id="warm", source="warm", html=f"<html><body><article><p>{report}</p></article></body></html>"),
        ):
            self.relevant(article)
            self.document(article)

    @cached_property
    def _scanner(self) -> "Scanner":
        from pipeline.reading.gazetteer import Gazetteer
        from pipeline.reading.ontology import load_ontology
        from pipeline.reading.scan import Scanner

        return Scanner(Gazetteer.load(self._settings.watchlist), load_ontology().scan_terms)


def what_is_wrong(raw: bytes, error: ValidationError) -> str:
    """One line on why bytes are no Article: the first cause, and every field that is wrong."""
    if not raw.strip():
        return "empty message"
    try:
        raw.decode()
    except UnicodeDecodeError as undecodable:
        return f"not UTF-8: byte 0x{raw[undecodable.start]:02x} at position {undecodable.start:,}"
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as malformed:
        return f"not JSON: {malformed}"
    if not isinstance(value, dict):
        return f"not an Article: a JSON object is expected, this is a {_KINDS.get(type(value), 'value')}"
    problems = [
        _problem(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors(include_url=False)
    ]
    return "not an Article: " + "; ".join(problems)


_KINDS: dict[type, str] = {
    list: "list",
    str: "string",
    int: "number",
    float: "number",
    bool: "truth value",
    type(None): "null",
}


def _problem(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(str(part) for part in place)
    if kind == "missing":
        return f"field {name} is missing"
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return f"field {name}: {text}" if name else text
