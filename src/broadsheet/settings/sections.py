"""The sections of the settings, each with its keys, their defaults and descriptions."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.settings.kinds import (
    ADDRESS,
    HOUR,
    HTTP,
    MIX,
    NETWORKS,
    SHARE,
    TEXTS,
    ZONE,
    choice,
    integer,
    setting,
    text,
)

__all__ = [
    "Arxiv",
    "Community",
    "Contact",
    "Crossref",
    "DailyPapers",
    "Datacite",
    "Discussion",
    "Edition",
    "Feed",
    "Index",
    "Mail",
    "Schedule",
    "Search",
    "Server",
    "Submissions",
    "Summaries",
    "Trending",
]


@dataclass(frozen=True)
class Server:
    """The pages, the API and the feeds."""

    host: str = setting("127.0.0.1", text(r"(?s:.*)", "a text"), "The address to serve on; this machine's own only.")
    port: int = setting(8000, integer(0, 65535), "0 takes any free one.")
    title: str = setting("Broadsheet", text(r"(?s:.{1,80})", "1 to 80 characters"), "The name on the pages.")
    token: str = setting(
        "auto",
        text(r"auto|off|[A-Za-z0-9_-]{16,200}", "auto, off, or 16 to 200 letters, digits, - and _"),
        "What a browser needs to come in: `auto`, another at every start; `off`; or one of your own, 16 "
        "characters or more (letters, digits, `-`, `_`).",
    )
    api_calls: int = setting(
        1000,
        integer(0, 1_000_000),
        "Calls of the daily-papers API that one caller may make in five minutes; 0: any number.",
    )


@dataclass(frozen=True)
class Contact:
    """Who runs this library; the network sources ask for it."""

    email: str = setting("", text(r"|[^@\s<>]+@[^@\s<>]+", "an e-mail address"), "An address of yours.")
    url: str = setting("", text(r"|https?://\S+", *HTTP), "A page about you or your group.")


@dataclass(frozen=True)
class Arxiv:
    """What to harvest from arXiv, and where it answers."""

    sets: tuple[str, ...] = setting(("cs:cs:IR", "cs:cs:LG"), TEXTS, "The OAI-PMH sets to harvest.")
    days: int = setting(7, integer(1, 3650), "How far back the first harvest goes.")
    oai_url: str = setting("https://oaipmh.arxiv.org/oai", ADDRESS, "The OAI-PMH endpoint.")
    feed_url: str = setting("https://rss.arxiv.org/atom", ADDRESS, "The daily announcements.")
    api_url: str = setting("https://export.arxiv.org/api/query", ADDRESS, "Where single papers are looked up.")


@dataclass(frozen=True)
class Crossref:
    """Where DOIs are looked up first."""

    url: str = setting("https://api.crossref.org/works", ADDRESS, "The works endpoint.")


@dataclass(frozen=True)
class Datacite:
    """Where DOIs are looked up that Crossref does not know."""

    url: str = setting("https://api.datacite.org/dois", ADDRESS, "The DOIs endpoint.")


@dataclass(frozen=True)
class DailyPapers:
    """The daily papers of another place, a hub or another Broadsheet, that `broadsheet sync daily-papers` reads."""

    url: str = setting("https://huggingface.co", ADDRESS, "The place; /api/daily_papers is read below it.")
    days: int = setting(7, integer(1, 365), "Days back that every sync reads: their votes still change.")
    token: str = setting("", text(r"[!-~]{0,500}", "letters, digits and signs"), "What is sent to it, if anything.")


@dataclass(frozen=True)
class Feed:
    """The mix of a new reader's page; each reader may change it."""

    recency: float = setting(0.25, SHARE, "The weight of new papers.")
    diversity: float = setting(0.3, SHARE, "The weight of difference between the papers of a page.")
    exploration: float = setting(0.05, SHARE, "The share of the page outside the reader's interests.")
    size: int = setting(20, integer(1, 100), "Papers on a page.")
    interleave: str = setting(
        "",
        MIX,
        "Another mix, such as `recency=0.6` or `ranking=words`: pages are drafted from it and the reader's own.",
    )


@dataclass(frozen=True)
class Search:
    """How a search combines word matches and meaning, and how much text a result shows."""

    # the best of 0.2, 0.3 and 0.4 on the development half of the benchmark's queries
    semantic: float = setting(0.2, SHARE, "The share of meaning; the rest is the words'.")
    snippet_words: int = setting(40, integer(5, 200), "Words of a snippet.")


@dataclass(frozen=True)
class Index:
    """How the indexes are kept."""

    vectors: str = setting(
        "auto", choice("auto", "scan", "ivf", "vamana"), "The vector index; `auto` chooses by the number of papers."
    )
    encode: str = setting(
        "auto",
        choice("auto", "off"),
        "Whether papers get their transformer's vectors by themselves: `auto`, in `serve`, after `sync` and in "
        "`daily`; `off`, only by `broadsheet precise build` and `--wait`.",
    )


@dataclass(frozen=True)
class Community:
    """Whether one reader uses this library, or a community with accounts."""

    mode: str = setting(
        "private", choice("private", "community"), "`private`: one reader, no sign-in; `community`: accounts."
    )
    url: str = setting(
        "", text(r"|https?://[^\s/?#]+", *HTTP), "The address by which people reach it, such as https://papers.org."
    )
    sign_up: str = setting(
        "invitation",
        choice("closed", "invitation", "open"),
        "Who may make an account; an open one confirms its address.",
    )
    invitations: int = setting(5, integer(0, 1000), "Invitations a new member has.")
    session_days: int = setting(30, integer(1, 365), "Days without a visit after which a browser must sign in again.")
    proxies: tuple[str, ...] = setting(
        (), NETWORKS, "Addresses or networks of reverse proxies, whose X-Forwarded-For and -Proto count."
    )


@dataclass(frozen=True)
class Edition:
    """The edition of a day: when it closes and what enters it."""

    time_zone: str = setting("UTC", ZONE, "The zone in which a day begins and closes.")
    closes: str = setting("23:59", HOUR, "When a day closes; what comes later belongs to the next.")
    window: int = setting(14, integer(1, 3650), "Days after its first date within which a paper may be submitted.")
    sources: tuple[str, ...] = setting((), TEXTS, "Sources whose new papers enter by themselves; none: only people.")
    bar: int = setting(0, integer(0, 1_000_000), "Votes a paper from a source needs elsewhere to enter.")
    size: int = setting(30, integer(1, 500), "Papers from sources a day, the best first; submissions always enter.")
    fields: tuple[str, ...] = setting(
        (), TEXTS, 'Fields and their categories, as "Machine learning = cs.LG, stat.ML"; none: by main category.'
    )
    hub: str = setting(
        "", text(r"|https?://\S+", *HTTP), "A WebSub hub that is told when a day has closed; it needs community.url."
    )


@dataclass(frozen=True)
class Trending:
    """How the papers of a day are ordered."""

    formula: str = setting(
        "vote-rate",
        choice("vote-rate", "hacker-news", "reddit-hot", "lobsters", "vote-count"),
        "The order by trend; docs/trending.md explains each.",
    )
    few_voters: int = setting(
        10, integer(0, 10_000), "Voters on the busiest day of a week below which the order is by relevance and time."
    )
    days: int = setting(14, integer(1, 365), "Days after which a paper needs e times the vote rate of a new one.")


@dataclass(frozen=True)
class Discussion:
    """How much members may say."""

    comments_an_hour: int = setting(20, integer(1, 10_000), "Comments, and changes of them, of a member in an hour.")
    annotations_an_hour: int = setting(60, integer(1, 10_000), "Tags and links that a member adds in an hour.")


@dataclass(frozen=True)
class Schedule:
    """What `broadsheet serve` does by itself; docs/how-to/mail.md has the same by cron."""

    sync_hours: int = setting(0, integer(0, 24), "Hours between two syncs of the sources; 0: only when asked.")


@dataclass(frozen=True)
class Mail:
    """The relay that sends mail, and what is in the daily mail."""

    host: str = setting("", text(r"|[A-Za-z0-9._:-]{1,255}", "the name of a host"), "The relay; none: no mail is sent.")
    port: int = setting(587, integer(1, 65535), "587 for `starttls`, 465 for `tls`, 25 for `none`, as a rule.")
    security: str = setting("starttls", choice("starttls", "tls", "none"), "How the connection is encrypted.")
    user: str = setting("", text(r"(?s:.{0,320})", "a text"), "Who signs in to the relay; none: nobody does.")
    password: str = setting("", text(r"(?s:.{0,1000})", "a text"), "Their password; better in a file of its own.")
    password_file: str = setting("", text(r"[^\0]{0,4000}", "a path"), "A file whose first line is the password.")
    sender: str = setting(
        "",
        text(r"|[^\r\n\0<>]{0,100}<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+", "an e-mail address, as Name <a@b.org>"),
        "Who the mail is from, as `Daily papers <papers@example.org>`.",
    )
    reply_to: str = setting("", text(r"|[^@\s<>]+@[^@\s<>]+", "an e-mail address"), "Where answers go.")
    unsubscribe: str = setting(
        "",
        text(r"|[^@\s<>]+@[^@\s<>]+", "an e-mail address"),
        "A mailbox piped to `broadsheet mail bounce -`, for those who unsubscribe by mail.",
    )
    timeout: int = setting(30, integer(1, 600), "Seconds to wait for each answer of the relay.")
    tries: int = setting(8, integer(1, 50), "Times a mail is tried before it is given up.")
    papers: int = setting(10, integer(1, 50), "Papers of the community in a mail, at most.")
    own_papers: int = setting(5, integer(0, 50), "Papers chosen for the reader in a mail, at most.")
    hour: int = setting(7, integer(0, 23), "When a mail is sent, where its reader chose no other hour.")
    open_list: str = setting("no", choice("no", "yes"), "Whether people without an account can subscribe.")
    webhooks: str = setting(
        "public", choice("public", "any"), "Where webhooks may post: `public` addresses alone, or `any`, your own too."
    )


@dataclass(frozen=True)
class Summaries:
    """A language model that writes a sentence about papers; off unless an address is set."""

    url: str = setting(
        "",
        text(r"|https?://[^\s?#]+", *HTTP),
        "Where it answers, in the form of OpenAI's API, as http://127.0.0.1:11434/v1; none: nothing is sent anywhere.",
    )
    model: str = setting("", text(r"[^\0\r\n]{0,200}", "a text"), "Its name there.")
    key_file: str = setting(
        "", text(r"[^\0]{0,4000}", "a path"), "A file whose first line is the key, if one is needed."
    )
    a_day: int = setting(200, integer(1, 100_000), "Papers it is asked about in 24 hours, at most.")
    timeout: int = setting(30, integer(1, 600), "Seconds to wait for an answer.")


@dataclass(frozen=True)
class Submissions:
    """How many papers members may bring."""

    a_day: int = setting(10, integer(1, 10_000), "Papers that a member may submit within 24 hours.")
