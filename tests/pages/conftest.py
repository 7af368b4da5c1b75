"""Labs that pages have to do without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resnet_core.execute.client import LabClient, Status


@pytest.fixture
def no_lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No lab can be reached, none be started, and nothing is remembered of one that was there."""
    from pages.ui import asking, lab

    monkeypatch.setattr(asking, "_known_cuts", {})

    keeper = lab.Keeper()
    keeper.client = LabClient("sqlite:////nowhere/lab.sqlite", start=False)
    monkeypatch.setattr(lab, "keeper", keeper)
    yield
    keeper.end()


@pytest.fixture
def warming_lab(no_lab: None) -> None:
    """The lab was started, and is importing PyTorch."""
    from pages.ui import lab

    lab.keeper.status = Status(1, machine=None, slots=2, running=0, queued=0, trouble=None)
