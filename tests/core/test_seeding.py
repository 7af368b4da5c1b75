import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from resnet_core.seeding import derive_seed

roles = st.lists(st.text() | st.integers(), max_size=4)


@given(st.integers(0, 2**31 - 1), roles)
def test_a_seed_is_one_that_pytorch_and_numpy_take(seed, role):
    assert 0 <= derive_seed(seed, *role) < 2**63


def test_equal_arguments_give_equal_seeds_in_every_process():
    code = "from resnet_core.seeding import derive_seed; print(derive_seed(3, 'weight', 'stem', 7))"
    environment = {"PYTHONHASHSEED": "12345"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert int(said.stdout) == derive_seed(3, "weight", "stem", 7)


def test_the_seeds_of_this_version_are_those_of_the_version_before():
    # Whoever changes this changes every number of every run: raise ``specs.plan.FORMAT``.
    assert derive_seed(0) == 3456079177858693020
    assert derive_seed(0, "weight", "stem.conv.weight") == 714967950722957591


def test_every_role_has_a_seed_of_its_own():
    seeds = {
        derive_seed(seed, role, number)
        for seed in range(10)
        for role in ("weight", "shuffle", "crop")
        for number in range(100)
    }
    assert len(seeds) == 3000


def test_the_number_of_a_step_is_not_mixed_up_with_the_seed():
    assert derive_seed(1, 12) != derive_seed(11, 2)
