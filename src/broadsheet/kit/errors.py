"""The errors that Broadsheet raises on purpose, in one tree.

    BroadsheetError
    ├── UsageError          the request is wrong and the caller can correct it
    │   ├── UnknownPaper    no paper in this library has that identifier
    │   ├── UnknownReader   no reader of that name
    │   ├── SettingError    a key or value in broadsheet.toml or the environment
    │   └── RateLimited     it was asked too often; it says when to come back
    ├── RecordError         one record cannot be read; it is quarantined and reading continues
    ├── SourceError         a file or provider cannot be read at all
    │   └── ProviderParked  the provider failed too often; no requests are sent to it for a while
    └── LibraryError        the library folder itself: missing, read-only, full, busy, too new
        └── CorruptFile     a file of the library is damaged; the message names it and the fix

A message names the offending value, where it came from and what to do next. The command line turns any
BroadsheetError into one line on standard error and exit code 2.
"""


class BroadsheetError(Exception):
    """Base of all errors raised on purpose."""


class UsageError(BroadsheetError):
    """The request cannot be carried out as asked."""


class UnknownPaper(UsageError):
    """No paper in this library has the given identifier."""


class UnknownReader(UsageError):
    """No reader in this library has the given name."""


class SettingError(UsageError):
    """A setting is unknown or has an impossible value."""


class RateLimited(UsageError):
    """It was asked too often."""

    def __init__(self, seconds: int) -> None:
        """There is room again in `seconds`."""
        wait = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
        super().__init__(f"This was tried too often. Come back in {wait}.")
        self.seconds = seconds


class RecordError(BroadsheetError):
    """One record cannot be read; parsers raise it, and the pipeline stores the record in quarantine."""


class SourceError(BroadsheetError):
    """A file or a provider cannot be read at all."""


class ProviderParked(SourceError):
    """A provider failed too often; no requests are sent to it until the named time."""


class LibraryError(BroadsheetError):
    """The library folder cannot be used as it is."""


class CorruptFile(LibraryError):
    """A file of the library is damaged or of another version."""


def with_extra(extra: str) -> str:
    """The command that installs an extra, for messages; it works without a published package."""
    return f"pip install '.[{extra}]' in Broadsheet's source folder"
