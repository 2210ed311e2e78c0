#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::report::terminal::Look;
use crate::report::text::{clean, width};
use crate::report::{fixtures, markdown, terminal};

/// A record like [`fixtures::measured`], of another commit and a little better.
fn later() -> Record {
    let mut record = fixtures::measured();
    record.id = "20260305-101500-d00d1e".into();
    record.verdict.as_mut().unwrap().confidence = Some(0.9);
    let rows = &mut record.verdict.as_mut().unwrap().rows;
    rows[0].outcome = crate::record::RowOutcome::Pass;
    rows[0].because = "it holds".into();
    rows.remove(3);
    let evaluate = record.steps.iter_mut().find(|step| step.evidence.predictions.is_some()).unwrap();
    let evidence = &mut evaluate.evidence;
    evidence.metrics.insert(MetricName::new("accuracy").unwrap(), MetricValue::Number(0.871));
    evidence.metrics.insert(MetricName::new("kind").unwrap(), MetricValue::Text("v2".into()));
    evidence.metrics.remove(&MetricName::new("log_loss").unwrap());
    let predictions = evidence.predictions.as_mut().unwrap();
    predictions.set = Digest::from_bytes([9; 32]);
    predictions.rows = 2000;
    predictions.slices[0].name = "region=new".into();
    for estimate in predictions.slices.iter_mut().flat_map(|slice| slice.estimates.values_mut()) {
        estimate.value += 0.01;
    }
    record
}

/// What the predictions of [`fixtures::measured`] and [`later`] may come to.
fn comparison() -> Comparison {
    use fixtures::measured::{comparison, named, within};
    Comparison {
        pairing: crate::record::Pairing::Unpaired("a record does not hold the rows themselves".into()),
        // That of another number than the record's is not shown as its own.
        changes: named([
            ("accuracy", within(0.019, 0.0235, Method::Mover)),
            ("roc_auc", within(0.5, 0.1, Method::Mover)),
        ]),
        slices: [("region=east".to_owned(), named([("accuracy", within(0.01, 0.048, Method::Mover))]))]
            .into(),
        ..comparison()
    }
}

fn plain(versus: &Versus, width: usize) -> String {
    terminal::versus(versus, Look { width, color: false })
}

#[test]
fn two_records_stand_side_by_side() {
    let versus = put(["a.json", ".modelgate"], &fixtures::measured(), &later(), Some(comparison()));
    insta::assert_snapshot!("terminal", plain(&versus, 80));
    insta::assert_snapshot!("markdown", markdown::versus(&versus));
    insta::assert_snapshot!("json", to_json(&versus).unwrap());
}

#[test]
fn a_record_differs_from_itself_in_nothing() {
    for (name, record) in fixtures::all() {
        let versus = compose(["a", "b"], &record, &record);
        assert!(versus.rules.is_empty() && versus.metrics.iter().all(Metric::is_same), "{name}");
    }
}

#[test]
fn whatever_is_compared_is_said_and_not_refused() {
    let mut said = String::new();
    let records = [fixtures::approved(), fixtures::repeated(), fixtures::nothing()];
    for (a, b) in [(0, 1), (1, 0), (0, 2), (2, 2)] {
        let versus = put(["a", "b"], &records[a], &records[b], None);
        said += &format!("{a} and {b}:\n{}\n", versus.notes.join("\n"));
    }
    let mut other = fixtures::repeated();
    other.model = crate::name::ModelName::new("fraud").unwrap();
    said += &put(["a", "b"], &fixtures::measured(), &other, None).notes.join("\n");
    let same = put(["a", "b"], &fixtures::measured(), &fixtures::measured(), Some(comparison()));
    said += &format!("\n\nthe same set:\n{}", same.notes.join("\n"));
    insta::assert_snapshot!("notes", said);
}

fn assert_fits(versus: &Versus, columns: usize) {
    for line in plain(versus, columns).lines() {
        let shown = line.replace('\u{200b}', "");
        assert_eq!(clean(&shown), shown, "nothing is hidden");
        assert!(width(&shown) <= columns.max(40), "{columns}: {line:?}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let versus = compose([fixtures::HOSTILE[0], fixtures::HOSTILE[7]], &fixtures::hostile(), &later());
    for columns in [40, 80, 200] {
        assert_fits(&versus, columns);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_two_records_can_be_compared(
        a in fixtures::arbitrary(), b in fixtures::arbitrary(), columns in 0_usize..140,
    ) {
        let versus = compose(["a", "b"], &a, &b);
        assert_fits(&versus, if columns == 0 { 80 } else { columns });
        prop_assert!(to_json(&versus).is_ok());
        let page = markdown::versus(&versus);
        prop_assert!(page.ends_with('\n'));
    }
}
