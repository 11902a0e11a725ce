"""What an agent can do, one method a tool, for one actor: what the actor may not do, no tool does.

A docstring's first paragraph is the description that an agent reads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from broadsheet.agents import answers
from broadsheet.agents.answers import Collection, Done, Found, Full, Version
from broadsheet.community.actor import Actor, Role, Scope
from broadsheet.kit.central_sentence import central_sentence
from broadsheet.kit.errors import UsageError
from broadsheet.kit.summaries import summary_of
from broadsheet.kit.web_address import web_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broadsheet.community import Community
    from broadsheet.pipeline.library import Library
    from broadsheet.pipeline.records import FeedPage, SearchPage, Stored

__all__ = ["Tools"]

Few = Annotated[int, Field(ge=1, le=25, description="how many papers, at most 25")]
Text = Annotated[str, Field(max_length=1000)]
Id = Annotated[str, Field(max_length=300, description="an arXiv id, a DOI, a link, or our number of a paper")]
Ids = Annotated[list[Id], Field(min_length=1, max_length=20)]
Name = Annotated[str, Field(max_length=200, description="a collection's name")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="a day, such as 2026-01-31")]


@dataclass(frozen=True)
class Tools:
    """The tools of one actor, in one library."""

    library: Library
    community: Community
    actor: Actor

    def search(
        self,
        query: Annotated[
            Text,
            Field(description='words, "a phrase", author:name, year:2020.., venue:name, -without; best in English'),
        ],
        k: Few = 10,
        precise: Annotated[bool, Field(description="slower: a model reads the first twenty papers")] = False,
    ) -> Found:
        """Search the papers of this library by words and meaning, the best first, each with why."""
        self._may(Role.visitor)
        reader = self.actor.reader if self.actor.role.may(Role.reader) else None
        return self._found(self.library.search(query, k, mode="precise" if precise else "default", reader=reader))

    def similar(
        self,
        like: Ids,
        unlike: Annotated[tuple[Id, ...], Field(max_length=20)] = (),
        but: Annotated[Text, Field(description="words and filters that the papers must fit")] = "",
        k: Few = 10,
    ) -> Found:
        """Papers of this library that are similar to some papers of it, and unlike others."""
        self._may(Role.visitor)
        return self._found(self.library.similar(like, unlike, k, but=but))

    def similar_by_aspect(self, like: Ids, aspect: Literal["task", "method", "result"], k: Few = 10) -> Found:
        """Papers that are similar in one aspect alone: the same task, the same method, or a like result."""
        self._may(Role.visitor)
        return self._found(self.library.similar(like, (), k, aspect=aspect))

    def paper(self, id: Id) -> Full:
        """One paper: abstract, date, identifiers and addresses. The library has no full texts."""
        self._may(Role.visitor)
        stored = self.library.paper(id)
        saved = stored.id in self.library.state(self.actor.reader).saved if self.actor.reader else None
        urls = filter(None, map(web_url, (*stored.paper.urls, stored.paper.pdf_url)))
        return answers.full(stored, self._summaries([stored])[stored.id], urls, saved)

    def versions(self, id: Id) -> list[Version]:
        """Earlier versions of a paper's title and abstract, oldest first; none where the library saw only one."""
        self._may(Role.visitor)
        return [answers.version(number, at, paper) for number, at, paper in self.library.versions(id)]

    def trending(self, k: Few = 10) -> Found:
        """What the community of this library finds good now: votes, reading and mentions of the last days."""
        self._may(Role.visitor)
        editions = self.community.editions
        window = timedelta(days=self.library.settings.edition.window)
        entries = editions.entries(editions.today - window, editions.today)
        ids = [entry.paper_id for entry in entries if entry.paper_id is not None]
        trends = self.community.trends.order(list(dict.fromkeys(ids)), self.library.now())[:k]
        stored = {one.id: one for one in self.library.papers([trend.paper_id for trend in trends])}
        summaries = self._summaries(stored.values())
        papers = [
            answers.brief(stored[trend.paper_id], summaries[trend.paper_id], trend.reason)
            for trend in trends
            if trend.paper_id in stored
        ]
        return Found(papers=papers, notes=[] if papers else ["no papers came into an edition in the last days"])

    def feed(self, k: Few = 15) -> Found:
        """The reader's page of today: what fits what the reader saved, each with why."""
        self._may(Role.reader)
        return self._page(self.library.feed(self.actor.reader, k, log=False))

    def new_since(self, day: Day, k: Few = 15) -> Found:
        """What is new for the reader since a day: papers that fit, of that date or later."""
        self._may(Role.reader)
        return self._page(self.library.feed(self.actor.reader, k, log=False, since=_date(day)))

    def save(self, id: Id, saved: Annotated[bool, Field(description="false takes it off the list")] = True) -> Done:
        """Put a paper on the reader's list of saved papers, or take it off."""
        return self._act(id, "save" if saved else "unsave")

    def rate(self, id: Id, rating: Literal["up", "down", "none"]) -> Done:
        """Rate a paper for the reader: up asks for more like it, down for less."""
        return self._act(id, "unrate" if rating == "none" else rating)

    def collections(self) -> list[Collection]:
        """The reader's collections."""
        self._may(Role.reader)
        lists = self.library.collections(self.actor.reader)
        return [Collection(name=name, size=len(ids)) for name, ids in lists.items()]

    def collection(self, name: Name, k: Annotated[int, Field(ge=1, le=100)] = 50) -> Found:
        """The papers of one of the reader's collections."""
        self._may(Role.reader)
        lists = self.library.collections(self.actor.reader)
        if name not in lists:
            raise UsageError(f"no collection {name!r}; there are {', '.join(map(repr, lists)) or 'none'}")
        shown = self.library.papers(lists[name][:k])
        summaries = self._summaries(shown)
        papers = [answers.brief(one, summaries[one.id]) for one in shown]
        more = len(lists[name]) - k
        return Found(papers=papers, notes=[f"{more} more"] if more > 0 else [])

    def collect(self, name: Name, id: Id, member: bool = True) -> Done:
        """Put a paper into one of the reader's collections, which is made if needed, or take it out."""
        self._may(Role.reader, Scope.write)
        stored = self.library.paper(id)
        change = self.library.collect if member else self.library.uncollect
        change(self.actor.reader, name, str(stored.id))
        outcome = f"is in {name!r} now" if member else f"is not in {name!r} any more"
        return Done(id=answers.cited(stored), outcome=outcome, undo=f"collect with member={str(not member).lower()}")

    def _act(self, id: str, action: str) -> Done:
        self._may(Role.reader, Scope.write)
        stored = self.library.paper(id)
        self.library.act(self.actor.reader, str(stored.id), action)
        state = self.library.state(self.actor.reader)
        outcome = f"saved: {stored.id in state.saved}, rating: {state.ratings.get(stored.id, 0)}"
        return Done(id=answers.cited(stored), outcome=outcome, undo="the opposite call, or `broadsheet undo`")

    def read_only(self) -> Tools:
        """The same tools without the right to change anything."""
        return replace(self, actor=replace(self.actor, scopes=frozenset({Scope.read})))

    def _found(self, page: SearchPage) -> Found:
        return answers.found(page, self._summaries(result.stored for result in page.results))

    def _page(self, page: FeedPage) -> Found:
        return answers.page_of(page, self._summaries(item.stored for item in page.items))

    def _summaries(self, papers: Iterable[Stored]) -> dict[int, str]:
        """A sentence of each of these papers, by number."""
        own = {one.id: one for one in papers}
        written = self.community.summaries.of(own.values())
        return {
            number: summary_of(one.paper) or written.get(number) or central_sentence(one.paper.abstract)
            for number, one in own.items()
        }

    def _may(self, role: Role, scope: Scope = Scope.read) -> None:
        """Refuse what the actor, or the actor's token, does not reach. Raises UsageError."""
        if not self.actor.role.may(role):
            raise UsageError("this is for a reader: send the token of an account as Authorization: Bearer TOKEN")
        if self.actor.scopes is not None and scope not in self.actor.scopes:
            raise UsageError(f"this token lacks the scope {scope}; it has {', '.join(sorted(self.actor.scopes))}")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day; write it like 2026-01-31") from None
