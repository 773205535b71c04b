"""Rules for the sources that no browser would complain about until it is too late."""

import re
from pathlib import Path

import pytest

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
SCRIPTS = sorted(FRONTEND.rglob("*.js"))
TEMPLATES = sorted(FRONTEND.rglob("*.html"))
STYLES = sorted(FRONTEND.rglob("*.css"))

FORBIDDEN = [
    r"innerHTML",
    r"outerHTML",
    r"insertAdjacentHTML",
    r"document\.write",
    r"\beval\(",
    r"new Function",
    r"setAttribute\('(style|on)",
    r"createContextualFragment",
    r"DOMParser",
]


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_script_can_make_markup_or_code_from_text(pattern):
    assert [path.name for path in SCRIPTS if re.search(pattern, path.read_text())] == []


def test_every_import_ends_with_a_semicolon_or_collectstatic_would_leave_it():
    for path in SCRIPTS:
        for statement in re.findall(r"^(?:import|export)\b[^;]*?from '[^']+'.?", path.read_text(), re.MULTILINE):
            assert statement.endswith(";"), f"{path.name}: {statement}"


def test_nothing_but_imports_looks_like_one_to_collectstatic():
    for path in SCRIPTS:
        assert not re.search(
            r"import\(|import\.meta|^\s*(//|\*).*\bimport\b.*from '", path.read_text(), re.MULTILINE
        ), path


def test_the_library_knows_no_document():
    library = [path for path in SCRIPTS if path.parent.name == "lib"]

    assert [path.name for path in library if re.search(r"(?<!page\.)\bdocument\b", path.read_text())] == []
    assert len(library) >= 3


def test_the_core_knows_no_document():
    core = [path for path in SCRIPTS if path.parent.name == "core"]

    assert [path.name for path in core if re.search(r"\bdocument\b|\bwindow\b", path.read_text())] == []
    assert len(core) >= 3


def test_nothing_is_fetched_from_another_host():
    for path in [*SCRIPTS, *TEMPLATES, *STYLES]:
        addresses = set(re.findall(r"https?://[^\s'\"]+", path.read_text()))
        assert addresses <= {"http://www.w3.org/2000/svg"}, path


def test_templates_hold_no_inline_script_style_or_handler():
    for path in TEMPLATES:
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", path.read_text()), path


@pytest.mark.parametrize("page", ["dashboard", "catalog"])
def test_every_element_that_a_script_asks_for_is_in_its_page(page):
    there = set(re.findall(r'\bid="([\w-]+)"', (FRONTEND / f"templates/frontend/{page}.html").read_text())) | {"config"}
    scripts = [path for path in SCRIPTS if (path.parent.name == "catalog") == (page == "catalog")]

    asked = {name for path in scripts for name in re.findall(r"byId\('([\w-]+)'\)", path.read_text())}

    assert asked <= there
    assert len(asked) > 15


def test_every_term_of_the_filter_is_in_the_help_and_in_the_docs():
    terms = (FRONTEND / "static/frontend/core/terms.js").read_text()
    fields = set(re.findall(r"^  \['(\w+)', \{find", terms, re.MULTILINE))

    for place in ("frontend/templates/frontend/dashboard.html", "docs/dashboard.md"):
        missing = {field for field in fields if f"{field}:" not in (FRONTEND.parent / place).read_text()}
        assert not missing, place
    assert len(fields) > 8
