"""Labels of papers by aspect that nobody's ranking made: sessions, authors' keywords, names of data sets in abstracts.

A keyword or a stretch of text names a value of an aspect by a pattern below. Where labels are read from the text, the
names are masked in what is encoded, or matching them would be all there is to learn.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEXICONS", "Labels", "Lexicon", "average_precision", "in_session", "of_dev", "wholly_masked"]

_TASKS = """
segmentation=segmentation|segment(?:ing)? · object detection=object (?:detection|detector)s? · tracking=tracking ·
pose=pose estimation|human pose|6d pose · depth=depth (?:estimation|completion|prediction)|monocular depth ·
re-identification=re-?identification · captioning=captioning · question answering=question[- ]answering|vqa ·
translation=machine translation · summarization=summari[sz]ation · sentiment=sentiment|opinion mining ·
recommendation=recommend(?:ation|er)s?(?: systems?)? ·
information extraction=(?:information|relation|event) extraction ·
entity recognition=named entit(?:y|ies)(?: recognition)? · dialogue=dialogues?|conversational ·
super-resolution=super-?resolution · denoising=denois(?:ing|e)|deblur(?:ring)?|derain(?:ing)? ·
inpainting=inpainting · face=face (?:recognition|verification)|facial expressions? ·
action recognition=action (?:recognition|detection|localization) ·
retrieval=image retrieval|cross-modal retrieval|hashing · optical flow=optical flow|stereo matching ·
reconstruction=3d reconstruction|surface reconstruction|view synthesis · point clouds=point clouds? ·
grasping=grasp(?:ing|s)? · locomotion=locomotion|legged|quadruped · navigation=navigation ·
driving=autonomous (?:driving|vehicles?)|self-driving · motion planning=motion planning|path planning ·
manipulation=manipulation · code=code generation|program synthesis ·
anomaly detection=(?:anomaly|outlier|novelty|out-of-distribution) detection ·
time series=time[- ]series(?: forecasting)? ·
link prediction=link prediction|knowledge graph completion|knowledge graphs? · clustering=clustering ·
fairness=fairness · voting=voting|social choice|elections? · auctions=auctions?|mechanism design ·
fair division=fair division|resource allocation · speech=speech recognition|speech ·
drug=molecul(?:ar|es?)|drug discovery|proteins? · medical=medical imag(?:ing|es?) · scheduling=scheduling ·
satisfiability=satisfiab\\w+|sat · argumentation=argumentation|argument mining ·
privacy=privacy|differentially private · style transfer=style transfer · text classification=text classification ·
crowdsourcing=crowdsourc\\w+ · traffic=traffic|transportation · reasoning=mathematical reasoning|math word problems?
"""
_METHODS = """
reinforcement=reinforcement learning|q-learning|policy gradients? ·
graph networks=graph (?:neural|convolutional)(?: networks?)? ·
adversarial networks=generative adversarial(?: networks?)?|\\bgans?\\b ·
diffusion=diffusion (?:models?|polic(?:y|ies)|probabilistic) · transformers=(?:vision )?transformers? ·
attention=(?:self-)?attention(?: mechanisms?)? · contrastive=contrastive(?: learning)? ·
self-supervised=self-supervised(?: learning)?|self-supervision · semi-supervised=semi-supervised(?: learning)? ·
federated=federated(?: learning)? · meta-learning=meta-learning|few-shot(?: learning)?|learning to learn ·
domain adaptation=domain (?:adaptation|generalization) · distillation=knowledge distillation|distillation ·
variational=variational (?:inference|auto-?encoders?)|\\bvaes? · gaussian processes=gaussian process(?:es)? ·
bayesian=bayesian (?:networks?|inference|optimi[sz]ation|nonparametrics?) · kernels=kernel methods?|kernels ·
recurrent=recurrent(?: neural networks?)?|\\blstms?\\b|\\brnns?\\b ·
convolutional=convolutional(?: neural)?(?: networks?)?|\\bcnns?\\b ·
imitation=imitation learning|behaviou?r(?:al)? cloning|learning from demonstrations? · active=active learning ·
multi-task=multi-?task(?: learning)? · curriculum=curriculum(?: learning)? · multi-view=multi-?view learning ·
language models=large language models?|\\bllms?\\b · in-context=in-context(?: learning)?|prompting|chain-of-thought ·
retrieval-augmented=retrieval[- ]augmented(?: generation)? ·
preferences=rlhf|human feedback|preference optimi[sz]ation ·
radiance fields=radiance fields?|\\bnerfs?\\b|gaussian splatting · flows=normali[sz]ing flows? ·
causal=causal(?:ity| inference) · constraint programming=constraint (?:programming|satisfaction|optimi[sz]ation) ·
answer sets=answer set programming|logic programming · description logics=description logics?|ontolog(?:y|ies) ·
heuristic search=heuristic search|monte[- ]carlo tree search · evolutionary=evolutionary|genetic algorithms? ·
ensembles=ensembles?|boosting · bandits=bandits? · online=online learning ·
optimal transport=optimal transport|wasserstein ·
low-rank=low-rank|matrix (?:factori[sz]ation|completion)|tensor decomposition ·
sparse coding=sparse coding|dictionary learning · augmentation=data augmentation ·
quantization=quanti[sz]ation|pruning ·
graphical models=graphical models?|markov random fields?|conditional random fields? ·
multi-agent=multi-?agent(?: learning)? · hyperbolic=hyperbolic|riemannian ·
adversarial training=adversarial (?:training|examples?|attacks?|robustness) ·
continual=continual(?: learning)?|lifelong(?: learning)?|incremental learning · sim-to-real=sim-?(?:to|2)-?real ·
neuro-symbolic=neuro-?symbolic|neural-symbolic · spectral=spectral (?:clustering|methods?) ·
submodular=submodular\\w*
"""
_DATASETS = """
imagenet=(?:mini-?|tiny-?)?imagenet(?:-\\w+)? · cifar=cifar(?:-?10{1,2})? · coco=(?:ms[- ]?)?coco · kitti=kitti ·
voc=pascal(?:[- ]voc)?(?: ?20\\d\\d)? · cityscapes=cityscapes · ade20k=ade-?20k · mnist=(?:fashion-?)?mnist ·
svhn=svhn · celeba=celeba(?:-?hq)? · nuscenes=nuscenes · waymo=waymo · scannet=scannet(?:v2)? · shapenet=shapenet ·
modelnet=modelnet(?:-?40|-?10)? · ucf=ucf-?101 · hmdb=hmdb-?51 · kinetics=kinetics(?:-?\\d+)? ·
activitynet=activitynet · human36m=human3\\.6m · mpii=mpii · market=market-?1501 · duke=dukemtmc\\S* ·
movielens=movielens · squad=squad · glue=(?:super)?glue · mmlu=mmlu · gsm8k=gsm8k · humaneval=humaneval ·
mujoco=mujoco · atari=atari · d4rl=d4rl · wmt=wmt\\S* · snli=snli|multinli|mnli · visual genome=visual genome ·
flickr=flickr-?30k · librispeech=librispeech · freebase=freebase|fb15k\\S* · nyu=nyu[- ]?(?:depth)?[- ]?v?2? ·
sunrgbd=sun[- ]?rgb-?d · middlebury=middlebury · sintel=sintel · davis=davis(?:[- ]?20\\d\\d)? · otb=otb(?:-?\\d+)? ·
lvis=lvis · office=office-?31|office-?home · domainnet=domainnet · omniglot=omniglot · cub=cub(?:-?200\\S*)? ·
penn=penn treebank · wikitext=wikitext\\S* · conll=conll\\S* · ontonotes=ontonotes · sthsth=something-something ·
lsun=lsun · ffhq=ffhq · replica=replica · megadepth=megadepth · youtube-vos=youtube-?vos · mot=mot-?1[567] ·
vqa=vqa ?v?2(?:\\.0)?
"""


@dataclass(frozen=True)
class Lexicon:
    """Names of values, found in one pass: the pattern has one group a value."""

    values: tuple[str, ...]
    pattern: re.Pattern[str]
    hints: tuple[str, ...]  # runs of letters, one of which every match contains: most texts need no more looking

    @classmethod
    def of(cls, text: str) -> Lexicon:
        """From entries `value=pattern` with a dot between them."""
        pairs = [entry.strip().split("=", 1) for entry in text.replace("\n", " ").split("·") if entry.strip()]
        pattern = re.compile(rf"\b(?:{'|'.join(f'({p})' for _, p in pairs)})\b")
        hints = {run for _, p in pairs for run in re.findall(r"[a-z0-9]{3,}", p)}
        return cls(tuple(v for v, _ in pairs), pattern, tuple(sorted(hints, key=len)))

    def _matches(self, low: str) -> Iterable[re.Match[str]]:
        return self.pattern.finditer(low) if any(hint in low for hint in self.hints) else ()

    def named(self, text: str) -> frozenset[str]:
        """The values that the text names."""
        return frozenset(self.values[m.lastindex - 1] for m in self._matches(text.lower()) if m.lastindex)

    def masked(self, text: str) -> str:
        """The text with "this" in the place of every name."""
        low = text.lower()
        if len(low) != len(text):  # a rare letter whose small form is two
            text = low
        parts: list[str] = []
        start = 0
        for match in self._matches(low):
            parts += [text[start : match.start()], "this"]
            start = match.end()
        return "".join([*parts, text[start:]])


LEXICONS: Mapping[str, Lexicon] = {
    "task": Lexicon.of(_TASKS),
    "method": Lexicon.of(_METHODS),
    "data": Lexicon.of(_DATASETS),
}
# Sessions that say how papers work, or hold whatever is left, do not tell a task.
_VAGUE = re.compile(
    r"learning|statistic|theory|application|optimi|poster|invited|general|oral|award|misc|, |\bii?\b", re.I
)


@dataclass(frozen=True)
class Labels:
    """The values of one aspect that each paper has; `rows` are the papers with any, row numbers of the caller's."""

    rows: NDArray[np.int64]
    values: tuple[frozenset[str], ...]  # aligned with rows

    @classmethod
    def of(cls, values: Iterable[frozenset[str]], *, least: int = 5, most: float = 0.1) -> Labels:
        """From the values of every paper; those of fewer than `least` papers or over a share `most` are dropped."""
        every = list(values)
        counts = Counter(value for held in every for value in held)
        ceiling = most * sum(map(bool, every))
        kept = {v for v, n in counts.items() if least <= n <= ceiling}
        rows = [i for i, held in enumerate(every) if held & kept]
        return cls(np.array(rows, np.int64), tuple(every[i] & kept for i in rows))

    def part(self, inside: NDArray[np.bool_]) -> Labels:
        """Those of the papers for which inside[row] is true."""
        kept = np.flatnonzero(inside[self.rows])
        return Labels(self.rows[kept], tuple(self.values[i] for i in kept.tolist()))

    def relevant(self) -> NDArray[np.bool_]:
        """Which papers share a value with which, (m, m); none with itself."""
        names = {v: i for i, v in enumerate(sorted({v for held in self.values for v in held}))}
        has = np.zeros((len(self.rows), len(names)), np.float32)
        for i, held in enumerate(self.values):
            has[i, [names[v] for v in held]] = 1
        shared = has @ has.T > 0
        np.fill_diagonal(shared, val=False)
        return shared


def in_session(sessions: Iterable[str | None]) -> list[frozenset[str]]:
    """The session of each paper as its only value, where it tells a task; those that differ by a number are one."""
    names = (re.sub(r"\W*\d*$", "", (s or "").strip().lower()) for s in sessions)
    return [frozenset({s}) if s and not _VAGUE.search(s) else frozenset() for s in names]


def of_dev(ids: Sequence[str]) -> NDArray[np.bool_]:
    """Which papers are for choosing, (n,): by the hash that halves every study."""
    return np.array([zlib.crc32(i.encode()) % 2 == 0 for i in ids], np.bool_)


def wholly_masked(text: str) -> str:
    """The text without any name of any lexicon."""
    for lexicon in LEXICONS.values():
        text = lexicon.masked(text)
    return text


def average_precision(relevant: NDArray[np.bool_], total: int, k: int = 10) -> float:
    """AP@k of a ranking whose places are relevant or not, with `total` relevant papers to be found."""
    hits = relevant[:k]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / max(min(total, k), 1))
