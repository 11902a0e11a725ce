"""Statements for organisations and people: their papers, and the rows derived for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, distinct, func, select, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import (
    affiliation_organisations,
    affiliations,
    audit_log,
    authorship_affiliations,
    authorships,
    changes,
    meta,
    organisations,
    paper_organisations,
    papers,
    people,
    person_names,
    person_papers,
)
from broadsheet.catalogue.statements.elements import any_of, each, json_field, lookup

_MOST: BindParameter[Any] = bindparam("most")
_AFTER: BindParameter[Any] = bindparam("after")
_ID: BindParameter[Any] = bindparam("id")
_IDS = each("ids")
_VALUES = each("values")

# --- keeping up with the catalogue ------------------------------------------------------------------------------
META = select(meta.c.value).where(meta.c.key == bindparam("name"))
SET_META = upsert(insert(meta), "value")
AFFILIATIONS_AFTER = (
    select(affiliations.c.id, affiliations.c.name)
    .where(affiliations.c.id > _AFTER)
    .order_by(affiliations.c.id)
    .limit(_MOST)
)
CHANGED_AFTER = (
    select(changes.c.seq, changes.c.paper_id).where(changes.c.seq > _AFTER).order_by(changes.c.seq).limit(_MOST)
)
ORGANISATIONS_BY_KEY = select(organisations.c.key, organisations.c.id).select_from(
    lookup(_VALUES, organisations, organisations.c.key == _VALUES.c.value)
)
ADD_ORGANISATIONS = into(organisations, "key", "name", "resolved_name", ignoring=True)
ADD_WORKPLACE_ORGANISATIONS = into(affiliation_organisations, ignoring=True)
JOINED = select(organisations.c.id, organisations.c.joined_id).where(organisations.c.joined_id.is_not(None))
WORKPLACES_OF_PAPERS = select(
    authorship_affiliations.c.paper_id,
    authorship_affiliations.c.position,
    affiliation_organisations.c.organisation_id,
).select_from(
    lookup(
        lookup(_IDS, authorship_affiliations, authorship_affiliations.c.paper_id == _IDS.c.value),
        affiliation_organisations,
        affiliation_organisations.c.affiliation_id == authorship_affiliations.c.affiliation_id,
    )
)
_named = json_field(papers.c.content, "extra.organisations")
_named_alone = json_field(papers.c.content, "extra.organisation")
NAMED_APART = (
    select(papers.c.id, _named.label("several"), _named_alone.label("one"))
    .select_from(lookup(_IDS, papers, papers.c.id == _IDS.c.value))
    .where(_named.is_not(None) | _named_alone.is_not(None))
)
AUTHORS_OF_PAPERS = select(
    authorships.c.paper_id,
    authorships.c.person_id,
    people.c.orcid,
    func.coalesce(authorships.c.name, people.c.name).label("name"),
).select_from(
    lookup(
        lookup(_IDS, authorships, authorships.c.paper_id == _IDS.c.value),
        people,
        people.c.id == authorships.c.person_id,
    )
)
FORGET_PAPER_ORGANISATIONS = delete(paper_organisations).where(any_of(paper_organisations.c.paper_id, "ids"))
FORGET_PERSON_PAPERS = delete(person_papers).where(any_of(person_papers.c.paper_id, "ids"))
ADD_PAPER_ORGANISATIONS = into(paper_organisations, ignoring=True)
ADD_PERSON_PAPERS = into(person_papers, ignoring=True)
ADD_PERSON_NAMES = into(person_names, ignoring=True)
CLEAR_DERIVED = (delete(affiliation_organisations), delete(paper_organisations), delete(person_papers))
PAPERS_OF_ORGANISATIONS = (
    select(paper_organisations.c.paper_id).where(any_of(paper_organisations.c.organisation_id, "ids")).distinct()
)

# --- organisations ----------------------------------------------------------------------------------------------
_organisation = organisations.c["id", "key", "name", "resolved_name", "url", "joined_id"]
ORGANISATION = select(*_organisation).where(organisations.c.key == bindparam("key"))
ORGANISATION_NUMBERED = select(*_organisation).where(organisations.c.id == _ID)
ORGANISATIONS_JOINED_WITH = (
    select(*_organisation).where(organisations.c.joined_id == _ID).order_by(organisations.c.name, organisations.c.id)
)
ORGANISATION_NAMES = select(*organisations.c["id", "key", "name"]).order_by(organisations.c.name, organisations.c.id)
PAPERS_OF_ORGANISATION = (
    select(papers.c.id, papers.c.year)
    .join_from(paper_organisations, papers, papers.c.id == paper_organisations.c.paper_id)
    .where(paper_organisations.c.organisation_id == _ID)
    .order_by(papers.c.year.desc(), papers.c.day.desc(), papers.c.id.desc())
)
ORGANISATION_PAIRS = select(
    func.aggregate_strings(paper_organisations.c.organisation_id, ",").label("organisations"),
    func.aggregate_strings(paper_organisations.c.paper_id, ",").label("papers"),
).select_from(paper_organisations)
LAST_AUDITED = select(func.coalesce(func.max(audit_log.c.id), 0))
ORGANISATIONS_OF_PAPERS = (
    select(paper_organisations.c.paper_id, organisations.c.key, organisations.c.name)
    .select_from(
        lookup(
            lookup(_IDS, paper_organisations, paper_organisations.c.paper_id == _IDS.c.value),
            organisations,
            organisations.c.id == paper_organisations.c.organisation_id,
        )
    )
    .order_by(paper_organisations.c.paper_id, paper_organisations.c.place, organisations.c.id)
)
_workplaces = lookup(
    lookup(
        paper_organisations,
        authorship_affiliations,
        authorship_affiliations.c.paper_id == paper_organisations.c.paper_id,
    ),
    affiliation_organisations,
    affiliation_organisations.c.affiliation_id == authorship_affiliations.c.affiliation_id,
)
PEOPLE_OF_ORGANISATION = (
    select(people.c.key, people.c.name, func.count(distinct(authorships.c.paper_id)).label("papers"))
    .select_from(
        lookup(
            lookup(
                _workplaces,
                authorships,
                (authorships.c.paper_id == authorship_affiliations.c.paper_id)
                & (authorships.c.position == authorship_affiliations.c.position),
            ),
            people,
            people.c.id == authorships.c.person_id,
        )
    )
    .where(paper_organisations.c.organisation_id == _ID, any_of(affiliation_organisations.c.organisation_id, "ids"))
    .group_by(people.c.id)
    .order_by(func.count(distinct(authorships.c.paper_id)).desc(), people.c.name, people.c.id)
    .limit(_MOST)
)
CHANGE_ORGANISATION = update(organisations).where(organisations.c.id == bindparam("number"))

# --- people -----------------------------------------------------------------------------------------------------
PERSON = select(*people.c["id", "key", "name", "orcid"]).where(people.c.key == bindparam("key"))
PEOPLE_NAMED = (
    select(*people.c["id", "key", "name", "orcid"])
    .join_from(person_names, people, people.c.id == person_names.c.person_id)
    .where(person_names.c.name_key == bindparam("key"))
    .order_by(people.c.id)
)
PAPERS_OF_PERSON = (
    select(papers.c.id, papers.c.year)
    .join_from(person_papers, papers, papers.c.id == person_papers.c.paper_id)
    .where(person_papers.c.person_id == _ID)
    .order_by(papers.c.year.desc(), papers.c.day.desc(), papers.c.id.desc())
)
_own = lookup(person_papers, authorships, authorships.c.paper_id == person_papers.c.paper_id)
COAUTHORS = (
    select(people.c.key, people.c.name, func.count(distinct(authorships.c.paper_id)).label("papers"))
    .select_from(lookup(_own, people, people.c.id == authorships.c.person_id))
    .where(person_papers.c.person_id == _ID, authorships.c.person_id != _ID)
    .group_by(people.c.id)
    .order_by(func.count(distinct(authorships.c.paper_id)).desc(), people.c.name, people.c.id)
    .limit(_MOST)
)
WORKPLACES_OF_PERSON = (
    select(affiliation_organisations.c.organisation_id, func.count(distinct(authorships.c.paper_id)).label("papers"))
    .select_from(
        lookup(
            lookup(
                _own,
                authorship_affiliations,
                (authorship_affiliations.c.paper_id == authorships.c.paper_id)
                & (authorship_affiliations.c.position == authorships.c.position),
            ),
            affiliation_organisations,
            affiliation_organisations.c.affiliation_id == authorship_affiliations.c.affiliation_id,
        )
    )
    .where(person_papers.c.person_id == _ID, authorships.c.person_id == _ID)
    .group_by(affiliation_organisations.c.organisation_id)
)
ORGANISATIONS_AMONG = select(*_organisation).select_from(
    lookup(_IDS, organisations, organisations.c.id == _IDS.c.value)
)
