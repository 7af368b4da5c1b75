from collections.abc import Mapping

import pytest

from resnet_core.specs import choices

TABLES = {
    name: table
    for name, table in vars(choices).items()
    if name.isupper() and isinstance(table, Mapping)
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@every_table
def test_every_row_has_a_label_and_a_source(table):
    assert all(row.label and row.source for row in table.values())


@every_table
def test_labels_of_one_table_differ(table):
    assert len({row.label for row in table.values()}) == len(table)


@every_table
def test_keys_can_stand_in_a_link_and_in_a_file_name(table):
    assert all(key.replace("-", "").isalnum() for key in table)


@every_table
def test_a_table_cannot_be_changed(table):
    with pytest.raises(TypeError):
        table["new"] = None


def test_a_probe_is_of_layers_or_of_units():
    assert {probe.of for probe in choices.PROBES.values()} == {"layer", "unit"}


def test_imported_is_no_name_of_a_data_set():
    assert choices.IMPORTED not in choices.DATASETS


def test_shortcuts_are_options_gated_or_dropped():
    assert {*choices.OPTIONS, *choices.GATED, "dropout"} == {*choices.SHORTCUTS}
    assert not {*choices.OPTIONS} & {*choices.GATED}
