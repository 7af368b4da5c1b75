"""Messages between the lab's loop and a process that waits, over a real socket."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from resnet_core.execute.line import LabLine, Line

LARGE = {"text": "é\n" * 500_000}


async def until(what):
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.005)


def on_a_line(test):
    """Run a test with the lab's end in a loop, and the process's end in its hands."""

    async def run():
        ours, theirs = socket.socketpair()
        heard, closed = [], []
        lab = LabLine(ours, heard.append, lambda: closed.append(True))
        with theirs:
            await test(lab, Line(theirs), theirs, heard, closed)
            theirs.shutdown(socket.SHUT_RDWR)
        await until(lambda: closed)

    asyncio.run(run())


def test_messages_arrive_whole_and_in_order():
    async def test(lab, line, theirs, heard, closed):
        line.tell({"a": 1})
        line.tell({"b": "two\nlines"})
        await asyncio.to_thread(line.tell, LARGE)
        await until(lambda: len(heard) == 3)
        assert heard == [{"a": 1}, {"b": "two\nlines"}, LARGE]

    on_a_line(test)


def test_the_lab_never_waits_for_a_process_that_is_busy():
    async def test(lab, line, theirs, heard, closed):
        for _ in range(5):
            lab.tell(LARGE)  # far more than a socket holds; nobody reads
        lab.tell({"last": True})
        got = []
        reader = threading.Thread(target=lambda: got.extend(line.hear() for _ in range(6)))
        reader.start()
        await until(lambda: len(got) == 6)
        reader.join()
        assert got == [LARGE] * 5 + [{"last": True}]

    on_a_line(test)


def test_a_process_knows_without_waiting_whether_there_is_a_message():
    async def test(lab, line, theirs, heard, closed):
        assert not line.has_message()
        lab.tell({"n": 1})
        lab.tell({"n": 2})
        assert line.has_message()
        assert line.hear() == {"n": 1}
        assert line.has_message()  # the second came with the first
        assert line.hear() == {"n": 2}
        assert not line.has_message()

    on_a_line(test)


def test_half_a_message_keeps_nobody_waiting():
    async def test(lab, line, theirs, heard, closed):
        theirs.send(b'{"a": ')
        await asyncio.sleep(0.02)
        assert heard == []
        theirs.send(b"1}\n")
        await until(lambda: heard == [{"a": 1}])

    on_a_line(test)


def test_one_message_that_cannot_be_used_does_not_cost_the_next(caplog):
    async def test(lab, line, theirs, heard, closed):
        theirs.send(b'nonsense\n{"a": 1}\n')
        await until(lambda: heard == [{"a": 1}])

    on_a_line(test)
    assert "could not be used" in caplog.text


def test_what_was_sent_before_the_end_is_heard_before_the_end():
    async def run():
        ours, theirs = socket.socketpair()
        said = []
        lab = LabLine(ours, said.append, lambda: said.append("closed"))
        Line(theirs).tell({"last": "words"})
        theirs.close()
        await until(lambda: "closed" in said)
        lab.tell({"to": "nobody"})
        assert said == [{"last": "words"}, "closed"]

    asyncio.run(run())


def test_a_process_hears_that_the_lab_is_gone():
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs:
        line = Line(theirs)
        assert line.has_message()
        with pytest.raises(EOFError):
            line.hear()
        with pytest.raises(ConnectionError):
            line.tell({})
