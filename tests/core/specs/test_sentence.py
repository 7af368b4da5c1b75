import pickle
from dataclasses import FrozenInstanceError

import pytest

from resnet_core.specs.sentence import Sentence

ONE = Sentence("{a} of {b}", a=1, b="two")


def test_a_sentence_is_its_template_and_its_values():
    assert str(ONE) == "1 of two"
    assert (ONE.template, dict(ONE.values)) == ("{a} of {b}", {"a": 1, "b": "two"})
    assert str(Sentence("Nothing to fill in.")) == "Nothing to fill in."


def test_sentences_are_equal_when_both_parts_are():
    assert Sentence("{a} of {b}", a=1, b="two") == ONE
    assert Sentence("{a} of {b}", a=2, b="two") != ONE
    assert len({ONE, Sentence("{a} of {b}", a=1, b="two")}) == 1


def test_a_sentence_cannot_be_changed_and_can_be_sent():
    with pytest.raises(FrozenInstanceError):
        ONE.template = "other"
    assert pickle.loads(pickle.dumps(ONE)) == ONE
