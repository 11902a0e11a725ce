"""The configurations of the page about running a service: units, settings and proxies."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from broadsheet.cli import COMMANDS
from broadsheet.settings import load
from broadsheet.web.security import MAX_BODY
from tests.docs.blocks import ROOT

TEXT = (ROOT / "docs" / "how-to" / "run-a-service.md").read_text(encoding="utf-8")


def block(language: str, place: str = "") -> str:
    """The first block of a language, behind the place that a page gives its file."""
    found = re.search(rf"^```{language}\n(.*?)^```$", TEXT[TEXT.index(place) :], re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


UNITS = ("broadsheet.service", "broadsheet-backup.service", "broadsheet-backup.timer")
SETTINGS = tomllib.loads(block("toml"))
HOST = urlsplit(SETTINGS["community"]["url"]).hostname


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_the_units_are_valid(tmp_path: Path) -> None:
    for unit in UNITS:
        text = block("ini", f"`/etc/systemd/system/{unit}`").replace("/opt/broadsheet/bin/broadsheet", "/bin/true")
        (tmp_path / unit).write_text(text, encoding="utf-8")
    run = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit) for unit in UNITS)]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "broadsheet" in line]
    assert ours == []
    assert done.returncode == 0


def test_the_command_of_the_backup_makes_a_name_of_the_day(tmp_path: Path) -> None:
    unit = block("ini", "`/etc/systemd/system/broadsheet-backup.service`")
    found = re.search(r"^ExecStart=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
    assert found
    command = found[1].replace("%%", "%").replace("/opt/broadsheet/bin/broadsheet", "echo")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert re.fullmatch(r"backup /var/lib/broadsheet-backups/catalogue-\d{4}-\d\d-\d\d-\d{4}\.db\n", done.stdout)


def test_the_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "broadsheet.toml").write_text(block("toml"), encoding="utf-8")
    settings = load(tmp_path)
    assert settings.community.mode == "community"
    assert settings.community.proxies == ("127.0.0.1",)


@pytest.mark.parametrize("language", ["caddy", "nginx"])
def test_a_proxy_leads_to_the_server_and_lets_uploads_through(language: str) -> None:
    text = block(language)
    assert text.count("{") == text.count("}")
    assert f"127.0.0.1:{SETTINGS['server']['port']}" in text
    assert str(HOST) in text
    assert "Strict-Transport-Security" in text
    size = re.search(r"(?:max_size|client_max_body_size) (\d+)(?:MB|m)", text)
    assert size
    assert int(size[1]) * 1_000_000 > MAX_BODY  # what is too large is told by our own page
    assert "encode" not in text
    assert "gzip on" not in text


def test_nginx_says_who_asks_for_what() -> None:
    text = block("nginx")
    for line in ("Host $host", "X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {line};" in text
    statements = [line.strip() for line in text.splitlines() if line.strip()]
    assert all(line.endswith((";", "{", "}")) for line in statements)


def test_an_administrators_commands_are_commands() -> None:
    """They need root, so they are read by the shell and not run; each command of ours is one."""
    texts = re.findall(r"^```bash\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(texts) == 4
    names = {one.name for one in COMMANDS}
    for text in texts:
        subprocess.run(["bash", "-n", "-c", text], check=True)
        for rest in re.findall(r"/opt/broadsheet/bin/broadsheet (.*)", text):
            words = [word for word in rest.split() if not word.startswith(("-", "/"))]
            assert words[0] in names
