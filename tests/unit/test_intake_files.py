"""Articles out of files and folders; what cannot be read says why."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.errors import RecognitionError
from pipeline.intake.files import Unreadable, count_articles, read_articles
from pipeline.records import Article

SHARED = Path(__file__).parents[3] / "shared"
REPORT = "Ruritania opened a mission in the island capital, its foreign minister told reporters in the harbour town."


def only(path: Path) -> Article:
    (article,) = read_articles([path])
    assert isinstance(article, Article), article
    return article


def refused(path: Path) -> Unreadable:
    (unreadable,) = read_articles([path])
    assert isinstance(unreadable, Unreadable)
    return unreadable


def test_a_scraped_text_keeps_every_byte_and_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "islands-01.txt"
    text = f"July 4, 2025Harbour Post\n{REPORT}\nComments"
    path.write_text(text, "utf-8")
    assert only(path) == Article(id="islands-01", source="Harbour Post", text=text, published="2025-07-04")


@pytest.mark.parametrize(
    ("text", "source", "published"),
    [
        (f"{REPORT}\nCOPYRIGHT © 2017 HARBOUR POST", "Harbour Post", None),
        (f"{REPORT}\n© 2020-2025 Harbour Post. All rights reserved.", "Harbour Post", None),
        (f"{REPORT}\nSend complaints and copyright questions to the provider.", "file", None),
        (f"07/07/2025 / By Ann Example\n{REPORT}", "file", "2025-07-07"),
        (f"07/08/2025 / By Ann Example\n{REPORT}", "file", None),
        (f"3 hours ago\n{REPORT}", "file", None),
        (f"## Islands\n - [https://www.harbour.test/a](https://www.harbour.test/a)\n\n{REPORT}", "harbour.test", None),
        (f"Source: Harbour Post\nDate: 2025-07-04\n\n{REPORT}", "Harbour Post", "2025-07-04"),
    ],
)
def test_source_and_day_come_from_the_text_where_they_are_certain(
    tmp_path: Path, text: str, source: str, published: str | None
) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text, "utf-8")
    article = only(path)
    assert (article.source, article.published) == (source, published)


def test_a_saved_page_gives_its_report_and_its_metadata(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        '<!doctype html><html lang="en"><head><title>Islands get a mission</title>'
        '<meta property="og:site_name" content="Harbour Post">'
        '<meta property="article:published_time" content="2025-03-02">'
        '<link rel="canonical" href="https://harbour.test/a"></head>'
        "<body><nav><a href='/'>Home</a></nav><article><h1>Islands get a mission</h1>"
        f"<p>{REPORT}</p><p>{REPORT * 3}</p></article></body></html>",
        "utf-8",
    )
    article = only(path)
    assert (article.id, article.source, article.published) == ("page", "Harbour Post", "2025-03-02")
    assert (article.title, article.url) == ("Islands get a mission", "https://harbour.test/a")
    assert article.text is not None
    assert REPORT in article.text
    assert "Home" not in article.text


def test_a_page_without_a_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<html><body></body></html>", "utf-8")
    assert refused(path).reason == "no report in this page"


def test_one_article_a_line_and_bad_lines_by_number(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    good = Article(id="a", source="x", text=REPORT)
    lines = [good.to_json(), b"", b"{not json", b'{"id": 7, "source": "x", "text": "y"}', b'["a"]', b'{"id": "\xff"}']
    path.write_bytes(b"\n".join([*lines, good.model_copy(update={"id": "b"}).to_json()]))
    found = list(read_articles([path]))
    assert [each.id for each in found if isinstance(each, Article)] == ["a", "b"]
    assert [(each.line, each.reason.split(":")[0]) for each in found if isinstance(each, Unreadable)] == [
        (3, "not JSON"),
        (4, "not an Article"),
        (5, "not an Article"),
        (6, "not UTF-8"),
    ]
    assert count_articles([path]) == 6
    assert str(found[1]).startswith(f"{path}:3: not JSON: ")


def test_a_labelled_article_is_an_article(tmp_path: Path) -> None:
    path = tmp_path / "003.json"
    entry = {
        "id": "003",
        "url": "https://x.test",
        "title": "T",
        "published": "2023-03-14",
        "source": "x",
        "text": REPORT,
    }
    path.write_text(json.dumps(entry), "utf-8")
    assert only(path) == Article(**entry)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty file"),
        ("a.txt", b"caf\xe9", "not UTF-8: byte 0xe9 at position 3"),
        ("a.txt", b"x" * 9_000_001, "larger than 9,000,000 bytes"),
        ("a.json", b"[]", "not an Article: a JSON object is expected, this is a list"),
        ("a.json", b'{"id": "a"}', "not an Article: field source is missing"),
        ("a.pdf", b"%PDF", "unknown kind of file .pdf"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    unreadable = refused(path)
    assert (unreadable.path, unreadable.line, unreadable.reason) == (path, None, reason)
    assert unreadable.remedy


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecognitionError, match="does not exist"):
        list(read_articles([tmp_path / "nowhere"]))


def test_folders_in_the_order_of_their_names_without_what_is_no_article(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.txt", "a.txt", "b/z.txt", "b/y.txt", "notes.md", ".hidden.txt"):
        (tmp_path / name).write_text(REPORT, "utf-8")
    assert [each.id for each in read_articles([tmp_path]) if isinstance(each, Article)] == ["a", "y", "z", "c"]
    assert count_articles([tmp_path]) == 4


def test_a_manifest_goes_before_the_files_themselves(tmp_path: Path) -> None:
    text = f"July 4, 2025Harbour Post\n{REPORT}"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    (tmp_path / "b.txt").write_text(text, "utf-8")
    digest = sha256(text.encode()).hexdigest()
    manifest = [
        {"file": "a.txt", "id": "harbour-1", "source": "The Harbour", "published": "2025-07-05", "sha256": digest},
        {"id": "b", "source": "The Quay", "published": None, "sha256": digest},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    found = [each for each in read_articles([tmp_path]) if isinstance(each, Article)]
    assert [(each.id, each.source, each.published) for each in found] == [
        ("harbour-1", "The Harbour", "2025-07-05"),
        ("b", "The Quay", "2025-07-04"),
    ]


def test_a_bad_manifest_is_told_and_the_files_are_read_without_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(REPORT, "utf-8")
    (tmp_path / "manifest.json").write_text('{"files": 1}', "utf-8")
    manifest, article = read_articles([tmp_path])
    assert isinstance(manifest, Unreadable)
    assert isinstance(article, Article)


@pytest.mark.skipif(not (SHARED / "seeds").exists(), reason="the original seed articles are not at hand")
def test_the_original_seeds_are_five_articles_of_five_sources() -> None:
    found = [each for each in read_articles([SHARED / "seeds"]) if isinstance(each, Article)]
    assert len(found) == len({each.id for each in found}) == len({each.source for each in found}) == 5
    assert [each.published for each in found] == ["2025-07-07", None, "2025-07-04", None, None]
