"""Settings: `trilateral.toml`, overridden by `TRILATERAL_*`, overridden by flags. Read once per run and passed down.

Nothing below `flows/` reads the environment. A key nobody knows is an error that names the nearest known one. A plain
pydantic model: pydantic-settings neither tells where a value came from nor notices a variable nobody knows.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, ValidationError

from extractors.errors import SettingError
from extractors.feeds.waits import SchedulePolicy
from extractors.fetch.policy import FetchPolicy, parse_connect_to, user_agent
from extractors.records import Source
from extractors.urls import scope_of

FILE_NAME = "trilateral.toml"
ENV_PREFIX = "TRILATERAL_"

Origin = Literal["default", "trilateral.toml", "environment", "flag"]


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _split(value: Any) -> Any:
    """`a, b` from a variable or a flag is a list; a TOML list stays one."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _ports(value: Any) -> Any:
    """`*` means any port, kept as None."""
    if value in ("*", ["*"], ("*",)):
        return None
    return (value,) if isinstance(value, int) else _split(value)


def _is_connect_to(pairs: tuple[str, ...]) -> tuple[str, ...]:
    for pair in pairs:
        parse_connect_to(pair)
    return pairs


def _is_published_path(value: str | None) -> str | None:
    if value is not None and value.startswith("ducklake:"):
        message = "a shared lake as the published warehouse comes with a later release; name a file"
        raise ValueError(message)
    return value


class Settings(BaseModel):
    """Every setting of contract.md that this release reads; names, meanings and defaults are promises."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="everything that is kept")
    warehouse: Annotated[str | None, AfterValidator(_is_published_path)] = Field(
        None, description="the published database that people open"
    )
    sources: Path | None = Field(None, description="the sources file")
    contact: str | None = Field(None, description="put into the User-Agent")
    allow_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_split)] = Field(
        (), description="non-public networks that may be fetched"
    )
    allow_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...] | None, BeforeValidator(_ports)] = Field(
        (80, 443), description="ports that may be fetched; * is any"
    )
    connect_to: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_is_connect_to)] = Field(
        (), description="name[:port]=address:port pairs"
    )
    host_delay_seconds: float = Field(5.0, ge=0, description="spacing of requests per scope")
    host_connections: int = Field(1, ge=1, le=16, description="connections per scope")
    run_seconds: float = Field(900.0, gt=0, description="after it an ingest starts nothing new")
    revisit_hours: Annotated[tuple[Annotated[float, Field(gt=0)], ...], BeforeValidator(_split)] = Field(
        (6, 24, 72), description="ages at which an article is fetched again"
    )
    poll_floor_seconds: int = Field(3600, ge=0, description="a feed is never polled sooner")
    poll_ceiling_seconds: int = Field(86400, gt=0, description="a feed is never polled later")
    respect_robots: bool = Field(default=True, description="robots.txt for articles and sitemaps")
    max_body_bytes: ByteSize = Field(ByteSize(15 * 2**20), gt=0, description="feeds and pages: wire and decoded size")
    request_timeout_seconds: float = Field(30.0, gt=0, description="one whole exchange")
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="reading processes")
    batch_articles: int = Field(100, ge=1, description="micro-batch: articles")
    batch_seconds: float = Field(5.0, gt=0, description="micro-batch: seconds")
    publish_seconds: float = Field(60.0, gt=0, description="how old the published database may be while rows land")
    keep_captures_days: int = Field(90, ge=-1, description="WARC retention; 0 until its reading has landed, -1 for ever")
    min_free_bytes: ByteSize = Field(ByteSize(2 * 2**30), ge=0, description="with less free on the disk nothing is fetched, only landed")
    alerts: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field((), description="apprise addresses that hear of changes of state")
    proxy: str | None = Field(None, description="HTTP proxy")

    @property
    def private_dir(self) -> Path:
        """The writer's database, lock and host book; not for people."""
        return self.data_dir / "private"

    @property
    def unread_dir(self) -> Path:
        """The last document of each feed that nothing could be read from, under the feed's id."""
        return self.private_dir / "unread"

    @property
    def captures_dir(self) -> Path:
        """The WARC files."""
        return self.data_dir / "captures"

    @property
    def published(self) -> Path:
        """The database that people open."""
        return Path(self.warehouse) if self.warehouse else self.data_dir / "trilateral.duckdb"

    def reaches_public_hosts(self, sources: tuple[Source, ...]) -> bool:
        """Whether any enabled feed lies on the public internet, `connect_to` and literal addresses considered."""
        named = {target.name for pair in self.connect_to for target in parse_connect_to(pair)}
        hosts = {urlsplit(feed.url).hostname or "" for source in sources if source.enabled for feed in source.feeds}
        return any(host not in named and not _is_private(host) for host in hosts)

    def fetch_policy(self, sources: tuple[Source, ...]) -> FetchPolicy:
        """How the fetcher behaves, with the delays that single sources ask for."""
        delays = {
            scope_of(feed.url): source.host_delay_seconds
            for source in sources
            if source.host_delay_seconds is not None
            for feed in source.feeds
        }
        return FetchPolicy(
            user_agent=user_agent(metadata.version("trilateral"), self.contact),
            allow_networks=self.allow_networks,
            allow_ports=self.allow_ports,
            connect_to=tuple(target for pair in self.connect_to for target in parse_connect_to(pair)),
            host_delay_seconds=self.host_delay_seconds,
            host_connections=self.host_connections,
            delays=delays,
            respect_robots=self.respect_robots,
            max_body_bytes=int(self.max_body_bytes),
            request_timeout_seconds=self.request_timeout_seconds,
            proxy=self.proxy,
        )

    def schedule_policy(self) -> SchedulePolicy:
        """How often feeds and pages are looked at again."""
        return SchedulePolicy(
            poll_floor_seconds=self.poll_floor_seconds,
            poll_ceiling_seconds=self.poll_ceiling_seconds,
            revisit_hours=self.revisit_hours,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings with where each value came from."""

    settings: Settings
    origins: Mapping[str, Origin]


def load_settings(
    *, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> LoadedSettings:
    """Merge file, environment and flags (None among flags means not given); raises SettingError in one sentence."""
    path = (folder or Path()) / FILE_NAME
    environ = os.environ if environ is None else environ
    layers: tuple[tuple[Origin, dict[str, Any]], ...] = (
        ("trilateral.toml", _file_values(path)),
        ("environment", _environment_values(environ)),
        ("flag", {key: value for key, value in (flags or {}).items() if value is not None}),
    )
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = dict.fromkeys(Settings.model_fields, "default")
    for origin, layer in layers:
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingError(_say(error, origins, path)) from error
    return LoadedSettings(settings=settings, origins=origins)


def _file_values(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path.name}: not TOML: {error}") from error
    for key in values:
        if key not in Settings.model_fields:
            raise SettingError(f"{path.name}:{_line_of(key, text)}: unknown setting {key!r}{_nearest(key)}")
    return values


def _environment_values(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(ENV_PREFIX):
            continue
        key = name.removeprefix(ENV_PREFIX).lower()
        if key not in Settings.model_fields:
            raise SettingError(f"environment: unknown setting {name}{_nearest(key, prefix=ENV_PREFIX)}")
        values[key] = value
    return values


def _nearest(key: str, *, prefix: str = "") -> str:
    found = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
    if not found:
        return "; `trilateral doctor` lists the known ones"
    name = prefix + found[0].upper() if prefix else found[0]
    return f"; did you mean {name!r}?"


def _line_of(key: str, text: str) -> int:
    """Line of a top-level key or table in a TOML text, 1 where it cannot be told."""
    starts = (key, f'"{key}"', f"[{key}]")
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith(starts)), 1)


def _say(error: ValidationError, origins: Mapping[str, Origin], path: Path) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0])
    origin = origins.get(key, "flag")
    where = {
        "trilateral.toml": f"{path.name}:{_line_of(key, path.read_text(encoding='utf-8')) if path.is_file() else 1}",
        "environment": f"environment: {ENV_PREFIX}{key.upper()}",
        "flag": f"--{key.replace('_', '-')}",
        "default": "default",
    }[origin]
    reason = first["msg"].removeprefix("Value error, ")
    return f"{where}: {key}: {reason[0].lower()}{reason[1:]}, not {first['input']!r}"


def read_sources_text(settings: Settings, *, folder: Path | None = None) -> tuple[str, str]:
    """Text and name of the sources file: the setting, `deployments/sources.toml`, or the copy in the package."""
    if settings.sources is not None:
        if not settings.sources.is_file():
            raise SettingError(f"sources: no such file: '{settings.sources}'")
        return settings.sources.read_text(encoding="utf-8"), settings.sources.name
    local = (folder or Path()) / "deployments" / "sources.toml"
    if local.is_file():
        return local.read_text(encoding="utf-8"), local.name
    packaged = resources.files("flows").joinpath("sources.toml")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8"), "sources.toml (packaged)"
    # an editable install: the wheel's copy is the checkout's own file
    return (Path(__file__).parent.parent / "deployments" / "sources.toml").read_text(encoding="utf-8"), "sources.toml"
