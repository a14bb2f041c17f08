"""Watchers, mailboxes and screens: nobody is sent too much, nothing is lost by a cut, nothing grows."""

import asyncio

from server import live


async def test_a_watcher_gets_the_latest_of_each_key_per_tick() -> None:
    with live.watch("board") as watcher:
        for count in (1, 2, 3):
            live.publish("board", "cup", count)
        live.publish("board", "box", 9)

        assert await anext(watcher.ticks(1.0)) == {"cup": 3, "box": 9}


async def test_a_heartbeat_comes_when_nothing_happens() -> None:
    with live.watch("board") as watcher:
        assert await anext(watcher.ticks(0.01)) == {}


async def test_nobody_is_watching_after_the_last_has_left() -> None:
    with live.watch("board", "east"):
        assert live.watching("east") == 1
    live.publish("board", "cup", 1)

    assert live.watching("board") == 0


async def test_a_stalled_watcher_keeps_one_message_per_key() -> None:
    with live.watch("board") as watcher:
        for count in range(10_000):
            live.publish("board", count % 7, count)

        assert len(watcher.pending) == 7


async def test_a_mailbox_hands_out_frames_in_order() -> None:
    mailbox = live.Mailbox()
    for text in ("one", "two"):
        mailbox.offer(live.frame(text), live.frame("poke"))

    assert [await mailbox.next(), await mailbox.next(), mailbox.take()] == ["one", "two", None]


async def test_a_full_mailbox_keeps_only_the_newest_notice() -> None:
    mailbox = live.Mailbox(limit=100)
    for number in range(1000):
        mailbox.offer(live.frame("x" * 60), live.frame(f"poke {number}"))

    assert mailbox.waiting < 100
    assert [mailbox.take(), mailbox.take()] == ["poke 999", None]


async def test_a_mailbox_that_was_emptied_takes_frames_again() -> None:
    mailbox = live.Mailbox(limit=100)
    for _ in range(2):
        mailbox.offer(live.frame("x" * 60), live.frame("poke"))
    mailbox.take()

    mailbox.offer(live.frame("again"), live.frame("poke"))

    assert mailbox.take() == "again"


async def test_a_frame_is_measured_in_bytes() -> None:
    assert live.frame("掌仓").size == 6


async def test_waiting_for_mail_ends_when_some_comes() -> None:
    mailbox = live.Mailbox()
    waiting = asyncio.create_task(mailbox.next())
    await asyncio.sleep(0)
    mailbox.offer(live.frame("late"), live.frame("poke"))

    assert await waiting == "late"


async def test_a_screen_tells_only_what_changed() -> None:
    screen = live.Screen("board")
    screen.show({"cup": "10", "box": "4"})
    with live.watch("board") as watcher:
        screen.show({"cup": "9", "box": "4"})

        assert watcher.take() == {"cup": "9"}


async def test_a_cut_socket_resumes_with_what_it_missed() -> None:
    screen = live.Screen("board")
    screen.show({"cup": "10", "box": "4"})
    cut = screen.cursor
    screen.show({"cup": "9", "box": "4"})
    screen.show({"cup": "9", "box": "4", "pen": "1"})

    assert screen.since(cut) == {"cup": "9", "pen": "1"}
    assert screen.since(screen.cursor) == {}


async def test_a_cursor_of_an_earlier_server_gets_everything() -> None:
    screen, earlier = live.Screen("board"), live.Screen("board")
    screen.show({"cup": "10"})
    earlier.show({"cup": "10"})

    assert screen.since(earlier.cursor) == {"cup": "10"}
    assert screen.since("nonsense") == {"cup": "10"}
    assert screen.since(f"{screen.name}.x") == {"cup": "10"}


async def test_what_a_screen_no_longer_shows_is_forgotten() -> None:
    screen = live.Screen("board")
    screen.show({"cup": "10", "box": "4"})
    screen.show({"cup": "10"})

    assert screen.since("") == {"cup": "10"}
