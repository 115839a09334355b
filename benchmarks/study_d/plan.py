"""What the benchmark trains: the sweep of the CCVAE, and the models that it is compared with."""

import dataclasses

CONDITIONINGS = ("concatenate", "add")


@dataclasses.dataclass(frozen=True)
class Case:
    """A row of the tables: a model with its settings, trained once per seed.

    Args:
        model: Its name.
        latent_dim: Size of the code.
        value: beta of `ccvae`, conditioning of `cvae`.
        network: Name of its networks.
    """

    model: str
    latent_dim: int
    value: float | str
    network: str

    @property
    def title(self) -> str:
        """Name of the case in figures."""
        value = self.value if self.model == "cvae" else f"β = {self.value:g}"
        return f"{self.model}, {value}"


@dataclasses.dataclass(frozen=True)
class Run:
    """One training of a case."""

    case: Case
    seed: int

    @property
    def name(self) -> str:
        case = self.case
        value = case.value if case.model == "cvae" else f"beta{case.value:g}"
        return f"{case.model}-{value}-{case.network}-d{case.latent_dim}-s{self.seed}"

    @property
    def arguments(self) -> list:
        case = self.case
        key = "conditioning" if case.model == "cvae" else "beta"
        settings = [f"network={case.network}", f"latent_dim={case.latent_dim}"]
        settings += [f"{key}={case.value}"]
        return ["--model", case.model, "--seed", self.seed, "--set", *settings]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which models are trained.

    Args:
        betas: Weights of the rate of `ccvae`, each with every size of the code.
        latent_dims: Sizes of the code.
        compared_betas: Further weights of the rate, with the smallest code alone.
        shown_beta: The weight in figures that compare sizes of the code; one of `betas`.
        network: Name of the networks of all models.
        seeds: Seeds of the trainings; images are shown for the first.
    """

    betas: tuple[float, ...]
    latent_dims: tuple[int, ...]
    compared_betas: tuple[float, ...]
    shown_beta: float
    network: str
    seeds: tuple[int, ...]

    @property
    def smallest(self) -> int:
        """The smallest size of the code."""
        return min(self.latent_dims)

    @property
    def sweep(self) -> list[Case]:
        """`ccvae` with every size of the code and every beta."""
        return [
            self._case("ccvae", size, beta)
            for size in sorted(self.latent_dims)
            for beta in self.betas
        ]

    @property
    def cases(self) -> list[Case]:
        """The sweep, then what it is compared with at the smallest size of the code."""
        betas = [beta for beta in self.compared_betas if beta not in self.betas]
        return [
            *self.sweep,
            *(self._case("ccvae", self.smallest, beta) for beta in betas),
            *(self._case("cvae", self.smallest, value) for value in CONDITIONINGS),
        ]

    def _case(self, model: str, latent_dim: int, value: float | str) -> Case:
        return Case(model, latent_dim, value, self.network)
