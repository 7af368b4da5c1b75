"""What visitors may ask for: sense, near misses, and nonsense of every type."""

from __future__ import annotations

from hypothesis import strategies as st

from resnet_core.specs import (
    BLOCKS,
    DATASETS,
    FAMILIES,
    JOINS,
    NETWORKS,
    ORDERS,
    SCHEDULES,
    SHORTCUTS,
    DataSpec,
    DegradationStudy,
    NetworkSpec,
    Plan,
    RunSpec,
    TrainSpec,
    UnitSpec,
    cifar_depths,
)
from resnet_core.specs.choices import IMPORTED

PLANS: list[type[Plan]] = [NetworkSpec, DataSpec, TrainSpec, RunSpec, DegradationStudy, UnitSpec]

KEYS = [
    *(key for table in (BLOCKS, FAMILIES, JOINS, ORDERS, SCHEDULES, SHORTCUTS) for key in table),
    *DATASETS,
    IMPORTED,
    *NETWORKS,
    "0123456789abcdef",
    "A ",
    "Residual",
]

sense = (
    st.sampled_from(KEYS)
    | st.sampled_from([8, 9, 18, 20, 50, 1202, 1203])
    | st.integers(-2, 200)
    | st.floats(0, 2)
    | st.booleans()
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**4000), 2**63, "9" * 5000, "\ud800", "{name}", "nan", -0.0])
    | st.floats()
    | st.text(max_size=80)
    | st.binary(max_size=8)
    | st.complex_numbers()
)
anything = sense | st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.sets(st.integers(), max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def asked(plan: type[Plan]) -> st.SearchStrategy[dict[object, object]]:
    """Give settings for a plan: some of its own, with any value, and at times a strange one."""
    own = st.fixed_dictionaries({}, optional=dict.fromkeys(plan.model_fields, anything))
    more = st.just({}) | st.dictionaries(st.text(max_size=8) | st.integers(), anything, max_size=1)
    return st.tuples(own, more).map(lambda pair: {**pair[0], **pair[1]})


networks = st.builds(
    lambda depth, **rest: NetworkSpec(depth=depth, **rest),
    depth=st.sampled_from(cifar_depths()),
    join=st.sampled_from([*JOINS]),
    shortcut=st.sampled_from([*SHORTCUTS]),
    order=st.sampled_from([*ORDERS]),
    width=st.integers(1, 64),
) | st.sampled_from([network for network in NETWORKS.values() if network.family != "wide"])
wide_networks = st.builds(
    lambda depth, width: NetworkSpec(family="wide", depth=depth, width=width),
    depth=st.sampled_from(range(10, 80, 6)),
    width=st.integers(1, 12),
)
datas = st.builds(
    DataSpec,
    dataset=st.sampled_from([*DATASETS]),
    train_images=st.none() | st.integers(10, 1437),
    image_size=st.none() | st.integers(4, 8),
    crop_padding=st.integers(0, 16),
    flip=st.booleans(),
)
trainings = st.builds(
    TrainSpec,
    steps=st.integers(1, 1_000_000),
    batch_size=st.integers(2, 4096),
    learning_rate=st.floats(1e-6, 100),
    momentum=st.floats(0, 0.999),
    weight_decay=st.floats(0, 1),
    schedule=st.sampled_from([*SCHEDULES]),
    evaluations=st.integers(1, 1000),
    seed=st.integers(0, 2**31 - 1),
)
runs = st.builds(
    RunSpec, network=networks, data=datas, train=trainings, owner=st.none() | st.text(max_size=9)
)
