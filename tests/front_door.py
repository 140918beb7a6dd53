"""The program as its users meet it, in the tests' own process: its real entry script, then a page."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
_scan_once = functools.cache(manifest_scanner.scan_component_manifests)


def enter(page: str, patience_seconds: float, query: dict[str, str | list[str]]) -> AppTest:
    """Enter by the front door, then go to a page, with what its address says."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "streamlit_app.py"), default_timeout=patience_seconds)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def scan_packages_once(patch: pytest.MonkeyPatch) -> None:
    """For each AppTest Streamlit looks through all installed packages for components, which takes as long as a page."""
    patch.setattr(manifest_scanner, "scan_component_manifests", _scan_once)
