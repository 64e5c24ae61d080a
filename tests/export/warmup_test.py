import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from ednas_tf.export import warmup

IMAGES = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 8, 8, 1)
REQUESTS = [
    ("serving_default", {"images": IMAGES}),
    ("encoded", {"encoded_images": [b"\x00one", b"two"]}),
]


def test_tensorflow_servings_own_message_can_read_the_file(tmp_path):
    warmup.write(tmp_path, "digits", REQUESTS)
    file = tmp_path / "assets.extra/tf_serving_warmup_requests"
    raw, encoded = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(file))
    ]
    for log, signature in ((raw, "serving_default"), (encoded, "encoded")):
        assert log.WhichOneof("log_type") == "predict_log"
        spec = log.predict_log.request.model_spec
        assert (spec.name, spec.signature_name) == ("digits", signature)
    inputs = raw.predict_log.request.inputs
    assert list(inputs) == ["images"]
    np.testing.assert_array_equal(tf.make_ndarray(inputs["images"]), IMAGES)
    inputs = encoded.predict_log.request.inputs
    assert list(inputs["encoded_images"].string_val) == [b"\x00one", b"two"]
    # The file has no fields that the message does not know.
    for log in (raw, encoded):
        known = log.SerializeToString()
        log.DiscardUnknownFields()
        assert log.SerializeToString() == known


def test_written_requests_can_be_read(tmp_path):
    warmup.write(tmp_path, "digits", REQUESTS)
    (first, raw), (second, encoded) = warmup.read(tmp_path)
    assert (first, second) == ("serving_default", "encoded")
    np.testing.assert_array_equal(raw["images"], IMAGES)
    assert raw["images"].dtype == tf.uint8
    assert encoded["encoded_images"].numpy().tolist() == [b"\x00one", b"two"]
