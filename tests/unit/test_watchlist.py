"""The watchlist file: what it brings, what a user's own adds, and how a bad one is refused."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from pipeline.commands.app import app
from pipeline.reading.gazetteer import Gazetteer
from pipeline.reading.watchlist import WatchlistError, load_watchlist, slug

SEALAND = """\
- id: sealand
  name: Sealand
  kind: state
  aliases: [Principality of Sealand]
  contextual: [the platform]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_adds_a_subject(tmp_path: Path) -> None:
    gazetteer = Gazetteer.load(write(tmp_path, SEALAND))
    assert gazetteer.subject("sealand").name == "Sealand"
    assert gazetteer.subject("taliban").kind == "government"
    first, second = gazetteer.mentions("The Principality of Sealand is small. The platform has a flag.")
    assert (first.subjects, first.form, first.country) == (("sealand",), "name", None)
    assert (second.contextual, second.form) == (("sealand",), "contextual")


def test_a_file_replaces_a_subject(tmp_path: Path) -> None:
    path = write(tmp_path, "- {id: taliban, name: Students, kind: government, territory: AF}\n")
    gazetteer = Gazetteer.load(path)
    assert gazetteer.subject("taliban").aliases == ()
    assert [(m.text, m.subjects) for m in gazetteer.mentions("The Taliban, or Students, ruled.")] == [
        ("Students", ("taliban",))
    ]


def test_a_file_may_name_a_subject_after_what_it_replaces(tmp_path: Path) -> None:
    text = (
        "- {id: taliban, name: Students, kind: government, territory: AF}\n- {id: other, name: Taliban, kind: state}\n"
    )
    assert load_watchlist(write(tmp_path, text))["other"].name == "Taliban"


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_watchlist(write(tmp_path, "# nothing yet\n")) == load_watchlist()


def test_a_claim_is_read_by_its_holder_and_territory(tmp_path: Path) -> None:
    text = "- {id: danish-hans, name: Hans Island as Danish, kind: claim, over: [Hans Island], holder: DK}\n"
    gazetteer = Gazetteer.load(write(tmp_path, text))
    claimed = [
        m for m in gazetteer.mentions("Canada recognised Hans Island as Danish.") if m.subjects == ("danish-hans",)
    ]
    assert [m.text for m in claimed] == ["Hans Island"]


def test_a_government_out_of_power_does_not_answer_to_its_country(tmp_path: Path) -> None:
    text = "- {id: chad-rebels, name: Chadian Front, kind: government, territory: TD, in_power: false}\n"
    gazetteer = Gazetteer.load(write(tmp_path, text))
    assert gazetteer.subject("chad-rebels").acts_for is None
    assert gazetteer.mentions("Chad left.")[0].subjects == ("chad",)
    text = "- {id: chad-junta, name: Council of Chad, kind: government, territory: TD}\n"
    gazetteer = Gazetteer.load(write(tmp_path, text))
    assert gazetteer.subject("chad-junta").acts_for == "TD"
    (mention,) = gazetteer.mentions("Chad left.")
    assert (mention.subjects, mention.territory) == ((), ("chad-junta",))
    assert "chad" not in gazetteer.watchlist


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("- id: x\n  name: [a\n", 3, "not YAML"),
        ("id: x\nname: y\n", 1, "a watchlist is a list of subjects"),
        ("- just words\n", 1, "a subject is a set of fields"),
        ("- id: x\n  kind: state\n", 1, "a subject needs name"),
        ("- id: x\n  name: X\n", 1, "a subject needs kind"),
        ("- id: x\n  name: X\n  kind: kingdom\n", 3, "kind 'kingdom': wants government, state, claim"),
        ("- id: X y\n  name: X\n  kind: state\n", 1, "id 'X y': wants small letters"),
        ("- id: x\n  name: X\n  kind: state\n  alias: [Y]\n", 4, "no field is called 'alias'"),
        ("- id: x\n  name: X\n  kind: state\n  aliases: Y\n", 4, "aliases wants a list"),
        ("- id: x\n  name: X\n  kind: state\n  aliases: [Y, [Z]]\n", 4, "aliases wants one word or phrase"),
        ("- id: x\n  name: ''\n  kind: state\n", 2, "name wants one word or phrase"),
        ("- id: x\n  name: X\n  name: Y\n  kind: state\n", 3, "name is there twice"),
        ("- id: x\n  name: X\n  kind: state\n  territory: ZZ\n", 4, "territory 'ZZ': wants an ISO 3166-1 code"),
        ("- id: x\n  name: X\n  kind: government\n", 1, "a government needs the territory"),
        ("- id: x\n  name: X\n  kind: claim\n  holder: RU\n", 1, "a claim, and nothing else"),
        (
            "- id: x\n  name: X\n  kind: state\n  over: [Y]\n  holder: RU\n",
            1,
            "a claim, and nothing else, has both over",
        ),
        ("- id: x\n  name: X\n  kind: state\n  in_power: perhaps\n", 4, "in_power is true or false"),
        (
            "- {id: x, name: X, kind: state}\n\n- {id: x, name: Y, kind: state}\n",
            3,
            "x is there twice; the first one is on line 1",
        ),
        ("- id: x\n  name: X\n  kind: state\n  opposite: y\n", 1, "no subject is called y"),
        ("- id: x\n  name: X\n  kind: state\n  aliases: [Taleban]\n", 1, "'Taleban' cannot mean both taliban and x"),
        ("- id: x\n  name: Taliban\n  kind: state\n", 1, "'Taliban' cannot mean both taliban and x"),
    ],
)
def test_a_bad_file_is_refused_with_line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(WatchlistError) as refused:
        load_watchlist(path)
    assert str(refused.value).startswith(f"{path}, line {line}: ")
    assert reason in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WatchlistError, match="No such file"):
        load_watchlist(tmp_path / "none.yaml")
    path = tmp_path / "bytes.yaml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(WatchlistError, match="not UTF-8"):
        load_watchlist(path)


def test_other_states_are_watched_under_their_own_names() -> None:
    watched = load_watchlist()
    assert (watched["nauru"].kind, watched["nauru"].territory, watched["nauru"].listed) == ("state", "NR", False)
    assert watched["ivory-coast"].territory == "CI"
    assert "afghanistan" not in watched  # the Taliban govern it
    assert "greenland" in watched
    assert watched["greenland"].listed
    by_territory = [one.acts_for for one in watched.values() if one.acts_for]
    assert len(by_territory) == len(set(by_territory))  # one government or state speaks for a country


def test_slugs() -> None:
    assert slug("São Tomé and Príncipe") == "sao-tome-and-principe"
    assert slug("Côte d\u2019Ivoire") == "cote-d-ivoire"


class TestCommand:
    run = CliRunner()

    def test_lists_subjects(self) -> None:
        result = self.run.invoke(app, ["subjects"])
        assert result.exit_code == 0
        assert "taliban" in result.stdout
        assert "moroccan-western-sahara" in result.stdout
        assert "nauru" not in result.stdout

    def test_json_is_all_that_is_printed(self) -> None:
        result = self.run.invoke(app, ["subjects", "--all", "--json"])
        rows = {row["id"]: row for row in orjson.loads(result.stdout)}
        assert set(rows) == set(load_watchlist())
        assert rows["taiwan"]["opposite"] == "china"
        assert rows["guaido"]["in_power"] is False

    def test_a_kind_and_one_subject(self) -> None:
        result = self.run.invoke(app, ["subjects", "--kind", "claim", "--json"])
        assert {row["kind"] for row in orjson.loads(result.stdout)} == {"claim"}
        result = self.run.invoke(app, ["subjects", "nauru"])
        assert "Nauru" in result.stdout

    def test_usage_errors(self) -> None:
        result = self.run.invoke(app, ["subjects", "talban"])
        assert result.exit_code == 2
        assert "did you mean taliban" in " ".join(result.output.replace("\u2502", " ").split())
        assert self.run.invoke(app, ["subjects", "--kind", "kingdom"]).exit_code == 2

    def test_a_users_file_from_the_option_or_the_environment(self, tmp_path: Path) -> None:
        path = str(write(tmp_path, SEALAND))
        assert "sealand" in self.run.invoke(app, ["subjects", "--watchlist", path]).stdout
        assert "sealand" in self.run.invoke(app, ["subjects"], env={"RECOGNITION_WATCHLIST": path}).stdout

    def test_a_bad_file_is_an_error_of_the_users(self, tmp_path: Path) -> None:
        result = self.run.invoke(app, ["subjects", "--watchlist", str(write(tmp_path, "- id: x\n"))])
        assert isinstance(result.exception, WatchlistError)
