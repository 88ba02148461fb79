"""What ARCHITECTURE.md says about the rooms, held against the imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pipeline"
SHARED = {"records", "edtf", "topology", "ontology", "settings", "errors", "terminal", "__init__"}
# Room -> the rooms that it may import, beside itself and what all share.
ROOMS: dict[str, set[str]] = {
    "reading": set(),
    "judging": set(),
    "intake": {"reading"},
    "evaluation": {"intake", "reading"},
    "broker": set(),
    "supervising": {"broker", "metrics"},
    "streams": {"intake", "reading", "judging", "broker", "supervising", "metrics"},
    "serving": {"reading", "judging", "streams", "metrics"},
    "webhooks": {"streams"},
}
PURE = ("intake", "reading", "judging", "evaluation")
PURE_MODULES = tuple(f"webhooks/{name}.py" for name in ("signing", "destinations", "backoff", "circuit"))
TRANSPORT = {
    "faust",
    "aiokafka",
    "rocksdict",
    "mode",
    "socket",
    "asyncio",
    "http",
    "urllib.request",
    "fastapi",
    "requests",
}
CLOCKS = {"now", "utcnow", "today"}


def modules(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_downwards_only(room: str) -> None:
    allowed = ROOMS[room] | SHARED | {room}
    for module in modules(room):
        ours = {name.split(".")[1] for name in imports(module) if name.startswith("pipeline.")}
        rooms = {name for name in ours if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()}
        assert rooms <= allowed, module


@pytest.mark.parametrize("part", PURE + PURE_MODULES)
def test_what_is_pure_knows_no_transport_and_no_clock(part: str) -> None:
    found = [PACKAGE / part] if part in PURE_MODULES else modules(part)
    assert found
    for module in found:
        names = set(imports(module))
        assert not {name for name in names if name.split(".")[0] in TRANSPORT or name in TRANSPORT}, module
        assert not names & {"time", "time.time"}, module
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(module.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & CLOCKS, module


def test_the_vocabulary_stands_below_every_room() -> None:
    for name in SHARED - {"__init__"}:
        ours = {found.split(".")[1] for found in imports(PACKAGE / f"{name}.py") if found.startswith("pipeline.")}
        assert not ours & set(ROOMS), name


def test_no_module_is_long() -> None:
    assert {path.name for path in PACKAGE.rglob("*.py") if len(path.read_text().splitlines()) > 500} == set()
