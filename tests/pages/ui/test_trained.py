"""Which trained networks are there to be looked into, and what happens when one has gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import asking, trained
from pages.ui.lab import Keeper
from pages.ui.translate import translator
from resnet_core.errors import RunError, SpecError, StoreError
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.lesion import Lesion
from resnet_core.studies.trained import TrainedNetwork, trained_names
from tests.browsing import wait_until
from tests.pages.looking import errors

OWNER = "0123456789ab"
RUN = RunSpec(
    network=NetworkSpec(depth=8, width=2), train=TrainSpec(steps=3, seed=41, evaluations=1)
)
T = translator("en")


def finished(lab: Keeper, run: RunSpec) -> RunSpec:
    lab.client.submit([run], visitor=OWNER)

    def is_over() -> bool:
        lab.client.watch([run.digest], visitor=OWNER)
        record = lab.store.run(run.digest)
        return record is not None and not record.active

    wait_until(is_over)
    return run


@pytest.fixture
def known(become: Callable[[str], None]) -> Callable[[], dict[str, RunSpec]]:
    """List what this visitor may take."""
    return trained._known


def test_every_network_that_ships_can_be_taken_and_has_a_title_of_its_own() -> None:
    found = [trained.subject(name) for name in trained_names()]
    titles = [trained.title(one.run, T) for one in found]
    assert len(set(titles)) == len(found) >= 5
    assert all(one.recorded is not None for one in found)


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({"depth": 56}, "residual-56"),
        ({"width": 16}, "residual-20, width 16"),
        ({"join": "plain"}, "plain-20"),
        ({"order": "pre-activation"}, "residual-20, full pre-activation"),
        ({"shortcut": "B"}, "residual-20, shortcut B"),
        ({"survival": 0.5}, "residual-20, stochastic depth"),
        ({"survival": 0.7}, "residual-20, stochastic depth, survival 0.7"),
        ({"active": 4}, "residual-20, 4 units a step"),
        ({"branch_dropout": 0.3}, "residual-20, dropout 0.3"),
        ({"block": "bottleneck"}, "residual-20, bottleneck"),
    ],
    ids=str,
)
def test_a_title_says_what_sets_a_network_apart(settings: dict[str, object], title: str) -> None:
    network = NetworkSpec.model_validate({"width": 8} | settings)
    assert trained.network_title(network, T) == title


def test_a_title_begins_with_what_tells_networks_apart() -> None:
    title = trained.title(trained.subject("residual-20-seed-1").run, T)
    assert title.startswith("residual-20 · seed 1 · ")
    assert title.endswith("200 steps")
    # So many characters are seen of a list in one of three columns.
    known = {name: trained.title(trained.subject(name).run, T) for name in trained_names()}
    assert len({title[:45] for title in known.values()}) == len(known)


@pytest.mark.usefixtures("no_lab")
def test_without_a_lab_the_networks_that_ship_are_there(
    known: Callable[[], dict[str, RunSpec]],
) -> None:
    assert set(known()) == set(trained_names())
    assert trained.subject("plain-20").network.name == "plain-20"


def test_a_finished_run_can_be_taken_and_a_private_one_by_its_owner_alone(
    lab: Keeper, become: Callable[[str], None], known: Callable[[], dict[str, RunSpec]]
) -> None:
    shared = finished(lab, RUN)
    private = finished(lab, RUN.model_copy(update={"owner": OWNER}))
    assert {shared.digest, private.digest} <= set(known())
    become("ba9876543210")
    assert shared.digest in known()
    assert private.digest not in known()


def test_a_run_that_ships_is_not_listed_twice(
    lab: Keeper, known: Callable[[], dict[str, RunSpec]]
) -> None:
    kept = trained.subject("residual-20")
    plans = [run.digest for run in known().values()]
    assert plans.count(kept.run.digest) == 1


def test_the_plain_twin_of_a_network_that_ships_is_found(
    known: Callable[[], dict[str, RunSpec]],
) -> None:
    assert trained.plain_twin(trained.subject("residual-56").run) == "plain-56"
    assert trained.plain_twin(trained.subject("residual-20").run) == "plain-20"
    assert trained.plain_twin(trained.subject("plain-20").run) is None
    nobody = RunSpec(network=NetworkSpec(depth=20, width=3))
    assert trained.plain_twin(nobody) is None
    unsuited = RunSpec(network=NetworkSpec(depth=20, width=8, initialisation="rezero"))
    assert trained.plain_twin(unsuited) is None


@pytest.mark.parametrize("code", ["0" * 16, "nonsense", "../residual-20", ""])
def test_what_is_not_there_is_refused_with_what_is(lab: Keeper, code: str) -> None:
    with pytest.raises(SpecError, match="take one of those that ship"):
        trained.subject(code)


def test_a_run_whose_weights_were_removed_is_refused(lab: Keeper) -> None:
    run = finished(lab, RUN.model_copy(update={"train": RUN.train.model_copy(update={"seed": 42})}))
    assert trained.subject(run.digest).run == run
    (artefact,) = [a for a in lab.store.artefacts(run.digest) if a.name == "weights.safetensors"]
    content = artefact.path.read_bytes()
    artefact.path.unlink()
    with pytest.raises(RunError, match="train it again"):
        trained.subject(run.digest)
    artefact.path.write_bytes(content)


def test_a_run_whose_weights_were_changed_is_refused_when_it_is_measured(lab: Keeper) -> None:
    run = finished(lab, RUN.model_copy(update={"train": RUN.train.model_copy(update={"seed": 43})}))
    subject = trained.subject(run.digest)
    (intact,) = asking.cut(subject, [Lesion()], 50)
    (artefact,) = [a for a in lab.store.artefacts(run.digest) if a.name == "weights.safetensors"]
    content = artefact.path.read_bytes()
    artefact.path.write_bytes(content[:-1] + bytes([content[-1] ^ 64]))
    with pytest.raises(RunError, match="rain it again"):
        asking.cut(subject, [Lesion(deleted=(1,))], 50)
    artefact.path.write_bytes(content)
    assert asking.cut(subject, [Lesion()], 50) == [intact]


def test_the_same_cut_is_remembered(lab: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = trained.subject("plain-20")
    plans = [Lesion(), Lesion(deleted=(2,))]
    before = asking.cut(subject, plans, 40)
    asked: list[str] = []
    monkeypatch.setattr(lab.client, "measure", lambda measure, **_: asked.append(measure))
    assert asking.cut(subject, plans, 40) == before
    assert asked == []


def test_more_lesions_than_a_question_takes_come_back_in_their_order(lab: Keeper) -> None:
    subject = trained.subject("residual-56")
    units = sum(subject.network.units_per_stage)
    plans = [Lesion(deleted=(unit,)) for unit in range(1, units + 1)]
    assert units > asking.AT_ONCE
    found = asking.cut(subject, plans, 30)
    assert len(found) == units
    assert found[-1] == asking.cut(subject, [plans[-1]], 30)[0]
    assert found[0].loss != found[-1].loss


def test_imported_images_have_a_name(known: Callable[[], dict[str, RunSpec]]) -> None:
    run = RunSpec(data=DataSpec(dataset="imported", imported="0" * 16))
    assert "images of your own" in trained.title(run, T)


@pytest.mark.usefixtures("no_lab")
def test_where_no_network_can_be_read_the_pages_say_so_and_go_on(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> TrainedNetwork:
        raise StoreError("The plan of {name} was damaged.", name=name)

    monkeypatch.setattr(trained, "_recorded", refuse)
    for page in ("lesion", "unraveled", "ensemble?part=refinement", "ensemble?part=together"):
        name, _, part = page.partition("?part=")
        opened = open_page(name, lang="en", **({"part": part} if part else {}))
        assert not opened.exception
        assert any("was damaged" in error for error in errors(opened)), page
