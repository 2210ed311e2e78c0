//! How long the answers took.

use std::collections::BTreeMap;

use crate::name::MetricName;
use crate::record::MetricValue;

/// The metrics of the latencies of all requests, in milliseconds, each from the sending to the last byte of the answer.
///
/// A percentile is the nearest rank: of n latencies in order, the p-th is number ⌈p/100 · n⌉. It is always one that
/// was measured, and with fewer than 100 the 99th is the largest.
pub fn metrics(mut latencies: Vec<f64>, ready_seconds: Option<f64>) -> BTreeMap<MetricName, MetricValue> {
    latencies.sort_by(f64::total_cmp);
    let mut metrics = BTreeMap::new();
    let mut put = |name: &str, value: f64| {
        if let Ok(name) = MetricName::new(name) {
            metrics.insert(name, MetricValue::Number(value));
        }
    };
    if let Some(seconds) = ready_seconds {
        put("smoke.ready_seconds", seconds);
    }
    if let Some(largest) = latencies.last() {
        for (name, percent) in
            [("smoke.latency_p50_ms", 50), ("smoke.latency_p95_ms", 95), ("smoke.latency_p99_ms", 99)]
        {
            put(name, nearest_rank(&latencies, percent));
        }
        put("smoke.latency_max_ms", *largest);
        #[expect(clippy::cast_precision_loss, reason = "nobody sends so many requests")]
        put("smoke.requests", latencies.len() as f64);
    }
    metrics
}

/// The percentile of sorted numbers, of which there is at least one.
fn nearest_rank(sorted: &[f64], percent: usize) -> f64 {
    let rank = (percent * sorted.len()).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_that_was_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let of = |percent| nearest_rank(&hundred, percent);
        assert_eq!((of(50), of(95), of(99), of(100)), (50.0, 95.0, 99.0, 100.0));
        assert_eq!(nearest_rank(&[7.0], 50).to_bits(), 7.0_f64.to_bits());
        assert_eq!(nearest_rank(&[1.0, 2.0, 3.0], 50).to_bits(), 2.0_f64.to_bits());
        assert_eq!(nearest_rank(&[1.0, 2.0, 3.0, 4.0], 95).to_bits(), 4.0_f64.to_bits());
    }

    #[test]
    fn without_an_answer_there_is_no_latency() {
        let names = |latencies, ready| -> Vec<String> {
            metrics(latencies, ready).into_keys().map(|name| name.to_string()).collect()
        };
        assert_eq!(names(Vec::new(), None), [""; 0]);
        assert_eq!(names(Vec::new(), Some(1.0)), ["smoke.ready_seconds"]);
        assert_eq!(names(vec![2.0, 1.0], Some(1.0)).len(), 6);
    }
}
