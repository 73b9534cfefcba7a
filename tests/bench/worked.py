"""The ten worked questions as the README shows them: the question, its SQL, and what the sample newsroom answers.

    python -m tests.bench.worked            says whether the README is right
    python -m tests.bench.worked --write    makes it so

Runs the real stream over both editions of the sample newsroom, without Prefect. Not a test; test_questions.py is.
"""

import sys
import tempfile
from pathlib import Path

from flows.demo import newsroom_settings
from flows.newsroom.server import Newsroom
from flows.run import run_stream
from warehouse.answers import run_query, worked_questions
from warehouse.store import open_readonly

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- worked -->\n", "<!-- /worked -->\n"


def ingest_newsroom(folder):
    """Ingest both editions into a folder; the published file."""
    with Newsroom() as newsroom:
        settings = newsroom_settings(newsroom, folder)
        run_stream(settings)
        newsroom.advance()
        run_stream(settings, force=True)
    return settings.published


def worked(con):
    """The README's section between its marks."""
    parts = []
    for number, question in enumerate(worked_questions(), 1):
        answer = run_query(con, question.sql)
        rows = [answer.columns, ["---"] * len(answer.columns), *answer.rows]
        table = "\n".join("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows)
        parts.append(f"<details><summary>{number}. {question.title}</summary>\n\n```sql\n{question.sql}\n```\n\n{table}\n\n</details>\n")
    return "\n".join(parts)


def _cell(value):
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " / ")


def shown(readme):
    """What stands between the marks."""
    return readme.partition(BEGIN)[2].partition(END)[0]


def main():
    with tempfile.TemporaryDirectory() as folder, open_readonly(ingest_newsroom(Path(folder))) as con:
        found = worked(con)
    readme = README.read_text(encoding="utf-8")
    if shown(readme) == found:
        print("the README is right")
        return 0
    if "--write" not in sys.argv[1:]:
        print("the README is not what the sample newsroom answers: run `python -m tests.bench.worked --write` and look at the difference")
        return 1
    head, _, tail = readme.partition(BEGIN)
    README.write_text(head + BEGIN + found + END + tail.partition(END)[2], encoding="utf-8")
    print("written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
