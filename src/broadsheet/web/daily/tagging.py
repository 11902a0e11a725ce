"""Tags and links of papers: on a paper's page, and the pages of all tags and of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.annotations import PaperLink
from broadsheet.community.actor import Role
from broadsheet.community.annotations import LinkKind, tag_name
from broadsheet.kit.fields import slug
from broadsheet.pipeline.records import Stored
from broadsheet.web.actions import Next, redirect, require_form_token
from broadsheet.web.daily.paper_lists import Chosen, paper_list
from broadsheet.web.restricting import FieldName, papers_of_field
from broadsheet.web.site import Here, Site

__all__ = ["annotations_part", "link_label", "router"]

router = APIRouter(include_in_schema=False)
_FORM = [Depends(require_form_token)]
_TAGS = 500  # on a page
Text = Annotated[str, Form(max_length=2000)]


@router.get("/tags")
def tags(request: Request, site: Here, field: FieldName = "") -> Response:
    """Every tag of the community, the most used first; with `field` those of the papers of a field."""
    field = slug(field)
    context = {
        "tag_counts": site.community.annotations.tag_counts(papers_of_field(site, field))[:_TAGS],
        "field": field,
        "field_name": site.community.fields.named(field) if field else "",
    }
    return site.page(request, "daily/tags.html", context)


@router.get("/tags/{name:path}")
def tag(request: Request, site: Here, name: str, choice: Chosen) -> Response:
    """The papers that members gave one tag."""
    name = tag_name(name)
    papers = [(number, 0) for number in site.community.annotations.tagged(name)]
    context = {"name": name, **paper_list(site, f"/tags/{quote(name)}", papers, choice, among=f"tagged:{name}")}
    return site.page(request, "daily/tag.html", context)


@router.post("/papers/{number:int}/tags", dependencies=_FORM)
def change_tags(
    site: Here, number: int, name: Text = "", what: Text = "add", reason: Text = "", after: Next = "/"
) -> Response:
    """Put a tag on a paper, or take it off."""
    number = site.library.resolve(number)
    if what == "remove":
        site.community.annotations.remove_tag(site.actor, number, name, reason)
        return redirect(after, {"done": "untag-paper"}, "community-tags")
    site.community.annotations.add_tag(site.actor, number, name)
    return redirect(after, {"done": "tag-paper"}, "community-tags")


@router.post("/papers/{number:int}/links", dependencies=_FORM)
def change_links(
    site: Here,
    number: int,
    kind: Text = "",
    url: Text = "",
    title: Text = "",
    link: Annotated[int, Form(ge=0, le=2**53)] = 0,
    what: Text = "add",
    reason: Text = "",
    after: Next = "/",
) -> Response:
    """Add a link to a paper, or take one off."""
    number = site.library.resolve(number)
    if what == "remove":
        site.community.annotations.remove_link(site.actor, number, link, reason)
        return redirect(after, {"done": "unlink"}, "artefacts")
    site.community.annotations.add_link(site.actor, number, kind, url, title)
    return redirect(after, {"done": "link"}, "artefacts")


def annotations_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """The tags and links of a paper, on its page."""
    annotations = site.community.annotations
    actor = site.actor
    return {
        "paper_tags": [(tag.name, annotations.is_own(actor, tag)) for tag in annotations.tags(stored.id)],
        "paper_links": [
            (link, link_label(link), annotations.is_own(actor, link)) for link in annotations.links(stored.id)
        ],
        "stars": annotations.stars(stored.id),
        "link_kinds": tuple(LinkKind),
        "may_annotate": bool(site.reader),
        "may_moderate": actor.role.may(Role.curator) and site.community.has_accounts,
    }


def link_label(link: PaperLink) -> str:
    """The title of a link, or its host."""
    return link.title or (urlsplit(link.url).hostname or "").removeprefix("www.")
