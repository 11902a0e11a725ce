"""What a sync of a connection did."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["SyncReport"]


@dataclass(slots=True)
class SyncReport:
    """Counts, and the reason where it stopped before its end."""

    library: str
    read: int = 0  # items
    added: int = 0  # papers that were not here yet
    quarantined: int = 0
    saved: int = 0
    tagged: int = 0
    collected: int = 0
    taken_back: int = 0  # marks
    written: int = 0  # items made there
    notes: list[str] = field(default_factory=list)
    error: str = ""
    is_complete: bool = False

    def line(self) -> str:
        """In a line."""
        counts = [
            *((self.read, "read"), (self.added, "new"), (self.saved, "saved"), (self.tagged, "tagged")),
            *((self.collected, "collected"), (self.taken_back, "marks taken back"), (self.written, "written")),
            (self.quarantined, "quarantined"),
        ]
        told = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "nothing new"
        return f"{self.library}: {told}" + ("" if self.is_complete else "; the next sync goes on from there")
