"""A parent with two hanging tasks, for tests/test_cage.py to kill."""

import asyncio

from cage_tasks import hang_printed

from extractors.pages.cage import Cage


async def main():
    async with Cage(2, seconds=600) as cage:
        await asyncio.gather(cage.run(hang_printed), cage.run(hang_printed))


if __name__ == "__main__":
    asyncio.run(main())
