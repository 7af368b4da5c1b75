"""What visitors may ask for: sense, near misses, and nonsense of every type."""

from __future__ import annotations

from itertools import product

from hypothesis import strategies as st

from resnet_core.specs import (
    ACTIVATIONS,
    BLOCKS,
    DATASETS,
    FAMILIES,
    INITIALISATIONS,
    JOINS,
    NETWORKS,
    NORMALISATIONS,
    ORDERS,
    SCHEDULES,
    SHORTCUTS,
    Change,
    DataSpec,
    DegradationStudy,
    NetworkSpec,
    OrderStudy,
    Plan,
    RunSpec,
    ScaleStudy,
    ShortcutStudy,
    SuspectStudy,
    TrainSpec,
    UnitSpec,
    cifar_depths,
)
from resnet_core.specs.changes import in_order
from resnet_core.specs.choices import IMPORTED
from resnet_core.specs.network import REQUIRED, SCALARS

PLANS: list[type[Plan]] = [
    NetworkSpec,
    DataSpec,
    TrainSpec,
    Change,
    RunSpec,
    DegradationStudy,
    UnitSpec,
    SuspectStudy,
    ScaleStudy,
    ShortcutStudy,
    OrderStudy,
]

TABLES = {
    "family": FAMILIES,
    "block": BLOCKS,
    "join": JOINS,
    "shortcut": SHORTCUTS,
    "order": ORDERS,
    "activation": ACTIVATIONS,
    "normalisation": NORMALISATIONS,
    "initialisation": INITIALISATIONS,
}
"""What a network is chosen from, by setting."""

KEYS = [
    *(key for table in (*TABLES.values(), SCHEDULES) for key in table),
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


def combinations(*settings: str) -> list[dict[str, str]]:
    """List every combination of some of a residual network's settings that can be built."""
    found = []
    for keys in product(*(TABLES[setting] for setting in settings)):
        chosen = dict(zip(settings, keys, strict=True))
        needed = REQUIRED.get(chosen["initialisation"], ())
        usual = NetworkSpec()
        if all(chosen.get(f, getattr(usual, f)) in right for _, f, right in needed):
            found.append(chosen)
    return found


def network(block_and_depth: tuple[str, int], initialisation: str, **rest: object) -> NetworkSpec:
    """Build a CIFAR network, with what its initialisation is made for; else from He's."""
    block, depth = block_and_depth
    required = REQUIRED.get(initialisation, ())
    if any(field == "block" and block not in right for _, field, right in required):
        initialisation, required = "he", ()
    needed = {
        field: right[0]
        for _, field, right in required
        if field != "block" and rest[field] not in right
    }
    return NetworkSpec.model_validate(
        {**rest, **needed, "block": block, "depth": depth, "initialisation": initialisation}
    )


chosen = {key: st.sampled_from([*table]) for key, table in TABLES.items()}
networks = st.builds(
    network,
    st.sampled_from([(block, depth) for block in BLOCKS for depth in cifar_depths(block)]),
    width=st.integers(1, 64),
    **{key: values for key, values in chosen.items() if key not in ("family", "block")},
    **{key: st.just(NetworkSpec.added[key]) | st.floats(*ends) for key, ends in SCALARS.items()},
) | st.sampled_from([one for one in NETWORKS.values() if one.family not in ("wide", "vgg")])
wide_networks = st.builds(
    lambda **settings: NetworkSpec.model_validate({"family": "wide", **settings}),
    depth=st.sampled_from(range(10, 80, 6)),
    width=st.integers(1, 12),
    activation=chosen["activation"],
    normalisation=chosen["normalisation"],
    initialisation=st.sampled_from([key for key in INITIALISATIONS if key not in REQUIRED]),
)
vggs = st.builds(
    lambda **settings: NetworkSpec.model_validate({"family": "vgg", **settings}),
    depth=st.sampled_from(range(8, 80, 3)),
    width=st.integers(1, 12),
    activation=chosen["activation"],
    normalisation=chosen["normalisation"],
    initialisation=st.sampled_from([key for key in INITIALISATIONS if key not in REQUIRED]),
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
    probes=st.integers(0, 1000),
)


def changes_of(train: TrainSpec) -> st.SearchStrategy[tuple[Change, ...]]:
    """Give what may be planned to be changed of a training."""
    after = st.integers(0, train.steps - 1)
    scale = st.builds(Change, step=after, value=st.floats(-1, 2), over=st.integers(0, 10**6))
    rate = st.builds(Change, step=after, what=st.just("learning_rate"), value=st.floats(1e-6, 100))
    return st.lists(scale | rate, max_size=4).map(in_order)


runs = trainings.flatmap(
    lambda train: st.builds(
        RunSpec,
        network=networks | vggs,
        data=datas,
        train=st.just(train),
        owner=st.none() | st.text(max_size=9),
        changes=changes_of(train),
    )
)
