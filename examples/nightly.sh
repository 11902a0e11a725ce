#!/usr/bin/env bash
# What a nightly job does after `broadsheet sync`: check, back up, and write what was saved for LaTeX.
# bash examples/nightly.sh [LIBRARY] prints
#
#     The library is sound.
#     @inproceedings{example2024tuning,

set -euo pipefail
files=$(dirname "$0")/files
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export BROADSHEET_LIBRARY=${1:-$folder/library}
[ $# -gt 0 ] || broadsheet reader import "$files/refs.bib" >&2

broadsheet check
python - "$BROADSHEET_LIBRARY/catalogue.db" "$folder/backup.db" <<'END'
import sqlite3
import sys

sqlite3.connect(sys.argv[1]).execute("VACUUM INTO ?", [sys.argv[2]])
END
broadsheet export --saved --format bibtex
