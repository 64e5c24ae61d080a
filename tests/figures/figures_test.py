"""What the plots show. How they look must be judged by eye."""

import dataclasses

import numpy as np
import pytest

from ednas_tf.analysis import op_names, policies, trainings
from ednas_tf.figures import (
    colours,
    figures,
    gains_figure,
    policy_figure,
    progress_figure,
    sampling_figure,
    short_figure,
    style,
    tables,
    time_figure,
)
from tests.analysis import histories, short_histories

SPACES = {
    "small": histories.SMALL,
    "recurrent": histories.RECURRENT,
    "uneven": histories.UNEVEN,
}


@pytest.fixture(params=SPACES)
def found(request):
    space = SPACES[request.param]
    return policies.Policies(space, histories.arrays(space, 7))


@pytest.fixture(params=SPACES)
def sampled(request):
    """Few samples without probabilities, so that edges are left out."""
    space = SPACES[request.param]
    arrays = histories.arrays(space, 7, steps=1, marginals=False)
    return policies.Policies(space, arrays)


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_a_colour_means_the_same_probability_everywhere(found):
    table = tables.operations(found, found.space.cell_types[0])
    np.testing.assert_array_equal(table.shares(), table.values)
    assert table.ends() == ("0", "1")


def test_effects_have_one_scale_that_is_as_wide_on_both_sides():
    space = histories.SMALL
    arrays = histories.arrays(space, 3, effects=True)
    table = tables.effects(policies.Policies(space, arrays), "normal")
    low, high = table.limits
    assert low == -high == -np.abs(table.values).max()
    shares = table.shares()
    assert shares.min() >= 0 and shares.max() <= 1
    # No effect is in the middle.
    np.testing.assert_allclose(shares[table.values == 0], 0.5)


def test_operations_can_be_scaled_within_a_node(found):
    cell_type = found.space.cell_types[0]
    table = tables.operations(found, cell_type)
    values, shares = table.values[-1], table.shares(within_nodes=True)[-1]
    for node in range(found.space.num_nodes):
        own = table.node == node
        low, high = values[own].min(), values[own].max()
        expected = (values[own] - low) / (high - low)
        np.testing.assert_allclose(shares[own], expected, atol=1e-6)
    assert table.rows[0][1] == f"0->{found.space.num_inputs}"


def test_what_is_all_the_same_in_a_node_is_in_the_middle():
    space = histories.SMALL
    found = policies.Policies(space, histories.arrays(space, 1, strength=0))
    table = tables.operations(found, "normal")
    assert set(table.shares(within_nodes=True).ravel()) == {0.5}


def test_squares_do_not_lie_on_each_other():
    space = histories.convolutional.convolutional(nodes=7)
    found = policies.Policies(space, histories.arrays(space, 1, steps=1))
    table = tables.structure(found, "normal")
    places = np.stack([table.x, table.y], -1)
    distance = np.abs(places[:, None] - places).max(-1)
    assert (distance + np.eye(len(places)) >= 1 - 1e-9).all()
    assert table.width <= 10
    assert len(table.captions) == 1 + 3 + 6 + 10 + 15 + 21 + 28


def test_a_table_has_its_numbers(found):
    cell_type = found.space.cell_types[-1]
    table = tables.operations(found, cell_type)
    figure = policy_figure.draw(table, [0, 7])
    start, end, _ = figure.axes
    assert {"0", "1"} <= {text.get_text() for text in figure.texts}
    assert texts(end) == [style.number(p) for p in table.values[-1]]
    assert len(set(texts(start))) == 1
    assert [label.get_text() for label in end.get_xticklabels()] == [
        op_names.short(op) for op in found.space.ops
    ]


def test_numbers():
    assert [style.number(p) for p in (0, 0.143, 0.99, 0.999)] == [
        *(".00", ".14", ".99", "1")
    ]


def test_letters_can_be_read_on_every_amount():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            c / 12.92 if c < 0.04 else ((c + 0.055) / 1.055) ** 2.4
            for c in parts
        ]
        return np.dot(linear, (0.2126, 0.7152, 0.0722))

    for share in np.linspace(0, 1, 50):
        (ground,) = style.amount([share])
        two = sorted(map(luminance, (ground, style.on_amount(share))))
        assert (two[1] + 0.05) / (two[0] + 0.05) > 4.4, share
    for op in (*histories.CONVOLUTIONAL.ops, *histories.RECURRENT.ops):
        assert 1.05 / (luminance(colours.letters(op)) + 0.05) > 4.5, op


def test_stacked_bars_are_all_that_was_sampled(found):
    cell_type = found.space.cell_types[0]
    figure = sampling_figure.operations(found, cell_type, every=3)
    axis, expected = figure.axes[0], found.counts[:, :, 0].sum((0, 1, 2))
    tops = np.zeros(len(found.space.ops))
    assert len(axis.containers) == 3
    for part in axis.containers:
        tops += [bar.get_height() for bar in part]
    assert tops.tolist() == expected.tolist()
    labels = [text.get_text() for text in figure.legends[0].texts]
    assert labels == ["7", "4–6", "1–3"]


def test_parts_of_the_search_add_up(found):
    cell_type = found.space.cell_types[-1]
    whole = sampling_figure.sums(found, cell_type, every=7)
    parts = sampling_figure.sums(found, cell_type, every=2)
    assert len(whole) == 1 and len(parts) == 4
    np.testing.assert_array_equal(whole[0], parts.sum(0))


def test_edges_over_time_have_a_line_for_each_operation(found):
    cell_type = found.space.cell_types[0]
    figure = time_figure.operations(found, cell_type)
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert len(shown) == len(found.space.edges)
    line = shown[1].lines[2]
    expected = found.operations(cell_type)[:, 1, 2]
    np.testing.assert_allclose(line.get_ydata(), expected)


def test_lines_have_few_points():
    rows = time_figure.shown_rows(5000)
    assert len(rows) == 100 and rows[0] == 0 and rows[-1] == 4999
    assert time_figure.shown_rows(3).tolist() == [0, 1, 2]


def test_inputs_over_time_leave_out_what_has_no_choice(found):
    figure = time_figure.structure(found, found.space.cell_types[0])
    shown = [axis for axis in figure.axes if axis.get_visible()]
    nodes = range(found.space.num_nodes)
    choices = [len(found.space.edge_choices(node)) for node in nodes]
    assert len(shown) == sum(count > 1 for count in choices)


def test_progress_shows_the_rewards(found):
    above, below = progress_figure.draw(found).axes
    mean = next(line for line in above.lines if line.get_label() == "mean")
    np.testing.assert_allclose(mean.get_ydata(), found.rewards.mean(-1))
    assert below.lines[0].get_ydata()[0] == pytest.approx(1)


def test_gains_have_a_row_for_each_operation_and_edge(found):
    figure = gains_figure.draw(found, found.space.cell_types[0], "accuracy")
    assert figure.axes[-1].get_xlabel() == "difference in reward (accuracy)"
    above, below = figure.axes
    assert len(above.get_yticklabels()) == len(found.space.ops)
    assert len(below.get_yticklabels()) == len(found.space.edges)
    assert figure.get_suptitle().endswith("reward, with 95 % confidence")


def test_gains_without_independent_draws_are_points():
    arrays = histories.arrays(histories.SMALL, 7, marginals=False)
    adapted = policies.Policies(histories.SMALL, arrays)
    figure = gains_figure.draw(adapted, "normal", "accuracy")
    assert figure.get_suptitle().endswith("cell: gain in reward")
    assert np.isnan(figure.axes[0].lines[1].get_xdata()).all()


def test_tables_of_what_was_sampled(sampled):
    cell_type = sampled.space.cell_types[0]
    table = tables.operations(sampled, cell_type)
    assert table.title.endswith("operations of each edge, as sampled")
    figure = policy_figure.draw(table, [7])
    unknown = np.isnan(table.values[-1])
    assert unknown.any() and not unknown.all()
    shown = texts(figure.axes[0])
    assert [text == "–" for text in shown] == unknown.tolist()
    np.testing.assert_array_equal(np.isnan(table.shares()[-1]), unknown)
    assert style.amount([np.nan]) == [style.UNKNOWN]


def test_effects_are_drawn_with_their_errors():
    space = histories.SMALL
    arrays = histories.arrays(space, 2, effects=True)
    found = policies.Policies(space, arrays)
    table = tables.effects(found, "normal")
    effects = arrays["effects/operations/normal"][-1].ravel()
    shown = texts(policy_figure.draw(table, [2]).axes[0])
    # Two digits of the error.
    assert shown[::2] == ["±0.010"] * effects.size
    assert shown[1::2] == [style.signed(effect, 3) for effect in effects]
    names = {name for name, *_ in figures.figures(found, "accuracy")}
    assert {"effects_normal", "effects_reduction"} <= names


def test_differences():
    values = (0.126, -0.00281, 0.0, 1.26, 12.0)
    assert [style.signed(value, 2) for value in values] == [
        *("+.13", "-.00", "+.00", "+1.26", "+12.00")
    ]
    assert style.signed(-3.4, 0) == "-3"


def test_lines_pass_over_what_was_not_sampled(sampled):
    cell_type = sampled.space.cell_types[0]
    figure = time_figure.operations(sampled, cell_type)
    edges = sampled.operations(cell_type)[..., 0].T
    assert np.isnan(edges).any()
    for axis, values in zip(figure.axes, edges, strict=False):
        known = values[np.isfinite(values)]
        np.testing.assert_allclose(axis.lines[0].get_ydata(), known)


def test_progress_without_baseline(sampled):
    above, below = progress_figure.draw(sampled).axes
    labels = above.get_legend_handles_labels()[1]
    assert labels == ["10 to 90 %", "mean"]
    assert below.get_title(loc="left").startswith("Variety of sampled choices")
    assert len(below.lines) == 2 * len(sampled.space.cell_types)
    for line in below.lines:
        assert np.isfinite(line.get_ydata()).all()


def test_a_space_without_a_choice_of_inputs_has_no_figures_of_them():
    space = histories.FULL
    found = policies.Policies(space, histories.arrays(space, 2))
    names = {name for name, *_ in figures.figures(found, "accuracy")}
    names |= {name for name, _ in figures.policy_tables(found)}
    assert {"time_operations_cell", "policy_operations_cell"} <= names
    assert not [name for name in names if "inputs" in name]
    assert len(gains_figure.draw(found, "cell", "accuracy").axes) == 1


def test_a_space_without_any_choice_can_be_drawn():
    space = histories.recurrent.recurrent(1, ("tanh",))
    found = policies.Policies(space, histories.arrays(space, 1))
    _, below = progress_figure.draw(found).axes
    assert below.get_legend() is None


def test_policy_tables_without_probabilities_begin_with_epoch_1(sampled):
    name, figure = next(figures.policy_tables(sampled))
    assert name.startswith("policy_operations_")
    shown = [text.get_text() for text in figure.texts]
    assert shown[:3] == ["epoch 1", "epoch 3", "epoch 7"]


def test_every_operation_of_a_plot_has_a_line_of_its_own():
    ops = ("shift", "sep_conv_3x3", "sep_conv_5x5", "swish", "conv_3x3")
    ops = (*ops, "none", "conv_1x1", "sep_conv_7x7")
    lines = dict(zip(ops, colours.lines(ops), strict=True))
    assert len(set(lines.values())) == len(ops)
    assert lines["sep_conv_3x3"] == (colours.BLUE, "-")
    assert lines["sep_conv_5x5"][0] == lines["sep_conv_7x7"][0] == colours.BLUE
    assert lines["shift"][0] != lines["swish"][0]


def test_many_cell_types_all_have_a_line():
    space = dataclasses.replace(histories.UNEVEN, cell_types=tuple("abcdefgh"))
    found = policies.Policies(space, histories.arrays(space, 1))
    _, below = progress_figure.draw(found).axes
    assert len(below.get_legend_handles_labels()[1]) == 16


def test_short_trainings_are_lines_from_rung_to_rung():
    done = short_histories.trainings_of(histories.SMALL)
    (result, *_) = (
        each.genotype for each in done if each.purpose == trainings.CONFIRMATION
    )
    figure = short_figure.draw(done, result)
    for axis, name in zip(figure.axes, ("loss", "reward"), strict=True):
        lines = {line.get_label(): line for line in axis.lines}
        assert list(lines) == [
            *("drawn at random", "from the search with shared weights"),
            *("from the searcher", "result"),
            *("random, for the verdict", "result, for the verdict"),
        ]
        own = [
            getattr(each, name)
            for each in done
            if (each.genotype, each.purpose) == (result, trainings.RUNG)
        ]
        assert list(lines["result"].get_ydata()) == own
        assert list(lines["result"].get_xdata()) == [50, 100, 200]
        assert len(lines["random, for the verdict"].get_xdata()) == 4
        assert axis.get_xscale() == "log"
        assert list(axis.get_xticks()) == [50, 100, 200]


@pytest.mark.parametrize("is_narrow", [False, True])
def test_marks_of_the_verdict_stand_in_columns_of_their_own(is_narrow):
    done = short_histories.trainings_of(histories.SMALL)
    figure = short_figure.draw(done, done[0].genotype, is_narrow)
    figure.draw_without_rendering()
    for axis in figure.axes:
        lines = {line.get_label(): line for line in axis.lines}
        names = "result, for the verdict", "random, for the verdict"
        places = [lines[name].get_xdata()[0] for name in names]
        right, left, rung = axis.transData.transform(
            [(x, 1) for x in (*places, 200)]
        )[:, 0]
        size = lines[names[0]].get_markersize() * figure.dpi / 72
        assert right - left > size and left - rung > size
        assert axis.bbox.x1 - right > size / 2


def test_the_first_short_training_can_be_drawn():
    done = short_histories.trainings_of(histories.SMALL)[:1]
    figure = short_figure.draw(done, None)
    assert [len(axis.lines) for axis in figure.axes] == [1, 1]
