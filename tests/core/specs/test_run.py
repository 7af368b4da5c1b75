from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec


def test_a_private_run_is_another_run_than_the_shared_one():
    shared, mine, yours = RunSpec(), RunSpec(owner="me"), RunSpec(owner="you")
    assert len({shared.digest, mine.digest, yours.digest}) == 3


def test_a_run_can_be_asked_for_with_plain_settings():
    asked = {"network": {"depth": 8}, "data": {"flip": True}, "train": {"steps": 5}}
    assert RunSpec.model_validate(asked) == RunSpec(
        network=NetworkSpec(depth=8), data=DataSpec(flip=True), train=TrainSpec(steps=5)
    )


def test_a_run_says_nothing_of_device_and_threads():
    assert set(RunSpec.model_fields) == {"network", "data", "train", "owner", "changes"}
