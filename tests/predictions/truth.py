"""Writes predictions, and what scikit-learn and Fairlearn say of them: a folder a case.

python truth.py FOLDER [large]
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from fairlearn import metrics as fair
from sklearn import metrics as sk

warnings.simplefilter("ignore")


def number(value):
    """JSON has no NaN."""
    value = float(value)
    return value if math.isfinite(value) else None


def predicted_metrics(y, p, w, labels):
    said = {
        "accuracy": sk.accuracy_score(y, p, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, p, sample_weight=w),
        "matthews_corrcoef": sk.matthews_corrcoef(y, p, sample_weight=w),
        "cohen_kappa": sk.cohen_kappa_score(y, p, sample_weight=w),
    }
    for average in ["macro", "micro", "weighted"]:
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            y, p, average=average, sample_weight=w, zero_division=0
        )
        said |= {f"precision_{average}": precision, f"recall_{average}": recall, f"f1_{average}": f1}
    if len(labels) == 2:
        # The labels, because one of them may not be there.
        each = sk.precision_recall_fscore_support(y, p, labels=labels, sample_weight=w, zero_division=0)
        precision, recall, f1, _ = each
        said |= {"precision": precision[1], "recall": recall[1], "f1": f1[1], "specificity": recall[0]}
    return said


def calibration_error(said, came_true, w, bins=10):
    place = np.minimum((said * bins).astype(int), bins - 1)
    gap = np.bincount(place, weights=w * (said - came_true), minlength=bins)
    return np.abs(gap).sum() / w.sum()


def binary_scores(y, s, w, labels):
    is_positive = (y == labels[1]).astype(int)
    ones = np.ones(len(y)) if w is None else w
    inside = s.min() >= 0 and s.max() <= 1
    both = np.column_stack((1 - s, s))
    return {
        "roc_auc": sk.roc_auc_score(is_positive, s, sample_weight=w),
        # scikit-learn has 1 of positives alone, as of any order of them: modelgate calls that not defined.
        "average_precision": math.nan
        if is_positive.all()
        else sk.average_precision_score(is_positive, s, sample_weight=w),
        "log_loss": sk.log_loss(is_positive, both, labels=[0, 1], sample_weight=w) if inside else math.nan,
        "brier": sk.brier_score_loss(is_positive, both, labels=[0, 1], sample_weight=w) if inside else math.nan,
        "expected_calibration_error": calibration_error(s, is_positive, ones) if inside else math.nan,
    }


def ovo(y, s, w, labels):
    """scikit-learn refuses weights here, so the definition is spelled out of its binary areas."""
    areas = []
    for a in range(len(labels)):
        for b in range(len(labels)):
            if a != b:
                of = (y == labels[a]) | (y == labels[b])
                weights = None if w is None else w[of]
                areas.append(sk.roc_auc_score(y[of] == labels[a], s[of, a], sample_weight=weights))
    return np.mean(areas)


def class_scores(y, s, w, labels):
    ones = np.ones(len(y)) if w is None else w
    highest = s.argmax(axis=1)
    right = np.asarray(labels)[highest] == y
    ovr = [sk.roc_auc_score(y == label, s[:, c], sample_weight=w) for c, label in enumerate(labels)]
    said = {
        "roc_auc_ovr": np.mean(ovr),
        "roc_auc_ovo": ovo(y, s, w, labels),
        "log_loss": sk.log_loss(y, s, labels=labels, sample_weight=w),
        "brier": sk.brier_score_loss(y, s, labels=labels, sample_weight=w),
        "expected_calibration_error": calibration_error(s.max(axis=1), right.astype(int), ones),
    }
    if set(y) == set(labels) and np.allclose(s.sum(axis=1), 1, rtol=1e-8):
        theirs = sk.roc_auc_score(y, s, multi_class="ovr", average="macro", sample_weight=w)
        assert math.isclose(theirs, said["roc_auc_ovr"], rel_tol=1e-13)
        if w is None:
            theirs = sk.roc_auc_score(y, s, multi_class="ovo", average="macro")
            assert math.isclose(theirs, said["roc_auc_ovo"], rel_tol=1e-13)
    return said


def regression_metrics(y, p, w):
    return {
        "mse": sk.mean_squared_error(y, p, sample_weight=w),
        "rmse": sk.root_mean_squared_error(y, p, sample_weight=w),
        "mae": sk.mean_absolute_error(y, p, sample_weight=w),
        "median_ae": sk.median_absolute_error(y, p, sample_weight=w),
        "mape": sk.mean_absolute_percentage_error(y, p, sample_weight=w),
        "r2": sk.r2_score(y, p, sample_weight=w),
        "max_error": sk.max_error(y, p),
    }


class Case:
    """Columns, the keys of `evaluate.predictions`, and what is expected."""

    def __init__(self, name, frame, keys, expected, slices=None, form="csv"):
        self.name, self.frame, self.keys, self.form = name, frame, keys, form
        self.expected = {metric: number(value) for metric, value in expected.items()}
        self.slices = {
            name: {metric: number(value) for metric, value in of.items()} for name, of in (slices or {}).items()
        }

    def write(self, folder):
        to = folder / self.name
        to.mkdir(parents=True)
        path = to / f"predictions.{self.form}"
        if self.form == "parquet":
            self.frame.to_parquet(path, index=False)
        else:
            # repr is the shortest text that reads back as the same number.
            self.frame.to_csv(path, index=False)
        document = {"file": path.name, "keys": self.keys, "expected": self.expected, "slices": self.slices}
        (to / "case.json").write_text(json.dumps(document))


def binary_case(name, y, s, labels, w=None, predicted=True, threshold=0.5, form="csv", metrics=None, by=None, keys=None):
    y = np.asarray(y)
    s = np.asarray(s, dtype=float)
    p = np.asarray(labels)[(s >= threshold).astype(int)]
    frame = pd.DataFrame({"y": y, "s": s})
    keys = {"truth": "y", "score": "s", "threshold": threshold} | (keys or {})
    if predicted:
        frame["p"] = p
        keys["predicted"] = "p"
    if w is not None:
        frame["w"] = w
        keys["weight"] = "w"
    slices = {}
    expected = predicted_metrics(y, p, w, labels) | binary_scores(y, s, w, labels)
    if by is not None:
        frame["g"] = by
        keys["slices"] = ["g"]
        for group in sorted(set(by)):
            of = by == group
            weights = None if w is None else w[of]
            slices[f"g={group}"] = predicted_metrics(y[of], p[of], weights, labels) | binary_scores(
                y[of], s[of], weights, labels
            )
        is_one, said_one = (y == labels[1]).astype(int), (p == labels[1]).astype(int)
        for metric in ["demographic_parity", "equal_opportunity", "equalized_odds"]:
            function = getattr(fair, f"{metric}_difference")
            value = function(is_one, said_one, sensitive_features=by, sample_weight=w)
            expected[f"{metric}_difference.g"] = value
    if metrics is not None:
        keys["metrics"] = metrics
        expected = {metric: expected[metric] for metric in metrics}
    return Case(name, frame, keys, expected, slices, form)


def classes_case(name, y, s, labels, w=None, form="csv", metrics=None):
    y = np.asarray(y)
    frame = pd.DataFrame({"y": y})
    for c, label in enumerate(labels):
        frame[f"s_{c}"] = s[:, c]
    p = np.asarray(labels)[s.argmax(axis=1)]
    keys = {"truth": "y", "score": {str(label): f"s_{c}" for c, label in enumerate(labels)}}
    if w is not None:
        frame["w"] = w
        keys["weight"] = "w"
    expected = predicted_metrics(y, p, w, labels) | class_scores(y, s, w, labels)
    if metrics is not None:
        keys["metrics"] = metrics
        expected = {metric: expected[metric] for metric in metrics}
    return Case(name, frame, keys, expected, form=form)


def regression_case(name, y, p, w=None, form="csv", metrics=None, by=None):
    frame = pd.DataFrame({"y": y, "p": p})
    keys = {"task": "regression", "truth": "y", "predicted": "p"}
    if w is not None:
        frame["w"] = w
        keys["weight"] = "w"
    expected = regression_metrics(frame.y, frame.p, w)
    slices = {}
    if by is not None:
        frame["g"] = by
        keys["slices"] = ["g"]
        for group in sorted(set(by)):
            of = by == group
            slices[f"g={group}"] = regression_metrics(y[of], p[of], None if w is None else w[of])
    if metrics is not None:
        keys["metrics"] = metrics
        expected = {metric: expected[metric] for metric in metrics}
    return Case(name, frame, keys, expected, slices, form)


def probabilities(random, rows, classes):
    return random.dirichlet(np.full(classes, 0.7), size=rows)


def small(random):
    def noisy(rows, share=0.4):
        y = (random.random(rows) < share).astype(int)
        return y, np.clip(random.normal(0.35 + 0.3 * y, 0.2), 0, 1)

    y, s = noisy(500)
    yield binary_case("plain", y, s, [0, 1])
    yield binary_case("without-predicted", y, s, [0, 1], predicted=False, threshold=0.3)
    yield binary_case("weighted", y, s, [0, 1], w=random.gamma(1.0, 1.0, 500))
    weights = random.integers(0, 3, 500).astype(float)
    yield binary_case("zero-weights", y, s, [0, 1], w=weights)
    yield binary_case("ties", y, np.round(s, 1), [0, 1])
    yield binary_case("weighted-ties", y, np.round(s, 1), [0, 1], w=weights)
    yield binary_case("constant-scores", y, np.full(500, 0.25), [0, 1])
    yield binary_case("ends", y, np.round(s), [0, 1])
    yield binary_case("outside", y, s * 4 - 2, [0, 1])
    yield binary_case("one-class-0", np.zeros(20, int), s[:20], [0, 1])
    yield binary_case("one-class-1", np.ones(20, int), s[:20], [0, 1])
    yield binary_case("texts", np.where(y == 1, "yes", "no"), s, ["no", "yes"])
    yield binary_case("positive-first", np.where(y == 1, "bad", "good"), s, ["good", "bad"], keys={"positive": "bad"})
    yield binary_case("booleans", y == 1, s, [False, True])
    yield binary_case("floats", y.astype(float), s, [0.0, 1.0])
    yield binary_case("signs", np.where(y == 1, 1, -1), s, [-1, 1])
    rare, rare_scores = noisy(5000, 0.002)
    yield binary_case("imbalanced", rare, rare_scores, [0, 1])
    yield binary_case("one-row", np.array([1]), np.array([0.7]), [0, 1])
    yield binary_case("two-rows", np.array([0, 1]), np.array([0.7, 0.2]), [0, 1])
    yield binary_case("ten-rows", y[:10], s[:10], [0, 1])
    yield binary_case("streamed", y, s, [0, 1], metrics=["accuracy", "f1", "log_loss", "roc_auc"])
    groups = random.choice(["north", "south", "west"], 500, p=[0.5, 0.3, 0.2])
    yield binary_case("slices", y, s, [0, 1], by=groups)
    yield binary_case("weighted-slices", y, s, [0, 1], w=weights, by=groups)
    yield binary_case("extreme-weights", y, s, [0, 1], w=10.0 ** random.integers(-6, 6, 500))

    for classes in [3, 12]:
        s = probabilities(random, 800, classes)
        chance = random.random(800)
        y = np.where(chance < 0.5, s.argmax(axis=1), random.integers(0, classes, 800))
        yield classes_case(f"{classes}-classes", y, s, list(range(classes)))
        yield classes_case(f"{classes}-classes-weighted", y, s, list(range(classes)), w=random.gamma(1, 1, 800))
        rounded = np.round(s, 1)
        yield classes_case(f"{classes}-classes-ties", y, rounded, list(range(classes)))
        names = np.array([f"class {c:02}" for c in range(classes)])
        yield classes_case(f"{classes}-classes-texts", names[y], s, list(names))
        yield classes_case(f"{classes}-classes-one-absent", np.where(y == 2, 1, y), s, list(range(classes)))

    y = random.normal(10, 3, 500)
    p = y + random.normal(0, 1, 500)
    yield regression_case("numbers", y, p)
    yield regression_case("numbers-odd", y[:499], p[:499])
    yield regression_case("numbers-weighted", y, p, w=random.gamma(1, 1, 500))
    yield regression_case("numbers-zero-weights", y, p, w=weights)
    yield regression_case("numbers-far-from-0", y + 1e6, p + 1e6)
    yield regression_case("numbers-with-0", np.round(y) - 10, p - 10)
    yield regression_case("numbers-constant-truth", np.full(50, 0.5), p[:50])
    yield regression_case("numbers-constant-right", np.full(50, 0.5), np.full(50, 0.5))
    yield regression_case("numbers-right", y, y)
    yield regression_case("numbers-one-row", y[:1], p[:1])
    yield regression_case("numbers-two-rows", y[:2], p[:2])
    yield regression_case("numbers-slices", y, p, by=groups)


def large(random):
    def rows(count):
        y = (random.random(count) < 0.3).astype(int)
        return y, 1 / (1 + np.exp(-random.normal(-1 + 1.5 * y, 1.0)))

    y, s = rows(1_000_000)
    yield binary_case("million", y, s, [0, 1], form="csv")
    y, s = rows(2_000_000)
    yield binary_case("two-million-weighted", y, s, [0, 1], w=random.gamma(1.0, 1.0, len(y)), form="parquet")
    y, s = rows(10_000_000)
    yield binary_case("ten-million", y, s, [0, 1], form="parquet", metrics=["accuracy", "f1", "log_loss", "roc_auc"])
    s = probabilities(random, 1_000_000, 3)
    y = np.where(random.random(len(s)) < 0.5, s.argmax(axis=1), random.integers(0, 3, len(s)))
    yield classes_case("million-classes", y, s, [0, 1, 2], form="parquet")
    y = random.normal(1000, 3, 2_000_000)
    yield regression_case("two-million-numbers", y, y + random.normal(0, 1, len(y)), form="parquet")


def main():
    folder = Path(sys.argv[1])
    cases = large if "large" in sys.argv[2:] else small
    for case in cases(np.random.default_rng(20261128)):
        case.write(folder)


main()
