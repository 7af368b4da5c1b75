"""What the server answers besides pages, asked as a browser asks."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from safetensors.numpy import load as load_safetensors

from pages.ui.lab import COOKIE, Keeper, public_name
from pages.ui.plotly_js import PLOTLY_PATH
from resnet_core.specs import DegradationStudy, RunSpec, TrainSpec
from tests.browsing import wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2
    from starlette.testclient import TestClient

STUDY = DegradationStudy(depths=(8,), width=2, train=TrainSpec(steps=30, evaluations=3))
DIGESTS = [run.digest for run in STUDY.runs]
UNKNOWN = "0" * 16


@pytest.fixture(scope="module")
def client(warm_lab: Keeper) -> Iterator[TestClient]:
    from app import app

    return TestClient(app)  # without its lifespan: the lab is the tests' own


@pytest.fixture(scope="module")
def increments(client: TestClient, warm_lab: Keeper) -> list[dict[str, Any]]:
    """What a chart is told while a small study is trained, question by question."""
    warm_lab.client.submit(STUDY.runs, visitor="a test")
    told: list[dict[str, Any]] = []

    def is_done() -> bool:
        since = told[-1]["cursor"] if told else -1
        answer = client.get(address(DIGESTS), params={"since": since})
        assert answer.status_code == 200
        told.append(answer.json())
        return bool(told[-1]["done"])

    wait_until(is_done)
    return told


def address(digests: list[str], view: str = "pair") -> str:
    return f"/api/live/{view}/{'~'.join(digests)}"


def replayed(told: list[dict[str, Any]]) -> dict[str, Any]:
    """What a chart shows after these answers; see ``chart.py``."""
    points: dict[str, dict[str, list[Any]]] = {}
    for answer in told:
        for uid, more in answer.get("append", {}).items():
            row = points.setdefault(uid, {name: [] for name in more})
            for name, values in more.items():
                row[name] = row[name] + values
        points |= {uid: dict(row) for uid, row in answer.get("replace", {}).items()}
    return {uid: row for uid, row in points.items() if row["x"]}


def test_the_increments_add_up_to_the_whole(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    whole = client.get(address(DIGESTS), params={"since": -1}).json()
    assert len(increments) > 1
    assert replayed(increments) == replayed([whole])
    assert len(replayed([whole])) >= 8  # two runs; error and loss; batches, training and test
    assert [answer["cursor"] for answer in increments] == sorted(
        answer["cursor"] for answer in increments
    )
    assert [answer["done"] for answer in increments[:-1]] == [False] * (len(increments) - 1)


def test_no_step_is_told_twice(increments: list[dict[str, Any]]) -> None:
    for row in replayed(increments).values():
        assert row["x"] == sorted(set(row["x"]))


def test_a_cursor_at_the_end_brings_nothing_new(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    cursor = increments[-1]["cursor"]
    answer = client.get(address(DIGESTS), params={"since": cursor}).json()
    assert not answer["append"]
    assert not answer["replace"]
    assert answer["done"]


def test_a_cursor_of_another_store_brings_everything(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    answer = client.get(address(DIGESTS), params={"since": 10**15}).json()
    assert replayed([answer]) == replayed(increments)


def test_cells_and_status_are_in_the_language_of_the_link(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    answer = client.get(address(DIGESTS, "study"), params={"since": -1, "lang": "en"}).json()
    assert [cell["label"] for cell in answer["cells"]] == ["plain-8", "residual-8"]
    assert [cell["progress"] for cell in answer["cells"]] == [1.0, 1.0]

    def status(language: str) -> str:
        asked = {"since": 0, "replay": 1, "lang": language}
        return str(client.get(address(DIGESTS, "study"), params=asked).json()["status"])

    assert status("en").startswith("Replay: ")
    assert status("zh") != status("en")
    assert status("xx") == status("en")


def test_a_study_is_told_with_its_points(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    answer = client.get(address(DIGESTS, "study"), params={"since": -1}).json()
    assert answer["replace"]["plain:train"]["x"] == [8]
    assert answer["replace"]["residual:test"]["x"] == [8]


def test_a_replay_ends_with_the_whole(client: TestClient, increments: list[dict[str, Any]]) -> None:
    cursor, seen = -1, []
    while True:
        answer = client.get(
            address(DIGESTS), params={"since": cursor, "replay": 1, "lang": "en"}
        ).json()
        assert answer["status"].startswith("Replay:")
        seen.append(sum(len(row["x"]) for row in answer["replace"].values()))
        cursor = answer["cursor"]
        if answer["done"]:
            break
    assert seen == sorted(seen)
    assert replayed([answer]) == replayed(increments)


def test_known_runs_are_told_beside_unknown_ones(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    answer = client.get(address([UNKNOWN, *DIGESTS])).json()
    assert [cell["id"] for cell in answer["cells"]] == DIGESTS


def test_many_runs_can_be_asked_for_at_once(
    client: TestClient, increments: list[dict[str, Any]]
) -> None:
    many = [f"{number:016x}" for number in range(399)]
    assert client.get(address([*DIGESTS, *many])).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        address([UNKNOWN]),
        address([UNKNOWN] * 1000),
        address(["nonsense"]),
        address([DIGESTS[0] + "x"]),
        address([DIGESTS[0].upper() + "G"]),
        address(DIGESTS, view="landscape"),
        address(DIGESTS) + "?since=soon",
        address(DIGESTS) + "?since=" + "9" * 400,
        address(DIGESTS) + "?since=1.5",
        address(DIGESTS) + "?since=",
        address([UNKNOWN]) + "?replay=1",
        f"/api/runs/{UNKNOWN}/metrics.csv",
        f"/api/runs/{UNKNOWN}/weights.safetensors",
        "/api/runs/nonsense/weights.safetensors",
    ],
)
def test_nonsense_is_not_found(client: TestClient, increments: object, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_live_answers_are_not_kept_by_browsers(client: TestClient, increments: object) -> None:
    for url in (address(DIGESTS), address([UNKNOWN]), "/healthz"):
        assert client.get(url).headers["cache-control"] == "no-store"


def test_metrics_are_complete(client: TestClient, increments: list[dict[str, Any]]) -> None:
    answer = client.get(f"/api/runs/{DIGESTS[0]}/metrics.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"plain-8-{DIGESTS[0]}.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    batches = [row for row in rows if row["kind"] == "batches"]
    evaluations = [row for row in rows if row["kind"] == "evaluation"]
    assert int(batches[-1]["step"]) == 30
    assert [int(row["step"]) for row in evaluations] == [10, 20, 30]
    shown = replayed(increments)
    (curve,) = [uid for uid in shown if DIGESTS[0] in uid and "batch" in uid and "error" in uid]
    assert [int(row["step"]) for row in batches] == shown[curve]["x"]
    for row in rows:
        assert 0 <= float(row["error"]) <= 1
        assert float(row["loss"]) >= 0
        assert float(row["seconds"]) > 0
    for row in evaluations:
        assert 0 <= float(row["test_error"]) <= 1


def test_weights_are_those_of_the_network(client: TestClient, increments: object) -> None:
    from resnet_core.nets import build_network

    run: RunSpec = STUDY.runs[1]
    answer = client.get(f"/api/runs/{run.digest}/weights.safetensors")
    assert f'filename="{run.digest}.safetensors"' in answer.headers["content-disposition"]
    weights = load_safetensors(answer.content)
    network = build_network(run.network, channels=1, classes=10, seed=0)
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert {name: array.shape for name, array in weights.items()} == wanted


def test_health(client: TestClient) -> None:
    answer = client.get("/healthz").json()
    assert answer["server"] == "ok"
    assert answer["lab"] == "ok"
    assert answer["machine"]["device"] in ("cpu", "cuda", "mps")


def test_a_browser_gets_one_cookie_with_its_first_page(client: TestClient) -> None:
    client.cookies.clear()
    given = client.get("/degradation").headers.get_list("set-cookie")
    (cookie,) = [text for text in given if COOKIE in text]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert len(re.match(rf"{COOKIE}=([\w-]+);", cookie)[1]) >= 20  # type: ignore[index]
    assert COOKIE not in client.get("/").headers.get("set-cookie", "")
    assert COOKIE not in client.get("/twins").headers.get("set-cookie", "")
    client.cookies.clear()
    assert cookie not in client.get("/").headers.get_list("set-cookie")


def test_what_others_see_of_a_cookie_is_always_the_same_and_not_the_cookie() -> None:
    assert public_name("a cookie") == public_name("a cookie")
    assert public_name("a cookie") != public_name("another")
    assert re.fullmatch(r"[0-9a-f]{12}", public_name("a cookie"))


def test_a_path_out_of_the_folder_of_runs_leads_nowhere(client: TestClient) -> None:
    for path in ("..%2F..%2Flab", "%2e%2e%2flab", "..%5Clab"):
        for file in ("metrics.csv", "weights.safetensors"):
            assert client.get(f"/api/runs/{path}/{file}").status_code in (400, 404)


@pytest.mark.parametrize(
    "url", ["/healthz", "/_stcore/health", address(DIGESTS), "/" + PLOTLY_PATH]
)
def test_only_pages_bring_a_cookie(client: TestClient, increments: object, url: str) -> None:
    client.cookies.clear()
    assert COOKIE not in client.get(url).headers.get("set-cookie", "")
