"""Archives in the making: in the background, one a reader, kept until it is fetched or another is asked for."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.kit.errors import BroadsheetError

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["TakeoutJob", "TakeoutJobs"]


class TakeoutJob:
    """One archive: being made, made, or failed."""

    def __init__(self, community: Community, reader: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="broadsheet-takeout-"))  # for its owner alone
        self.path = self._folder / "takeout.zip"
        self.stage = ""
        self.error = ""
        self._thread = threading.Thread(target=self._make, args=(community, reader), daemon=True)
        self._thread.start()

    def _make(self, community: Community, reader: str) -> None:
        from broadsheet.community.exchange.takeout import write_takeout  # imported here: most servers make none

        try:
            write_takeout(community, reader, self.path, self._note)
        except (BroadsheetError, OSError) as error:
            self.error = f"The archive could not be made: {error}"
        except Exception:
            self.error = "The archive stopped on an unexpected error; the server's log has the details."
            raise

    def _note(self, stage: str, done: int, total: int | None) -> None:
        self.stage = f"{stage} {done:,} of {total or done:,}"

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; whether it is made."""
        self._thread.join(seconds)
        return self.is_made

    @property
    def is_running(self) -> bool:
        """Whether it is being made."""
        return self._thread.is_alive()

    @property
    def is_made(self) -> bool:
        """Whether it can be fetched."""
        return not self.is_running and not self.error and self.path.exists()

    def drop(self) -> None:
        """Remove the file."""
        shutil.rmtree(self._folder, ignore_errors=True)


class TakeoutJobs:
    """The archives of a server's readers."""

    def __init__(self) -> None:
        self._jobs: dict[int, TakeoutJob] = {}  # by the reader's number: a name may be another's one day
        self._lock = threading.Lock()

    def of(self, community: Community, reader: str) -> TakeoutJob | None:
        """The archive of a reader, if one is being made or waits."""
        return self._jobs.get(community.library.reader(reader).id)

    def start(self, community: Community, reader: str) -> TakeoutJob:
        """Make an archive; where one is in the making, that is it."""
        number = community.library.catalogue.readers.get(reader, create=reader == "me").id
        with self._lock:
            job = self._jobs.get(number)
            if job is None or not job.is_running:
                if job is not None:
                    job.drop()
                job = self._jobs[number] = TakeoutJob(community, reader)
            return job

    def forget(self, job: TakeoutJob) -> None:
        """Remove an archive that was fetched."""
        with self._lock:
            self._jobs = {number: other for number, other in self._jobs.items() if other is not job}
        job.drop()

    def stop(self) -> None:
        """Remove all archives."""
        with self._lock:
            for job in self._jobs.values():
                job.wait(10)
                job.drop()
            self._jobs.clear()
