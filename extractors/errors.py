"""Exceptions for bugs and broken surroundings. Expected failures are values (see `records.Failure`, `records.Rejection`).

The tree::

    TrilateralError
    ├── SettingError          a setting nobody can act on: unknown key, wrong value, malformed TOML
    ├── SourceError           the sources file: names file, line, source and field
    ├── CodebookError         codebook.toml or actors.toml says something impossible
    ├── CaptureError          a WARC record is not where the warehouse says it is
    ├── BackupError           a backup is not whole, or there is no room for one
    └── WarehouseError        the database, its lock or its schema
        ├── WarehouseBusy     another process holds the writer's lock; names the holder
        ├── SchemaError       a schema newer than this program, or a migration whose text changed
        └── WarehouseMissing  nothing has been published yet at that path

Every message says what, which one and why, in one line a person can act on.
"""


class TrilateralError(Exception):
    """Base of everything this project raises on purpose."""


class SettingError(TrilateralError):
    """A setting, flag or `trilateral.toml` that cannot be used."""


class SourceError(TrilateralError):
    """The sources file cannot be used; the message carries file, line, source and field."""


class CodebookError(TrilateralError):
    """The codebook or the actors file contradicts itself."""


class CaptureError(TrilateralError):
    """A capture cannot be read back from its WARC file."""


class BackupError(TrilateralError):
    """A backup cannot be made or is not what its manifest says."""


class WarehouseError(TrilateralError):
    """The database, its lock or its schema is not usable."""


class WarehouseBusy(WarehouseError):
    """Another process holds the writer's lock."""


class SchemaError(WarehouseError):
    """The file's schema is newer than this program, or a recorded migration has changed."""


class WarehouseMissing(WarehouseError):
    """There is no published database at the given path."""
