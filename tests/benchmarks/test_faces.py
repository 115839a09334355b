"""The page on units that follow attributes, with training and scoring replaced by known values."""

import pytest

from benchmarks.bench import Bench
from benchmarks.study_b import faces


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page, the runs trained and the runs drawn side by side."""
    trained, drawn = [], []
    monkeypatch.setattr(Bench, "train", lambda bench, run: trained.append(run))
    monkeypatch.setattr(faces, "traversals", lambda bench, runs, *given: drawn.extend(runs))
    # The second seed of the first model and the first of the other rank best.
    udr = {"VAE": [0.1, 0.4], "beta-TCVAE": [0.5, 0.2]}
    monkeypatch.setattr(
        faces, "agreement", lambda bench, runs: [{"udr": each} for each in udr[runs[0].row]]
    )

    def documents(bench, runs, metrics, name, options=()):
        [run] = runs
        labels = [
            {
                "label": label, "dimension": run.seed, "correlation": value, "from": value - 0.05,
                "to": value + 0.05, "on validation": value, "next dimension": 7,
                "its correlation": 0.1,
                "all dimensions": 0.9,
            }
            for label, value in {"smiling": -0.5 - run.seed / 10, "beard": 0.3}.items()
        ]  # fmt: skip
        values = {"active_units": 4.0, "units_per_image": 3.5}
        return [
            {"metric": "latents", "values": values, "tables": {"Labels": labels}},
            {"metric": "reconstruction", "values": {"mse": 0.01}},
        ]

    monkeypatch.setattr(Bench, "documents", documents)

    def run(*arguments):
        output = tmp_path / "page.md"
        faces.main(
            ["--dataset", "avatars", "--models", "VAE", "beta-TCVAE", "--seeds", "0", "1",
             "--attributes", "smiling", "beard", "--work-dir", str(tmp_path),
             "--output", str(output), *arguments]
        )  # fmt: skip
        return output.read_text(), trained, drawn

    return run


def test_units_of_the_seed_that_agrees_most(page):
    text, trained, drawn = page()
    assert [(run.row, run.seed) for run in drawn] == [("VAE", 1), ("beta-TCVAE", 0)]
    assert len(trained) == 4
    assert "| VAE | 0.55 [-0.09, 1.19] (0.90) | 0.30 [0.30, 0.30] (0.90) | 0.25 [" in text
    assert "| VAE, seed 1 | smiling | z1 | -0.60 [-0.65, -0.55] | z7 0.10 | 0.90 |" in text
    assert "| beta-TCVAE, seed 0 | smiling | z0 | -0.50 [-0.55, -0.45] | z7 0.10 | 0.90 |" in text


def test_a_unit_that_turns_round_on_test_images_does_not_follow(page, monkeypatch):
    documents = Bench.documents

    def turned(*given):
        found = documents(*given)
        for row in found[0]["tables"]["Labels"]:
            row["on validation"] = 0.1
        return found

    monkeypatch.setattr(Bench, "documents", turned)
    assert "| VAE | -0.55 [-1.19, 0.09] (0.90) | 0.30 [" in page()[0]


def test_attributes_that_the_data_lack_are_refused_before_training(page):
    with pytest.raises(SystemExit, match="avatars has no attribute Male"):
        page("--attributes", "Male", "smiling")
    with pytest.raises(SystemExit, match="digits has no attribute"):
        page("--dataset", "digits")
