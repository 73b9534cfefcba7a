"""Two hundred kills: commands die by SIGKILL in the midst of every stage, the next one goes on with what they left, and nothing is lost.

    python -m tests.bench.kills [--kills 200] [--seed N] [--break NAME] [--without-controls]

Real `trilateral ingest`, `publish`, `migrate` and `maintain` run over a simulated world on loopback, one after the other in
one data folder. A supervisor watches the pipe on which `tests/world/stages.py` marks each stage, and kills the process, or
its whole group, at a seeded moment within one; a kill counts where the stage had begun and not ended when the process was
dead. After a kill in each stage a run may end, and everything is compared: what each commit acknowledged, what the world
published, what lies in the WARC files, what every check says. Twice the program is then broken on purpose (`--break` does
only that), and the drill must fail. Exits 1 on any breach, and where a broken program passed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
import tomlkit

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "tests"))

from world.drill import Death, Drill, whole_on_disk  # noqa: E402
from world.driver import Driver  # noqa: E402
from world.picture import look  # noqa: E402
from world.server import World  # noqa: E402

from flows.cli import LATER  # noqa: E402
from flows.settings import Settings  # noqa: E402
from warehouse.store import open_readonly  # noqa: E402

_COPIED = ("extractors", "flows", "warehouse", "deployments", "tests/world")
_MARK = "KILL_DRILL"  # in the environment of everything that a command starts, whatever session it is in
_PATIENCE_SECONDS = 300.0  # for a command to reach its stage or its end, on a machine that has other things to do
_ROUNDS_A_WORLD = 4
_CONTROL_KILLS = 16
_SMALL_STEPS = {"batch_articles": 4, "batch_seconds": 0.1, "publish_seconds": 0.3, "request_timeout_seconds": 60, "workers": 1}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where to kill: within one of its first `most` passes in one of these commands."""

    name: str
    words: str
    commands: tuple[str, ...]
    most: int
    seconds: float  # a pass lasts, before any has been seen


STAGES = (
    Stage("polling", "polling a feed", ("ingest",), 4, 0.1),
    Stage("appending", "appending to WARC", ("ingest",), 5, 0.02),
    Stage("reading", "reading, in the cage", ("ingest",), 5, 0.03),
    Stage("landing", "inside a landing transaction", ("ingest",), 6, 0.05),
    Stage("checkpoint", "in CHECKPOINT", ("ingest", "publish"), 2, 0.01),
    Stage("publishing", "between copy and rename", ("ingest", "publish"), 1, 0.1),
    Stage("migrating", "in migrate", ("migrate", "migrate", "ingest"), 2, 0.1),
    Stage("maintaining", "in maintain", ("maintain",), 1, 3.0),
    Stage("orchestrated", "under a Prefect server of its own", ("ingest",), 2, 5.0),
)
DRILLED = tuple(stage for stage in STAGES if not LATER.keys() & set(stage.commands))


@dataclass(frozen=True, slots=True)
class Break:
    """One rule of the landing broken: in `file`, the one `old` becomes `new`."""

    what: str
    file: str
    old: str
    new: str


BREAKS = {
    "validators-first": Break(
        "a feed's validators are committed before its entries",
        "warehouse/landing.py",
        "    with open_ledger(con, run_id=run_id, now=now) as ledger:\n        polls = ",
        "    if batch.feed_visits:\n"
        "        with open_ledger(con, run_id=run_id, now=now) as ledger:\n"
        "            move_feeds(ledger, [visit.after for visit in batch.feed_visits])\n"
        "    with open_ledger(con, run_id=run_id, now=now) as ledger:\n        polls = ",
    ),
    "two-transactions": Break(
        "pages are committed as read before their articles",
        "warehouse/landing.py",
        "        _replace_memories(con, batch.memories, now=now)\n",
        "        _replace_memories(con, batch.memories, now=now)\n        con.commit()\n        con.begin()\n",
    ),
}

# What a next release brings: a table filled from what is there, a further column, and views made anew.
_MIGRATION = """-- A later release, made up for a drill.
create table raw.drill_{number:04} (url_key varchar not null, sightings bigint not null);
insert into raw.drill_{number:04} select url_key, count(*) from raw.entries cross join range(3000) group by url_key;
alter table raw.pages add column drill_{number:04} varchar;
"""


class Release:
    """A copy of the program that may be broken, and may grow: each upgrade has a migration and another set of views."""

    def __init__(self, folder: Path, broken: Break | None) -> None:
        self.folder = folder
        self.upgrades: list[int] = []
        for name in _COPIED:
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        if broken is not None:
            path = folder / broken.file
            text = path.read_text(encoding="utf-8")
            if text.count(broken.old) != 1:
                raise SystemExit(f"{broken.file}: not there once: {broken.old!r}")
            path.write_text(text.replace(broken.old, broken.new), encoding="utf-8")

    def upgrade(self) -> None:
        """Bring out the next release."""
        migrations = self.folder / "warehouse" / "migrations"
        number = 1 + max(int(path.name[:4]) for path in migrations.glob("*.sql"))
        (migrations / f"{number:04}_drill.sql").write_text(_MIGRATION.format(number=number), encoding="utf-8")
        view = min((self.folder / "warehouse" / "views").glob("*.sql"))
        view.write_text(view.read_text(encoding="utf-8") + f"-- as of {number:04}\n", encoding="utf-8")
        self.upgrades.append(number)


@dataclass(slots=True)
class Marks:
    """What a command has said on its pipe."""

    pipe: int
    open: dict[str, list[int]] = field(default_factory=dict)  # by stage: when its unfinished passes began
    begun: Counter[str] = field(default_factory=Counter)
    _rest: bytes = b""

    def listen(self, durations: dict[str, deque[float]], *, until: tuple[str, int] | None = None) -> bool:
        """Hear marks until a stage begins for the n-th time: True; False when the pipe ends; TimeoutError for silence."""
        while True:
            line, newline, rest = self._rest.partition(b"\n")
            if newline:
                self._rest = rest
                begun = self._note(line.decode(), durations)
                if until is not None and begun == until[0] and self.begun[begun] >= until[1]:
                    return True
                continue
            if not self._is_speaking(_PATIENCE_SECONDS):
                raise TimeoutError
            if not (heard := os.read(self.pipe, 65536)):
                return False
            self._rest += heard

    def is_within(self, stage: str, durations: dict[str, deque[float]]) -> bool:
        """Whether a pass of the stage goes on, by all that has been said until now."""
        while self._is_speaking(0.0) and (heard := os.read(self.pipe, 65536)):
            self._rest += heard
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._note(line.decode(), durations)
        return bool(self.open.get(stage))

    def _is_speaking(self, seconds: float) -> bool:
        return bool(select.select([self.pipe], [], [], seconds)[0])

    def _note(self, line: str, durations: dict[str, deque[float]]) -> str | None:
        """Note a mark; the stage that begins, if one does."""
        at, mark = line.split(" ", 1)
        name = mark[1:]
        if mark[0] == "+":
            self.open.setdefault(name, []).append(int(at))
            self.begun[name] += 1
            return name
        durations.setdefault(name, deque(maxlen=50)).append((int(at) - self.open[name].pop(0)) / 1e9)
        return None

    def innermost(self) -> str:
        """The unfinished stage that began last."""
        return max(((began[-1], name) for name, began in self.open.items() if began), default=(0, "between stages"))[1]


@dataclass(slots=True, kw_only=True)
class Course:
    """What has happened so far."""

    aimed: Counter[str] = field(default_factory=Counter)
    died: Counter[str] = field(default_factory=Counter)  # by the stage in which they really died
    ended: int = 0  # commands that were over before their moment came
    whole_runs: int = 0
    batches: int = 0
    articles: int = 0
    breaches: list[str] = field(default_factory=list)
    durations: dict[str, deque[float]] = field(default_factory=dict)

    def has_lost(self) -> bool:
        """Whether something is lost; a program that was broken so that it does not run at all proves nothing about a drill."""
        return any(breach.startswith(("missing: ", "unacknowledged: ")) for breach in self.breaches)

    @property
    def kills(self) -> int:
        return self.died.total()


class Ground:
    """One world, one data folder and one copy of the program, over which commands run and die."""

    def __init__(self, folder: Path, world: World, course: Course, dice: random.Random, *, broken: Break | None) -> None:
        self._folder = folder
        self._world = world
        self._course = course
        self._dice = dice
        self._release = Release(folder / "program", broken)
        self._settings: Settings = world.settings(folder / "data", **_SMALL_STEPS)
        self._drill = Drill(world=world, settings=self._settings, seed=0)
        self._commands = 0
        given = self._settings.model_dump(mode="json", exclude_none=True)
        (folder / "trilateral.toml").write_text(tomlkit.dumps(given), encoding="utf-8")

    def kill_in(self, stage: Stage) -> None:
        """Let something be published, start a command, and kill it in this stage."""
        command = self._dice.choice(stage.commands)
        moment, share = self._dice.randint(1, stage.most), self._dice.uniform(0.0, 0.9)
        is_group = self._dice.random() < 0.5
        for outlet in self._dice.sample(self._world.truth.outlets, k=len(self._world.truth.outlets) // 2):
            for _ in range(3):
                self._world.publish(outlet.number)
        if stage.name == "migrating":
            self._release.upgrade()
        self._course.aimed[stage.name] += 1
        before = self._world.received
        flags = {"is_slow_disk": stage.name == "appending", "is_orchestrated": stage.name == "orchestrated"}
        with self._start(command, **flags) as (driver, marks):
            while marks.listen(self._course.durations, until=(stage.name, moment)):
                time.sleep(share * self._dice.choice(self._course.durations.get(stage.name) or [stage.seconds]))
                if marks.is_within(stage.name, self._course.durations):
                    (os.killpg if is_group else os.kill)(driver.process.pid, signal.SIGKILL)
                    break
                moment, share = marks.begun[stage.name] + 1, share / 2  # this pass was a short one: the next will do
            self._bury(driver, marks, stage, f"{command}, {stage.name} {moment}", before=before)

    def _bury(self, driver: Driver, marks: Marks, stage: Stage, moment: str, *, before: int) -> None:
        """See how and where it died, and what it left."""
        code = driver.process.wait()
        left = tuple(_outliving())
        marks.listen(self._course.durations)
        self._world.settle()
        self._note_acknowledged(driver)
        if code != -signal.SIGKILL:
            self._course.ended += 1
            self._expect(code == 0, f"{moment}: ended with {code}: {driver.output()[-1500:]}")
            return
        self._course.died[stage.name if marks.open.get(stage.name) else marks.innermost()] += 1
        asked = frozenset(exchange.url for exchange in self._world.log("page", since=before))
        on_disk = frozenset(whole_on_disk(self._settings.captures_dir))
        self._drill.deaths.append(Death(moment=moment, asked=asked, on_disk=on_disk, left_behind=left))

    def let_end(self) -> None:
        """Let a run come to its own end, and compare everything with what should be."""
        before = self._world.received
        with self._start("ingest") as (driver, marks):
            marks.listen(self._course.durations)
            code = driver.process.wait()
            self._note_acknowledged(driver)
        self._course.whole_runs += 1
        self._world.settle()
        self._drill.asked_at_end = Counter(exchange.url for exchange in self._world.log("page", since=before))
        self._expect(code == 0, f"the run after: ended with {code}: {driver.output()[-1500:]}")
        if code == 0:
            self._judge()

    def check(self) -> None:
        """Ask `trilateral check` itself."""
        with self._start("check") as (driver, _):
            self._expect(driver.process.wait() == 0, f"check: {driver.output()[-1500:]}")

    def _judge(self) -> None:
        losses = dataclasses.asdict(self._drill.losses())
        for what, keys in losses.items():
            self._expect(not keys, f"{what}: {len(keys)}, the first: {', '.join(map(str, keys[:3]))}")
        picture = look(self._settings.published)
        self._expect(picture.rows == len(picture.articles), f"twice: {picture.rows - len(picture.articles)} articles")
        self._expect("running" not in picture.runs, "a run that is over goes on in `runs`")
        waiting = [key for key, stage in picture.stages.items() if stage in {"pending", "captured"}]
        self._expect(not waiting, f"waiting: {len(waiting)} pages, the first: {waiting[:3]}")
        half = [path.name for path in self._settings.private_dir.iterdir() if path.suffix in {".new", ".compacting", ".tmp"}]
        self._expect(not half, f"left behind in private: {half}")
        with open_readonly(self._settings.published) as con:
            recorded = [row[0] for row in con.execute("select number from core.migrations order by number").fetchall()]
            tables = con.execute("select count(*) from duckdb_tables() where table_name like 'drill%'").fetchall()[0][0]
        self._expect(recorded == list(range(1, len(recorded) + 1)), f"migrations: {recorded}")
        self._expect(
            recorded[-len(self._release.upgrades) :] == self._release.upgrades or not self._release.upgrades, "migrations are missing"
        )
        self._expect(tables == len(self._release.upgrades), f"{tables} tables of {len(self._release.upgrades)} migrations")

    def _note_acknowledged(self, driver: Driver) -> None:
        acknowledged = driver.acknowledged()
        self._drill.acknowledged += acknowledged
        self._course.batches += len(acknowledged)
        self._course.articles += sum(len(landing.articles) for landing in acknowledged)

    def _expect(self, is_so: object, otherwise: str) -> None:
        if not is_so:
            self._course.breaches.append(otherwise)

    @contextlib.contextmanager
    def _start(self, command: str, *, is_slow_disk: bool = False, is_orchestrated: bool = False) -> Iterator[tuple[Driver, Marks]]:
        """Start a command of the copied program; everything it started is killed on leaving."""
        self._commands += 1
        name = f"{self._commands:03}-{command}"
        acknowledged, output = self._folder / f"{name}.acknowledged.jsonl", self._folder / f"{name}.output"
        ours, theirs = os.pipe()
        arguments = [sys.executable, "-m", "world.stages", str(theirs), str(acknowledged), command, *["--slow-disk"] * is_slow_disk]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("TRILATERAL_", "PREFECT_"))} | {
            "PYTHONPATH": os.pathsep.join((str(self._release.folder), str(self._release.folder / "tests"))),
            _MARK: str(os.getpid()),
        }
        if not is_orchestrated:
            environ["PREFECT_API_URL"] = "http://127.0.0.1:1/api"  # nobody's: the stream runs without Prefect and says so
        with (
            output.open("wb") as told,
            subprocess.Popen(
                arguments, cwd=self._folder, env=environ, stdout=told, stderr=told, pass_fds=(theirs,), start_new_session=True
            ) as process,
        ):
            os.close(theirs)
            try:
                yield Driver(process, acknowledged, output), Marks(ours)
            except TimeoutError:
                self._expect(is_so=False, otherwise=f"{name} says nothing any more: {output.read_text(encoding='utf-8')[-1500:]}")
            finally:
                os.close(ours)
                if process.poll() is None:
                    process.kill()


def _outliving() -> list[str]:
    """Processes of a killed command that are still there after ten seconds, with the ports on which they listen."""
    ends_at = time.monotonic() + 10
    while True:
        found = list(_started_by_us())
        if not found or time.monotonic() > ends_at:
            return [f"{process.pid} {' '.join(process.cmdline())} {process.net_connections()}" for process in found]
        time.sleep(0.02)


def _started_by_us() -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK) == str(os.getpid()) and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def drill(kills: int, seed: int, *, broken: Break | None = None) -> Course:
    """Kill so often, equally often in each stage; in a broken program only in landings, and only until it is noticed."""
    course, dice = Course(), random.Random(seed)
    stages = DRILLED if broken is None else tuple(stage for stage in STAGES if stage.name == "landing")
    wanted = -(-kills // len(stages))
    worlds = 0
    while _missing(course, stages, wanted) and not course.breaches:
        worlds += 1
        with (
            tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as folder,
            World(seed=seed + worlds, hosts=4, articles_per_host=2, latency_seconds=0.05) as world,
        ):
            ground = Ground(Path(folder), world, course, dice, broken=broken)
            for _ in range(_ROUNDS_A_WORLD):
                missing = _missing(course, stages, wanted)
                for stage in dice.sample(missing, k=len(missing)):
                    ground.kill_in(stage)
                    if course.aimed.total() > 3 * kills:
                        course.breaches.append("kills miss their stages")
                    if course.breaches:
                        return course
                ground.let_end()
                where = ", ".join(f"{name} {count}" for name, count in sorted(course.died.items()))
                print(
                    f"  {course.kills} kills ({where}), {course.batches} batches acknowledged, {len(course.breaches)} breaches", flush=True
                )
                if course.breaches or not missing:
                    return course
            ground.check()
    return course


def _missing(course: Course, stages: tuple[Stage, ...], wanted: int) -> list[Stage]:
    return [stage for stage in stages if course.died[stage.name] < wanted]


def tell(course: Course) -> None:
    """Print what happened."""
    words = {stage.name: stage.words for stage in STAGES}
    for name in [*words, *sorted(course.died.keys() - words.keys())]:
        if course.died[name] or course.aimed[name]:
            lasts = median(course.durations.get(name) or [0.0]) * 1000
            count = course.died[name]
            print(f"{words.get(name, name):34} {count:4} of {course.aimed[name]:4} aimed, lasts {lasts:7.2f} ms  {'#' * count}")
    for stage in STAGES:
        if stage not in DRILLED:
            print(f"{stage.words:34} not drilled: there is no such command yet")
    print(f"{course.kills} kills, {course.ended} commands that ended first, {course.whole_runs} runs that were let end")
    print(f"{course.batches} batches acknowledged, with {course.articles} articles")
    for breach in course.breaches:
        print(f"breached: {breach}")


def main(arguments: list[str] | None = None) -> int:
    """Drill, tell, and see that the drill notices a broken program; 1 where anything is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="breaks:\n" + "\n".join(f"  {name:20} {broken.what}" for name, broken in BREAKS.items()),
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--break", dest="broken", choices=BREAKS)
    parser.add_argument("--without-controls", action="store_true")
    args = parser.parse_args(arguments)
    started = time.monotonic()
    print(f"seed {args.seed}")
    if args.broken:
        course = drill(args.kills, args.seed, broken=BREAKS[args.broken])
        tell(course)
        return int(bool(course.breaches))
    course = drill(args.kills, args.seed)
    tell(course)
    unnoticed = []
    for name, broken in {} if args.without_controls else BREAKS.items():
        print(f"{name}: {broken.what}")
        control = drill(_CONTROL_KILLS, args.seed, broken=broken)
        tell(control)
        unnoticed += [] if control.has_lost() else [name]
    print(f"seed {args.seed}, {time.monotonic() - started:.0f} s", *(f"not noticed: {name}" for name in unnoticed), sep="; ")
    return int(bool(course.breaches or unnoticed))


if __name__ == "__main__":
    sys.exit(main())
