"""The documentation builds as a site whose links hold and which fetches nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

pytest.importorskip("mkdocs")
FETCHED = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//[^"']*""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_in_the_site_and_in_its_menu(site: Path) -> None:
    written = {str(path.relative_to(ROOT / "docs").with_suffix(".html")) for path in (ROOT / "docs").rglob("*.md")}
    built = {str(path.relative_to(site)) for path in site.rglob("*.html")} - {"404.html"}
    assert built == written
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2]
    assert {name.replace(".md", ".html") for name in re.findall(r"\S+\.md", menu)} == written


def test_a_page_of_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        fetched = [one for one in FETCHED.findall(text) if 'rel="canonical"' not in one]
        assert not fetched, f"{path.relative_to(site)}: {fetched}"
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:", path.read_text(encoding="utf-8")), path


def test_links_inside_the_site_lead_somewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        if path.name == "404.html":  # its links are addresses of a server
            continue
        for link in re.findall(r'(?:href|src)="([^"]*)"', path.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            page = (path.parent / target).resolve() if target else path
            assert page.exists(), f"{path.relative_to(site)}: {link}"
            if anchor and page.suffix == ".html":
                assert f'id="{anchor}"' in page.read_text(encoding="utf-8"), f"{path.relative_to(site)}: {link}"
