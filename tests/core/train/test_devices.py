import pytest
import torch

from resnet_core.train import choose_device, device_name


def test_the_device_chosen_is_one_that_computes():
    device = choose_device()
    assert torch.ones(2, device=device).sum().item() == 2


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_cuda_comes_before_mps_before_the_cpu(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device() == chosen


def test_the_cpu_has_a_name():
    assert device_name("cpu").strip()
