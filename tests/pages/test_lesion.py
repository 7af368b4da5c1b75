"""What a reader sees and does on the lesion bench, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import trained
from pages.ui.cut_bench import counterpart
from pages.ui.lab import Keeper
from pages.ui.translate import translator
from pages.ui.unit_row import NAME, Said
from resnet_core.errors import SpecError
from resnet_core.specs import NetworkSpec, RunSpec, TrainSpec
from resnet_core.studies.trained import kept_weights, load_trained_network
from tests.browsing import wait_until
from tests.pages.looking import _given, all_words, errors, link, press, said

Open = Callable[..., AppTest]

t = translator("en")


def given(page: AppTest) -> dict[str, Any]:
    """What the browser gets."""
    (found,) = _given(page, NAME)
    return found


def rows(page: AppTest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = given(page)["rows"]
    return found


def deleted(page: AppTest) -> list[list[int]]:
    return [row["lesion"]["deleted"] for row in rows(page)]


def error(row: dict[str, Any]) -> float:
    """The error that stands at the end of a row, in percent."""
    return float(row["numbers"]["now"].removesuffix(" %"))


def intact(row: dict[str, Any]) -> float:
    return float(row["numbers"]["intact"].removesuffix(" %"))


def train(lab: Keeper, run: RunSpec) -> None:
    lab.client.submit([run], visitor="a test")

    def is_over() -> bool:
        lab.client.watch([run.digest], visitor="a test")
        record = lab.store.run(run.digest)
        return record is not None and record.status == "completed"

    wait_until(is_over, 120)


# Links, without a lab.


@pytest.mark.usefixtures("no_lab")
def test_before_the_lab_is_there_the_networks_stand_there_with_their_recorded_errors(
    open_page: Open,
) -> None:
    page = open_page("lesion", lang="en")
    assert not page.exception
    first, second = rows(page)
    assert (first["name"], second["name"]) == ("residual-56", "plain-56")
    assert (first["plain"], second["plain"]) == (False, True)
    for row, name in ((first, "residual-56"), (second, "plain-56")):
        assert [len(row["units"]), len(row["partners"])] == [27, 27]
        recorded = load_trained_network(name)
        assert row["numbers"]["intact"] == f"{100 * recorded.test_error:.1f} %"
        assert row["numbers"]["now"] is None
        assert row["sha256"] == recorded.sha256
    assert "Measuring needs the lab, which is warming up" in all_words(page)


@pytest.mark.usefixtures("no_lab")
def test_units_that_change_the_shape_are_marked_and_units_of_one_kind_can_change_places(
    open_page: Open,
) -> None:
    for row in rows(open_page("lesion", lang="en")):
        places = range(1, 28)
        units = dict(zip(places, row["units"], strict=True))
        assert [place for place in places if units[place]["changes"]] == [10, 19]
        kinds = [units[place]["kind"] for place in places]
        assert kinds == [0] * 9 + [1] + [2] * 8 + [3] + [4] * 8


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_the_lesions(open_page: Open) -> None:
    asked = {
        "lang": "en",
        "network": "residual-20",
        "cut": "2,7",
        "swap": "5-6",
        "scale": "9:-0.5",
        "together": "0",
        "cut2": "1",
        "mode": "swap",
    }
    page = open_page("lesion", **asked)
    assert not page.exception
    assert said(page) == errors(page) == []
    first, second = (row["lesion"] for row in rows(page))
    assert first == {
        "deleted": [2, 7],
        "order": [1, 2, 3, 4, 6, 5, 7, 8, 9],
        "scales": [[9, -0.5]],
    }
    assert second == {"deleted": [1], "order": [], "scales": []}
    assert given(page)["mode"] == "swap"
    assert link(page) == asked


@pytest.mark.usefixtures("no_lab")
def test_together_a_lesion_stands_in_the_link_once(open_page: Open) -> None:
    page = open_page("lesion", lang="en", cut="3,14", swap="4-5", scale="9:0.5")
    first, second = rows(page)
    assert first["lesion"] == second["lesion"]
    assert link(page) == {"lang": "en", "cut": "3,14", "swap": "4-5", "scale": "9:0.5"}


@pytest.mark.usefixtures("no_lab")
def test_a_shorter_network_beside_is_cut_as_far_on_and_the_page_says_so(open_page: Open) -> None:
    page = open_page("lesion", lang="en", beside="plain-20", cut="4,27", swap="5-6")
    assert deleted(page) == [[4, 27], [2, 9]]
    first, second = rows(page)
    assert first["lesion"]["order"]
    assert not second["lesion"]["order"]
    assert second["partners"] == [1, 5, 9, 10, 14, 18, 19, 23, 27]
    assert "So unit 2 of 27 of residual-56 goes with unit 2 of 9 of plain-20." in all_words(page)


@pytest.mark.usefixtures("no_lab")
def test_with_no_other_network_one_row_is_there(open_page: Open) -> None:
    page = open_page("lesion", lang="en", beside="none", cut="5")
    assert not page.exception
    assert deleted(page) == [[5]]
    assert rows(page)[0]["partners"] == []
    assert page.toggle[0].disabled


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("cut", "99", "Unit 99 of residual-56 was asked for, but it has 27 units"),
        ("cut", "<script>", "units written such as cut=3,14 would be right"),
        ("cut", ",".join(map(str, range(1, 28))), "leave one at least"),
        ("cut2", "28", "Unit 28 of plain-56 was asked for, but it has 27 units"),
        ("swap", "1-27", "they differ in shape"),
        ("scale", "5:99", "Scale 99"),
        ("mode", "burn", "mode 'burn', but there is no such choice"),
        ("together", "2", "together '2', but there is no such choice"),
        ("network", "residual-57", "network 'residual-57'"),
        ("beside", "0123456789abcdef", "beside '0123456789abcdef'"),
        ("beside", "residual-56", "beside 'residual-56'"),
    ],
)
def test_nonsense_in_a_link_is_a_sentence_and_the_bench_goes_on(
    open_page: Open, name: str, value: str, sentence: str
) -> None:
    page = open_page("lesion", **{"lang": "en", name: value})
    assert not page.exception
    (line,) = said(page)
    assert sentence in line
    assert deleted(page) == [[], []]
    assert link(page) == {"lang": "en"}


@pytest.mark.usefixtures("no_lab")
def test_the_network_beside_follows_and_the_lesion_stays_as_far_as_it_fits(
    open_page: Open,
) -> None:
    page = open_page("lesion", lang="en", cut="3,14")
    page.selectbox[0].set_value("residual-20").run()
    assert not page.exception
    assert [row["name"] for row in rows(page)] == ["residual-20", "plain-20"]
    assert deleted(page) == [[], []]  # it has no unit 14
    assert said(page) == []
    assert link(page) == {"lang": "en", "network": "residual-20"}
    page.selectbox[0].set_value("residual-56-pre-activation").run()
    assert len(rows(page)[0]["units"]) == 27
    assert said(page) == errors(page) == []


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(
    ("network", "beside"),
    [
        ("residual-56-pre-activation", "plain-56"),
        ("residual-56-stochastic-depth", "plain-56"),
        ("residual-20-seed-1", "plain-20"),
        ("residual-56-fashion", "plain-20-fashion"),
        ("plain-20", "residual-20"),
        ("vgg-14", "residual-20"),
    ],
)
def test_beside_a_network_stands_its_twin_or_the_nearest_in_depth(
    network: str, beside: str
) -> None:
    assert counterpart(trained.subject(network)) == beside


@pytest.mark.usefixtures("no_lab")
def test_only_of_a_pre_activation_network_it_is_said_that_its_first_unit_stays(
    open_page: Open,
) -> None:
    usual = given(open_page("lesion", lang="en"))["words"]["differ"]
    assert "pre-activation" not in usual
    found = given(open_page("lesion", lang="en", network="residual-56-pre-activation"))
    assert "nor the first of a pre-activation network" in found["words"]["differ"]


@pytest.mark.usefixtures("no_lab")
def test_buttons_delete_undo_and_restore(open_page: Open) -> None:
    page = open_page("lesion", lang="en")
    for gone in (1, 2, 3):
        press(page, "Delete a random one")
        first, second = deleted(page)
        assert len(first) == gone
        assert first == second
    three = deleted(page)
    press(page, "Undo")
    assert [len(one) for one in deleted(page)] == [2, 2]
    press(page, "Delete a random one")
    assert deleted(page) == three  # by how many are gone, not by chance
    press(page, "Restore all")
    assert deleted(page) == [[], []]
    assert link(page) == {"lang": "en"}
    press(page, "Undo")
    assert deleted(page) == three
    assert link(page) == {"lang": "en", "cut": ",".join(map(str, three[0]))}


@pytest.mark.usefixtures("no_lab")
def test_another_language_keeps_what_is_cut_and_what_can_be_undone(open_page: Open) -> None:
    page = open_page("lesion", lang="en")
    press(page, "Delete a random one")
    cut = deleted(page)
    (language,) = [one for one in page.button_group if one.label == "Language"]
    language.set_value("zh").run()
    assert not page.exception
    assert deleted(page) == cut
    assert link(page) == {"lang": "zh", "cut": str(cut[0][0])}
    (undo,) = [one for one in page.button if one.key == "lesion.undo"]
    undo.click().run()
    assert deleted(page) == [[], []]


@pytest.mark.usefixtures("no_lab")
def test_cut_apart_the_other_network_stays_whole_until_both_go_together_again(
    open_page: Open,
) -> None:
    page = open_page("lesion", lang="en", together=0)
    press(page, "Delete a random one")
    first, second = deleted(page)
    assert (len(first), second) == (1, [])
    page.toggle[0].set_value(True).run()
    assert deleted(page) == [first, first]


@pytest.mark.usefixtures("no_lab")
def test_the_last_unit_stays(open_page: Open) -> None:
    page = open_page("lesion", lang="en", cut=",".join(map(str, range(2, 28))))
    (button,) = [one for one in page.button if one.label == "Delete a random one"]
    assert button.disabled
    assert deleted(page) == [list(range(2, 28))] * 2


@pytest.mark.parametrize("text", ["", "null", "[]", '{"number": "x", "rows": []}', '{"rows": []}'])
def test_what_no_browser_says_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        Said.read(text)


def test_a_plan_that_cannot_be_is_refused() -> None:
    message = Said.read('{"number": 7, "rows": [{"deleted": [3, 3], "order": [], "scales": []}]}')
    assert message.number == 7
    with pytest.raises(SpecError, match="rising order"):
        message.lesions()


# With a lab.


def test_one_deleted_unit_costs_the_residual_network_little_and_its_plain_twin_nearly_all(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("lesion", lang="en", cut="14")
    assert not page.exception
    assert errors(page) == []
    residual, plain = rows(page)
    assert error(residual) - intact(residual) < 5
    assert error(plain) > 60
    assert "on 360 test images" in all_words(page)
    assert given(page)["game"] | {"question": "", "best": ""} == {
        "gone": 1,
        "counts": True,
        "question": "",
        "said": f"Cut: 1 of 27 units. Points lost: {error(residual) - intact(residual):.1f}.",
        "best": "",
        "aside": "",
    }
    for row in (residual, plain):
        classes = row["numbers"]["classes"]
        assert [one["name"] for one in classes] == [str(number) for number in range(10)]
        mean = sum(one["now"] for one in classes) / 10  # of 35 or 36 images each
        assert 100 * mean == pytest.approx(error(row), abs=1.5)


def test_the_numbers_with_nothing_cut_are_those_that_were_recorded(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("lesion", lang="en")
    for row, name in zip(rows(page), ("residual-56", "plain-56"), strict=True):
        recorded = f"{100 * load_trained_network(name).test_error:.1f} %"
        assert row["numbers"]["intact"] == row["numbers"]["now"] == recorded
        assert row["numbers"]["isIntact"]
    assert not given(page)["game"]["gone"]


def test_in_the_game_only_deletions_count_and_only_below_ten_points(
    lab: Keeper, open_page: Open
) -> None:
    def game(**lesion: str) -> dict[str, Any]:
        page = open_page("lesion", lang="en", beside="none", **lesion)
        found: dict[str, Any] = given(page)["game"]
        return found

    assert game(cut="14")["counts"]
    assert not game(cut="14", swap="15-16")["counts"]
    assert game(cut="14", scale="15:0.5")["aside"] == "Swapped or scaled units do not count."
    lost = game(cut="1,2,3,4,5,6,7,8,9")
    assert float(lost["said"].split(": ")[-1].removesuffix(".")) > 10
    assert not lost["counts"]


def test_another_order_is_measured_and_how_far_it_is_from_the_trained_one(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("lesion", lang="en", network="residual-20", swap="1-3")
    residual, plain = rows(page)
    # Three of 36 pairs stand the other way round.
    assert residual["numbers"]["tau"] == plain["numbers"]["tau"] == "Kendall's τ 0.833"
    assert error(residual) > intact(residual)


def test_a_branch_times_0_is_a_deleted_unit(lab: Keeper, open_page: Open) -> None:
    asked = {"lang": "en", "network": "residual-20", "beside": "none"}
    deleted_one = rows(open_page("lesion", **asked, cut="5"))[0]["numbers"]
    scaled_one = rows(open_page("lesion", **asked, scale="5:0"))[0]["numbers"]
    assert scaled_one == deleted_one


def test_a_plain_unit_times_0_is_not_a_deleted_one(lab: Keeper, open_page: Open) -> None:
    asked = {"lang": "en", "network": "plain-20", "beside": "none"}
    deleted_one = rows(open_page("lesion", **asked, cut="9"))[0]["numbers"]
    scaled_one = rows(open_page("lesion", **asked, scale="9:0"))[0]["numbers"]
    assert scaled_one["loss"] != deleted_one["loss"]


def test_a_run_of_this_lab_can_be_cut_and_a_file_that_was_tampered_with_is_refused(
    lab: Keeper, open_page: Open
) -> None:
    run = RunSpec(network=NetworkSpec(depth=14, width=2), train=TrainSpec(steps=30))
    train(lab, run)
    asked = {"lang": "en", "network": run.digest, "beside": "plain-20"}
    page = open_page("lesion", **asked, cut="1")
    assert not page.exception
    assert errors(page) == []
    own, beside = rows(page)
    assert own["name"] == "residual-14, width 2"
    assert 0 <= error(own) <= 100
    assert f"run `{run.digest}`" in all_words(page)

    record = lab.store.run(run.digest)
    assert record is not None
    weights = kept_weights(lab.store, record)
    whole = weights.path.read_bytes()
    for damaged, cut in ((whole[:-7], "2"), (whole[:-1] + bytes([whole[-1] ^ 1]), "3")):
        weights.path.write_bytes(damaged)
        page = open_page("lesion", **asked, cut=cut)
        assert not page.exception
        (sentence,) = errors(page)
        assert "The weights of residual-14 were asked for, but" in sentence
        own, beside = rows(page)
        assert own["numbers"]["now"] is None
        assert error(beside) > 60  # the other network goes on

    weights.path.write_bytes(whole)
    assert error(rows(open_page("lesion", **asked, cut="4"))[0]) <= 100

    weights.path.unlink()
    page = open_page("lesion", **asked)
    assert not page.exception
    assert any("it has left none, or they were removed" in one for one in errors(page))
    assert rows(page)[0]["name"] == "residual-56"
