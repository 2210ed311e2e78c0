"""What SciPy and statsmodels say of two samples."""

import warnings

import numpy
from scipy import stats
from scipy.spatial import distance

from answers import answer

warnings.simplefilter("ignore")


def ks_of_shift(n, m, shift):
    """Statistic and p-value of two evenly spread samples, one of them shifted."""
    said = stats.ks_2samp(numpy.arange(n) / n, numpy.arange(m) / m + shift)
    return [said.statistic, said.pvalue]


def samples(reference, current):
    """All that the order of two samples tells."""
    said = stats.ks_2samp(reference, current)
    asymptotic = stats.ks_2samp(reference, current, method="asymp")
    return [
        said.statistic,
        said.statistic_location,
        said.statistic_sign,
        stats.wasserstein_distance(reference, current),
        said.pvalue,
        asymptotic.pvalue,
    ]


def contingency(reference, current, yates):
    table = numpy.array([reference, current])
    said = stats.chi2_contingency(table[:, table.sum(0) > 0], correction=yates)
    return [said.statistic, said.pvalue]


def adjusted(p):
    from statsmodels.stats.multitest import multipletests

    return list(multipletests(p, method="fdr_bh")[1])


answer(
    {
        "ks_of_shift": ks_of_shift,
        "samples": samples,
        "kstwo": lambda d, n, m: stats.kstwo.sf(d, numpy.round(n * m / (n + m))),
        "chi2_sf": lambda x, degrees: stats.chi2.sf(x, degrees),
        "chi_square": lambda observed, expected: list(stats.chisquare(observed, expected)),
        "contingency": contingency,
        "adjusted": adjusted,
        "jensen_shannon": lambda p, q, base: distance.jensenshannon(p, q, base),
        "sturges": lambda values: list(numpy.histogram_bin_edges(values, "sturges")),
        "histogram": lambda values, edges: list(numpy.histogram(values, edges)[0]),
    }
)
