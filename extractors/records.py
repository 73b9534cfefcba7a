"""The records that travel between the rooms, in the order in which a run makes them.

FeedState → Response → FeedVisit(Entry…) → PageState → CaptureRef → Page → Article → Classification → Reading → Batch.

Names say where a record stands: `…State` comes from the warehouse and goes back to it, `Response` comes from the wire,
`…Visit` and `Reading` go to the warehouse. Records are frozen and hold tuples, so they can be shared between tasks,
pickled into the reading processes and compared whole in tests. Every datetime is aware and UTC. Refuses to hold
behaviour beyond what is derived from the fields.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

# --- closed sets: the same words in code, rows and tests -------------------------------------------------------------

Affiliation = Literal["state", "state-funded", "independent", "party", "think-tank", "government", "agency"]
FeedFormat = Literal["rss", "atom", "rdf", "json", "sitemap", "unknown"]
Precision = Literal["second", "minute", "day", "unknown"]
Zone = Literal["stated", "source", "unknown"]
Part = Literal["title", "text"]
Access = Literal["full", "partial", "paywalled"]
Actor = Literal["russia", "iran", "us"]
DyadName = Literal["us_russia", "russia_iran", "us_iran"]
Direction = Literal["converging", "diverging", "mixed"]
VisitKind = Literal["feed", "page", "robots", "archive"]  # archive: a sitemap, a page of a feed's archive

FailureKind = Literal[
    "scheme_refused",  # not http(s)
    "port_refused",  # a port outside allow_ports
    "address_refused",  # the name resolves to an address outside allow_networks and the public internet
    "robots_refused",  # robots.txt disallows it, or could not be had (RFC 9309 §2.3.1.4)
    "dns",
    "connect",
    "tls",
    "timeout",  # the whole exchange took longer than request_timeout_seconds
    "too_large",  # wire or decoded size over max_body_bytes, or a decompression bomb
    "truncated",  # fewer bytes than Content-Length or the compression promised
    "undecodable",  # Content-Encoding we cannot undo
    "redirects",  # too many, a loop, or https to http
    "protocol",  # not HTTP
    "cancelled",  # the run was stopped; nobody is charged
]

Outcome = Literal[
    FailureKind,
    "ok",
    "not_modified",
    "not_found",  # 404
    "gone",  # 410
    "throttled",  # 429, or 503 with Retry-After
    "blocked",  # 401, 403, 451 and the like
    "client_error",
    "server_error",
    "not_a_feed",  # 200, but a web page or nothing like a feed
    "unparseable",  # 200 and looks like a feed, but no parser gets anything out of it
]

RejectionReason = Literal[
    "unreachable",  # five attempts over three days, no response worth keeping
    "not_found",
    "gone",
    "blocked",
    "robots_refused",
    "address_refused",
    "too_large",
    "not_html",
    "empty",  # nothing readable in it
    "duplicate",  # of an archive: the article is held under another address, or more of it is
    "no_address",  # a saved page that nobody says where it was
    "not_article",  # section page, login or consent wall, soft 404
    "crashed",  # the reader raised; the traceback is the detail
    "killed",  # the reading process died
    "timed_out",  # the reader ran over its time
    "out_of_memory",
]

PageStage = Literal["pending", "captured", "read", "rejected"]
PageReason = Literal["new", "changed", "revisit"]
UrlKind = Literal["seen", "redirect", "canonical"]
UnitStage = Literal["open", "done", "failed"]
RunStatus = Literal["running", "completed", "failed", "interrupted", "lost"]


def short_hash(*parts: str) -> str:
    """128 bits of SHA-256 over the parts, as 32 hex digits; parts are separated, so ("ab", "c") differs from ("a", "bc")."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


# --- sources: what people declare ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One feed address of a source, as declared."""

    url: str
    lang: str | None = None  # BCP 47 primary tag; None: the source's
    seen_in: str | None = None  # who lists this address: a page, or 'owner/repository path' with an optional @commit


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractRules:
    """What `[source.extract]` says about a source's pages: CSS selectors to keep as the body or to drop."""

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An outlet, as declared in the sources file. `id` is the key everywhere."""

    id: str
    name: str
    home: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2, lower case
    lang: str | None = None
    timezone: str | None = None  # IANA name; times without a zone are read in it
    owner: str | None = None
    affiliation: Affiliation | None = None
    family: str | None = None  # outlets of one family are one origin
    feeds: tuple[Feed, ...] = ()
    extract: ExtractRules = field(default_factory=ExtractRules)
    host_delay_seconds: float | None = None
    enabled: bool = True


# --- time as publishers state it -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """When something was published, how precisely that is known, and who said so."""

    at: datetime | None = None  # UTC; with precision 'day': 12:00 UTC of `on`
    on: date | None = None  # the outlet's own calendar day
    precision: Precision = "unknown"
    zone: Zone = "unknown"  # 'stated' in the text, the 'source' file's timezone, or 'unknown'
    origin: str = ""  # where it was read, e.g. 'feed', 'json-ld', 'meta:article:published_time', 'htmldate'


NEVER_PUBLISHED = Published()


# --- the wire --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an exchange gave no response."""

    kind: FailureKind
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect that was followed."""

    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back for one request, redirects followed; `failure` instead of `status` where nothing usable did."""

    url: str  # as asked
    final_url: str  # after redirects; equal to `url` without any
    status: int | None = None
    reason: str = ""  # the status line's phrase
    headers: tuple[tuple[str, str], ...] = ()  # as received, in order, of the final response
    body: bytes = b""  # Content-Encoding undone
    wire_body: bytes = b""  # as received, Transfer-Encoding undone, Content-Encoding kept
    hops: tuple[Hop, ...] = ()
    started_at: datetime
    duration_ms: int
    sent_etag: str | None = None
    sent_last_modified: str | None = None
    failure: Failure | None = None
    robots_objection: str = ""  # of a feed: robots.txt, as far as it is known, disallows what the operator subscribed to
    delay_seconds: float | None = None  # that the first request kept from the one before in its scope; None: none was made
    is_shared: bool = False  # the last answer is one that the same pass had already

    def header(self, name: str) -> str | None:
        """First value of a header, names compared without case; None where it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One HTTP exchange as the log keeps it (`main.visits`)."""

    kind: VisitKind
    url: str
    final_url: str
    source_id: str | None
    feed_id: str | None = None
    url_key: str | None = None
    status: int | None = None
    outcome: Outcome
    detail: str = ""
    body_bytes: int = 0  # as received
    duration_ms: int
    at: datetime
    sent_etag: str | None = None
    sent_last_modified: str | None = None
    next_at: datetime | None = None
    next_rule: str | None = None  # the rule that set next_at, in words
    got_etag: str | None = None  # as received, byte for byte
    got_last_modified: str | None = None
    not_before_at: datetime | None = None  # of a feed: earlier than this not even `--force` may ask again
    scope: str | None = None  # of `url`; None: no request was made
    delay_seconds: float | None = None  # kept from the request before in that scope, Crawl-delay included
    pause_scope: str | None = None  # what asked to be left alone: a scope, or one address of a private host
    pause_ends_at: datetime | None = None
    is_shared: bool = False  # the last answer is one that the same pass had already: `final_url` was not asked again

    @property
    def visit_id(self) -> str:
        """One exchange, one id."""
        return short_hash(self.kind, self.url, self.at.isoformat())


# --- feeds -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed, cleaned: text without markup or control characters, links absolute http(s)."""

    guid: str | None = None
    link: str  # absolute
    title: str = ""
    summary: str = ""
    content: str = ""  # the feed's own full text, where it carries one
    authors: tuple[str, ...] = ()
    published: Published = NEVER_PUBLISHED
    lang: str | None = None

    @property
    def entry_hash(self) -> str:
        """Changes when a reader would see a change. Dates are left out: many feeds stamp them anew at every build."""
        return short_hash(self.link, self.title, self.summary, self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """What a feed document holds, and what was wrong with it."""

    format: FeedFormat
    title: str = ""
    home: str | None = None
    lang: str | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()  # in words, one each
    ttl_seconds: int | None = None  # the longest wait the document itself asks for (ttl, sy:)
    skip_hours: tuple[int, ...] = ()  # of the day, GMT: nobody needs to ask then (RSS skipHours)
    skip_days: tuple[int, ...] = ()  # of the week, GMT, Monday is 0 (RSS skipDays)
    is_complete: bool = False  # RFC 5005 §2: what is not in it is not in the feed any more
    hub: str | None = None  # WebSub hub, reported only


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the warehouse knows of a feed between polls."""

    feed_id: str  # short_hash of the declared url
    source_id: str
    url: str
    lang: str | None = None
    timezone: str | None = None
    etag: str | None = None  # opaque, byte for byte
    last_modified: str | None = None  # opaque, byte for byte
    body_hash: str | None = None  # of the last body that was landed
    title: str = ""
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_changed_at: datetime | None = None
    last_outcome: Outcome | None = None
    failures: float = 0.0  # weighted: temporary 0.25, soft 0.5, hard 1
    next_poll_at: datetime | None = None  # None: never polled, due now
    next_poll_rule: str = "new"
    stopped: bool = False  # 410, or the operator
    earliest_poll_at: datetime | None = None  # what floor, freshness and Retry-After forbid even to `--force`
    moved_url: str | None = None  # where it moved for good; polled instead of `url`
    move_seen_url: str | None = None  # where permanent redirects lead at present, not yet believed
    move_seen_at: datetime | None = None  # since when
    move_sightings: int = 0  # at how many polls
    validated_url: str | None = None  # the final address that gave the validators; they are sent nowhere else
    reader: str = ""  # what read the body that the validators vouch for
    entries_hash: str | None = None  # of the entries of the last body, dates left out
    last_full_at: datetime | None = None  # last poll that gave a whole body
    hidden_changes: int = 0  # changes that 304s kept from us; three make the validators unreliable
    fresh_seconds: float | None = None  # what caching headers asked for last; a 304 without any stands by it
    ttl_seconds: int | None = None  # what the document asked for when it was last read
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    gap_seconds: float | None = None  # usual time between two changes, as observed
    interval_seconds: float | None = None  # the adaptive interval, between floor and ceiling
    successor_url: str | None = None  # what its outlet's home page names, now that the feed is gone; a suggestion
    successor_sought_at: datetime | None = None
    honest_since_at: datetime | None = None  # since when validators that had lied tell each change


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """An entry with the identity of the page it points to."""

    entry: Entry
    url_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedVisit:
    """One poll of one feed: what the log keeps, what it brought, and the state that it leaves behind."""

    visit: Visit
    after: FeedState  # carries the validators of the very body whose entries are here
    entries: tuple[SeenEntry, ...] = ()
    problems: tuple[str, ...] = ()
    is_complete: bool = False  # RFC 5005 §2: what is missing from `entries` was taken out, however old


# --- sites -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContainer:
    """Where bodies stand on a site's pages."""

    path: str  # tags with ids and classes from the outside in, e.g. 'main#main>div.story-body'
    pages: int  # distinct pages of which, read in full, the body was what is in it


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A line seen on a site's pages."""

    key: str  # hash of its words, numbers levelled
    inside: int  # distinct pages on which it began or ended the body
    outside: int  # distinct pages on which it stood below the body


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMemory:
    """What earlier pages of a site taught, at most 4 KB of it."""

    site: str  # registrable domain, or the scope where there is none
    reader: int  # version of the reader that learned it; of no use to another
    pages: int = 0  # distinct pages it was ever learned from: of two states of one memory that with more is the newer
    containers: tuple[SiteContainer, ...] = ()
    lines: tuple[SiteLine, ...] = ()  # the newest last
    recent: tuple[str, ...] = ()  # hashes of the last pages: none counts twice
    agreements: int = 0  # checks that a full reading agreed with
    disagreements: int = 0  # checks in a row that it did not agree with; with the second all is forgotten
    disagreed_at: datetime | None = None  # when the page of the last of them was fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLesson:
    """What one page teaches about its site."""

    page: str  # hash of its url_key
    fetched_at: datetime
    container: str = ""  # path of what holds the body; '' where that was not looked for or found
    inside: tuple[str, ...] = ()  # keys of the lines at the edges of the body
    outside: tuple[str, ...] = ()  # keys of lines below it
    agrees: bool | None = None  # whether the memory led to the same text as a full reading; None: not compared


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecipe:
    """What the memory of its site did when a page was first read; later visits do the same, so that only the page can differ."""

    container: str = ""  # path of what was read; '' for a full reading
    dropped: tuple[str, ...] = ()  # keys of the lines that were taken off the edges


# --- pages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHints:
    """What is known of a page before it is read: from its feed entry and from the sources file."""

    source_id: str | None = None
    lang: str | None = None
    timezone: str | None = None
    title: str = ""
    summary: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    published: Published = NEVER_PUBLISHED
    extract: ExtractRules = field(default_factory=ExtractRules)
    kin: tuple[str, ...] = ()  # registrable domains of the source's family: what they say of each other's addresses counts


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRef:
    """Where a page, as fetched, lies in the WARC files."""

    capture_id: str
    url_key: str  # identity of the url that was asked for
    url: str  # as asked
    final_url: str
    file: str  # name below the captures folder
    offset: int  # bytes, of the gzip member
    length: int  # bytes, of the gzip member
    fetched_at: datetime
    status: int
    content_type: str
    body_bytes: int  # as received
    body_hash: str  # of the decoded body
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """A page in the queue that the warehouse is: pending, captured, read or rejected."""

    url_key: str
    url: str
    scope: str  # politeness scope of the url
    stage: PageStage = "pending"
    reason: PageReason = "new"
    attempts: int = 0  # of the present reason
    first_attempt_at: datetime | None = None  # of the present reason
    due_at: datetime  # for 'pending': not before; for 'read': next revisit
    revisits: int = 0  # of the ages in revisit_hours, how many are behind us
    first_seen_at: datetime
    last_outcome: Outcome | None = None
    etag: str | None = None
    last_modified: str | None = None
    capture: CaptureRef | None = None
    hints: PageHints = field(default_factory=PageHints)
    ingest_path: str = "feed"  # 'feed' or 'backfill:…'
    priority: int = 0  # 0 before 1: what a first poll brings beyond the newest entries can wait
    recipe: SiteRecipe | None = None  # how it was read first; None: in full, or not yet
    unit_id: str | None = None  # the unit of history that named it and is to fetch it; None: nobody but the feeds


# --- history ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """One unit of work of a backfill: a WARC file, a folder, a list, a sitemap, a page of a feed's archive."""

    adapter: str  # 'warc', 'folder', 'jsonl', 'urls', 'sitemap', 'archive-feed' or 'wordpress'
    target: str  # what the backfill was asked for
    slot: str  # which part of the target: a file's name, a document's address
    since_at: datetime | None = None  # what the unit was to keep to
    until_at: datetime | None = None  # exclusive
    input_hash: str = ""  # of a local file's content; another content is another unit
    stage: UnitStage = "open"
    place: int = 0  # in a local file: everything before it has landed with an outcome; the adapter knows what it counts
    pages: int = 0  # taken on so far
    detail: str = ""  # why it failed
    listed_at: datetime | None = None  # when what it holds was last added to, as far as its parent says: newest first
    updated_at: datetime

    @property
    def unit_id(self) -> str:
        """The same part of the same target under the same bounds is the same unit."""
        bounds = (at.isoformat() if at else "" for at in (self.since_at, self.until_at))
        return short_hash("unit", self.adapter, self.input_hash or self.target, self.slot, *bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A captured page, ready to be read."""

    capture: CaptureRef
    body: bytes  # Content-Encoding undone
    content_type: str
    hints: PageHints
    memory: SiteMemory | None = None  # of its site; None: read without one and teach none
    recipe: SiteRecipe | None = None  # to be read as before; `memory` is not asked then


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The clean text of a page. `title` and `text` are NFC and never change once hashed."""

    title: str
    text: str  # paragraphs separated by one newline
    authors: tuple[str, ...] = ()
    lang: str | None = None
    published: Published = NEVER_PUBLISHED
    access: Access = "full"
    word_count: int = 0
    link_density: float | None = None  # of the text's characters, those that stand in links; None: read before this was measured
    boilerplate_share: float | None = None  # of the characters people read on the page, spaces aside, those that are not in the text
    canonical: str | None = None  # rel=canonical or og:url as claimed, absolute
    extractor: str  # name and version of what read it

    @property
    def content_hash(self) -> str:
        """Names a version: the hash of title and text."""
        return short_hash(self.title, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a page did not become an article."""

    reason: RejectionReason
    detail: str = ""


# --- themes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A passage that shows a theme. Code points, half-open, into the stored title or text."""

    theme: str
    cue: str  # id of the cue in the codebook
    part: Part
    start: int
    end: int
    score: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorMention:
    """One of the three acts or is acted upon."""

    actor: Actor
    mentions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadFinding:
    """How two of the three deal with each other, with the passage that shows it."""

    dyad: DyadName
    direction: Direction
    part: Part
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A passage that almost showed a theme, and why it was refused; for `classify --explain`, never landed."""

    theme: str
    cue: str
    part: Part
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a text says about the themes, by which codebook."""

    codebook_version: str
    evidence: tuple[Evidence, ...] = ()
    actors: tuple[ActorMention, ...] = ()
    dyads: tuple[DyadFinding, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()

    @property
    def themes(self) -> tuple[str, ...]:
        """Themes are derived: without a passage there is none. Sorted."""
        return tuple(sorted({item.theme for item in self.evidence}))

    @property
    def relevant(self) -> bool:
        """At least one theme and at least one dyad (codebook.md)."""
        return bool(self.evidence and self.dyads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A stored text, as it is classified again."""

    content_hash: str
    title: str
    text: str
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What a stored text says under another codebook than the one it came with."""

    content_hash: str
    classification: Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCount:
    """How a codebook labels the gold set's texts in some languages with one theme."""

    theme: str
    language: str  # 'en', 'ru+uk', …
    texts: int
    carried: int  # texts that carry the theme
    found: int  # texts in which it is found
    found_rightly: int


# --- texts that come again ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSignature:
    """What a text is recognised by when it comes again, and whom it is credited to."""

    shingles: int  # how many distinct ones the text has
    slots: tuple[int, ...]  # MinHash: the share of equal slots estimates the Jaccard similarity; 32 bits each
    bands: tuple[int, ...]  # keys under which near-duplicates meet; 64 bits, signed
    agency: str | None = None  # id of the news agency the text is credited to, or its folded name where it is not listed


# --- to the warehouse ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleUrl:
    """Another address of the same article, trusted within the owner family or registrable domain."""

    url_key: str
    kind: UrlKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one captured page turned out to be."""

    capture: CaptureRef
    outcome: Article | Rejection
    classification: Classification | None = None  # None exactly when rejected
    urls: tuple[ArticleUrl, ...] = ()  # trusted further addresses
    claimed_canonical: str | None = None  # a canonical address of a stranger: kept, never followed
    signature: TextSignature | None = None  # of the article's text; without it the text meets no other
    lesson: SiteLesson | None = None  # what it taught about its site
    recipe: SiteRecipe | None = None  # what the memory of its site did; None: nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRejection:
    """A final refusal of a page that never got as far as a reading."""

    url_key: str
    url: str
    source_id: str | None
    rejection: Rejection
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one landing transaction takes. `pages` are the new queue states, the last of a url_key wins."""

    feed_visits: tuple[FeedVisit, ...] = ()
    visits: tuple[Visit, ...] = ()
    captures: tuple[CaptureRef, ...] = ()
    readings: tuple[Reading, ...] = ()
    rejections: tuple[PageRejection, ...] = ()
    pages: tuple[PageState, ...] = ()
    feeds: tuple[FeedState, ...] = ()  # put right after their visits landed: nobody pays for our own outage
    memories: tuple[SiteMemory, ...] = ()  # of the sites that taught something since the last landing
    classified: tuple[Classified, ...] = ()  # wordings under another codebook
    units: tuple[UnitState, ...] = ()  # of a backfill; they vouch for what lands with them


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A landing's commit has returned: the batch is acknowledged."""

    landed_seq: int
    entries_new: int = 0
    entries_changed: int = 0
    articles_new: int = 0
    versions_new: int = 0
    rejected: int = 0
    classified: int = 0  # of the batch's `classified`, those that are new


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of a flow, as `main.runs` shows it; landed at its start and again at its end."""

    run_id: str
    flow: str
    started_at: datetime
    ended_at: datetime | None = None
    status: RunStatus = "running"
    counts: tuple[tuple[str, int], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodebookState:
    """A codebook as the warehouse records it."""

    codebook_version: str
    themes: tuple[str, ...]
    active: bool
    complete: bool
    toml: str | None = None  # its text, where it did not come with the program
    quality: tuple[LabelCount, ...] = ()  # how it labels the gold set
