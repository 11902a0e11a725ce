"""JabRef's groups: the tree of a file, the groups of an entry, and the same tree written again."""

from __future__ import annotations

from pathlib import Path

from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.export import with_groups
from broadsheet.sources.files.bibtex import BibtexSource
from broadsheet.sources.files.jabref import group_name, grouping, read_groups

TREE = r"""@Comment{jabref-meta: databaseType:bibtex;}

@Comment{jabref-meta: grouping:
0 AllEntriesGroup:;
1 StaticGroup:Reading\;0\;1\;0x8a8a8aff\;\;\;;
2 StaticGroup:Search\;0\;1\;\;\;\;;
3 StaticGroup:Old\;0\;1\;\;\;\;;
1 KeywordGroup:Learning\;0\;keywords\;machine learning\;0\;0\;1\;\;\;\;;
1 ExplicitGroup:By hand\;0\;key1\;key2\;;
}
"""


def read(folder: Path, text: str) -> list[Record]:
    path = folder / "refs.bib"
    path.write_text(text, encoding="utf-8")
    return [item for item in BibtexSource().read(path) if isinstance(item, Record)]


def test_the_groups_of_entries_are_their_places_in_the_tree(tmp_path: Path) -> None:
    text = (
        "@article{key1, title={One}, groups={Search, Elsewhere}}\n"
        "@article{key3, title={Three}, keywords={Machine Learning, other}, groups={Old}}\n"
        "@article{key4, title={Four}}\n" + TREE
    )
    assert [record.tags for record in read(tmp_path, text)] == [
        ("Reading / Search", "Elsewhere", "By hand"),
        ("Reading / Search / Old", "Learning"),
        (),
    ]


def test_a_tree_whose_lines_are_broken_is_read() -> None:
    broken = "@comment{jabref-meta: grouping:\n0 AllEntriesGroup:;\n1 ExplicitGroup:A long na\nme\\;0\\;ke\ny1\\;;\n}\n"
    groups = read_groups(broken)
    assert groups.paths == {"A long name": "A long name"}
    assert groups.by_key == {"key1": ("A long name",)}


def test_damage_is_no_tree() -> None:
    for text in ("", "@Comment{jabref-meta: grouping:", "@Comment{jabref-meta: grouping:\nx y;\n1 Group:;\n}\n"):
        assert read_groups(text).paths == {}
    assert read_groups(TREE.replace("3 Static", "99 Static")).paths["Old"] == "Reading / Search / Old"


def test_collections_are_written_as_groups_and_read_again(tmp_path: Path) -> None:
    papers = [(1, Paper("One", extra={"citation_key": "one"})), (2, Paper("Two", extra={"citation_key": "two"}))]
    collections = {"Reading / Search": [1], "To do, soon; {now}": [1, 2], "Empty": [9]}
    text = "".join(with_groups(papers, collections))
    assert "groups = {Search, To do soon now}" in text
    assert "Empty" not in text
    again = {record.source_id: record.tags for record in read(tmp_path, text)}
    assert again == {"one": ("Reading / Search", "To do soon now"), "two": ("To do soon now",)}
    assert "".join(with_groups(papers, {})).count("@") == 2
    assert grouping([]) == ""
    assert (group_name("A / B / C"), group_name("Plain")) == ("C", "Plain")
