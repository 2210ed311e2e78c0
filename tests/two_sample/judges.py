"""What Evidently and alibi-detect say about drift."""

import warnings

import numpy
import pandas

from answers import answer

warnings.simplefilter("ignore")


def evidently(reference, current, dtype, method):
    """Kind, method, score and verdict of one column, as its report has them."""
    from evidently.core.datasets import infer_column_type
    from evidently.legacy.calculations.data_drift import get_one_column_drift
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.calculations.stattests.registry import StatTestInvalidFeatureTypeError
    from evidently.legacy.metric_results import DatasetColumns, DatasetUtilityColumns
    from evidently.legacy.options.data_drift import DataDriftOptions

    reference, current = (pandas.DataFrame({"x": pandas.Series(side, dtype=dtype)}) for side in (reference, current))
    kind = infer_column_type(current["x"])
    if kind.value == "text":
        return [kind.value]
    try:
        get_stattest(reference["x"], current["x"], kind, method)
    except StatTestInvalidFeatureTypeError:
        return [kind.value, "refused"]
    drift = get_one_column_drift(
        current_data=current,
        reference_data=reference,
        column_name="x",
        options=DataDriftOptions(all_features_stattest=method),
        dataset_columns=DatasetColumns(
            utility_columns=DatasetUtilityColumns(date=None, id=None, target=None, prediction=None),
            target_type=None,
            task=None,
            num_feature_names=["x"] if kind.value == "num" else [],
            cat_feature_names=["x"] if kind.value == "cat" else [],
            text_feature_names=[],
            datetime_feature_names=[],
            target_names=None,
        ),
        column_type=kind,
        agg_data=True,
    )
    return [kind.value, drift.stattest_name, drift.drift_score, drift.stattest_threshold, drift.drift_detected]


def alibi(reference, current, categories, level, correction):
    """Distances, p-values, the threshold and the verdicts, of columns of which the first so many are categories."""
    from alibi_detect.cd import TabularDrift

    reference, current = (numpy.array(side, dtype=float).T for side in (reference, current))
    detector = TabularDrift(
        reference,
        p_val=level,
        correction=correction,
        categories_per_feature={column: None for column in range(categories)} or None,
    )
    batch = detector.predict(current)["data"]
    features = detector.predict(current, drift_type="feature")["data"]
    least = numpy.min(batch["threshold"])
    return [list(batch["distance"]), list(batch["p_val"]), least, batch["is_drift"], list(features["is_drift"])]


answer({"evidently": evidently, "alibi": alibi})
