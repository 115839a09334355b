"""How much of what the label doesn't fix survives a transfer."""

from pydantic import NonNegativeFloat, PositiveInt

from tfvae.evaluation.context import Context, Intervals, Result, Rows, Values
from tfvae.evaluation.features import check_features, load_features
from tfvae.evaluation.metrics.style.attributes import attributes
from tfvae.evaluation.metrics.style.drawn import drawn
from tfvae.evaluation.metrics.style.strokes import strokes
from tfvae.evaluation.metrics.style.transfers import make_transfers
from tfvae.evaluation.transfer import contact_sheet
from tfvae.exports.needs import Needs
from tfvae.schema import BINARY, UserError

NEEDS = Needs(signatures=("transfer", "reconstruct"), labels=True)


def style(
    context: Context,
    *,
    num_images: PositiveInt = 200,
    strength: NonNegativeFloat = 1.0,
    features: str = "classifier",
    weights: str = "imagenet",
) -> Result:
    """How much of what the label doesn't fix survives a transfer?

    Each test image is transferred to every label that it is known to lack. A transfer that answers
    with the same picture of the label every time has a perfect CIS, and 0 here. Values:

    * For images of one channel, `slant_kept`, `thickness_kept`, `width_kept` and `height_kept`:
      correlation of this property of the strokes before and after, among images of one class that
      are transferred to the same label; 1 is perfect. `strokes_kept` is their mean, and
      `reconstruction_strokes_kept` that of reconstructions: what the model can keep at all.
    * For attributes, in the features of a network F: `cosine_kept_F`, the mean cosine between a
      transferred image and its original, seen from the mean of all originals (1: equal, 0: as
      unrelated images), and `own_nearest_F`, the share of transferred images to which, of all
      originals, their own is the nearest. `reconstruction_...` is the same of reconstructions.
    * For attributes, `outside_change`, the mean absolute change of the pixels that have least to do
      with the label: the half whose brightness is least correlated with it among training images.
      The image at strength 0 is the reference.
    * Where the data set can draw the perfect edit, `edit_mse` and `edit_ssim`, the error of the
      transferred images to it, and `nuisances_kept`, the mean concordance of the variables that an
      image was drawn from, such as its light, with their readings off the transferred image.
      `reconstruction_...`, `edit_...` and `original_nuisances_kept` are those of reconstructions,
      of perfect edits and of the originals: of what the model, an edit, and the reading can keep.

    Args:
        num_images: Number of test images.
        strength: Strength of the transfer, as the export's `transfer` takes it.
        features: Network whose features are compared; classifier, inception_v3 or the path of a
            .keras file, as in `fidelity`.
        weights: Weights of inception_v3; imagenet or the path of a file.

    A transfer that changes nothing keeps all:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> def same(signature, image, **_):
    ...     return {"image": image}
    >>> export = SimpleNamespace(run="same", spec=data.spec, signatures={}, call=same)
    >>> context = Context([Subject(export, data)])
    >>> values = style(context, num_images=20).values
    >>> round(values["slant_kept"], 6), round(values["strokes_kept"], 6)
    (1.0, 1.0)
    """
    check_features(features, weights)
    grey, binary = context.spec.image_shape[2] == 1, context.spec.label_kind == BINARY
    if not (grey or binary or context.can_edit):
        raise UserError(
            f"metric style: nothing is known to compare for colour images of classes, as those of "
            f"{context.spec.name} are"
        )
    transfers = make_transfers(context, num_images, strength)
    values: Values = {}
    intervals: Intervals = {}
    tables: dict[str, Rows] = {}
    if grey:
        _add(values, intervals, strokes(transfers))
    if binary:
        network = load_features(context, features, weights)
        found, tables["Per label"] = attributes(context, transfers, network)
        _add(values, intervals, found)
    if context.can_edit:
        found, more = drawn(context, transfers, num_images)
        _add(values, intervals, found)
        tables |= more
    figure = contact_sheet(context, transfers.images, strength)
    return Result(
        values, intervals, len(transfers.images), tables=tables, figures={"images": figure}
    )


def _add(values: Values, intervals: Intervals, found) -> None:
    values.update(found[0])
    intervals.update(found[1])
