"""What good requests are made of, and ways to spoil them."""

import pathlib

from hypothesis import strategies as st

from ednas_tf.settings import resolve

ROOT = pathlib.Path(__file__).resolve().parents[2]
GENOTYPE = (ROOT / "docs" / "genotype.json").read_bytes()
DIGITS = (resolve.CONFIGS / "digits.yaml").read_bytes()
RESULT = b'{"test_accuracy": 0.9, "test_images": 360}'
SEARCH, TRAIN = "ednas_tf.search", "ednas_tf.train"
DRAW, SUMMARY = "ednas_tf.draw", "ednas_tf.summary"
EXPORT = "ednas_tf.export.saved_model"
REPORT = "ednas_tf.report"
LOOPS = st.sampled_from([SEARCH, TRAIN])
#: Asks for code to be run; the check for changed files would see it.
CODE = "!!python/object/apply:os.system [touch was_run]"
TEXTS = st.text(
    st.characters(codec="utf-8")
    | st.sampled_from("\0\t\n\r\x1b\x85\u2028.=,[]"),
    max_size=30,
)


@st.composite
def misspelt(draw, name):
    """A name with a character more, less or exchanged, or another name."""
    at = draw(st.integers(0, len(name)))
    other = draw(st.sampled_from("xe_.A 0é\u200b"))
    return draw(
        st.sampled_from(
            [
                name[:at] + other + name[at:],
                name[:at] + other + name[at + 1 :],
                name[:at] + name[at + 1 :],
                name.upper(),
                name * 2000,
                "",
            ]
        )
    )


@st.composite
def mutated(draw, content):
    """Bytes with some of them exchanged, cut out, doubled or put in."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(len(content) - 1, 0)))
        end = start + draw(st.integers(0, 12))
        put = draw(
            st.one_of(
                st.text(max_size=3).map(
                    lambda text: text.encode("utf-8", "replace")
                ),
                st.sampled_from(
                    [b"\t", b"\0", b":", b"{", b"]", b"&a ", b"*a", b"!!x "]
                    + [b"\xff", b"'", b'"', b"\n", b"- ", b"\xef\xbb\xbf", b","]
                ),
                st.just(content[start:end] * 2),
            )
        )
        content = content[:start] + put + content[end:]
    return content
