"""What makes two exports comparable."""

import pytest

from tfvae.exports.needs import Needs
from tfvae.exports.reader import Export
from tfvae.schema import DataSpec, UserError


@pytest.fixture
def export(tmp_path):
    """Function: name of the run, fingerprint of its data -> an export."""
    spec = DataSpec("mnist", (28, 28, 1), ("a", "b"), "categorical")

    def made(run, fingerprint):
        return Export(tmp_path / run / "1", {"dataset_fingerprint": fingerprint}, spec)

    return made


@pytest.mark.parametrize("other", ["12ab", None])
def test_an_export_without_a_fingerprint_is_comparable(export, other):
    """Earlier versions wrote none for sets of TensorFlow Datasets."""
    needs = Needs((), max_exports=2, same_data=True)
    needs.check_together("cis", [export("a", "12ab"), export("b", other)])
    needs.check_together("cis", [export("b", other), export("a", "12ab")])


def test_other_contents_are_not(export):
    needs = Needs((), max_exports=2, same_data=True)
    with pytest.raises(UserError, match="their contents differ"):
        needs.check_together("cis", [export("a", "12ab"), export("b", "34cd")])
