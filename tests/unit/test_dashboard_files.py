"""The files of the dashboard: what can be held without a browser."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline import ontology
from pipeline.reading.countries import load_countries

STATIC = Path(__file__).parents[2] / "pipeline" / "serving" / "static"
PAGE = (STATIC / "index.html").read_text("utf-8")
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
SVG = "{http://www.w3.org/2000/svg}"


class Elements(HTMLParser):
    """Every start tag of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(PAGE)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ELEMENTS = Elements().found


def drawing() -> ET.Element:
    return ET.parse(STATIC / "map.svg").getroot()  # noqa: S314 - our own file


def test_the_map_is_xml_of_a_modest_size() -> None:
    path = STATIC / "map.svg"
    assert path.stat().st_size < 200_000
    root = drawing()
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "g", "path", "circle"}
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or name == "style"]


def test_every_country_is_on_the_map_once() -> None:
    root = drawing()
    codes = Counter(code for element in root.iter() if (code := element.get("data-code")))
    assert codes == Counter(list(load_countries().by_code))


def test_a_place_on_the_map_is_within_it() -> None:
    root = drawing()
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        if "data-code" in element.attrib:
            x, y = ("cx", "cy") if element.tag == f"{SVG}circle" else ("data-x", "data-y")
            assert 0 < float(element.attrib[x]) < width, element.attrib["data-code"]
            assert 0 < float(element.attrib[y]) < height, element.attrib["data-code"]


def test_only_dependent_territories_are_drawn_when_something_was_read_of_them() -> None:
    root = drawing()
    hidden = {element.attrib["data-code"] for element in root.iter() if element.get("class") == "territory"}
    assert hidden
    assert not hidden & {country.code for country in load_countries().sovereign()}


def test_the_page_has_nothing_that_its_policy_refuses() -> None:
    for tag, attributes in ELEMENTS:
        assert tag != "style"
        assert tag != "script" or attributes.get("src"), "no script in the page itself"
        assert not [name for name in attributes if name == "style" or name.startswith("on")], (tag, attributes)
        for name in ("src", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("/", "#")), value
            if value and value.startswith("/static/"):
                assert (STATIC / value.removeprefix("/static/")).is_file(), value


def test_ids_of_the_page_are_unique_and_are_what_the_scripts_ask_for() -> None:
    ids = Counter(attributes["id"] for _, attributes in ELEMENTS if "id" in attributes)
    assert {name for name, count in ids.items() if count > 1} == set()
    asked = {name for script in SCRIPTS for name in re.findall(r'byId\("([\w-]+)"\)', script.read_text("utf-8"))}
    assert asked <= set(ids)
    for _, attributes in ELEMENTS:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            assert set((attributes.get(name) or "").split()) <= set(ids), attributes


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_makes_no_markup_of_data_and_loads_nothing_from_elsewhere(script: Path) -> None:
    text = script.read_text("utf-8")
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc")
    assert [word for word in forbidden if word in text] == []
    assert set(re.findall(r"https?://[^\"'`\s]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert len(text.splitlines()) < 250
    for imported in re.findall(r'from "([^"]+)"', text):
        assert (script.parent / imported).resolve().is_file(), imported
        assert imported.startswith("./")


def test_a_script_imports_what_the_other_exports() -> None:
    exported = {
        script.name: set(
            re.findall(r"^export (?:async )?(?:function|const|class|let) (\w+)", script.read_text("utf-8"), re.M)
        )
        for script in SCRIPTS
    }
    for script in SCRIPTS:
        for names, module in re.findall(r'^import \{([^}]+)\} from "\./([^"]+)"', script.read_text("utf-8"), re.M):
            wanted = {name.strip().split(" as ")[0] for name in names.split(",")}
            assert wanted <= exported[module], script.name
            for name in (one.strip().split(" as ")[-1] for one in names.split(",")):
                uses = len(re.findall(rf"\b{name}\b", script.read_text("utf-8")))
                assert uses > 1, f"{script.name} does not use {name}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_a_style_sheet_loads_nothing(sheet: Path) -> None:
    text = sheet.read_text("utf-8")
    assert "@import" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {'"#tone-leaning"', '"#tone-undone"', '"#tone-no-code"'}
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= set(
        re.findall(r"^\s*(--[\w-]+):", (STATIC / "css" / "tokens.css").read_text("utf-8"), re.M)
    )


def test_every_value_has_a_tone_of_its_own() -> None:
    words = (STATIC / "js" / "words.js").read_text("utf-8")
    tones = dict(re.findall(r"^  (\w+): \{ (.*) \},$", words, re.M))
    known = ontology.load()
    dimensions = {meaning.dimension for meaning in known.predicates.values()}
    assert set(tones) == dimensions
    for dimension in dimensions:
        given = dict(re.findall(r'(\w+): "(\w+)"', tones[dimension]))
        assert set(given) == set(known.values(dimension))
        assert len(set(given.values())) == len(given), f"two values of {dimension} look the same"
