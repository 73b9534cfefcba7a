"""The arrows of ARCHITECTURE.md, held by the imports themselves."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
ROOMS = ("flows", "extractors", "warehouse")
FILE_LINES = 450  # conventions.md: about 400; a file over it is two files
WATCHED = {
    "prefect",
    "httpx",
    "httpcore",
    "duckdb",
    "duckdb_extension_ducklake",
    "sqlite3",
    "socket",
    "os",
    "time",
    "random",
    "secrets",
    *ROOMS,
}

# room -> what of WATCHED it may import; the longest matching room decides
MAY_IMPORT = {
    "extractors": {"extractors"},
    "extractors.fetch": {"extractors", "httpx", "httpcore", "sqlite3", "socket", "os", "time"},
    "extractors.archives": {"extractors", "httpx", "os", "time"},
    "extractors.pages.cage": {"extractors", "os"},  # a cage is processes; it reads no file, socket or clock
    "warehouse": {"warehouse", "extractors", "duckdb", "duckdb_extension_ducklake", "os", "time"},
    "flows": {"flows", "extractors", "warehouse", "prefect", "httpx", "os", "time", "socket"},
}
FROM_WAREHOUSE = {"extractors.records", "extractors.errors"}
WITHOUT_PREFECT = {
    *("flows.pipeline", "flows.run", "flows.settings", "flows.engine", "flows.cli", "flows.single", "flows.terminal"),
    *("flows.history", "flows.archive_desk", "flows.link_desk", "flows.rereading", "flows.estimate", "flows.cli_history"),
    *("flows.watch", "flows.cli_running"),
}


def modules():
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports_of(path):
    """Every module named by an import statement anywhere in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in MODULES)


def room_of(module):
    parts = module.split(".")
    return next(room for end in range(len(parts), 0, -1) if (room := ".".join(parts[:end])) in MAY_IMPORT)


def test_there_are_modules_to_look_at():
    assert {module.split(".")[0] for module in MODULES} == set(ROOMS)
    assert len(MODULES) > 40


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module):
    allowed = MAY_IMPORT[room_of(module)]
    watched = {name for name in imports_of(MODULES[module]) if name.split(".")[0] in WATCHED}
    assert {name for name in watched if name.split(".")[0] not in allowed} == set()


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("warehouse")])
def test_the_warehouse_knows_of_extractors_only_records_and_errors(module):
    assert {name for name in imports_of(MODULES[module]) if name.startswith("extractors")} <= FROM_WAREHOUSE


@pytest.mark.parametrize("module", sorted(WITHOUT_PREFECT))
def test_what_must_start_without_prefect_does_not_import_it(module):
    assert not {name for name in imports_of(MODULES[module]) if name.split(".")[0] == "prefect"}


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith(("extractors", "warehouse"))])
def test_only_flows_reads_the_environment(module):
    names = {node.attr for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)}
    assert not names & {"environ", "getenv", "environb"}


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("warehouse")])
def test_sql_is_said_only_in_the_warehouse(module):
    if module == "extractors.fetch.hosts":
        return  # the host book is SQLite shared by processes, not the warehouse
    texts = [
        node.value.lower()
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if text.lstrip().startswith(("insert into ", "delete from ", "update ", "create table"))]


# the records are one list on purpose: what travels, in the order in which a run makes it
@pytest.mark.parametrize("module", sorted(set(MODULES) - {"extractors.records"}))
def test_a_file_is_not_two_files(module):
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("package", [module for module, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_exports_nothing(package):
    body = ast.parse(MODULES[package].read_text(encoding="utf-8")).body
    assert len(body) == 1, "only a docstring: import from where a thing lives"
    assert isinstance(body[0], ast.Expr)
