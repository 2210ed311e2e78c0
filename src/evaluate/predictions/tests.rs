#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::config::{Axis, Measure, PredictedTask, Predictions, Scores, Slicing, Target as Wanted};
use crate::table::{Batch, Column, Kind, Table};

/// Numbers that look random. (Steele, Lea and Flood 2014)
pub(super) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// Around 0, with a deviation of 1. (Box and Muller 1958)
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn spec() -> Predictions {
    Predictions {
        files: Vec::new(),
        task: PredictedTask::Classification,
        truth: "y".into(),
        predicted: None,
        scores: Scores::Positive("s".into()),
        positive: None,
        threshold: 0.5,
        weight: None,
        id: None,
        slices: Vec::new(),
        small_slice: 3,
        metrics: None,
        bins: 10,
        targets: Vec::new(),
        intervals: Intervals::Auto,
    }
}

/// What a reader makes of lines, of which the first is the header, in batches of `size` rows.
fn batches(layout: &Layout, text: &str, size: usize) -> (Vec<Batch>, Table) {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    // Two files, of which the first has two rows.
    let first = rows.len().min(2) as u64;
    let mut table = Table {
        rows: rows.len() as u64,
        rows_of: vec![first, rows.len() as u64 - first],
        labels: vec![Vec::new(); layout.wanted.len()],
        ..Table::default()
    };
    let mut batches = Vec::new();
    for (number, rows) in rows.chunks(size).enumerate() {
        let mut columns = Vec::new();
        for (wanted, labels) in layout.wanted.iter().zip(&mut table.labels) {
            let place = header.iter().position(|name| *name == wanted.column).unwrap();
            let cells = rows.iter().map(|row| row[place]);
            columns.push(match wanted.kind {
                Kind::Number => Column::Numbers(cells.map(|cell| cell.parse().unwrap()).collect()),
                Kind::Cells(_) => unreachable!("no layout wants such a column"),
                Kind::Key => Column::Keys(
                    cells.map(|cell| cell.bytes().fold(0, |key, byte| key << 8 | u128::from(byte))).collect(),
                ),
                Kind::Label => Column::Labels(
                    cells
                        .map(|cell| {
                            let known = labels.iter().position(|label| label == cell).unwrap_or_else(|| {
                                labels.push(cell.to_owned());
                                labels.len() - 1
                            });
                            u32::try_from(known).unwrap()
                        })
                        .collect(),
                ),
            });
        }
        batches.push(Batch { first: (number * size) as u64, rows: rows.len(), columns });
    }
    (batches, table)
}

fn measured_as(spec: &Predictions, text: &str, size: usize, keep: bool) -> Measured {
    let layout = Layout::of(spec);
    let (batches, table) = batches(&layout, text, size);
    let mut all = Gathered::default();
    batches.into_iter().for_each(|batch| all.merge(Gathered::of(spec, &layout, keep, batch)));
    let files = ["a.csv", "b.csv"].map(|path| ProjectFile { path: path.into(), on_disk: path.into() });
    conclude(spec, &layout, 0.95, keep, all, Places { files: &files, table: &table })
}

fn measured(spec: &Predictions, text: &str) -> Measured {
    measured_as(spec, text, 4, keeps(spec, &Layout::of(spec)))
}

fn number(measured: &Measured, name: &str) -> Option<f64> {
    match &measured.metrics[&MetricName::new(name).unwrap()] {
        MetricValue::Number(number) => Some(*number),
        MetricValue::Text(_) => None,
    }
}

/// What is said of predictions, a line each.
fn said(measured: &Measured) -> String {
    let line = |finding: &Finding| {
        let place = finding.path.iter().map(|path| format!(" at {path}")).collect::<String>();
        format!("{} {}{place}: {}\n", finding.severity.word(), finding.code, finding.message)
            + &finding.help.iter().map(|help| format!("  help: {help}\n")).collect::<String>()
    };
    measured.findings.iter().map(line).collect()
}

fn same(one: &Measured, other: &Measured) {
    let (one, other) = (one.evidence.as_ref().unwrap(), other.evidence.as_ref().unwrap());
    assert_eq!((one.rows, one.set, one.task), (other.rows, other.set, other.task));
    assert_eq!(one.estimates.keys().collect::<Vec<_>>(), other.estimates.keys().collect::<Vec<_>>());
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs().max(1e-3);
    for ((name, a), b) in one.estimates.iter().zip(other.estimates.values()) {
        assert!(is_near(a.value, b.value), "{name}: {} and {}", a.value, b.value);
    }
}

fn rows() -> impl Strategy<Value = Vec<(bool, u8, u8, u8)>> {
    prop::collection::vec((any::<bool>(), 0_u8..=20, 0_u8..4, 0_u8..3), 2..60)
}

/// With an id, a truth, a score, a weight and a part. The first row weighs something.
fn text(rows: &[(bool, u8, u8, u8)]) -> String {
    let line = |(id, (truth, score, weight, part)): (usize, &(bool, u8, u8, u8))| {
        let weight = if id == 0 { 1.5 } else { f64::from(*weight) / 2.0 };
        format!("{id},{},{},{weight},{part}\n", u8::from(*truth), f64::from(*score) / 20.0)
    };
    "id,y,s,w,g\n".to_owned() + &rows.iter().enumerate().map(line).collect::<String>()
}

fn turned(text: &str) -> String {
    let (header, rest) = text.split_once('\n').unwrap();
    let mut lines: Vec<&str> = rest.lines().collect();
    lines.reverse();
    format!("{header}\n{}\n", lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn neither_batches_nor_their_order_nor_memory_change_a_metric(rows in rows(), size in 1_usize..9) {
        let spec = Predictions { weight: Some("w".into()), id: Some("id".into()), ..spec() };
        let text = text(&rows);
        let whole = measured_as(&spec, &text, 1000, false);
        same(&whole, &measured_as(&spec, &text, size, false));
        same(&whole, &measured_as(&spec, &turned(&text), size, false));
        same(&whole, &measured_as(&spec, &text, size, true));
    }

    #[test]
    fn nor_do_they_of_numbers(rows in rows(), size in 1_usize..9) {
        let spec = Predictions {
            task: PredictedTask::Regression,
            truth: "s".into(),
            predicted: Some("g".into()),
            scores: Scores::None,
            id: Some("id".into()),
            ..spec()
        };
        let text = text(&rows);
        let whole = measured_as(&spec, &text, 1000, false);
        same(&whole, &measured_as(&spec, &text, size, false));
        same(&whole, &measured_as(&spec, &turned(&text), size, true));
    }

    #[test]
    fn no_interval_is_without_width(rows in rows(), perfect in any::<bool>(), many in any::<bool>()) {
        let intervals = if many { Intervals::Bootstrap(100) } else { Intervals::Auto };
        let slices = vec![Slicing::One(Axis::Values("g".into()))];
        let weight = Some("w".into());
        let spec = Predictions { intervals, slices, weight, ..spec() };
        let numbers = Predictions {
            task: PredictedTask::Regression,
            truth: "s".into(),
            predicted: Some(if perfect { "s" } else { "g" }.into()),
            scores: Scores::None,
            ..spec.clone()
        };
        let rows: Vec<_> = if perfect {
            rows.into_iter().map(|(truth, _, weight, part)| (truth, 20 * u8::from(truth), weight, part)).collect()
        } else {
            rows
        };
        for spec in [spec, numbers] {
            let evidence = measured(&spec, &text(&rows)).evidence.unwrap();
            let all = evidence.slices.iter().map(|slice| &slice.estimates).chain([&evidence.estimates]);
            for (name, estimate) in all.flatten() {
                prop_assert!(estimate.interval.is_none_or(|[low, high]| low < high), "{name}: {estimate:?}");
                prop_assert_eq!(estimate.interval.is_some(), estimate.method.is_some());
            }
        }
    }

    #[test]
    fn slices_are_all_rows_once(rows in rows()) {
        let slices = vec![
            Slicing::One(Axis::Values("g".into())),
            Slicing::One(Axis::Quantiles("s".into(), 3)),
            Slicing::Cross(Axis::Values("g".into()), Axis::Quantiles("s".into(), 2)),
        ];
        let spec = Predictions { slices, ..spec() };
        let evidence = measured(&spec, &text(&rows)).evidence.unwrap();
        for by in ["g", "s", "g*s"] {
            let of: Vec<_> = evidence.slices.iter().filter(|slice| slice.by == by).collect();
            prop_assert_eq!(of.iter().map(|slice| slice.rows).sum::<u64>(), rows.len() as u64);
            prop_assert!(of.iter().all(|slice| slice.rows > 0 && slice.small == (slice.rows < 3)));
        }
    }
}

#[test]
fn labels_in_every_spelling_are_the_same_metrics() {
    let plain = measured(&with_predicted(), "y,p,s\n1,1,0.9\n0,1,0.6\n1,0,0.4\n0,0,0.1\n");
    for (text, notes) in [
        ("y,p,s\ntrue,true,0.9\nfalse,true,0.6\ntrue,false,0.4\nfalse,false,0.1\n", 0),
        ("y,p,s\ntrue,1,0.9\nfalse,1,0.6\ntrue,0,0.4\nfalse,0,0.1\n", 1),
        ("y,p,s\ntrue,1,0.9\n0,true,0.6\n1,0,0.4\nfalse,false,0.1\n", 1),
        ("y,p,s\nyes,yes,0.9\nno,yes,0.6\nyes,no,0.4\nno,no,0.1\n", 1),
    ] {
        let measured = measured(&with_predicted(), text);
        assert_eq!(measured.metrics, plain.metrics, "{text}");
        assert_eq!(measured.findings.len(), notes, "{}", said(&measured));
    }
}

#[test]
fn what_any_model_comes_to_on_one_class_is_no_merit() {
    let text: String = (0..200).map(|row| if row % 3 == 0 { "1,0.1\n" } else { "1,0.9\n" }).collect();
    let spec = Predictions { positive: Some("1".into()), ..spec() };
    let measured = measured(&spec, &format!("y,s\n{text}"));
    let said = said(&measured);
    assert!(
        said.contains("metric-one-class") && said.contains("«precision», «precision_weighted»"),
        "{said}"
    );
    assert_eq!(number(&measured, "average_precision"), None, "{said}");
    assert_eq!(number(&measured, "precision"), Some(1.0), "as scikit-learn");
    let evidence = measured.evidence.unwrap();
    let interval = |name: &str| evidence.estimates[&MetricName::new(name).unwrap()].interval;
    assert_eq!((interval("precision"), interval("precision_weighted")), (None, None));
    assert!(interval("recall").is_some() && interval("accuracy").is_some());
}

fn with_predicted() -> Predictions {
    Predictions { predicted: Some("p".into()), ..spec() }
}

#[test]
fn losses_that_are_all_equal_have_no_interval_whatever_rounding_makes_of_their_sums() {
    for [positive, negative] in [["0.5", "0.5"], ["0.3", "0.7"], ["0.9", "0.1"]] {
        let row = |row: i32| if row % 2 == 0 { format!("1,{positive}\n") } else { format!("0,{negative}\n") };
        let text: String = (0..400).map(row).collect();
        let evidence = measured(&spec(), &format!("y,s\n{text}")).evidence.unwrap();
        for name in ["log_loss", "brier"] {
            let estimate = evidence.estimates[&MetricName::new(name).unwrap()];
            assert_eq!(estimate.interval, None, "{name} of {positive} and {negative}");
        }
    }
}

#[test]
fn a_perfect_value_is_as_sure_as_the_smallest_class_has_rows() {
    let text: String = (0..40).map(|row| if row < 4 { "1,0.9\n" } else { "0,0.1\n" }).collect();
    let evidence = measured(&spec(), &format!("y,s\n{text}")).evidence.unwrap();
    let estimate = |name: &str| evidence.estimates[&MetricName::new(name).unwrap()];
    let least = crate::statistics::wilson(4.0, 4.0, 0.95).unwrap()[0];
    for name in ["roc_auc", "average_precision", "balanced_accuracy", "f1_macro", "recall"] {
        let estimate = estimate(name);
        assert_eq!((estimate.value, estimate.interval), (1.0, Some([least, 1.0])), "{name}");
        assert_eq!(estimate.method, Some(record::Method::Wilson));
    }
    for name in ["matthews_corrcoef", "cohen_kappa"] {
        assert_eq!(estimate(name).interval, Some([2.0 * least - 1.0, 1.0]), "{name}");
    }
    for name in ["log_loss", "brier"] {
        assert_eq!(estimate(name).interval, None, "{name}: losses that are all equal");
    }
    let most = crate::statistics::wilson(0.0, 4.0, 0.95).unwrap()[1];
    let turned = text.replace("0.9", "0.0");
    let evidence = measured(&spec(), &format!("y,s\n{turned}")).evidence.unwrap();
    let area = evidence.estimates[&MetricName::new("roc_auc").unwrap()];
    assert_eq!((area.value, area.interval), (0.0, Some([0.0, most])));
}

#[test]
fn r2_misses_on_neither_side_more_often_than_said() {
    let sets = 2000_u32;
    let most = 0.025 + 3.0 * (0.025 * 0.975 / f64::from(sets)).sqrt();
    for (explained, rows) in [(0.3_f64, 30), (0.8, 30), (0.8, 100)] {
        let missed = (0..sets).fold([0.0; 2], |[above, below], set| {
            let mut random = Random::new(u64::from(set));
            let rows: Vec<(f64, f64)> = (0..rows)
                .map(|_| {
                    let known = explained.sqrt() * random.normal();
                    (known + (1.0 - explained).sqrt() * random.normal(), known)
                })
                .collect();
            let (truth, known): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let means = estimate::Means { confidence: 0.95, resample: false, rows: None, bins: 10 };
            let errors = regression::Errors::of(&truth, &known, None, false);
            let [low, high] = means.of_numbers(Measure::R2, &errors).unwrap().sure.unwrap().0;
            [above + f64::from(u8::from(low > explained)), below + f64::from(u8::from(high < explained))]
        });
        let missed = missed.map(|times: f64| times / f64::from(sets));
        eprintln!("r2 {explained} of {rows} rows is missed above and below: {missed:?}");
        assert!(missed.iter().all(|share| *share <= most), "{explained} {rows}: {missed:?}");
    }
}

#[test]
fn the_set_is_of_truths_by_their_text_and_of_ids_in_any_order() {
    let spec = Predictions { id: Some("id".into()), ..spec() };
    let set = |text: &str| measured(&spec, text).evidence.unwrap().set;
    let first = set("id,y,s\na,1,0.5\nb,0,0.5\nc,1,0.1\n");
    assert_eq!(first, set("id,y,s\nb,0,0.9\nc,1,0.1\na,1,0.2\n"), "another order, other scores");
    assert_ne!(first, set("id,y,s\na,1,0.5\nb,1,0.5\nc,0,0.1\n"), "another truth");
    assert_ne!(first, set("id,y,s\na,1,0.5\nb,0,0.5\nd,1,0.1\n"), "another id");
}

#[test]
fn quantiles_are_of_about_as_many_rows_and_say_their_edges() {
    let spec = Predictions { slices: vec![Slicing::One(Axis::Quantiles("age".into(), 4))], ..spec() };
    let text: String = (0..8).map(|row| format!("{},0.{row},{}\n", row % 2, 20 + row * 5)).collect();
    let evidence = measured(&spec, &format!("y,s,age\n{text}")).evidence.unwrap();
    let names: Vec<_> = evidence.slices.iter().map(|slice| (slice.name.as_str(), slice.rows)).collect();
    assert_eq!(names, [("age=[20, 30)", 2), ("age=[30, 40)", 2), ("age=[40, 50)", 2), ("age=[50, 55]", 2)]);
}

#[test]
fn no_two_slices_have_one_name_whatever_a_column_holds() {
    use crate::evaluate::predictions::slices;
    let plain = ["a", "a b", "[5", "c*d"].map(|text| slices::named("region", &slices::written(text)));
    assert_eq!(plain, ["region=a", "region=a b", "region=[5", "region=c*d"]);
    let of = |region: &str, plan: &str| {
        let one = slices::named("region", &slices::written(region));
        format!("{one}, {}", slices::named("plan", &slices::written(plan)))
    };
    assert_eq!(slices::named("region", &slices::written("a, plan=x")), "region=\"a, plan=x\"");
    assert_ne!(of("a", "x, plan=y"), of("a, plan=x", "y"));
    assert_ne!(of("\"a", "b\""), of("a", "b"));
    assert_ne!(slices::named("a=b", "c"), slices::named("a", &slices::written("b=c")));
}

#[test]
fn edges_are_short_where_that_tells_them_apart() {
    let spec = Predictions { slices: vec![Slicing::One(Axis::Quantiles("light".into(), 2))], ..spec() };
    let names = |lights: [&str; 4]| {
        let text: String =
            lights.iter().zip([0, 1, 0, 1]).map(|(light, y)| format!("{y},0.5,{light}\n")).collect();
        let evidence = measured(&spec, &format!("y,s,light\n{text}")).evidence.unwrap();
        evidence.slices.iter().map(|slice| (slice.name.clone(), slice.rows)).collect::<Vec<_>>()
    };
    let own = |names: [&str; 2]| names.map(|name| (name.to_owned(), 2)).to_vec();
    assert_eq!(
        names(["-0.33812345", "0.1", "0.551149", "12345.678"]),
        own(["light=[-0.3381, 0.5511)", "light=[0.5511, 12350]"])
    );
    assert_eq!(
        names(["1000.1", "1000.2", "1000.3", "1000.4"]),
        own(["light=[1000.1, 1000.3)", "light=[1000.3, 1000.4]"])
    );
}

#[test]
fn a_positive_class_that_nobody_named_is_told() {
    let told = |spec: &Predictions, text: &str| {
        let measured = measured(spec, text);
        let guessed = measured.findings.iter().any(|finding| finding.code.as_str() == "positive-guessed");
        (measured.evidence.unwrap().positive, guessed)
    };
    let named = Predictions { positive: Some("bad".into()), ..spec() };
    assert_eq!(told(&spec(), "y,s\n1,0.9\n0,0.2\n"), (Some("1".into()), false));
    assert_eq!(told(&spec(), "y,s\ntrue,0.9\nfalse,0.2\n"), (Some("true".into()), false));
    assert_eq!(told(&spec(), "y,s\nbad,0.9\ngood,0.2\n"), (Some("good".into()), true));
    assert_eq!(told(&named, "y,s\nbad,0.9\ngood,0.2\n"), (Some("bad".into()), false));
    assert_eq!(told(&spec(), "y,s\n1,0.9\n2,0.2\n"), (Some("1".into()), true));
}

#[test]
fn thresholds_reach_their_targets_with_the_most_of_the_other() {
    let targets = vec![Wanted::Precision(0.7), Wanted::Recall(0.6), Wanted::Precision(1.0)];
    let spec = Predictions { targets, ..spec() };
    let curves =
        measured(&spec, "y,s\n0,0.9\n1,0.8\n1,0.7\n1,0.6\n0,0.5\n0,0.4\n").evidence.unwrap().curves.unwrap();
    let found: Vec<_> = curves.thresholds.iter().map(|found| (found.threshold, found.precision)).collect();
    assert_eq!(found, [(Some(0.6), Some(0.75)), (Some(0.6), Some(0.75)), (None, None)]);
    assert_eq!((curves.roc.first(), curves.roc.last()), (Some(&[0.0, 0.0]), Some(&[1.0, 1.0])));
    assert_eq!(curves.precision_recall.last(), Some(&[1.0, 0.5]));
}

#[test]
fn a_target_that_no_threshold_reaches_is_said_with_what_is_reached() {
    let targets = vec![Wanted::Precision(0.99), Wanted::Recall(0.5), Wanted::Precision(0.6)];
    let spec = Predictions { targets, ..spec() };
    let unreached = |text: &str| -> Vec<String> {
        let findings = measured(&spec, text).findings.into_iter();
        findings.filter(|finding| finding.code == "target-unreached").map(|finding| finding.message).collect()
    };
    let told = unreached("y,s\n0,0.9\n1,0.8\n1,0.7\n1,0.6\n0,0.5\n0,0.4\n");
    assert_eq!(
        told,
        ["no threshold reaches a precision of 0.99; the highest is 0.75, with a threshold of 0.6"]
    );
    assert_eq!(unreached("y,s\n1,0.9\n0,0.4\n"), [""; 0]);
    let told = unreached("y,s\n0,0.9\n0,0.4\n");
    assert_eq!(
        told,
        ["there is no threshold for the targets: one of the classes has no rows, or none that weighs"]
    );
}

#[test]
fn scores_of_too_many_classes_are_refused_before_anything_is_read() {
    let columns =
        |count: usize| (0..count).map(|class| (format!("c{class}"), format!("p{class}"))).collect::<Vec<_>>();
    let (_hand, interrupt) = Interrupt::channel();
    let nowhere = [ProjectFile { path: "p.csv".into(), on_disk: "nowhere.csv".into() }];
    let code = |count| {
        let spec = Predictions { scores: Scores::Classes(columns(count)), ..spec() };
        measure(&spec, 0.95, &nowhere, &interrupt).unwrap().findings[0].code.clone()
    };
    assert_eq!((code(1001), code(1000)), ("labels-many".into(), "table-unreadable".into()));
}

#[test]
fn curves_are_thin_however_many_rows_there_are() {
    let text: String = (0..5000).map(|row| format!("{},{}\n", row % 2, f64::from(row) / 5000.0)).collect();
    let curves = measured(&spec(), &format!("y,s\n{text}")).evidence.unwrap().curves.unwrap();
    for curve in [curves.roc, curves.precision_recall] {
        assert!((90..=101).contains(&curve.len()), "{}", curve.len());
        assert!(curve.windows(2).all(|pair| pair[0][0] <= pair[1][0]));
    }
}

#[test]
fn nothing_is_measured_of_what_nobody_asked_for() {
    let spec = Predictions { metrics: Some(vec![Measure::Accuracy]), ..with_predicted() };
    let measured = measured(&spec, "y,p\n1,1\n0,1\n");
    assert_eq!(measured.metrics.keys().map(MetricName::as_str).collect::<Vec<_>>(), ["accuracy"]);
    assert_eq!(number(&measured, "accuracy"), Some(0.5));
}

#[test]
fn fairness_leaves_small_slices_out_and_says_so() {
    let spec = Predictions { slices: vec![Slicing::One(Axis::Values("g".into()))], ..spec() };
    let text = "y,s,g\n1,0.9,a\n0,0.8,a\n1,0.2,a\n1,0.9,b\n0,0.2,b\n1,0.1,b\n1,0.9,c\n";
    let measured = measured(&spec, text);
    assert!((number(&measured, "demographic_parity_difference.g").unwrap() - 1.0 / 3.0).abs() < 1e-15);
    assert_eq!(number(&measured, "equal_opportunity_difference.g"), Some(0.0));
    insta::assert_snapshot!("small_slices", said(&measured));
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_its_remedy() {
    let classes = |columns: &[(&str, &str)]| {
        Scores::Classes(columns.iter().map(|(class, column)| ((*class).into(), (*column).into())).collect())
    };
    let sliced = |column: &str| vec![Slicing::One(Axis::Values(column.into()))];
    let many: String = (0..1001).map(|row| format!("{},0.5,{row}\n", row % 2)).collect();
    let numbers = Predictions {
        task: PredictedTask::Regression,
        predicted: Some("p".into()),
        scores: Scores::None,
        ..spec()
    };
    let cases: Vec<(&str, Predictions, String)> = vec![
        ("no row", spec(), "y,s\n".into()),
        ("one row", spec(), "y,s\n1,0.7\n".into()),
        ("one class only", spec(), "y,s\n0,0.7\n0,0.2\n".into()),
        ("a third label", spec(), "y,s\n0,0.7\n1,0.2\n2,0.3\n".into()),
        (
            "a class without scores",
            Predictions { scores: classes(&[("a", "s"), ("b", "t")]), ..spec() },
            "y,s,t\na,0.7,0.3\nc,0.2,0.8\n".into(),
        ),
        (
            "scores that do not add up",
            Predictions { scores: classes(&[("a", "s"), ("b", "t"), ("c", "u")]), ..spec() },
            "y,s,t,u\na,0.7,0.3,0\nb,0.2,0.5,0.1\nc,0.3,0.3,0.4\n".into(),
        ),
        ("scores beyond 0 and 1", spec(), "y,s\n0,-0.7\n1,2.5\n1,0.5\n".into()),
        (
            "the same, and log loss by name",
            Predictions { metrics: Some(vec![Measure::LogLoss]), ..spec() },
            "y,s\n0,0.7\n1,2.5\n".into(),
        ),
        ("a score that is NaN", spec(), "y,s\n0,0.7\n1,NaN\n1,inf\n".into()),
        (
            "a weight below 0",
            Predictions { weight: Some("w".into()), ..spec() },
            "y,s,w\n0,0.7,1\n1,0.5,-1\n".into(),
        ),
        (
            "no weight at all",
            Predictions { weight: Some("w".into()), ..spec() },
            "y,s,w\n0,0.7,0\n1,0.5,0\n".into(),
        ),
        (
            "a positive class that is not there",
            Predictions { positive: Some("yes".into()), ..spec() },
            "y,s\n0,0.7\n1,0.5\n".into(),
        ),
        ("true and 1", with_predicted(), "y,p,s\ntrue,1,0.9\nfalse,0,0.2\n".into()),
        ("too many slices", Predictions { slices: sliced("id"), ..spec() }, format!("y,s,id\n{many}")),
        (
            "quantiles of one value",
            Predictions { slices: vec![Slicing::One(Axis::Quantiles("s".into(), 4))], ..spec() },
            "y,s\n0,0.5\n1,0.5\n1,0.5\n".into(),
        ),
        (
            "ids that repeat",
            Predictions { id: Some("id".into()), ..spec() },
            "y,s,id\n0,0.5,a\n1,0.5,b\n1,0.5,a\n0,0.1,a\n".into(),
        ),
        ("a number that is infinite", numbers.clone(), "y,p\n1,inf\n2,2\n".into()),
        ("a truth that never changes", numbers, "y,p\n1,2\n1,3\n".into()),
    ];
    let told = cases.iter().map(|(name, spec, text)| format!("── {name}\n{}", said(&measured(spec, text))));
    insta::assert_snapshot!("bad_inputs", told.collect::<String>());
}
