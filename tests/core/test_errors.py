import copy
import json
import pickle

import pytest

from resnet_core.errors import (
    ERRORS,
    LimitError,
    ResNetLabError,
    SpecError,
    from_message,
    to_message,
)

every_error = pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS)


@pytest.fixture
def error():
    return SpecError("Depth {depth} was asked for, take {right}.", depth=9, right="'A'")


def test_an_error_is_its_filled_sentence(error):
    assert str(error) == "Depth 9 was asked for, take 'A'."


def test_template_and_values_stay_apart_for_the_translator(error):
    assert error.template == "Depth {depth} was asked for, take {right}."
    assert error.values == {"depth": 9, "right": "'A'"}


def test_a_value_with_braces_is_not_filled_again():
    assert str(SpecError("{text} was asked for.", text="{depth}")) == "{depth} was asked for."


@every_error
def test_every_error_is_a_resnet_lab_error(kind):
    assert issubclass(kind, ResNetLabError)


def test_the_table_holds_every_error_under_its_name():
    def below(kind):
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    assert {kind.__name__: kind for kind in below(ResNetLabError)} == dict(ERRORS)


@every_error
def test_every_error_survives_json(kind):
    error = kind("{n} runs were asked for.", n=3)
    back = from_message(json.loads(json.dumps(to_message(error))))
    assert type(back) is kind
    assert (str(back), back.template, back.values) == (str(error), error.template, error.values)


@pytest.mark.parametrize("carry", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_being_copied_and_sent_to_another_process(carry):
    error = carry(LimitError("{n} runs were asked for.", n=3))
    assert isinstance(error, LimitError)
    assert str(error) == "3 runs were asked for."
    assert error.values == {"n": 3}
