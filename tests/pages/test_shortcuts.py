"""What a reader sees and does in the shortcut laboratory."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lab import Keeper
from pages.ui.scaled import product_words, reading, whole_gradients
from pages.ui.shortcut_kinds import gate_words
from pages.ui.translate import translator
from pages.ui.varied import SCALE_KIND, SHORTCUT_KIND, as_csv, look_up, sentence_words
from resnet_core.errors import StoreError
from resnet_core.specs import (
    SHORTCUT_CASES,
    TABLE_1,
    NetworkSpec,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    TrainSpec,
)
from resnet_core.specs.sentence import Sentence
from resnet_core.studies.variants import Names
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
from tests.pages.varying import finish

Open = Callable[..., AppTest]

t = translator("en")

SWEEP: dict[str, Any] = {
    "lang": "en",
    "part": "sweep",
    "depth": 8,
    "width": 2,
    "steps": 8,
    "scales": "0,1",
}
KINDS: dict[str, Any] = {
    "lang": "en",
    "part": "kinds",
    "depth": 8,
    "width": 2,
    "steps": 9,  # the identity of the sweep would be remembered
    "cases": "identity,exclusive-gate-6",
}


def small_sweep(first_seed: int = 0, steps: int = 8, **more: Any) -> ScaleStudy:
    return ScaleStudy(
        network=NetworkSpec(depth=8, width=2),
        train=TrainSpec(steps=steps),
        scales=(0.0, 1.0),
        first_seed=first_seed,
        **more,
    )


def small_kinds(first_seed: int = 0) -> ShortcutStudy:
    return ShortcutStudy(
        network=NetworkSpec(depth=8, width=2),
        train=TrainSpec(steps=9),
        cases=("identity", "exclusive-gate-6"),
        first_seed=first_seed,
    )


@pytest.fixture
def no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app as it is before its studies of variants are recorded."""

    def refuse() -> None:
        raise StoreError("A recording was looked for, but there is none.")

    for kind in (SCALE_KIND, SHORTCUT_KIND):
        monkeypatch.setitem(kind.__dict__, "recording", refuse)


# Links, without a lab.


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("part", ["lambda", "sweep", "kinds"])
def test_a_link_restores_every_control(open_page: Open, part: str) -> None:
    asked: dict[str, Any] = {
        "part": part,
        "depth": 14,
        "width": 4,
        "steps": 60,
        "lr": 0.05,
        "seeds": 2,
        "first": 5,
        "data": "fashion-mnist",
        "images": 500,
        "size": 8,
        "lambda": 0.37,
        "scales": "-0.5,0.9,1",
        "cases": "identity,highway,rezero",
        "gate": "highway",
        "test": 0,
        "published": 0,
    }
    wanted = {"lang": "en"} | {name: str(value) for name, value in asked.items()}
    if part == "lambda":
        del wanted["part"]  # the default
    page = open_page("shortcuts", lang="en", **asked)
    assert not page.exception
    assert errors(page) == said(page) == []
    sliders = {slider.label: slider.value for slider in page.select_slider}
    assert sliders.items() >= {"Depth": 14, "Width": 4, "Steps": 60}.items()
    assert sliders.get("Seeds") == (None if part == "lambda" else 2), "one start has one seed"
    assert sliders["Learning rate"] == 0.05
    assert page.selectbox[0].value == "fashion-mnist"
    if part == "lambda":
        assert sliders["λ, factor on every shortcut"] == 0.37
    if part == "sweep":
        assert page.multiselect[0].value == [-0.5, 0.9, 1.0]
    if part == "kinds":
        assert page.multiselect[0].value == ["identity", "highway", "rezero"]
    if part != "lambda":
        assert not next(one for one in page.toggle if one.label == "Test error").value
    assert link(page) == wanted


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("part", ["lambda", "sweep", "kinds"])
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("depth", "33", "Depth 33 was asked for, but a CIFAR network of basic units has 6n+2"),
        ("depth", "abc", "depth 'abc', but a whole number from 8 to 1202 would be right."),
        ("width", "0", "width '0', but a whole number from 1 to 64 would be right."),
        ("steps", "-5", "steps '-5', but a whole number from 1 to 20000 would be right."),
        ("seeds", "0", "seeds '0', but a whole number from 1 to 20 would be right."),
        ("first", "-1", "first '-1', but a whole number"),
        ("lr", "nan", "lr 'nan', but a number from"),
        ("lambda", "nan", "lambda 'nan', but a number from -1.0 to 2.0 would be right."),
        ("lambda", "2.01", "lambda '2.01', but a number from -1.0 to 2.0 would be right."),
        ("scales", "0,inf", "scales 'inf', but a number from -1.0 to 2.0 would be right."),
        ("scales", "", "scales '', but a number from"),
        ("cases", "foo", "cases 'foo', but there is no such choice: take one of identity"),
        ("gate", "dropout", "gate 'dropout', but there is no such choice: take one of exclusive"),
        ("data", "unknown", "data 'unknown', but there is no such choice"),
        ("published", "maybe", "published 'maybe', but there is no such choice: take one of 0, 1."),
    ],
)
def test_nonsense_in_a_link_is_answered_with_a_sentence_and_the_default(
    open_page: Open, part: str, name: str, value: str, sentence: str
) -> None:
    page = open_page("shortcuts", **{"lang": "en", "part": part, name: value})
    if part != "lambda":
        assert not page.exception
        (line,) = said(page)
        assert sentence in line
        assert link(page) == {"lang": "en", "part": part}
        return
    goes_on_in_spite_of(page, sentence)


@pytest.mark.usefixtures("no_lab")
def test_a_part_that_is_none_is_answered_with_a_sentence(open_page: Open) -> None:
    goes_on_in_spite_of(
        open_page("shortcuts", lang="en", part="magic"),
        "part 'magic', but there is no such choice: take one of lambda, sweep, kinds",
    )


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"part": "sweep", "seeds": 20}, "200 runs were asked for (10 variants, 20 seeds), but"),
        ({"part": "kinds", "seeds": 20}, "220 runs were asked for (11 variants, 20 seeds), but"),
        ({"depth": 1202}, "Depth 1202 was asked for, but only up to 164 layers can be probed"),
    ],
)
def test_a_study_that_cannot_be_is_refused_with_its_sentence(
    open_page: Open, asked: dict[str, Any], sentence: str
) -> None:
    page = open_page("shortcuts", lang="en", **asked)
    assert not page.exception
    (error,) = errors(page)
    assert sentence in error
    assert "shortcuts.start" not in [button.key for button in page.button]


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize("part", ["sweep", "kinds"])
def test_no_variant_at_all_is_answered_with_a_sentence(open_page: Open, part: str) -> None:
    page = open_page("shortcuts", lang="en", part=part)
    page.multiselect[0].set_value([]).run()
    assert not page.exception
    assert errors(page) == ["A study of no variant was asked for: choose at least one."]


@pytest.mark.usefixtures("no_lab")
def test_what_nobody_has_moved_stands_where_the_next_part_has_it(open_page: Open) -> None:
    sweep, kinds = ScaleStudy(), ShortcutStudy()
    assert sweep.network.depth != kinds.network.depth
    page = open_page("shortcuts", lang="en")
    assert page.select_slider(key="shortcuts.depth").value == sweep.network.depth
    page.button_group(key="shortcuts.part").set_value("kinds").run()
    assert not page.exception
    assert link(page) == {"lang": "en", "part": "kinds"}
    assert page.select_slider(key="shortcuts.depth").value == kinds.network.depth
    assert page.select_slider(key="shortcuts.steps").value == kinds.train.steps
    page.select_slider(key="shortcuts.depth").set_value(14).run()
    page.button_group(key="shortcuts.part").set_value("sweep").run()
    assert link(page) == {"lang": "en", "part": "sweep", "depth": "14"}
    assert page.select_slider(key="shortcuts.steps").value == sweep.train.steps


# One λ.


@pytest.mark.usefixtures("no_lab")
def test_the_recorded_start_is_shown_first_and_says_so(open_page: Open) -> None:
    page = open_page("shortcuts", lang="en")
    assert not page.exception
    words = all_words(page)
    assert "**1¹⁵ = 1**" in words
    assert "**Recorded.**" in words
    assert "`python -m resnet_core probe --depth 32" in words
    drawn = series(figures(page)[0])
    assert len(drawn["signal:std"]["y"]) == len(drawn["signal:gradient"]["y"]) == 15
    last = drawn["signal:gradient"]["y"][-1]
    assert drawn["signal:theory"]["y"] == pytest.approx([last] * 15)
    assert drawn["signal:gradient"]["y"][0] > 5 * last  # branches and all


@pytest.mark.usefixtures("no_lab")
def test_without_a_lab_another_lambda_is_multiplied_and_waits_for_its_measurement(
    open_page: Open,
) -> None:
    page = open_page("shortcuts", lang="en", **{"lambda": 0.9})
    assert not page.exception
    assert errors(page) == []
    words = all_words(page)
    assert "**0.9¹⁵ = 0.206**" in words
    assert "Measuring needs the lab, which is warming up …" in words
    assert "Recorded." not in words


@pytest.mark.parametrize(
    ("scale", "units", "said"),
    [
        (0.9, 15, "0.9¹⁵ = 0.206"),
        (1.1, 54, "1.1⁵⁴ = 172"),
        (2, 54, "2⁵⁴ = 1.8 · 10¹⁶"),
        (0.5, 54, "0.5⁵⁴ = 5.6 · 10⁻¹⁷"),
        (0, 3, "0³ = 0"),
        (-0.5, 3, "(−0.5)³ = −0.125"),
        (-1, 54, "(−1)⁵⁴ = 1"),
    ],
)
def test_the_product_is_written_out(scale: float, units: int, said: str) -> None:
    assert f"**{said}**" in product_words(scale, units, t)


def test_both_parts_of_a_gradient_are_added_with_the_angle_between_them() -> None:
    values = {
        "identity": [3.0, 3.0, 3.0, 0.0],
        "branch": [4.0, 4.0, 4.0, 2.0],
        "alignment": [0.0, 1.0, -1.0, float("nan")],
    }
    assert whole_gradients(values) == pytest.approx([5, 7, 1, 2])


def test_the_reading_says_what_is_measured_even_where_no_gradient_arrives() -> None:
    assert "by 0.5² = 0.25. **Measured, branches and all: by 4.**" in reading(0.5, [8, 4, 2], t)
    assert "Measured: 8 at the first unit, exactly 0 at the last." in reading(0.5, [8, 4, 0], t)
    assert reading(0.5, [], t) == ""


def test_the_slider_is_answered_with_a_measurement(lab: Keeper, open_page: Open) -> None:
    page = open_page("shortcuts", lang="en", depth=14, width=2, **{"lambda": 0.5})
    assert errors(page) == []
    before = series(figures(page)[0])
    theory = before["signal:theory"]["y"]
    assert [one / theory[-1] for one in theory] == pytest.approx([0.5**n for n in range(5, -1, -1)])
    assert "The first batch of training, seed 0." in all_words(page)
    page.select_slider(key="shortcuts.lambda").set_value(1.5).run()
    assert not page.exception
    after = series(figures(page)[0])
    assert link(page)["lambda"] == "1.5"
    assert after["signal:gradient"]["y"][0] > before["signal:gradient"]["y"][0]
    # What is drawn is what the bench has measured.
    run = NetworkSpec(depth=14, width=2, shortcut_scale=1.5)
    start = lab.client.measure("start", run=RunSpec(network=run, train=TrainSpec()).to_json())
    stds = start["values"]["activation-std"]
    assert after["signal:std"]["y"] == pytest.approx(stds[2::2])


# Studies.


@pytest.mark.usefixtures("no_lab", "no_recording")
@pytest.mark.parametrize("part", ["sweep", "kinds"])
def test_before_anything_is_measured_the_page_says_so(open_page: Open, part: str) -> None:
    page = open_page("shortcuts", lang="en", part=part)
    assert not page.exception
    assert errors(page) == []
    assert "Nothing measured yet: press the button." in [info.value for info in page.info]
    (figure,) = figures(page)
    kind = "scale" if part == "sweep" else "variant"
    drawn = series(figure)
    assert not any(drawn[f"{kind}:{of}"]["x"] for of in ("train", "test", "diverged"))
    assert "shortcuts.start" in [button.key for button in page.button]


@pytest.mark.usefixtures("no_lab", "no_recording")
def test_published_values_are_hollow_markers_that_can_be_left_out(open_page: Open) -> None:
    page = open_page("shortcuts", lang="en", part="kinds")
    drawn = series(figures(page)[0])
    assert drawn["variant:published"]["x"][0] == 6.61
    assert len(drawn["variant:published"]["x"]) + len(drawn["variant:published:fail"]["x"]) == len(
        TABLE_1
    )
    assert drawn["variant:published"]["marker"]["symbol"].endswith("-open")
    assert "He 2016, table 1" in drawn["variant:published"]["name"]
    assert "**Published.** He 2016, arXiv:1603.05027, table 1: ResNet-110" in all_words(page)
    (toggle,) = [one for one in page.toggle if one.label.startswith("Published")]
    toggle.set_value(False).run()
    assert not series(figures(page)[0])["variant:published"]["x"]
    assert "**Published.**" not in all_words(page)
    assert link(page) == {"lang": "en", "part": "kinds", "published": "0"}


def test_a_sweep_is_trained_remembered_and_tried_with_new_seeds(
    lab: Keeper, open_page: Open
) -> None:
    study = small_sweep()
    page = open_page("shortcuts", **SWEEP)
    assert "2 runs, about" in all_words(page)
    press(page, "Train these 2 runs")
    assert not page.exception
    assert errors(page) == []
    (chart,) = charts(page)
    assert chart["live"]["url"].startswith("api/live/scales/")
    assert all(run.digest in chart["live"]["url"] for run in study.runs)
    finish(lab, study)
    page.run()
    assert not page.exception
    assert charts(page)[0]["live"] is None
    drawn = series(figures(page)[0])
    assert drawn["scale:train"]["x"] == [0, 1]
    assert all(0 <= error <= 100 for error in drawn["scale:test"]["y"])
    words = all_words(page)
    assert "The lowest mean training error" in words
    assert "**Measured here.** Runs: 2; seeds: 0;" in words
    assert "λ = 0 " in charts(page)[0]["alts"][0]
    page.toggle(key="shortcuts.test").set_value(False).run()
    assert "scale:test" not in series(figures(page)[0])

    again = open_page("shortcuts", **SWEEP)  # another browser
    assert series(figures(again)[0])["scale:train"] == drawn["scale:train"]
    press(again, "New seeds")
    assert link(again)["first"] == "1"
    assert "Train these 2 runs" in labels(again)

    shown = look_up(SCALE_KIND, study)
    assert shown is not None
    rows = list(csv.DictReader(StringIO(as_csv(shown, t))))
    assert [row["variant"] for row in rows] == ["0", "1"]
    assert [float(row["train_error"]) * 100 for row in rows] == pytest.approx(
        drawn["scale:train"]["y"], abs=1e-3
    )
    (button,) = page.get("download_button")
    assert button.proto.label == "Results as CSV"


def test_a_run_that_diverges_is_a_result_with_its_step(lab: Keeper, open_page: Open) -> None:
    asked = {**SWEEP, "lr": 100.0, "scales": "2", "depth": 14, "steps": 60}
    study = ScaleStudy(
        network=NetworkSpec(depth=14, width=2),
        train=TrainSpec(steps=60, learning_rate=100.0),
        scales=(2.0,),
    )
    lab.client.submit(study.runs, visitor="a test")
    finish(lab, study)
    (record,) = lab.store.runs(digests=[run.digest for run in study.runs])
    assert record.status == "diverged"
    page = open_page("shortcuts", **asked)
    assert not page.exception
    crosses = series(figures(page)[0])["scale:diverged"]
    assert crosses["x"] == [2]
    assert crosses["text"] == [f"seed 0, step {record.step}"]
    assert f"λ = 2 diverged (seed 0; step {record.step})" in all_words(page)
    assert "λ = 2 diverged" in charts(page)[0]["alts"][0]


def test_kinds_are_trained_and_their_gates_watched(lab: Keeper, open_page: Open) -> None:
    study = small_kinds()
    page = open_page("shortcuts", **KINDS)
    press(page, "Train these 2 runs")
    assert not page.exception
    assert errors(page) == []
    urls = [chart["live"]["url"] for chart in charts(page)]
    assert urls[0].startswith("api/live/variants.cases/")
    assert urls[1].startswith(f"api/live/gates/{study.runs[1].digest}?")
    finish(lab, study)
    page.run()
    assert not page.exception
    kinds, gates = figures(page)
    drawn = series(kinds)["variant:train"]
    assert drawn["customdata"] == [SHORTCUT_CASES[key].label for key in study.cases]
    lines = series(gates)
    assert set(lines) == {"gate:1", "gate:2", "gate:3"}
    assert lines["gate:1"]["x"] == list(study.runs[1].train.probe_steps)
    # σ(−6), give or take what W·x adds before anything is learned.
    assert all(0.0005 < line["y"][0] < 0.02 for line in lines.values())
    assert "Mean opening of the gates: 0.00" in charts(page)[1]["captions"][0]
    assert [chart["live"] for chart in charts(page)] == [None, None]


@pytest.mark.usefixtures("no_lab", "no_recording")
def test_without_gated_cases_there_are_no_gates_to_watch(open_page: Open) -> None:
    page = open_page("shortcuts", lang="en", part="kinds", cases="identity,dropout", gate="highway")
    assert not page.exception
    assert "Watch the gates" not in all_words(page)


def test_a_study_that_runs_can_be_left(lab: Keeper, open_page: Open) -> None:
    page = open_page("shortcuts", **{**SWEEP, "steps": 20_000})
    press(page, "Train these 2 runs")
    assert "Stop" in labels(page)
    press(page, "Stop")
    assert not page.exception
    digests = [run.digest for run in small_sweep(steps=20_000).runs]
    wait_until(lambda: {record.status for record in lab.store.runs(digests=digests)} == {"stopped"})
    page.run()
    assert not page.exception
    assert "Train these 2 runs" in labels(page)


def test_a_run_that_another_study_trains_does_not_keep_this_one_from_being_trained(
    lab: Keeper, open_page: Open
) -> None:
    settings = {"lang": "en", "depth": 8, "width": 2, "steps": 7000}
    kinds = open_page("shortcuts", part="kinds", cases="identity", **settings)
    press(kinds, "Train these 1 runs")
    sweep = open_page("shortcuts", part="sweep", scales="0.5,1", **settings)
    assert {"Stop", "Train the 1 missing runs"} <= set(labels(sweep))
    press(sweep, "Stop")
    assert not sweep.exception
    assert errors(sweep) == [], "only what is going is left"


def test_runs_that_are_too_large_are_refused_with_a_sentence(lab: Keeper, open_page: Open) -> None:
    page = open_page(
        "shortcuts", lang="en", part="sweep", depth=1202, width=64, steps=20_000, scales="1"
    )
    assert ":red[Some of these runs are too large for this machine.]" in all_words(page)
    press(page, "Train these 1 runs")
    assert not page.exception
    (sentence,) = errors(page)
    assert "was asked for. It would take about" in sentence


def test_names_in_a_verdict_are_translated_each_for_itself() -> None:
    zh = translator("zh")
    known = "Training error at {deep} layers"
    said = sentence_words(Sentence("{names}", names=Names(["plain", "residual"])), zh)
    assert said == f"{zh('plain')}, {zh('residual')}"
    assert zh("plain") != "plain"
    assert sentence_words(Sentence(known, deep=8), t) == "Training error at 8 layers"


def test_gates_are_described_from_the_first_probe_to_the_last() -> None:
    said = gate_words([[0.25, 0.75], [0.1, 0.3]], t)
    assert "0.5 at the start, 0.2 at the last probed step (0.1 to 0.3 among the units)" in said
    assert gate_words([], t)
