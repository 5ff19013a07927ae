"""Generate JSON values as servers may send them."""

from __future__ import annotations

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "data", "current", "total", "percent", "message"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
)
