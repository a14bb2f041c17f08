"""Some days of every commit, and every planted bug caught. More: `python -m tests.simulation --days 300`.

`make check` plays the days of two seeds; the others, and the plants, belong to `make test`.
"""

import pytest

from tests.simulation.floor import Setting
from tests.simulation.plants import PLANTS, planted
from tests.simulation.play import build, good_days, run

DEVICES = 12
SEEDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 7))]
PATIENCE = 8
"""Runs in which a plant must be caught."""


@pytest.fixture(scope="module")
async def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """A small warehouse, built once."""
    return await build(DEVICES, str(tmp_path_factory.mktemp("simulation")))


@pytest.mark.parametrize("seed", SEEDS)
async def test_seeded_days_with_every_fault_end_as_they_must(setting: Setting, seed: int) -> None:
    played = await run(setting, seed)

    assert played.violations == (), f"replay: python -m tests.simulation --days 6 --seed {seed}"
    assert played.operations > 500


async def test_good_days_need_no_mending(setting: Setting) -> None:
    played = await run(setting, 1, days=2, faults=good_days())

    assert played.violations == ()
    assert (played.crashes, played.restores) == (0, 0)


async def test_a_run_is_the_same_again_with_the_same_seed(setting: Setting) -> None:
    first, again = [await run(setting, 5, days=1) for _ in range(2)]

    assert first == again


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PLANTS))
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_planted_bug_is_caught(setting: Setting, name: str) -> None:
    for seed in range(1, PATIENCE + 1):
        with planted(name) as prepare:
            played = await run(setting, seed, prepare=prepare)
        if played.violations:
            # A plant that no longer fits the product it breaks proves nothing either.
            assert not [one for one in played.violations if "fell over" in one], played.violations
            return

    pytest.fail(f"{PATIENCE} runs did not notice {name}: {PLANTS[name].__doc__}")
