//! `modelgate data drift` as a whole, judged by Evidently's DataDriftPreset and alibi-detect's TabularDrift.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{Project, uniform};
use serde_json::{Value, json};

type Random<'a> = &'a mut dyn FnMut() -> f64;
/// A cell of the reference, or of the current side, out of numbers that look random.
type Cell = fn(Random<'_>, bool) -> String;

fn normal(next: Random<'_>) -> f64 {
    (0..12).map(|_| next()).sum::<f64>() - 6.0
}

fn whole(next: Random<'_>, values: f64) -> f64 {
    (next() * values).floor()
}

/// Twenty columns and some, each awkward in a way of its own.
const COLUMNS: [(&str, Cell); 27] = [
    ("normal", |next, _| format!("{}", normal(next))),
    ("shifted", |next, now| format!("{}", normal(next) + if now { 0.3 } else { 0.0 })),
    ("wider", |next, now| format!("{}", normal(next) * if now { 1.6 } else { 1.0 })),
    ("heavy", |next, _| format!("{}", (normal(next) * 3.0).exp())),
    ("outlier", |next, now| if now && next() < 0.01 { "1e9".into() } else { format!("{}", normal(next)) }),
    ("few", |next, now| format!("{}", whole(next, if now { 9.0 } else { 10.0 }))),
    ("many", |next, _| format!("{}", whole(next, 1000.0))),
    ("many_then_few", |next, now| format!("{}", whole(next, if now { 8.0 } else { 40.0 }))),
    ("few_then_many", |next, now| format!("{}", whole(next, if now { 40.0 } else { 8.0 }))),
    ("whole_with_gaps", |next, _| if next() < 0.2 { String::new() } else { format!("{}", whole(next, 8.0)) }),
    (
        "gaps_before",
        |next, now| {
            if !now && next() < 0.2 { String::new() } else { format!("{}", whole(next, 8.0)) }
        },
    ),
    (
        "gaps_now",
        |next, now| if now && next() < 0.2 { String::new() } else { format!("{}", whole(next, 8.0)) },
    ),
    ("halves", |next, _| format!("{:?}", whole(next, 4.0) + 0.5)),
    ("halves_then_whole", |next, now| {
        if now { format!("{}", whole(next, 7.0)) } else { format!("{:?}", whole(next, 7.0) + 0.5) }
    }),
    ("whole_then_halves", |next, now| {
        if now { format!("{:?}", whole(next, 30.0) + 0.5) } else { format!("{}", whole(next, 30.0)) }
    }),
    ("number_with_gaps", |next, now| {
        if next() < if now { 0.6 } else { 0.1 } { String::new() } else { format!("{}", normal(next)) }
    }),
    ("infinite", |next, _| match next() {
        share if share < 0.02 => "inf".into(),
        share if share < 0.04 => "-inf".into(),
        // Without a gap Evidently's count of drifted columns keeps the infinities that its columns drop.
        share if share < 0.06 => String::new(),
        _ => format!("{}", normal(next)),
    }),
    ("constant_whole", |_, _| "7".into()),
    ("constant_number", |_, _| "0.25".into()),
    ("constant_text", |_, _| "one".into()),
    ("constant_moved", |_, now| if now { "0.75".into() } else { "0.25".into() }),
    ("truth", |next, now| (if next() < if now { 0.5 } else { 0.4 } { "True" } else { "False" }).into()),
    ("two", |next, now| (if next() < if now { 0.6 } else { 0.4 } { "yes" } else { "no" }).into()),
    ("category", |next, now| format!("kind {}", (next() * next() * if now { 6.0 } else { 5.0 }) as u32)),
    ("category_with_gaps", |next, _| {
        if next() < 0.3 { String::new() } else { format!("kind {}", (next() * 5.0) as u32) }
    }),
    ("names", |next, _| format!("name {}", (next() * next() * 200.0) as u32)),
    ("days", |next, now| format!("2026-0{}-{:02}", if now { 2 } else { 1 }, 1 + (next() * 28.0) as u32)),
];

/// Those that a test without gaps, infinities and days can have.
fn plain(name: &str) -> bool {
    !["gaps", "infinite", "days"].iter().any(|awkward| name.contains(awkward))
}

fn table(seed: u64, rows: usize, now: bool, is_in: fn(&str) -> bool) -> String {
    let columns: Vec<&(&str, Cell)> = COLUMNS.iter().filter(|(name, _)| is_in(name)).collect();
    let mut next = uniform(seed);
    let mut lines = vec![columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")];
    lines.extend(
        (0..rows).map(|_| columns.iter().map(|(_, cell)| cell(&mut next, now)).collect::<Vec<_>>().join(",")),
    );
    lines.join("\n") + "\n"
}

/// Pairs of tables in files, with as many rows as make either of Evidently's choices.
fn pairs(project: &Project, is_in: fn(&str) -> bool) -> Vec<[String; 2]> {
    let sizes = [(600, 400), (1000, 1500), (1001, 700), (3000, 5000)];
    let pair = |(seed, (n, m)): (u64, (usize, usize))| {
        let names = [format!("reference-{n}.csv"), format!("current-{m}.csv")];
        project.file(&names[0], table(2 * seed, n, false, is_in));
        project.file(&names[1], table(2 * seed + 1, m, true, is_in));
        names
    };
    (20..).zip(sizes).map(pair).collect()
}

fn judge(test: &str, question: &Value) -> Option<Value> {
    Some(common::ask(&common::judges_for(test)?, "data_drift/judge.py", question))
}

/// What modelgate says, and its columns by name.
fn ours(
    project: &Project,
    [reference, current]: &[String; 2],
    words: &[&str],
) -> (i32, Value, BTreeMap<String, Value>) {
    let all = [&["--format", "json", "data", "drift", reference, current], words].concat();
    let said = project.modelgate(&all);
    let drift: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    let columns = drift["columns"].as_array().unwrap().iter();
    let columns =
        columns.map(|column| (column["column"].as_str().unwrap().to_owned(), column.clone())).collect();
    (said.code, drift, columns)
}

/// The words of Evidently for our methods.
fn word(theirs: &str) -> &'static str {
    match theirs {
        "K-S p_value" => "ks",
        "chi-square p_value" => "chi-square",
        "Z-test p_value" => "z-test",
        "Wasserstein distance (normed)" => "wasserstein",
        "Jensen-Shannon distance" => "jensen-shannon",
        other => panic!("{other}"),
    }
}

fn paths(project: &Project, pair: &[String; 2]) -> [String; 2] {
    [0, 1].map(|side| project.path().join(&pair[side]).display().to_string())
}

#[test]
fn evidently_is_reproduced() {
    let project = Project::empty();
    let pairs = pairs(&project, |_| true);
    let questions: Vec<Value> = pairs.iter().map(|pair| json!(paths(&project, pair))).collect();
    let Some(answers) = judge("evidently_is_reproduced", &json!({"evidently": questions, "alibi": []}))
    else {
        return;
    };
    let mut wrong = Vec::new();
    for (pair, theirs) in pairs.iter().zip(answers["evidently"].as_array().unwrap()) {
        let (code, drift, columns) = ours(&project, pair, &["--method", "evidently"]);
        let told = theirs["columns"].as_object().unwrap();
        assert_eq!(told.len(), COLUMNS.len(), "Evidently has something to say of all");
        for (name, theirs) in told {
            let ours = &columns[name];
            let near = match (ours["score"].as_f64(), theirs["score"].as_f64()) {
                // Their one minus something has no digits below 10⁻¹⁶.
                (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-6),
                (ours, theirs) => ours == theirs,
            };
            let same_method =
                ours["score"].is_null() || ours["method"] == word(theirs["method"].as_str().unwrap());
            let same_bound = ours["score"].is_null() || ours["threshold"] == theirs["threshold"];
            if !(near && same_method && same_bound && ours["drifted"] == theirs["drifted"]) {
                wrong.push(format!(
                    "{pair:?} {name}: {} {} {} {}, and theirs is {theirs}",
                    ours["method"], ours["score"], ours["threshold"], ours["drifted"]
                ));
            }
        }
        let share = theirs["share"].as_f64().unwrap();
        if drift["share"].as_f64() != Some(share) || (code == 11) != (share >= 0.5) {
            wrong.push(format!("{pair:?}: the share is {} ({code}), and theirs {share}", drift["share"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn alibi_is_reproduced() {
    let project = Project::empty();
    let pairs = pairs(&project, plain);
    let categories = ["constant_text", "truth", "two", "category", "names"];
    let question = |pair| {
        let [reference, current] = paths(&project, pair);
        json!([reference, current, categories])
    };
    let questions: Vec<Value> = pairs.iter().map(question).collect();
    let Some(answers) = judge("alibi_is_reproduced", &json!({"evidently": [], "alibi": questions})) else {
        return;
    };
    let mut wrong = Vec::new();
    for (pair, theirs) in pairs.iter().zip(answers["alibi"].as_array().unwrap()) {
        let (code, drift, columns) = ours(&project, pair, &["--method", "alibi"]);
        let threshold = theirs["threshold"].as_f64().unwrap();
        let told = theirs["p"].as_object().unwrap();
        assert_eq!(told.len(), columns.len());
        for (name, p) in told {
            let (ours, p) = (&columns[name], p.as_f64());
            let near = match (ours["score"].as_f64(), p) {
                // Theirs has 32 bits, and what is below them is 0.
                (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9_f64.max(2e-7 * theirs),
                (ours, theirs) => ours == theirs,
            };
            let drifted = p.is_some_and(|p| p < threshold);
            if !near || ours["drifted"] != drifted {
                wrong.push(format!(
                    "{pair:?} {name}: {} {}, and theirs {p:?}",
                    ours["score"], ours["drifted"]
                ));
            }
        }
        if drift["drifted"] != theirs["drifted"] || (code == 11) != theirs["drifted"].as_bool().unwrap() {
            wrong.push(format!("{pair:?}: {} ({code}), and theirs {}", drift["drifted"], theirs["drifted"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
