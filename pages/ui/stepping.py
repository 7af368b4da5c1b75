"""One image through one unit, tensor by tensor: of which run, which image, which unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from typing import Any

import streamlit as st

from pages.ui import evidence, lab
from pages.ui.figures.maps import image_picture, map_picture
from pages.ui.frame import Page, show_error
from pages.ui.link import RUNS_AGAIN, integer
from pages.ui.runs import histories_of
from pages.ui.translate import ASSETS, Translate
from resnet_core.errors import ResNetLabError
from resnet_core.specs import DATASETS, NetworkSpec, RunSpec, TrainSpec
from resnet_core.store import RunRecord

PLAN = RunSpec(network=NetworkSpec(depth=8, width=8), train=TrainSpec(steps=100))
"""What the button trains: one unit a stage, a second or two."""

IMAGES = DATASETS["digits"].test_images
MOST_UNITS = 400
STAGES = [1, 2, 3]


def section(page: Page) -> list[str]:
    """Show the section; gives the runs that this visitor's looking keeps going."""
    t = page.t
    st.markdown(f"#### {t('One image, step by step')}")
    left, middle, right, place = st.columns(
        [0.16, 0.16, 0.16, 0.52], gap="medium", vertical_alignment="bottom"
    )
    with left:
        key = page.link.setting("image", 0, integer("image", 0, IMAGES - 1))
        image = st.number_input(t("Test image"), 0, IMAGES - 1, key=key)
    with middle:
        key = page.link.setting("stage", 1, integer("stage", 1, len(STAGES)))
        stage = st.segmented_control(t("Stage"), STAGES, key=key, required=True)
    with right:
        key = page.link.setting("number", 1, integer("number", 1, MOST_UNITS))
        number = st.number_input(t("Unit of the stage"), 1, MOST_UNITS, key=key)
    run, record = _find()
    with place:
        _button(page, run, record)
    watched = [record.digest] if record is not None and record.active else []
    try:
        if run is None:
            found = _recorded_answer(image, stage or 1, number)
        else:
            found = _answer(run.to_json(), image, stage or 1, number)
    except ResNetLabError as error:
        show_error(error, t)
        return watched
    if found is None:
        st.info(
            t(
                "Test image {image} in unit {number} of stage {stage} was asked for, but only "
                "images 0 to {last} in unit 1 of each stage are recorded: train a network for the "
                "others.",
                image=image,
                stage=stage,
                number=number,
                last=max(one["image_number"] for one in recorded()["answers"]),
            ),
            icon=":material/inventory_2:",
        )
        return watched
    _show(found, t)
    if run is None:
        _say_recorded(t)
    else:
        st.caption(
            t(
                "Feature maps of {name}, width {width}, {steps} steps, seed {seed}.",
                name=run.network.name,
                width=run.network.width,
                steps=run.train.steps,
                seed=run.train.seed,
            )
        )
        evidence.measured(list(histories_of([run.digest]).values()), t)
    return watched


def _find() -> tuple[RunSpec | None, RunRecord | None]:
    """Find a finished run to look into, the button's own first; and what is known of that one."""
    if not lab.is_ready():
        return None, None
    try:
        store = lab.store()
        own = store.run(PLAN.digest)
        records = [own] if own is not None and own.status == "completed" else []
        records += store.runs(status="completed", limit=100)
        for record in records:
            if _fits(record) and any(
                file.name == "weights.safetensors" and file.path.exists()
                for file in store.artefacts(record.digest)
            ):
                return record.spec, own
    except ResNetLabError:
        return None, None  # no lab yet: the frame says so
    return None, own


def _fits(record: RunRecord) -> bool:
    """Whether a run is anybody's to look into, and what this section shows."""
    run = record.spec
    return (
        run.owner in (None, lab.visitor())
        and run.data.model_copy(update={"crop_padding": 0, "flip": False}) == PLAN.data
        and (run.network.join, run.network.order) == ("residual", "original")
        and run.network.family == "cifar"
    )


def _button(page: Page, run: RunSpec | None, record: RunRecord | None) -> None:
    t = page.t
    if record is not None and record.active:
        _waiting(t)
    elif run is None and lab.is_ready():
        st.button(
            t("Train a small network and look into it"),
            icon=":material/play_arrow:",
            type="primary",
            on_click=_train,
            help=t(
                "{name}, width {width}, {steps} steps on digits: a few seconds.",
                name=PLAN.network.name,
                width=PLAN.network.width,
                steps=PLAN.train.steps,
            ),
        )
    problem = st.session_state.pop("unit.problem", None)
    if problem is None and record is not None and record.status == "failed":
        problem = record.error
    if problem is not None:
        show_error(problem, t)


def _train() -> None:
    """Ask for the run; a refusal is kept for the page to show."""
    try:
        lab.submit([PLAN])
    except ResNetLabError as error:
        st.session_state["unit.problem"] = error


@st.fragment(run_every=0.5)
def _waiting(t: Translate) -> None:
    """Follow the run in short steps; when it is over, the page runs once more."""
    try:
        record = lab.store().run(PLAN.digest)
    except ResNetLabError:
        record = None
    if record is None or not record.active:
        st.session_state[RUNS_AGAIN] = True
        st.rerun()
    st.progress(
        record.step / record.steps,
        t(
            "{name}: step {step} of {steps}",
            name=PLAN.network.name,
            step=record.step,
            steps=record.steps,
        ),
    )


@lru_cache(maxsize=512)
def _answer(run: str, image: int, stage: int, number: int) -> dict[str, Any]:
    arguments = {"run": run, "image": image, "stage": stage, "number": number}
    return lab.keeper.client.measure("step_through", **arguments)


@cache
def recorded() -> dict[str, Any]:
    """Read the answers that ship with the app, of ``PLAN``'s run."""
    text = (ASSETS / "units" / "digits.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _recorded_answer(image: int, stage: int, number: int) -> dict[str, Any] | None:
    for one in recorded()["answers"]:
        if (one["image_number"], one["stage"], one["number"]) == (image, stage, number):
            return dict(one)
    return None


def _say_recorded(t: Translate) -> None:
    found = recorded()
    run = RunSpec.from_json(json.dumps(found["run"]))
    st.caption(
        "**"
        + t("Recorded.")
        + "** "
        + t(
            "Feature maps of {name}, width {width}, {steps} steps, seed {seed}.",
            name=run.network.name,
            width=run.network.width,
            steps=run.train.steps,
            seed=run.train.seed,
        )
        + " "
        + t("On {hardware}, {date}.", hardware=found["hardware"], date=found["date"])
    )


def _show(found: Mapping[str, Any], t: Translate) -> None:
    """Show the image and its tensors side by side, in one scale of colour."""
    maps = found["maps"]
    strongest = max(
        abs(value)
        for tensor in maps.values()
        for channel in tensor["values"]
        for row in channel
        for value in row
    )
    is_identity = "h" not in maps
    titles = {
        "x": "x",
        "F": "F(x)",
        "h": "Wx",
        "sum": "F(x) + x" if is_identity else "F(x) + Wx",
        "output": "ReLU",
    }
    boxes = [_box(t("test image"), image_picture(found["image"]), _class(found, t))]
    for name, tensor in maps.items():
        picture = map_picture(tensor["values"], strongest=strongest)
        boxes.append(_box(titles[name], picture, _size(tensor, t)))
    st.html(
        '<div style="display:grid;gap:0.75rem 1.25rem;max-width:84rem;'
        'grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr))">' + "".join(boxes) + "</div>"
    )
    st.markdown(_reading(maps, strongest, t))


def _box(title: str, picture: str, words: str) -> str:
    return (
        '<figure style="margin:0">'
        f'<figcaption style="font-weight:600">{escape(title)}</figcaption>'
        f'<img src="{picture}" alt="{escape(f"{title}: {words}", quote=True)}" '
        'style="width:100%;image-rendering:pixelated;display:block;margin:0.25rem 0">'
        f'<div style="font-size:0.8rem;opacity:0.8">{escape(words)}</div></figure>'
    )


def _class(found: Mapping[str, Any], t: Translate) -> str:
    return t("a {label}; the network says {answer}", label=found["label"], answer=found["answer"])


def _size(tensor: Mapping[str, Any], t: Translate) -> str:
    channels, high, wide = tensor["shape"]
    size = f"{high}\u00a0×\u00a0{wide}"
    if channels > len(tensor["values"]):
        return t(
            "first {shown} of {channels} channels, {size}",
            shown=len(tensor["values"]),
            channels=channels,
            size=size,
        )
    return t("{channels} channels, {size}", channels=channels, size=size)


def _reading(maps: Mapping[str, Any], strongest: float, t: Translate) -> str:
    """Say how strong F(x) is beside what it is added to; and what the colours mean."""
    before, added = maps.get("h", maps["x"])["mean_size"], maps["F"]["mean_size"]
    return (
        t(
            "Mean size of a number: **{added}** in F(x), **{before}** in what it is added to.",
            added=f"{added:.2f}",
            before=f"{before:.2f}",
        )
        + " "
        + t(
            "Green is positive, purple negative; full colour is {strongest}, in every picture.",
            strongest=f"{strongest:.2f}",
        )
    )
