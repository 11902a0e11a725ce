"""Statements for jobs that run once a period, in whichever process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import jobs

_MOST: BindParameter[Any] = bindparam("most")

BEGIN_JOB = into(jobs, "name", "period", "started_at", ignoring=True)
TAKE_JOB_OVER = (
    update(jobs)
    .where(jobs.c.name == bindparam("job"), jobs.c.period == bindparam("of_period"))
    .values(started_at=bindparam("now"))
)
FINISH_JOB = upsert(insert(jobs), "finished_at", "outcome")
FORGET_JOBS = delete(jobs).where(jobs.c.started_at < bindparam("before"))
JOB = select(*jobs.c["name", "period", "started_at", "finished_at", "outcome"]).where(
    jobs.c.name == bindparam("job"), jobs.c.period == bindparam("of_period")
)
JOBS = (
    select(*jobs.c["name", "period", "started_at", "finished_at", "outcome"])
    .order_by(jobs.c.started_at.desc(), jobs.c.name)
    .limit(_MOST)
)
