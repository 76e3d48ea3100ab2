"""Attacks that see a model's answers alone: by ART, and our own of what ART does not have.

Each takes the model, points to begin with and a generator of random numbers, from which it also draws its parameters,
and asks until the model says that it is enough. Points are rows of the unit cube.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from art.attacks.evasion import BoundaryAttack, HopSkipJump, SignOPTAttack, ZooAttack  # type: ignore[import-not-found]
from art.attacks.inference.membership_inference import LabelOnlyDecisionBoundary  # type: ignore[import-not-found]
from art.estimators.classification import BlackBoxClassifier  # type: ignore[import-not-found]
from sklearn.linear_model import LogisticRegression

from bench.attacks.asked_model import AskedModel

Attack: TypeAlias = Callable[[AskedModel, np.ndarray, np.random.Generator], None]


def _classifier(model: AskedModel, points: np.ndarray) -> Any:  # noqa: ANN401 - of ART
    classes = model.scores(points[:1]).shape[1]
    return BlackBoxClassifier(model.scores, (points.shape[1],), classes, clip_values=(0.0, 1.0))


def _of_art(make: Callable[[Any, np.random.Generator], Any]) -> Attack:
    """Attack victim by victim."""

    def attack(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
        attacker = make(_classifier(model, points), random)
        for point in points.astype(np.float32):
            attacker.generate(point[None])

    return attack


def _hop_skip_jump(norm: Any) -> Attack:  # noqa: ANN401 - a number or "inf"
    def make(classifier: Any, random: np.random.Generator) -> Any:  # noqa: ANN401
        evaluations = int(random.choice([20, 50, 150]))
        return HopSkipJump(classifier, norm=norm, max_iter=12, max_eval=800, init_eval=evaluations, verbose=False)

    return _of_art(make)


def _boundary(classifier: Any, random: np.random.Generator) -> Any:  # noqa: ANN401 - of ART
    delta, epsilon = random.uniform(0.005, 0.1, 2)
    return BoundaryAttack(classifier, targeted=False, delta=delta, epsilon=epsilon, max_iter=200, verbose=False)


def _zoo(classifier: Any, random: np.random.Generator) -> Any:  # noqa: ANN401 - of ART
    parallel, rate, step = classifier.input_shape[0], random.uniform(0.05, 0.3), random.choice([1e-3, 1e-2, 3e-2])
    whole = {"use_resize": False, "use_importance": False, "nb_parallel": parallel, "verbose": False}
    return ZooAttack(classifier, learning_rate=rate, variable_h=step, max_iter=40, **whole)


def _sign_opt(classifier: Any, random: np.random.Generator) -> Any:  # noqa: ANN401 - of ART
    directions = int(random.choice([50, 100, 200]))
    return SignOPTAttack(classifier, targeted=False, k=directions, max_iter=50, verbose=False)


def _membership_boundary(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Measure how far rows are from the boundary (Choquette-Choo et al., 2021)."""
    classifier = _classifier(model, points)
    labels = np.eye(classifier.nb_classes)[model.labels(points[:50])]
    options = {"max_iter": 5, "max_eval": int(random.choice([100, 400])), "init_eval": 25, "verbose": False}
    inference = LabelOnlyDecisionBoundary(classifier, distance_threshold_tau=0.1)
    for point, label in zip(points[:50].astype(np.float32), labels, strict=True):
        inference.infer(point[None], label[None], **options)


def _membership_noise(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Ask for noisy copies of rows: those of members keep their label (Choquette-Choo et al., 2021)."""
    deviation, copies = random.uniform(0.02, 0.15), int(random.integers(20, 80))
    for point in points:
        model.scores(np.vstack([point, point + random.normal(0, deviation, (copies, len(point)))]))


def _attribute_inference(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Ask for each value of one column of rows that are known otherwise (Fredrikson et al., 2014)."""
    column, values = int(random.integers(points.shape[1])), int(random.integers(8, 40))
    for point in points:
        swept = np.repeat(point[None], values, axis=0)
        swept[:, column] = np.linspace(0, 1, values)
        model.scores(swept)


def _line_search(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Look along each axis for the place where the label changes (Tramèr et al., 2016; Lowd and Meek, 2005)."""
    steps = int(random.integers(6, 14))
    for point in points:
        label = model.labels(point)[0]
        for column in random.permutation(len(point)):
            low, high = point.copy(), point.copy()
            high[column] = 1 - np.round(point[column])
            if model.labels(high)[0] == label:
                continue
            for _ in range(steps):
                middle = (low + high) / 2
                low, high = (middle, high) if model.labels(middle)[0] == label else (low, middle)


def _uniform(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Ask for random rows to copy the model (Tramèr et al., 2016)."""
    while True:
        model.scores(random.uniform(size=(20, points.shape[1])))


def _jbda(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Copy the model by steps along the gradient of the copy (Papernot et al., 2017)."""
    asked = points[: int(random.choice([50, 100, 150]))]
    step = random.uniform(0.05, 0.25)
    labels = model.labels(asked)
    while True:
        copy = LogisticRegression(max_iter=200).fit(asked, labels) if len(np.unique(labels)) > 1 else None
        gradient = random.normal(size=asked.shape)
        if copy is not None:
            weights = copy.coef_ if len(copy.coef_) > 1 else np.vstack([-copy.coef_, copy.coef_])
            gradient = weights[np.searchsorted(copy.classes_, labels)] + random.normal(0, 1e-3, asked.shape)
        made = np.clip(asked + step * random.choice([-1, 1], (len(asked), 1)) * np.sign(gradient), 0, 1)
        asked, labels = np.vstack([asked, made]), np.concatenate([labels, model.labels(made)])


def _keeping_apart(least: float) -> Attack:
    """Go along the boundary in steps that are never small, as OARS does (Feng et al., 2023)."""

    def attack(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
        length = least * np.sqrt(points.shape[1])
        labels = model.labels(points[:30])
        for victim, label in zip(points, labels, strict=False):
            others = points[:30][labels != label]
            best = others[int(random.integers(len(others)))] if len(others) else 1 - victim
            for _ in range(40):
                step = random.normal(size=len(victim))
                step *= length * random.uniform(1, 1.5) / np.linalg.norm(step)
                near = best + random.uniform(0, 0.5) * (victim - best)
                tried = np.clip(near + step, 0, 1)
                closer = np.linalg.norm(tried - victim) < np.linalg.norm(best - victim)
                if model.labels(tried)[0] != label and closer:
                    best = tried

    return attack


def _natural(model: AskedModel, points: np.ndarray, random: np.random.Generator) -> None:
    """Copy the model with real rows: not to be told from an honest client (Atli et al., 2020)."""
    model.scores(points[random.permutation(len(points))])


ATTACKS: dict[str, Attack] = {
    "hsj_l2": _hop_skip_jump(2),
    "hsj_linf": _hop_skip_jump("inf"),
    "boundary": _of_art(_boundary),
    "zoo": _of_art(_zoo),
    "sign_opt": _of_art(_sign_opt),
    "extract_linesearch": _line_search,
    "attribute_inference": _attribute_inference,
    "membership_boundary": _membership_boundary,
    "membership_noise": _membership_noise,
    "oars10": _keeping_apart(0.1),
    "oars20": _keeping_apart(0.2),
    "extract_uniform": _uniform,
    "jbda": _jbda,
    "knockoff_natural": _natural,
}
"""By name; SignOPT takes models of three classes or more."""
