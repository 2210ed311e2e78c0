"""What SciPy, statsmodels, scikit-learn and plain NumPy say. Questions come as a JSON list, answers go as one."""

import json
import sys

import numpy
from scipy import special, stats


def order(count, confidence):
    """The greatest place that leaves at most half of the rest below it, or -1."""
    tail = (1 - confidence) / 2
    place = int(stats.binom.ppf(tail, count, 0.5))
    return place if stats.binom.cdf(place, count, 0.5) <= tail else place - 1


def wilson(successes, trials, confidence):
    from statsmodels.stats.proportion import proportion_confint

    return list(proportion_confint(successes, trials, alpha=1 - confidence, method="wilson"))


def newcombe_independent(one, of_one, other, of_other, confidence):
    from statsmodels.stats.proportion import confint_proportions_2indep

    return list(
        confint_proportions_2indep(
            one, of_one, other, of_other, compare="diff", method="newcomb", alpha=1 - confidence
        )
    )


def newcombe_paired(both, candidate, baseline, neither, confidence):
    """Square and add, as in Newcombe's method 10, from statsmodels' Wilson intervals; at least as wide as the same of
    the shares of rows that only one side is right in."""
    rows = both + candidate + baseline + neither
    table = numpy.array([[both, candidate], [baseline, neither]])
    margins = table.sum(0).prod() * table.sum(1).prod()
    excess = both * neither - candidate * baseline
    corrected = excess - rows / 2 if excess > rows / 2 else min(excess, 0.0)
    phi = corrected / numpy.sqrt(margins) if margins else 0.0

    def add(one, other, correlation):
        low, high = wilson(one, rows, confidence)
        low2, high2 = wilson(other, rows, confidence)
        one, other = one / rows, other / rows
        down = (one - low) ** 2 - 2 * correlation * (one - low) * (high2 - other) + (high2 - other) ** 2
        up = (high - one) ** 2 - 2 * correlation * (high - one) * (other - low2) + (other - low2) ** 2
        return one - other - numpy.sqrt(down), one - other + numpy.sqrt(up)

    odds = (candidate * baseline) / ((rows - candidate) * (rows - baseline)) if candidate < rows > baseline else 1.0
    low, high = zip(add(both + candidate, both + baseline, phi), add(candidate, baseline, -numpy.sqrt(odds)))
    return [min(low), max(high)]


def holm(p, level):
    from statsmodels.stats.multitest import multipletests

    return [bool(reject) for reject in multipletests(p, alpha=level, method="holm")[0]]


def placements(positive, scores):
    """Every pair of a positive and a negative row, one by one."""
    positive, scores = numpy.array(positive), numpy.array(scores)
    ours, theirs = scores[positive][:, None], scores[~positive][None, :]
    wins = (ours > theirs) + 0.5 * (ours == theirs)
    return wins.mean(1), wins.mean(0)


def delong(positive, scores):
    from sklearn.metrics import roc_auc_score

    ours, theirs = placements(positive, scores)
    error = numpy.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    return [roc_auc_score(positive, scores), error]


def delong_difference(positive, candidate, baseline):
    from sklearn.metrics import roc_auc_score

    one, other = placements(positive, candidate), placements(positive, baseline)
    ours, theirs = one[0] - other[0], one[1] - other[1]
    error = numpy.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    return [roc_auc_score(positive, candidate) - roc_auc_score(positive, baseline), error]


def bca(values, statistic, confidence, method):
    function = {"mean": numpy.mean, "share": lambda v, axis: numpy.mean(numpy.asarray(v) > 0.5, axis=axis)}
    result = stats.bootstrap(
        (numpy.array(values),),
        function[statistic],
        confidence_level=confidence,
        method=method,
        n_resamples=20000,
        vectorized=True,
        rng=numpy.random.default_rng(7),
    )
    return list(result.confidence_interval)


def binomial_pmf(trials, share, most):
    """The probabilities of up to so many successes."""
    return stats.binom.pmf(numpy.arange(most + 1), trials, share).tolist()


def chi_square(observed, probabilities):
    """The p-value of counts, those expected fewer than five times put together."""
    observed, expected = numpy.array(observed, float), numpy.array(probabilities) * sum(observed)
    rare = expected < 5
    rows = observed.sum()
    observed = numpy.append(observed[~rare], observed[rare].sum())
    expected = numpy.append(expected[~rare], rows - expected[~rare].sum())
    if expected[-1] < 5:
        observed[-2] += observed[-1]
        expected[-2] += expected[-1]
        observed, expected = observed[:-1], expected[:-1]
    return stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), len(observed) - 1)


def metrics(truth, predicted, scores, weights):
    """The metrics of classes, by modelgate's names."""
    from sklearn import metrics as sk

    truth, predicted = numpy.array(truth), numpy.array(predicted)
    scores = numpy.array(scores).T
    w = {"sample_weight": weights}
    of = {
        "accuracy": sk.accuracy_score(truth, predicted, **w),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, predicted, **w),
        "matthews_corrcoef": sk.matthews_corrcoef(truth, predicted, **w),
        "cohen_kappa": sk.cohen_kappa_score(truth, predicted, **w),
    }
    for average in ["macro", "micro", "weighted"]:
        for name in ["precision", "recall", "f1"]:
            score = getattr(sk, name + "_score")
            of[f"{name}_{average}"] = score(truth, predicted, average=average, zero_division=0, **w)
    if scores.shape[1] == 1:
        score = scores[:, 0]
        of["precision"] = sk.precision_score(truth, predicted, zero_division=0, **w)
        of["recall"] = sk.recall_score(truth, predicted, zero_division=0, **w)
        of["specificity"] = sk.recall_score(truth, predicted, pos_label=0, zero_division=0, **w)
        of["f1"] = sk.f1_score(truth, predicted, zero_division=0, **w)
        of["roc_auc"] = sk.roc_auc_score(truth, score, **w)
        of["average_precision"] = sk.average_precision_score(truth, score, **w)
        of["log_loss"] = sk.log_loss(truth, score, **w)
        of["brier"] = sk.brier_score_loss(truth, score, **w)
    else:
        of["log_loss"] = sk.log_loss(truth, scores, **w)
        of["roc_auc_ovr"] = sk.roc_auc_score(truth, scores, multi_class="ovr", **w)
        if weights is None:
            of["roc_auc_ovo"] = sk.roc_auc_score(truth, scores, multi_class="ovo")
    return of


def metrics_of_numbers(truth, predicted, weights):
    """The metrics of numbers, by modelgate's names."""
    from sklearn import metrics as sk

    w = {"sample_weight": weights}
    return {
        "mse": sk.mean_squared_error(truth, predicted, **w),
        "rmse": sk.root_mean_squared_error(truth, predicted, **w),
        "mae": sk.mean_absolute_error(truth, predicted, **w),
        "median_ae": sk.median_absolute_error(truth, predicted, **w),
        "mape": sk.mean_absolute_percentage_error(truth, predicted, **w),
        "r2": sk.r2_score(truth, predicted, **w),
        "max_error": sk.max_error(truth, predicted),
    }


def t_of_differences(one, other, confidence):
    """Student's interval of the mean of paired differences."""
    return list(stats.ttest_rel(one, other).confidence_interval(confidence))


FUNCTIONS = {
    "metrics": metrics,
    "metrics_of_numbers": metrics_of_numbers,
    "t_of_differences": t_of_differences,
    "normal_cdf": stats.norm.cdf,
    "normal_quantile": special.ndtri,
    "student_quantile": stats.t.ppf,
    "student_cdf": stats.t.cdf,
    "student_pdf": stats.t.pdf,
    "order_statistic": order,
    "wilson": wilson,
    "t": lambda mean, error, degrees, confidence: list(stats.t.interval(confidence, degrees, mean, error)),
    "newcombe_independent": newcombe_independent,
    "newcombe_paired": newcombe_paired,
    "holm": holm,
    "delong": delong,
    "delong_difference": delong_difference,
    "bca": bca,
    "binomial_pmf": binomial_pmf,
    "chi_square": chi_square,
}


def answer(question):
    said = FUNCTIONS[question[0]](*question[1:])
    return said if isinstance(said, (list, dict)) else float(said)


json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
