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

/// All that is measured, without what the two references are called, and how their categories are spelled.
fn measured(drift: &Value) -> Value {
    let mut drift = drift.clone();
    let name = drift["reference"].as_str().unwrap().to_owned();
    for finding in drift["findings"].as_array_mut().unwrap() {
        finding["message"] = finding["message"].as_str().unwrap().replace(&name, "the reference").into();
    }
    for key in ["reference", "profile"] {
        drift.as_object_mut().unwrap().remove(key);
    }
    for column in drift["columns"].as_array_mut().unwrap() {
        if let Some(picture) = column["picture"].as_object_mut() {
            picture.remove("categories");
        }
    }
    drift
}

#[test]
fn a_profile_that_counts_all_values_is_as_good_as_the_data() {
    let project = Project::empty();
    for pair in pairs(&project, |_| true) {
        let said = project.modelgate(&["data", "profile", &pair[0], "--out", "profile.json"]);
        assert_eq!(said.code, 0, "{}", said.err);
        for method in
            ["auto", "evidently", "alibi", "ks", "wasserstein", "psi", "jensen-shannon", "chi-square"]
        {
            let of_data = ours(&project, &pair, &["--method", method]);
            let of_profile = ours(&project, &["profile.json".into(), pair[1].clone()], &["--method", method]);
            assert_eq!(of_data.0, of_profile.0, "{method}");
            for (name, column) in &of_data.2 {
                let (mut data, mut profile) = (column.clone(), of_profile.2[name].clone());
                for side in [&mut data, &mut profile] {
                    side["picture"]["categories"] = Value::Null;
                }
                assert_eq!(data, profile, "{method} {name} of {pair:?}");
            }
            assert_eq!(measured(&of_data.1), measured(&of_profile.1), "{method}");
            assert_eq!(
                of_profile.1["profile"]["rows"],
                pair[0].split(['-', '.']).nth(1).unwrap().parse::<u64>().unwrap()
            );
        }
    }
}

#[test]
fn of_a_sketch_nothing_is_said_that_it_does_not_know() {
    let project = Project::empty();
    let mut next = uniform(5);
    let mut table = |name: &str, rows: usize, shift: f64| {
        let lines: String = (0..rows)
            .map(|_| {
                let x = normal(&mut next);
                let name = (next() * 1e6) as u64;
                format!("{},{},{},n{name}\n", x + shift, 1e6 + x + shift, (3.0 * next()) as u32)
            })
            .collect();
        project.file(name, format!("many,far,few,names\n{lines}"));
    };
    table("reference.csv", 12_000, 0.0);
    table("same.csv", 3000, 0.0);
    table("moved.csv", 3000, 0.6);
    let said = project.modelgate(&["data", "profile", "reference.csv", "--out", "profile.json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let of = |reference: &str, current: &str, method: &str| {
        let words = ["--method", method, "--ignore", "far", "--ignore", "names"];
        ours(&project, &[reference.into(), current.into()], &words)
    };
    for (current, code) in [("same.csv", 0), ("moved.csv", 11)] {
        for method in ["auto", "psi"] {
            let ((_, _, data), (ended, _, profile)) =
                (of("reference.csv", current, method), of("profile.json", current, method));
            assert_eq!(ended, code, "{method} {current}");
            let scores = [&data, &profile].map(|columns| columns["many"]["score"].as_f64().unwrap());
            assert!((scores[0] - scores[1]).abs() < 0.05 * scores[0].max(0.02), "{scores:?}");
            assert_eq!(data["many"]["drifted"], profile["many"]["drifted"]);
            assert!(profile["many"]["sketch"]["relative_error"].as_f64().unwrap() < 0.01);
            assert!(profile["many"]["p"].as_f64() >= data["many"]["p"].as_f64());
            assert_eq!(profile["few"], data["few"], "all its values are counted");
            let bars = |columns: &BTreeMap<String, Value>| -> Vec<f64> {
                let shares = columns["many"]["picture"]["reference"].as_array().unwrap();
                shares.iter().map(|share| share.as_f64().unwrap()).collect()
            };
            let far =
                bars(&data).iter().zip(bars(&profile)).map(|(one, other)| (one - other).abs()).sum::<f64>();
            assert!(far < 0.05, "{far}");
        }
    }
    for method in ["ks", "wasserstein", "jensen-shannon", "chi-square", "evidently", "alibi"] {
        let words = ["data", "drift", "profile.json", "same.csv", "--method", method, "--ignore", "far"];
        let said = project.modelgate(&words);
        assert_eq!(said.code, 11, "{method}: {}", said.err);
        assert!(
            said.err.contains("the column «many» could not be compared with «profile.json»"),
            "{}",
            said.err
        );
        assert!(
            said.err.contains("[data-not-compared]")
                && (method == "chi-square" || said.err.contains("choose `psi` or `auto`")),
            "{}",
            said.err
        );
        let (_, _, columns) = of("profile.json", "same.csv", method);
        assert_eq!((&columns["many"]["score"], &columns["many"]["drifted"]), (&Value::Null, &false.into()));
    }
    let said = project.modelgate(&["data", "drift", "profile.json", "same.csv"]);
    assert_eq!(said.code, 11);
    for told in [
        "«far» could not be compared",
        "near each other",
        "«names» could not be compared",
        "the most frequent",
    ] {
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
}
