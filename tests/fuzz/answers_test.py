"""Answers of servers, and values of TF_CONFIG, that anybody may send."""

import json

import hypothesis
import pytest
from hypothesis import strategies as st
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2

from ednas_tf import cluster, errors
from ednas_tf.client import predictions, serving_grpc, text_client
from ednas_tf.client.predictions import OutputMismatchError
from tests.fuzz.harness import MORE
from tests.fuzz.parts import mutated


def examples(count):
    return hypothesis.settings(
        max_examples=count * max(MORE, 1),
        derandomize=not MORE,
        database=None,
        # Milliseconds for each; the machine may have other things to do.
        deadline=5000,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


NUMBERS = st.sampled_from(
    [0, 1, 0.5, -1, 2, 10**400, -(10**400), 1e308, 1e-320, True, False]
    + [float("nan"), float("inf"), -float("inf"), -0.0, 2**63]
)
VALUES = st.recursive(
    NUMBERS
    | st.sampled_from([None, "", "a", b"a", b"\xff", "\x1b[2J", "x" * 9999])
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=12,
)


@pytest.mark.parametrize("names", [None, ["a", "b"]])
def test_predictions(names):
    good = {"probabilities": [[0.25, 0.75]], "classes": [1], "labels": ["b"]}

    @examples(400)
    @hypothesis.given(
        st.sampled_from(sorted(good)),
        VALUES | st.lists(VALUES, min_size=1, max_size=1),
        st.booleans(),
    )
    def each(name, value, drop):
        outputs = good | {name: value}
        if drop:
            del outputs[name]
        try:
            (line,) = predictions.lines(outputs, 1, 3, names)
        except OutputMismatchError as error:
            assert errors.one_line(str(error)).isprintable()
            assert len(str(error)) < 1000
        else:
            assert errors.one_line(line).isprintable()

    each()


@examples(400)
@hypothesis.given(
    st.sampled_from(["probabilities", "state"]),
    VALUES | st.lists(VALUES, min_size=1, max_size=1),
)
def test_answers_for_a_text(name, value):
    good = {"probabilities": [[0.25, 0.75]], "state": [[0.5, -1]]}
    try:
        text_client.checked(good | {name: value}, 2)
    except OutputMismatchError as error:
        assert len(str(error)) < 1000


SIZES = st.sampled_from([0, 1, 2, 3, -1, 4 * 10**8, 2**40, 2**63 - 1])


@st.composite
def tensors(draw):
    """A tensor whose type, shape and values need not fit."""
    kind = draw(st.sampled_from([1, 3, 7, 9]) | st.integers(0, 120))
    made = tensor_pb2.TensorProto(dtype=kind)
    for size in draw(st.lists(SIZES, max_size=4)):
        made.tensor_shape.dim.add().size = size
    made.tensor_shape.unknown_rank = draw(st.booleans())
    field = draw(
        st.sampled_from(["float_val", "int64_val", "string_val", "half_val"])
    )
    value = b"x" if field == "string_val" else 1
    getattr(made, field).extend([value] * draw(st.integers(0, 4)))
    made.tensor_content = draw(st.sampled_from([b"", b"1234", b"12345678"]))
    return made


@st.composite
def messages(draw):
    answer = predict_pb2.PredictResponse()
    for name in ("probabilities", "labels"):
        answer.outputs[name].CopyFrom(draw(tensors()))
    content = answer.SerializeToString()
    return draw(st.just(content) | mutated(content) | st.binary(max_size=50))


@examples(500)
@hypothesis.given(messages())
def test_messages_of_grpc(content):
    try:
        serving_grpc.outputs(content)
    except ValueError as error:
        assert errors.first_line(error)


TASKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["worker", "chief", "ps", 1, None, ["worker"]])},
    optional={"index": NUMBERS | st.sampled_from([None, "0", [0]])},
)
ADDRESSES = st.sampled_from(["a:1", "b:2", "[::1]:3", "a", ":", "", 1, None])
CLUSTERS = st.dictionaries(
    st.sampled_from(["worker", "chief", "ps", "evaluator", ""]),
    st.lists(ADDRESSES, max_size=3) | VALUES,
    max_size=3,
)


@examples(400)
@hypothesis.given(
    st.fixed_dictionaries(
        {"cluster": CLUSTERS | VALUES, "task": TASKS | VALUES}
    )
)
def test_tf_config(found):
    text = json.dumps(found, default=str)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CONFIG", text)
        try:
            process = cluster.this_process()
        except errors.RequestError as error:
            assert str(error).startswith("TF_CONFIG: expected ")
        else:
            assert 0 <= process.number < process.count


@examples(100)
@hypothesis.given(mutated(b'{"cluster":{"worker":["a:1"]},"task":{}}'))
def test_tf_config_that_is_no_json(content):
    text = content.decode("utf-8", "replace").replace("\0", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CONFIG", text)
        with pytest.raises(errors.RequestError):
            cluster.this_process()
