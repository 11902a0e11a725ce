"""Stop words of titles: they name the kind of paper, not its topic."""

from __future__ import annotations

import numpy as np

from broadsheet.kit.text import STOP_TERMS, stem, term

__all__ = ["TITLE_STOP_TERMS"]

_FILLER = """
towards toward using based approach method model new novel framework study analysis efficient improved improving
improve effective simple better fast general unified paper technique system problem case application dataset large
scale high low one two first beyond make need give evaluation evaluate result task work state art free learn can
show propose present introduce provide achieve perform performance cover include obtain find demonstrate experiment
existing various different several top late early long short strong weak good best full single multiple small big
join joint key main common recent current real rich wide hard easy high level part set way step rate year
number amount order form type kind point end start base build built create include require consider allow help explore
address apply change increase reduce reduction open close follow lead come go take get put set world day today people
""".split()  # noqa: SIM905  a list of so many words would be one word a line
TITLE_STOP_TERMS = np.array(sorted({*STOP_TERMS.tolist(), *(term(stem(word)) for word in _FILLER)}), np.uint64)
