"""Latent dimensions whose information is known, and the codes that are decoded."""

import numpy as np
import pytest
import tensorflow_probability as tfp
from PIL import Image
from scipy.stats import norm

from tests.evaluation.toys import SIDE, scored, write_export
from tfvae.evaluation.code_scores import channel_information, kl_from_normal
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.traversal import traversal
from tfvae.exports.reader import Export
from tfvae.schema import UserError

SETTINGS = {"steps": 5, "num_images": 20}


class Known:
    """An export with two dimensions: the image's first content pixel, and 0 with stddev 0.5."""

    manifest: dict = {}

    def __init__(self, run="known"):
        self.run, self.calls = run, []

    def call(self, signature, image=None, latent=None, label=None):
        self.calls.append((signature, image if latent is None else latent, label))
        if signature == "decode":
            return {"image": np.zeros([len(latent), SIDE, SIDE, 1], np.float32)}
        mean = np.stack([image[:, 1, 0, 0], 0 * image[:, 1, 0, 0]], axis=1)
        return {"mean": mean, "stddev": np.full_like(mean, 0.5)}


def decoded(export, dataset, **options):
    """What was decoded, [D, steps, D], and the result."""
    result = traversal(Context([Subject(export, dataset)]), **options)
    (latents,) = [each for signature, each, _ in export.calls if signature == "decode"]
    return latents.reshape(2, -1, 2), result


def test_traversal_orders_dimensions_by_kl_divergence(categorical, everything, tmp_path):
    result = scored("traversal", [everything], categorical, output_dir=tmp_path)
    rows = result.tables["Dimensions"]
    # The toy encoder scales its dimensions by 1, 0.5, 0.1 and 0.
    assert sorted(row["dimension"] for row in rows) == [0, 1, 2, 3]
    divergences = [row["KL"] for row in rows]
    assert divergences == sorted(divergences, reverse=True)
    assert rows[-1] == rows[-1] | {"dimension": 3, "active": "no", "information": 0, "KL": 0}
    assert set(result.values) == {"active_units", "information", "latent_dim"}
    assert set(result.tables) == {"Dimensions"}
    assert result.values["active_units"] == 3
    low, high = result.intervals["information"]
    assert low < result.values["information"] < high


def test_a_dimension_without_information_may_still_have_a_divergence(categorical):
    _, result = decoded(Known(), categorical)
    rows = {row["dimension"]: row for row in result.tables["Dimensions"]}
    assert rows[1]["information"] == 0
    assert rows[1]["KL"] == pytest.approx(0.5 * (0.25 - 1 - np.log(0.25)))


def test_channel_information_of_a_known_channel():
    mean = np.array([[-1.0, 0.0], [1.0, 0.0]])
    assert channel_information(mean, np.ones((2, 2))) == pytest.approx([0.5 * np.log(2), 0])


def test_kl_divergence_is_that_of_tensorflow_probability():
    rng = np.random.default_rng(0)
    mean, stddev = rng.normal(size=(50, 4)), rng.uniform(0.01, 3, size=(50, 4))
    normal = tfp.distributions.Normal
    known = normal(mean, stddev).kl_divergence(normal(np.float64(0), np.float64(1)))
    np.testing.assert_allclose(kl_from_normal(mean, stddev), known.numpy(), rtol=1e-6)
    assert np.isfinite(kl_from_normal(mean, 0 * stddev)).all()


def test_around_an_image_the_other_dimensions_are_its_own(categorical):
    export = Known()
    codes, _ = decoded(export, categorical, steps=5, reach=2.0, image_index=3)
    mean = export.calls[0][1][:, 1, 0, 0].astype(np.float64)
    scale = np.sqrt(mean.var() + 0.25)
    np.testing.assert_allclose(codes[0, :, 0], mean.mean() + scale * np.arange(-2, 3), rtol=1e-5)
    np.testing.assert_allclose(codes[1, :, 0], mean[3])
    np.testing.assert_allclose(codes[1, :, 1], 0.5 * np.arange(-2, 3))
    assert (codes[0, :, 1] == 0).all()
    (label,) = np.unique(export.calls[1][2], axis=0)
    assert label.argmax() == export.calls[0][2][3].argmax()


@pytest.mark.parametrize("reach", [2.0, 50.0])
def test_around_the_prior_values_are_quantiles_and_the_others_zero(categorical, reach):
    codes, result = decoded(Known(), categorical, around="prior", steps=5, reach=reach)
    assert (codes[0, :, 1] == 0).all() and (codes[1, :, 0] == 0).all()
    values = codes[0, :, 0]
    np.testing.assert_allclose(values, codes[1, :, 1])
    np.testing.assert_allclose(values, -values[::-1], atol=1e-6)
    assert values[[0, -1]].tolist() == [-reach, reach]
    share = (norm.cdf(reach) - norm.cdf(-reach)) / 4
    np.testing.assert_allclose(np.diff(norm.cdf(values)), share, rtol=1e-5)
    ticks = result.figures["dimensions"].axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks] == [f"{value:+z.2f}" for value in values]


def test_several_exports_are_traversed_at_the_same_image(categorical):
    first, second = Known("first"), Known("second")
    context = Context([Subject(export, categorical) for export in (first, second)])
    result = traversal(context, **SETTINGS)
    assert [signature for signature, *_ in first.calls] == ["encode", "decode"]
    for own, other in zip(first.calls, second.calls, strict=True):
        np.testing.assert_array_equal(own[1], other[1])
    alone = traversal(Context([Subject(first, categorical)]), **SETTINGS)
    expected = dict(alone.values)
    for run in ("first", "second"):
        expected |= {f"{run}/{name}": value for name, value in alone.values.items()}
    assert result.values == expected
    assert set(result.intervals) == {name for name in expected if "latent_dim" not in name}
    assert list(result.tables) == ["Runs", "Dimensions of first", "Dimensions of second"]
    assert [axes.get_title() for axes in result.figures["dimensions"].axes] == ["first", "second"]


def test_several_exports_must_be_of_one_data_set(categorical, unlabelled, everything, tmp_path):
    methods = {"encode": "encode", "decode": "decode"}
    same = Export.load(write_export(tmp_path / "same" / "1", categorical, methods))
    other = Export.load(write_export(tmp_path / "other" / "1", unlabelled, methods))
    result = scored(
        "traversal", [everything, same], categorical, output_dir=tmp_path, settings=SETTINGS
    )
    assert result.values["toy/active_units"] == result.values["same/active_units"] == 3
    with pytest.raises(UserError, match="not of the same data set"):
        scored("traversal", [everything, other], categorical, output_dir=tmp_path)


def test_the_animation_goes_there_and_back(categorical, everything, tmp_path):
    result = scored("traversal", [everything], categorical, output_dir=tmp_path, settings=SETTINGS)
    frames = result.animations["dimensions"]
    assert len(frames) == 8 and frames.dtype == np.uint8
    # Frame t of 8 shows the same as frame 8 - t; the two ends are shown once.
    np.testing.assert_array_equal(frames[1:], frames[:0:-1])
    assert all((one != two).any() for one, two in zip(frames[:5], frames[1:5], strict=False))
    path = tmp_path / "traversal" / "toy-dimensions.gif"
    assert path in result.files
    page = (tmp_path / "traversal" / "toy.md").read_text()
    assert "(toy-dimensions.png)" in page and "(toy-dimensions.gif)" in page
    with Image.open(path) as image:
        assert (image.format, image.n_frames, image.info["loop"]) == ("GIF", 8, 0)
        assert image.size == (frames.shape[2], frames.shape[1])
