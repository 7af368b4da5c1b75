"""What is known of a study of variants: its runs' or a recording's, its verdict, where from.

The same for λ, for what stands on the shortcut and for activation orders: ``Kind`` says where they
differ.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from pages.ui import evidence, lab, runs
from pages.ui.figures.orders import order_name
from pages.ui.figures.variants import Entry
from pages.ui.frame import Page, literal
from pages.ui.history import History
from pages.ui.live import live_url
from pages.ui.translate import Translate
from pages.ui.variant_entries import CASES, GATES, ORDERINGS, SCALES, entries, label_of
from resnet_core.errors import ResNetLabError
from resnet_core.specs import (
    DATASETS,
    ORDERS,
    OrderStudy,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    VariantStudy,
)
from resnet_core.specs.regimes import RegimeStudy
from resnet_core.specs.sentence import Sentence
from resnet_core.store import RunRecord
from resnet_core.studies import (
    Outcome,
    Recording,
    Variant,
    order_verdict,
    outcomes,
    scale_verdict,
    shortcut_verdict,
    variants,
)
from resnet_core.studies.variants import Names

S = TypeVar("S", ScaleStudy, ShortcutStudy, OrderStudy, RegimeStudy)

LEFT = "_varied.left"
"""Studies that this visitor has stopped: looking at them does not keep them going."""

AGAIN = ("stopped", "failed")
"""Of a run without a result, which has to be asked for again."""


@dataclass(frozen=True)
class Kind(Generic[S]):
    """A kind of study.

    Attributes:
        view: What a live chart of it asks for.
        name: In keys and in file names.
        recording: Reads the one that ships with the app, if there is one.
        verdict: Judges.
    """

    view: str
    name: str
    recording: Callable[[], Recording[S]]
    verdict: Callable[[S, Sequence[Variant]], tuple[Sentence, ...]]


SCALE_KIND = Kind[ScaleStudy](SCALES, "scales", evidence.scale_recording, scale_verdict)
SHORTCUT_KIND = Kind[ShortcutStudy](
    CASES, "shortcuts", evidence.shortcut_recording, shortcut_verdict
)
ORDER_KIND = Kind[OrderStudy](ORDERINGS, "orders", evidence.order_recording, order_verdict)


@dataclass(frozen=True)
class Varied(Generic[S]):
    """What the page's figures show.

    Attributes:
        kind: Of study.
        study: Whose runs are shown: the study asked for, or that of the recording.
        histories: What its runs said.
        records: The lab's, by digest; empty for a recording.
        missing: Runs of the study asked for that would have to be trained.
        recording: When nothing of the study asked for is known.
    """

    kind: Kind[S]
    study: S
    histories: Sequence[History]
    records: Mapping[str, RunRecord]
    missing: Sequence[RunSpec]
    recording: Recording[S] | None

    @property
    def is_live(self) -> bool:
        """There is more to come."""
        return any(record.active for record in self.records.values())

    @property
    def is_empty(self) -> bool:
        """There is nothing to show yet."""
        return not self.records and self.recording is None

    @property
    def is_left(self) -> bool:
        """Whether this visitor has stopped the study, which others may still watch."""
        return self.study.digest in st.session_state.get(LEFT, set())

    def entries(
        self, t: Translate, published: Mapping[str, float | None] | None = None
    ) -> list[Entry]:
        """Give what each variant's runs gave, the empty ones too: their places are there at once.

        Args:
            t: Translates.
            published: Errors in [0, 1] by variant; None for one that is published as failed.
        """
        return entries(self.kind.view, self.histories, t, keys=self.study.keys, published=published)

    def history(self, key: str) -> History | None:
        """Give what the first seed's run of a variant said."""
        for history in self.histories:
            run = history.run
            if run.train.seed == self.study.first_seed and self.study.key_of(run) == key:
                return history
        return None

    def failed(self) -> ResNetLabError | None:
        """Say why a run failed."""
        errors = (record.error for record in self.records.values() if record.status == "failed")
        return next(errors, None)

    def live_url(self, language: str) -> str:
        """Give the address the chart of errors asks for more."""
        url = live_url(self.kind.view, [run.digest for run in self.study.runs], language)
        return f"{url}&left" if self.is_left else url

    def gates_url(self, digest: str, language: str) -> str:
        """Give the address the chart of a run's gates asks for more."""
        url = live_url(GATES, [digest], language)
        return f"{url}&left" if self.is_left else url


def look_up(kind: Kind[S], study: S | None) -> Varied[S] | None:
    """Find what is known of a study: runs of this lab, else a recording.

    None when there is neither such a study nor a recording.
    """
    digests = [run.digest for run in study.runs] if study is not None else []
    records, histories = runs.known(digests)
    missing = [
        run
        for run in (study.runs if study is not None else ())
        if run.digest not in records or records[run.digest].status in AGAIN
    ]
    if study is not None and _has_begun(records, histories):
        known = [histories[digest] for digest in digests if digest in histories]
        return Varied(kind, study, known, records, missing, None)
    recording = _recorded(kind)
    if recording is None:
        return None if study is None else Varied(kind, study, [], {}, missing, None)
    shown = evidence.recorded_histories(kind.recording)
    return Varied(kind, recording.study, shown, {}, missing, recording)


def _has_begun(records: Mapping[str, RunRecord], histories: Mapping[str, History]) -> bool:
    """Whether there is more to show than runs that were stopped before they said anything."""
    return any(
        record.status != "stopped" or (digest in histories and histories[digest].evaluations)
        for digest, record in records.items()
    )


def _recorded(kind: Kind[S]) -> Recording[S] | None:
    try:
        return kind.recording()
    except ResNetLabError:
        return None


def results(shown: Varied[S]) -> list[Outcome]:
    """Give what came out of each run."""
    if shown.recording is not None:
        return shown.recording.outcomes()
    try:
        return outcomes(shown.study, lab.store())
    except ResNetLabError:
        return []


# --- what is said ---------------------------------------------------------------------------------


def say_nothing_yet(page: Page, shown: Varied[S]) -> None:
    """Say that there is nothing to show, where that is so, and how there will be."""
    if shown.is_empty:
        st.info(page.t("Nothing measured yet: press the button."), icon=":material/science:")


def say_verdict(page: Page, shown: Varied[S]) -> None:
    """Say in computed sentences what the study shows: below the figure, for they can be many."""
    if shown.is_empty:
        return
    if shown.is_live:  # the page does not run again before the end, so it would be out of date
        st.markdown(page.t("The verdict comes as soon as these runs are done."))
        return
    found = shown.kind.verdict(shown.study, variants(shown.study, results(shown)))
    said = [literal(sentence_words(sentence, page.t)) for sentence in found]
    st.markdown("\n".join(f"- {one}" for one in said))


def sentence_words(sentence: Sentence, t: Translate) -> str:
    """Say a sentence of a verdict, each of its names in the visitor's language."""

    def name(value: str) -> str:
        return order_name(value, t) if value in ORDERS else t(value)

    values: dict[str, Any] = {}
    for key, value in sentence.values.items():
        if isinstance(value, Names):
            values[key] = ", ".join(map(name, value))
        else:
            values[key] = name(value) if isinstance(value, str) else value
    return t(sentence.template).format(**values)


def say_example(page: Page, asked: S | None, shown: Varied[S]) -> None:
    """Say plainly when the figures show an example and not the settings on screen."""
    if shown.recording is None:
        return
    example = shown.recording.study
    same: dict[str, Any] = {"seeds": example.seeds, "first_seed": example.first_seed}
    if asked is not None and asked.model_copy(update=same) == example:
        return
    t = page.t
    network = example.network
    st.info(
        t(
            "Your settings have not been measured yet. This is a recorded example: {data}, depth "
            "{depth}, width {width}, {steps} steps, seeds: {seeds}.",
            data=t(DATASETS[example.data.dataset].label),
            depth=network.depth,
            width=network.width,
            steps=example.train.steps,
            seeds=example.seeds,
        ),
        icon=":material/inventory_2:",
    )


def say_where_from(page: Page, shown: Varied[S]) -> None:
    """Say where the numbers come from."""
    if shown.recording is not None:
        note = page.t("Press the button to measure it on this machine.")
        evidence.recorded(shown.recording, page.t, note=note)
    else:
        evidence.measured(shown.histories, page.t)


def seeds_line(shown: Varied[S], t: Translate) -> str:
    """Say how many seeds are behind the figure."""
    count = len({h.run.train.seed for h in shown.histories if h.ended is not None})
    if not count:
        return ""
    if count == 1:
        return t("One seed: a single measurement of each network.")
    return t("A point is a seed; {count} seeds each.", count=count)


def figure_words(rows: Sequence[Entry], t: Translate) -> str:
    """Describe a figure of variants for those who do not see it."""
    said = []
    for row in rows:
        if row.errors_train:
            mean = sum(row.errors_train) / len(row.errors_train)
            said.append(f"{row.label} {100 * mean:.1f} %")
        elif row.diverged:
            said.append(f"{row.label} {t('diverged')}")
    if not said:
        return t("Error of each variant: no run has finished yet.")
    return t("Training error of each variant: {rows}.", rows=", ".join(said))


# --- to take home ---------------------------------------------------------------------------------


def downloads(page: Page, shown: Varied[S]) -> None:
    """Offer the study's results as a table."""
    if shown.is_empty:
        return
    st.download_button(
        page.t("Results as CSV"),
        as_csv(shown, page.t),
        file_name=_file_name(shown),
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        key=f"{page.name}.csv",
    )


def as_csv(shown: Varied[S], t: Translate) -> str:
    """Write what came out of each run, a line a run: errors as fractions."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(
        ["variant", "label", "seed", "status", "step", "train_error", "test_error", "digest"]
    )
    keys = {run.digest: shown.study.key_of(run) for run in shown.study.runs}
    for o in results(shown):
        key = keys[o.digest]
        label = label_of(shown.kind.view, key, t)
        rows.writerow([key, label, o.seed, o.status, o.step, o.train_error, o.test_error, o.digest])
    return text.getvalue()


def _file_name(shown: Varied[S]) -> str:
    """Name a download so that two groups can tell theirs apart."""
    study: VariantStudy = shown.study
    return (
        f"{shown.kind.name}_{study.data.dataset}_depth{study.network.depth}"
        f"_width{study.network.width}_{study.train.steps}steps.csv"
    )
