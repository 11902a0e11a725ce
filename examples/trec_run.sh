#!/usr/bin/env bash
# A file of queries becomes a TREC run for evaluation tools. bash examples/trec_run.sh prints
#
#     q1 Q0 example2024tuning 1
#     q2 Q0

set -euo pipefail
files=$(dirname "$0")/files
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export BROADSHEET_LIBRARY=$folder/library

broadsheet add "$files/refs.bib" "$files/export.ris" >&2
broadsheet search --queries "$files/queries.jsonl" --run - --docid source -k 3
