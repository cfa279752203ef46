import runpy

from core.settings import ROOT

REFERENCE = runpy.run_path(str(ROOT / "docs" / "reference.py"))


def test_the_api_reference_tells_what_the_docstrings_tell() -> None:
    written = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert written == REFERENCE["page"](), "docs/api.md is old: run `make docs`"


def test_every_public_name_has_a_sentence() -> None:
    parts = REFERENCE["page"]().split("\n### ")[1:]
    bare = [part.split("\n")[0] for part in parts if not part.replace("```", "").strip("\n").count("\n")]
    assert not bare
