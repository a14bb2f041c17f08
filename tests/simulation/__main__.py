"""`python -m tests.simulation --days 300 --devices 12 --seed 1`: play, check, and say which seed to replay."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.plants import PLANTS, planted
from tests.simulation.play import DAYS_A_RUN, Summary, build, run


def play(devices: int, seeds: Sequence[int], days: Sequence[int], plant: str | None) -> list[Summary]:
    """Play these runs one after the other, in this process."""
    logging.disable(logging.CRITICAL)

    async def all_of_them() -> list[Summary]:
        with tempfile.TemporaryDirectory(prefix="stockhand-simulation-") as folder:
            setting = await build(devices, folder)
        found = []
        for seed, length in zip(seeds, days, strict=True):
            with planted(plant) as prepare:
                found.append(await run(setting, seed, length, prepare=prepare))
            if found[-1].violations:
                break
        return found

    return asyncio.run(all_of_them())


def main(argv: Sequence[str] | None = None) -> int:
    """Play, say what was found; status 1 when anything that must hold did not."""
    asked = _arguments(argv)
    runs = -(-asked.days // DAYS_A_RUN)
    seeds = [asked.seed + number for number in range(runs)]
    days = [min(DAYS_A_RUN, asked.days - DAYS_A_RUN * number) for number in range(runs)]
    began = time.perf_counter()
    if asked.jobs == 1:
        parts = [play(asked.devices, seeds, days, asked.plant)]
    else:
        with ProcessPoolExecutor(asked.jobs) as pool:
            work = [
                pool.submit(
                    play, asked.devices, seeds[job :: asked.jobs], days[job :: asked.jobs], asked.plant
                )
                for job in range(asked.jobs)
            ]
            parts = [one.result() for one in work]
    return _say(asked, [one for part in parts for one in part], time.perf_counter() - began)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--devices", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes to play in")
    parser.add_argument(
        "--plant", choices=sorted(PLANTS), help="break one thing on purpose; it must be caught"
    )
    return parser.parse_args(argv)


def _say(asked: argparse.Namespace, found: Sequence[Summary], seconds: float) -> int:
    total = {name: sum(getattr(one, name) for one in found) for name in
             ("days", "operations", "pushes", "requests", "crashes", "restores")}  # fmt: skip
    print(
        f"{total['days']} days × {asked.devices} devices in {seconds:.0f} s: {total['operations']} operations,"
        f" {total['pushes']} pushes, {total['requests']} requests, {total['crashes']} server deaths,"
        f" {total['restores']} restores"
    )
    broken = [one for one in found if one.violations]
    for one in broken:
        again = f"python -m tests.simulation --days {DAYS_A_RUN} --devices {asked.devices} --seed {one.seed}"
        print(f"seed {one.seed}: {len(one.violations)} violations; again: {again}")
        for violation in one.violations[:8]:
            print(f"  {violation}")
    print("everything held" if not broken else f"{len(broken)} runs broke something that must hold")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
