"""A venue answers to all its names, and to no other's."""

import pytest

from broadsheet.kit.venues import display_name, matches


@pytest.mark.parametrize(
    ("asked", "venue"),
    [
        ("nips", "NeurIPS"),
        ("neurips", "nips"),
        ("Neural Information Processing Systems", "nips"),
        ("NeurIPS", "Advances in Neural Information Processing Systems 33"),
        ("Proc. ICML", "icml"),
        ("icml", "Proceedings of the 36th International Conference on Machine Learning"),
        ("ICML 2019", "icml"),
        ("acl", "ACL Anthology"),
        ("acl", "Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics"),
        ("naacl", "North American Chapter of the Association for Computational Linguistics"),
        ("Proc. Int. Conf. on Computer Vision", "ICCV"),
        ("cvpr", "2016 IEEE Conference on Computer Vision and Pattern Recognition (CVPR)"),
        ("corr", "arXiv preprint arXiv:1706.03762"),
        ("letters", "Meadow Letters"),
    ],
)
def test_one_venue(asked: str, venue: str) -> None:
    assert matches(asked, venue)


@pytest.mark.parametrize(
    ("asked", "venue"),
    [("nips", "icml"), ("acl", "naacl"), ("sigir forum", "SIGIR"), ("icml", ""), ("", "icml"), ("iccv", "ECCV")],
)
def test_another(asked: str, venue: str) -> None:
    assert not matches(asked, venue)


def test_bare_short_names_are_printed_as_their_venue_writes_them() -> None:
    told = [display_name(name) for name in ("naacl", "nips 2020", "ACL", "Meadow Letters", "Workshop at icml", "")]
    assert told == ["NAACL", "NeurIPS 2020", "ACL", "Meadow Letters", "Workshop at icml", ""]
