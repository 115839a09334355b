"""The trainings of the study's tables: which models, with which options, and for how long."""

import dataclasses

VAE_SETTINGS = "--set pixel_likelihood=gaussian_learned latent_dim=128"

# Model -> what differs from the defaults of `train.py`.
OPTIONS = {
    "cvae": VAE_SETTINGS,
    "m2": VAE_SETTINGS,
    "ccvae": VAE_SETTINGS,
    "dualvae": VAE_SETTINGS,
    "fader": "--learning-rate 2e-3 --set adversary_weight=2e-5 ramp_images=51200",
    # bfloat16 is 2.7 times as fast on two cores, and as good on validation images.
    "stargan": "--learning-rate 5e-4 --precision mixed_bfloat16 --set critic_steps=1",
}

# Where models are trained to their ends: model -> (epochs at most, epochs without a better
# validation score before it stops). An epoch of the last two takes several times as long.
ENDS = {
    "cvae": (60, 4),
    "m2": (60, 4),
    "ccvae": (60, 4),
    "dualvae": (60, 4),
    "fader": (40, 8),
    "stargan": (30, 6),
}

# Table 1 of the study: model -> domains -> CIS on CelebA, mean and standard deviation over repeats.
# Its CVAE is M2, which equals `cvae` where all labels are known.
STUDY = {
    "cvae": {20: "-0.112 ± 0.007", 40: "-0.152 ± 0.006"},
    "fader": {20: "0.075 ± 0.008", 40: "-0.002 ± 0.003"},
    "stargan": {20: "0.068 ± 0.188", 40: "0.050 ± 0.032"},
    "dualvae": {20: "0.163 ± 0.025", 40: "0.140 ± 0.020"},
}


@dataclasses.dataclass(frozen=True)
class Run:
    """One training.

    Args:
        model: Its name.
        domains: Number of labels, and of domains that images are transferred to.
        seed: Seed of the training.
        missing: Share of the training labels that is hidden.
        most_epochs: If given, it is trained as long as `ENDS` says, for at most so many epochs,
            instead of for the epochs of the bench.
    """

    model: str
    domains: int
    seed: int
    missing: float = 0.0
    most_epochs: int | None = None

    @property
    def name(self) -> str:
        missing = f"-missing{self.missing:g}" if self.missing else ""
        return f"{self.model}-{self.domains}{missing}-s{self.seed}"

    @property
    def arguments(self) -> list:
        found = [
            *("--model", self.model, "--labels", self.domains, "--seed", self.seed),
            *("--missing-labels", self.missing, *OPTIONS.get(self.model, "").split()),
        ]
        if self.most_epochs:
            epochs, patience = ENDS[self.model]
            found += ["--epochs", min(epochs, self.most_epochs), "--early-stopping", patience]
        return found
