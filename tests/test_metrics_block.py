"""Frozen metrics: charts as images, and the last values in a table."""

from __future__ import annotations

import base64
import math
import random
import re
import xml.etree.ElementTree as ET

import pytest

from nbstream.content.blocks.metrics import MetricsBlock
from nbstream.limits import Limits
from nbstream.rendering.svg_chart import Line, downsample, group_of, make_line
from nbstream.updates import Metric

IMAGE = re.compile(r'src="data:image/svg\+xml;base64,([^"]+)"')


def block_of(*metrics: Metric, limits: Limits | None = None) -> MetricsBlock:
    block = MetricsBlock(limits or Limits())
    for metric in metrics:
        block.add(metric)
    return block


def images(html: str) -> list[ET.Element]:
    return [ET.fromstring(base64.b64decode(data)) for data in IMAGE.findall(html)]


def paths(image: ET.Element) -> list[str]:
    """Return the lines of a chart, without its grid."""
    group = image.find("{http://www.w3.org/2000/svg}g")
    assert group is not None
    return [path.attrib["d"] for path in group]


def test_each_thing_measured_has_a_chart_and_each_series_a_row() -> None:
    block = block_of(
        *(Metric("loss", 1 / step, step) for step in range(1, 5)),
        *(Metric("val_loss", 2 / step, step) for step in range(1, 5)),
        *(Metric("lr", 0.001 * step, step) for step in range(1, 5)),
    )
    html = block.html()
    assert [len(paths(image)) for image in images(html)] == [2, 1]
    assert 'alt="Chart of loss, val_loss: 0.25 to 2, steps 1 to 4"' in html
    assert ">loss</td><td>0.25</td><td>4</td><td>0.25</td><td>1</td>" in html
    assert "| lr | 0.004 | 4 | 0.001 | 0.004 | 4 |" in block.markdown()
    assert block.plain().splitlines()[0] == "loss  0.25  4"


def test_the_same_points_give_the_same_bytes_and_few_of_them() -> None:
    """20,000 points of one series, and of sixty."""
    for names in (1, 60):
        rng = random.Random(7)
        metrics = [Metric(f"m{i % names}", rng.gauss(0, 1), i) for i in range(20_000)]
        html = block_of(*metrics).html()
        assert html == block_of(*metrics).html()
        assert len(html) < 60_000, names
        assert images(html)


def test_thinning_keeps_the_visible_shape() -> None:
    line: Line = [(i, math.sin(i / 900)) for i in range(20_000)]
    line[7_777] = (7_777, 50.0)
    line[12_345] = (12_345, -60.0)
    line[3_000] = (3_000, None)
    kept = downsample(line, 200)
    assert len(kept) <= 3 * 201
    assert {(7_777, 50.0), (12_345, -60.0)} <= set(kept)
    assert [y for _, y in kept].count(None) == 1
    assert downsample(line[:50], 200) == line[:50]


def test_a_value_that_is_no_number_is_a_gap_and_reported() -> None:
    values = [1.0, 2.0, math.nan, 3.0, math.inf, 1.7e308, 4.0, 5.0]
    block = block_of(*(Metric("loss", y, x) for x, y in enumerate(values)))
    html = block.html()
    assert "<bdi>loss</bdi>: gaps where 3 of its values cannot be drawn" in html
    (image,) = images(html)
    assert paths(image)[0].count("M") == 3
    last = block_of(Metric("loss", 1), Metric("loss", math.nan))
    assert "loss  nan" in last.plain()


def test_steps_rise_and_points_without_one_follow_their_order() -> None:
    assert make_line([(2, 1.0), (1, 2.0), (2, 3.0)]) == [(1, 2.0), (2, 3.0)]
    assert make_line([(None, 1.0), (None, 2.0)]) == [(1, 1.0), (2, 2.0)]
    assert make_line([(5, 1.0), (None, 2.0)]) == [(1, 1.0), (2, 2.0)]


@pytest.mark.parametrize("name", ["loss", "train/loss", "val_loss", "loss.test"])
def test_comparable_series_share_a_chart(name: str) -> None:
    assert group_of(name) == "loss"


def test_names_cannot_break_out() -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    html = block_of(*(Metric(hostile, i, i) for i in range(5))).html()
    assert "<script" not in html
    assert "<img src=x" not in html
    (image,) = images(html)
    assert b"script" not in ET.tostring(image)


def test_one_point_is_no_line() -> None:
    html = block_of(Metric("accuracy", 0.9)).html()
    assert not images(html)
    assert ">accuracy</td><td>0.9</td>" in html


def test_a_series_without_points_keeps_its_latest_value() -> None:
    block = block_of(
        Metric("val_acc", 0.8, 1),
        *(Metric("loss", i, i) for i in range(20)),
        limits=Limits(points=10),
    )
    assert "| val\\_acc | 0.8 | 1 |" in block.markdown()
    assert "11 points before these" in block.html()
    assert "11 points before these" in block.plain()


def test_names_are_listed_as_long_as_their_points_are_kept() -> None:
    """More names than are kept without points, repeatedly, like those of layers."""
    names = [f"layer{i}" for i in range(1_500)]
    block = block_of(*(Metric(name, step, step) for step in (1, 2) for name in names))
    plain = block.plain()
    assert plain.startswith("layer0  2  2\n")
    assert plain.endswith("[… 1,300 more metrics]")
    assert "before these" not in plain


def test_the_oldest_names_without_points_are_evicted() -> None:
    metrics = [Metric(f"m{i}", i, 0) for i in range(1_500)]
    block = block_of(*metrics, limits=Limits(points=10))
    assert "[… up to 500 names before these]" in block.plain()
    assert "m499 " not in block.plain()
    assert "m500  500  0" in block.plain()
