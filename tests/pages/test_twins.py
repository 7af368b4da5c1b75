"""What a reader sees and does on the page that trains two networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lab import Keeper
from resnet_core.errors import RunError
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from tests.browsing import wait_until
from tests.pages.looking import (
    all_words,
    charts,
    errors,
    figures,
    goes_on_in_spite_of,
    labels,
    link,
    press,
    said,
    series,
)

Open = Callable[..., AppTest]

ME, OTHER = "0123456789ab", "ba9876543210"


def small(seed: int, steps: int) -> dict[str, Any]:
    return {
        "lang": "en",
        "depth1": 8,
        "depth2": 8,
        "width1": 4,
        "width2": 4,
        "steps": steps,
        "seed": seed,
    }


def digests(seed: int, steps: int, owner: str = ME) -> list[str]:
    train = TrainSpec(steps=steps, seed=seed)
    networks = [NetworkSpec(depth=8, width=4, join=join) for join in ("plain", "residual")]
    return [RunSpec(network=network, train=train, owner=owner).digest for network in networks]


def statuses(lab: Keeper, runs: list[str]) -> list[str]:
    lab.client.watch(runs, visitor="a test")
    found = {record.digest: record.status for record in lab.store.runs(digests=runs)}
    return [found.get(run, "unknown") for run in runs]


def wait_for(lab: Keeper, runs: list[str], status: str) -> None:
    wait_until(lambda: statuses(lab, runs) == [status] * len(runs))


def steps_done(lab: Keeper, runs: list[str]) -> list[int]:
    found = {record.digest: record.step for record in lab.store.runs(digests=runs)}
    return [found[run] for run in runs]


# A link, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_every_control(open_page: Open) -> None:
    asked: dict[str, Any] = {
        "shortcut1": "B",
        "shortcut2": "highway",
        "changes2": "10:shortcut_scale=0,20:learning_rate=0.01,30:shortcut_scale=1+15",
        "depth1": 14,
        "depth2": 164,
        "width1": 4,
        "width2": 16,
        "lr": 0.3,
        "steps": 50,
        "schedule": "constant",
        "seed": 7,
        "crop": 1,
        "flip": 1,
        "data": "mnist",
        "images": 700,
        "size": 28,
    }
    page = open_page("twins", lang="en", **asked)
    assert not page.exception
    assert said(page) == []
    assert [box.value for box in page.selectbox if "Shortcut" in box.label] == ["B", "highway"]
    chosen = {slider.label: slider.value for slider in page.select_slider}
    assert chosen == chosen | {
        "Depth of 1": 14,
        "Depth of 2": 164,
        "Width of 1": 4,
        "Width of 2": 16,
        "Training images": 700,
        "Image size": 28,
        "Learning rate": 0.3,
        "Steps": 50,
    }
    assert page.number_input[0].value == 7
    assert link(page) == {"lang": "en"} | {name: str(value) for name, value in asked.items()}


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("depth1", "9", "Depth 9 was asked for, but a CIFAR network of basic units has 6n+2"),
        ("depth2", "1e3", "depth '1e3', but a whole number from 8 to 1202 would be right."),
        (
            "shortcut1",
            "D",
            "shortcut 'D', but there is no such choice: take one of none, A, B, C, ",
        ),
        ("width2", "0", "width2 '0', but a whole number from 1 to 64 would be right."),
        ("steps", "1e9", "steps '1e9', but a whole number"),
        ("seed", "-1", "seed '-1', but a whole number from 0 to 2147483647 would be right."),
        ("lr", "-inf", "lr '-inf', but a number from"),
        ("data", "../../etc/passwd", "data '../../etc/passwd', but there is no such choice"),
        ("flip", "2", "flip '2', but there is no such choice: take one of 0, 1."),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("twins", **{"lang": "en", name: value})
    goes_on_in_spite_of(page, sentence)
    assert [slider.value for slider in page.select_slider[:4]] == [32, 8, 32, 8]


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("name", ["xyz", "0123456789abcdef", "0123456789A!", "<script>"])
def test_a_name_that_is_none_is_answered_with_a_sentence(open_page: Open, name: str) -> None:
    page = open_page("twins", lang="en", by=name)
    assert not page.exception
    assert said(page) == [
        f"The link asks for runs by {name!r}, but a visitor's name has 12 hexadecimal digits: "
        "these are your own."
    ]
    assert link(page) == {"lang": "en"}


@pytest.mark.usefixtures("no_lab")
def test_own_images_that_are_none_are_answered_with_a_sentence(open_page: Open) -> None:
    page = open_page("twins", lang="en", data="imported", own="zz")
    assert not page.exception
    assert any("Imported images" in line for line in said(page))
    assert "One folder a class: cats/1.jpg, dogs/1.jpg" in page.info[0].value


@pytest.mark.usefixtures("no_lab")
def test_recorded_twins_are_shown_first(open_page: Open) -> None:
    page = open_page("twins", lang="en")
    words = all_words(page)
    assert "Press Start to train the networks of your settings." in words
    error, loss = figures(page)
    assert any(trace["x"] for trace in series(error).values())
    assert any(trace["x"] for trace in series(loss).values())
    assert "plain-32: training error" in charts(page)[0]["captions"][0]


def test_what_each_network_has_and_costs_stands_under_its_sliders(
    lab: Keeper, open_page: Open
) -> None:
    both = {"depth1": 20, "depth2": 20, "width1": 16, "width2": 16}
    page = open_page("twins", lang="en", shortcut1="A", shortcut2="B", **both)
    words = all_words(page)
    # 8×8 grey digits: 288 stem weights fewer than for CIFAR's three channels.
    assert "**269,434** parameters" in words
    assert "**272,186** parameters" in words


# Two runs, with a lab.


def test_start_finish_replay_and_a_new_seed(lab: Keeper, open_page: Open) -> None:
    page = open_page("twins", **small(1, 20))
    press(page, "Start")
    assert not page.exception
    assert errors(page) == []
    assert link(page)["by"] == ME
    runs = digests(1, 20)
    (chart,) = charts(page)
    assert all(run in chart["live"]["url"] for run in runs)
    assert "looks_on" not in chart["live"]["url"]
    wait_for(lab, runs, "completed")
    page.run()
    assert not page.exception
    assert charts(page)[0]["live"] is None
    words = all_words(page)
    assert "Trained already: remembered from before." in words
    assert "**Measured here.** Runs: 2; seeds: 1;" in words
    urls = {button.proto.url for button in page.get("link_button")}
    assert urls == {
        f"api/runs/{run}/{file}" for run in runs for file in ("metrics.csv", "weights.safetensors")
    }
    press(page, "Replay")
    assert "&replay=1" in charts(page)[0]["live"]["url"]
    press(page, "Replay")
    assert "&replay=2" in charts(page)[0]["live"]["url"]
    press(page, "New seed")
    assert link(page)["seed"] == "2"
    assert "Start" in labels(page)
    assert not page.exception


def test_pause_one_step_resume_stop_and_resume(lab: Keeper, open_page: Open) -> None:
    page = open_page("twins", **small(2, 20_000))
    runs = digests(2, 20_000)
    press(page, "Start")
    assert {"Pause", "Stop"} <= set(labels(page))
    wait_until(lambda: min(steps_done(lab, runs)) > 0)
    press(page, "Pause")
    wait_for(lab, runs, "paused")
    page.run()
    assert {"Resume", "One step", "Stop"} <= set(labels(page))
    assert charts(page)[0]["live"] is None
    before = steps_done(lab, runs)
    press(page, "One step")
    wait_until(lambda: steps_done(lab, runs) == [step + 1 for step in before])
    wait_for(lab, runs, "paused")
    page.run()
    press(page, "Resume")
    wait_until(lambda: min(steps_done(lab, runs)) > max(before) + 1)
    assert {"Pause", "Stop"} <= set(labels(page))
    press(page, "Stop")
    wait_for(lab, runs, "stopped")
    page.run()
    assert {"Resume", "One step"} <= set(labels(page))
    assert [button.proto.url for button in page.get("link_button")] == [
        f"api/runs/{run}/metrics.csv" for run in runs
    ]
    assert errors(page) == []


def test_the_first_step_alone(lab: Keeper, open_page: Open) -> None:
    page = open_page("twins", **small(3, 100))
    press(page, "One step")
    runs = digests(3, 100)
    wait_for(lab, runs, "paused")
    assert steps_done(lab, runs) == [1, 1]
    page.run()
    press(page, "Stop")
    wait_for(lab, runs, "stopped")


def test_others_look_on_and_cannot_pause(
    lab: Keeper, open_page: Open, become: Callable[[str], None]
) -> None:
    page = open_page("twins", **small(4, 20_000))
    press(page, "Start")
    shared = link(page)
    become(OTHER)
    theirs = open_page("twins", **shared)
    assert not theirs.exception
    assert "You are watching somebody else's runs." in [text.value for text in theirs.info]
    assert "Pause" not in labels(theirs)
    assert "Start my own" in labels(theirs)
    assert "&looks_on" in charts(theirs)[0]["live"]["url"]
    with pytest.raises(RunError):
        lab.client.pause(digests(4, 20_000)[0], visitor=OTHER)
    become(ME)
    page.run()
    press(page, "Stop")
    wait_for(lab, digests(4, 20_000), "stopped")
    become(OTHER)
    theirs.run()
    press(theirs, "Start my own")
    assert link(theirs)["by"] == OTHER
    assert "Pause" in labels(theirs)
    press(theirs, "Stop")
    wait_for(lab, digests(4, 20_000, OTHER), "stopped")


def test_the_same_network_twice_is_one_run(lab: Keeper, open_page: Open) -> None:
    page = open_page("twins", **(small(5, 10) | {"shortcut1": "A"}))
    press(page, "Start")
    assert not page.exception
    run = digests(5, 10)[1]
    wait_for(lab, [run], "completed")
    page.run()
    assert not page.exception
    assert "Trained already: remembered from before." in all_words(page)


# Surgery.


def changed(lab: Keeper, run: str) -> list[tuple[int, str, float, int]]:
    events = [stored.event for stored in lab.store.events([run], kinds=["changed"])]
    return [(e.step, e.what, e.value, e.over) for e in events]  # type: ignore[union-attr]


def test_what_was_done_by_hand_is_marked_and_can_be_repeated_by_a_plan(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("twins", **small(6, 1200))
    plain, residual = digests(6, 1200)
    press(page, "Start")
    wait_until(lambda: min(steps_done(lab, [plain, residual])) > 0)
    press(page, "Shortcuts off")
    wait_until(lambda: len(changed(lab, residual)) == 1)
    page.button_group(key="twins.surgery.where").set_value("both").run()
    press(page, "λ to 1 over 50 steps")
    wait_until(lambda: len(changed(lab, residual)) == 2 and len(changed(lab, plain)) == 1)
    assert errors(page) == []
    page.run()
    marks = series(figures(page)[0])[f"{residual}:changes"]
    assert marks["text"] == ["λ → 0", "λ → 1 (50)"]
    done = changed(lab, residual)
    wait_for(lab, [plain, residual], "completed")
    page.run()
    press(page, "Repeat with the same changes")
    assert not page.exception
    assert "Planned" in all_words(page)
    (first, _, _, _), (second, _, _, _) = done
    asked = f"{first}:shortcut_scale=0,{second}:shortcut_scale=1+50"
    assert link(page)["changes2"] == asked
    (again,) = (asked_for for asked_for in [link(page)["changes1"]])
    assert again.endswith(":shortcut_scale=1+50")
    press(page, "Start")
    repeated = charts(page)[0]["live"]["url"].split("/")[-1].split("?")[0].split("~")
    assert set(repeated).isdisjoint({plain, residual})
    wait_for(lab, repeated, "completed")
    assert changed(lab, repeated[1]) == done
    for run, twin in zip([plain, residual], repeated, strict=True):
        (one,), (other,) = (
            [e.event for e in lab.store.events([d], kinds=["evaluation"])][-1:] for d in (run, twin)
        )
        assert one.train_loss == other.train_loss  # type: ignore[union-attr]


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ("cut", "Change 'cut' was asked for, but it is not written as one: 100:"),
        ("5:shortcut_scale=9", "Shortcut scale 9.0 was asked for, but it must lie between -1"),
        ("5:learning_rate=nan", "Value 'nan' was asked for, but a finite number would be right."),
        ("5:depth=8", "What 'depth' was asked for, but there is no such choice"),
    ],
)
def test_changes_that_cannot_be_are_answered_with_a_sentence(
    open_page: Open, changes: str, sentence: str
) -> None:
    page = open_page("twins", lang="en", changes1=changes)
    assert not page.exception
    (line,) = said(page)
    assert sentence in line
    assert link(page) == {"lang": "en"}


@pytest.mark.usefixtures("no_lab")
def test_changes_are_planned_before_the_start(open_page: Open) -> None:
    page = open_page("twins", lang="en", steps=200)
    press(page, "Shortcuts off")
    assert link(page)["changes2"] == "100:shortcut_scale=0"
    page.number_input(key="twins.surgery.at").set_value(150).run()
    press(page, "λ to 1 over 50 steps")
    assert link(page)["changes2"] == "100:shortcut_scale=0,150:shortcut_scale=1+50"
    assert "after step 100: λ → 0; after step 150: λ → 1 (50)" in all_words(page)
    press(page, "Plan nothing")
    assert "changes2" not in link(page)
    assert not page.exception


@pytest.mark.usefixtures("no_lab")
def test_a_change_behind_the_last_step_is_left_out_and_said_so(open_page: Open) -> None:
    page = open_page("twins", lang="en", steps=50, changes2="100:shortcut_scale=0")
    assert not page.exception
    assert "Left out, since training ends at step 50: after step 100: λ → 0" in all_words(page)
    assert "Plan nothing" in labels(page)


@pytest.mark.usefixtures("no_lab")
def test_changes_of_a_link_are_put_in_order(open_page: Open) -> None:
    page = open_page("twins", lang="en", changes2="90:shortcut_scale=1,50:shortcut_scale=0")
    assert said(page) == []
    assert link(page)["changes2"] == "50:shortcut_scale=0,90:shortcut_scale=1"


@pytest.mark.usefixtures("no_lab")
def test_a_plain_network_has_no_shortcuts_to_switch_off(open_page: Open) -> None:
    page = open_page("twins", lang="en")
    page.button_group(key="twins.surgery.where").set_value("1").run()
    press(page, "Shortcuts off")
    assert (
        "Shortcuts were to be switched off in plain-32, but a plain network has none"
        in (errors(page)[0])
    )
    press(page, "Shortcuts on")
    page.number_input(key="twins.surgery.at").set_value(150).run()
    press(page, "Shortcuts off")
    assert errors(page) == []
    assert link(page)["changes1"] == "100:shortcut_scale=1,150:shortcut_scale=0"
