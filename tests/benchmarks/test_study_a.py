"""The page on swaps, with training and scoring replaced by known values."""

import pytest
from matplotlib.axes import Axes

from benchmarks.bench import Bench
from benchmarks.study_a import swap, tables


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page, the runs that were trained, and the calls of `swap`."""
    trained, calls = {}, []
    monkeypatch.setattr(Bench, "train", lambda bench, run: trained.setdefault(run.name, run))

    def documents(bench, runs, metrics, name, options=()):
        names = [run.name for run in runs]
        calls.append((names, list(options)))
        pairs = int(options[1].partition("=")[2])
        value = 0.5 + runs[0].seed / 10 + pairs / 1000

        def rows(start):
            return [
                {"alignment": "none", "agreement": start, "mse ratio": 9.0, "realism": 1.0},
                {"alignment": "ortho", "agreement": start + value, "mse ratio": 1.5, "mse": 0.5},
                {"alignment": "(within)", "agreement": 0.9, "mse ratio": 1.0, "mse": 0.1},
                {"alignment": "(chance)", "agreement": 0.1},
            ]

        tables = {"Every encoder with every decoder": []}
        tables |= {f"{names[0]} -> {names[1]}, by alignment": rows(0.0)}
        tables |= {f"{names[1]} -> {names[0]}, by alignment": rows(0.2)}
        distances = [{"alignment": "none", "MMD^2": 0.25}, {"alignment": "ortho", "MMD^2": 0.0}]
        tables |= {"Distances between codes of test images": 2 * distances}
        return [{"tables": tables}]

    monkeypatch.setattr(Bench, "documents", documents)

    def run(*arguments):
        output = tmp_path / "page.md"
        swap.main([*arguments, "--work-dir", str(tmp_path), "--output", str(output)])
        return output.read_text(), trained, calls

    return run


def rows_of(text):
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_both_directions_are_means_over_seeds(page):
    text, trained, calls = page("--seeds", "0", "2", "--num-pairs", "100")
    assert list(trained) == [
        "vae-avatars-s0", "vae-avatars_cartoon-s0", "vae-avatars-s2", "vae-avatars_cartoon-s2",
    ]  # fmt: skip
    there, back = text.split("## vae, avatars_cartoon -> avatars")
    header, none, ortho, within, chance = rows_of(there)
    assert header == "| alignment | agreement | mse ratio | realism |"
    assert ortho.startswith("| ortho | 0.700 [") and "1.500 [" in ortho
    assert chance.startswith("| (chance) | 0.100 [0.100, 0.100]")
    assert rows_of(back)[2].startswith("| ortho | 0.900 [")
    assert [names for names, _ in calls[:2]] == [list(trained)[:2], list(trained)[2:]]


def test_two_models_of_one_data_set_differ_in_their_seeds(page):
    _, trained, _ = page("--dataset", "mnist", "--target", "mnist", "--seeds", "1")
    assert list(trained) == ["vae-mnist-s1", "vae-mnist-s101"]


def test_models_of_two_data_sets_may_differ_in_their_seeds(page):
    _, trained, _ = page("--seeds", "1", "--seed-offset", "7")
    assert list(trained) == ["vae-avatars-s1", "vae-avatars_cartoon-s8"]


def test_the_first_number_of_pairs_is_that_of_the_tables_by_alignment(page):
    text, _, _ = page("--seeds", "0", "--num-pairs", "64", "16")
    assert "| ortho | 0.564 |" in text.partition("by number of pairs")[0]
    assert "| ortho | 0.516 |" not in text.partition("by number of pairs")[0]


def test_alignments_by_pairs_alone_are_shown_by_number_of_pairs(page):
    text, _, _ = page("--seeds", "0", "--num-pairs", "16", "64")
    table = rows_of(text.partition("by number of pairs")[2])
    rows = [["| 16", "ortho"], ["| 64", "ortho"]]
    assert [row.split(" | ")[:2] for row in table[1:3]] == rows


def test_the_curve_is_drawn_by_number_of_pairs(page, tmp_path):
    page("--seeds", "0", "1", "--num-pairs", "64", "16")
    assert (tmp_path / "page-pairs.png").stat().st_size > 10_000


def test_the_curve_needs_no_null(page, tmp_path, monkeypatch):
    """The line of `none` is drawn where it was scored."""
    drawn = []
    monkeypatch.setattr(Axes, "axhline", lambda axes, level, **style: drawn.append(style["label"]))
    page("--seeds", "0", "--num-pairs", "64", "16")
    assert set(drawn) == {"none", "within"}
    drawn.clear()
    monkeypatch.setattr(tables, "names", lambda documents: ["ortho", "(within)"])
    page("--seeds", "0", "--num-pairs", "64", "16")
    assert set(drawn) == {"within"}


def test_standardised_codes_are_scored_for_alignments_by_pairs(page):
    text, _, calls = page("--seeds", "0", "--standardise", "--set", "alignments=none,ortho")
    assert len(rows_of(text.partition("## vae, avatars -> avatars_cartoon, standardised")[2])) > 3
    assert "standardise=true" in calls[-1][1] and "alignments=none,ortho" not in calls[-1][1]
    assert "alignments=affine,linear,l_ortho,ortho" in calls[-1][1]


def test_models_are_compared_by_means_of_both_directions(page):
    text, _, _ = page("--seeds", "0", "--num-pairs", "100", "--models", "vae", "beta 4")
    header, vae, beta = rows_of(text.partition("## vae")[0])
    assert header == "| model | own mse | mse ratio, none | mse ratio, ortho | mse, ortho | MMD^2 |"
    assert vae == "| vae | 0.100 | 9.000 | 1.500 | 0.500 | 0.250 |" and beta == vae.replace(
        "vae", "beta 4"
    )


def test_a_half_is_tuned_on_images_of_the_other_data(page):
    text, trained, calls = page("--seeds", "0", "--fine-tune", "50")
    decoder = trained["vae-avatars_cartoon-s0-encoder_of_vae-avatars-s0-50"]
    words = " ".join(map(str, decoder.arguments))
    assert "--dataset avatars_cartoon" in words and "--freeze encoder --train-images 50" in words
    assert "/saved_models/vae-avatars-s0 " in words
    encoder = trained["vae-avatars-s0-decoder_of_vae-avatars_cartoon-s0-50"]
    assert calls[-1][0] == [encoder.name, "vae-avatars_cartoon-s0"]
    assert "alignments=none" in calls[-1][1]
    assert "| decoder, 50 images | 0.000 |" in text


def test_settings_reach_the_models_and_a_class_map_the_metric(page):
    _, trained, calls = page("--models", "beta 4", "--settings", "network=dense", "--seeds", "0",
                             "--class-map", "0:airplane,1:automobile")  # fmt: skip
    assert "--model beta_vae --set beta=4 network=dense" in " ".join(
        map(str, trained["beta4-avatars-s0"].arguments)
    )
    assert "class_map=0:airplane,1:automobile" in calls[0][1]
