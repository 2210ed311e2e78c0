//! Records that every renderer is tried on: one a way for a run to end, and one full of hostile text.

#![allow(clippy::unwrap_used)]

mod build;
pub mod data;
pub mod measured;

use build::{Rule, base, baseline, evaluate, judge, lint, local, model, number, skipped, step, test, train};

use proptest::prelude::*;

use super::Past;
use crate::context::Context;
use crate::finding::Finding;
use crate::record::{
    Aside, Baseline, CommandEvidence, Comparison, Conclusion, Delivery, DeliveryOutcome, Estimate, Evidence,
    Method, MetricValue, Outcome, Pairing, Record, Row, RuleKind,
};
use crate::step::Step;

/// Every fixture with its name, for tests that hold of all records.
pub fn all() -> Vec<(&'static str, Record)> {
    vec![
        ("approved", approved()),
        ("rejected", rejected()),
        ("inconclusive", inconclusive()),
        ("measured", measured()),
        ("repeated", repeated()),
        ("failed_lint", failed_lint()),
        ("failed_data", failed_data()),
        ("steady_data", steady_data()),
        ("failed_train", failed_train()),
        ("faulted", faulted()),
        ("cancelled", cancelled()),
        ("restored", restored()),
        ("nothing", nothing()),
        ("hostile", hostile()),
    ]
}

/// Everything went well, compared with the default branch.
pub fn approved() -> Record {
    let mut record = base();
    record.put(lint());
    record.put(test());
    record.put(train());
    record.put(evaluate(&[
        ("accuracy", number(0.9123)),
        ("f1", number(0.884_210_53)),
        ("latency_p95_ms", number(41.7)),
    ]));
    means(&mut record, [("accuracy", 0.9123, [0.8995, 0.9239]), ("latency_p95_ms", 41.7, [40.9, 42.6])]);
    record.baseline = Some(baseline(&[
        ("accuracy", number(0.9051)),
        ("f1", number(0.884_210_53)),
        ("latency_p95_ms", number(40.0)),
    ]));
    judge(
        &mut record,
        Conclusion::Approved,
        vec![
            Rule::new("accuracy", RuleKind::Min, 0.85).value(0.9123).baseline(0.9051).margin(0.0623).pass(),
            Rule::new("accuracy", RuleKind::MaxDrop, 0.01)
                .value(0.9123)
                .baseline(0.9051)
                .interval(0.8995, 0.9239)
                .change_interval(-0.002, 0.0164)
                .margin(0.0172)
                .pass(),
            Rule::new("f1", RuleKind::Min, 0.8)
                .value(0.884_210_53)
                .baseline(0.884_210_53)
                .margin(0.084_210_53)
                .pass(),
            Rule::new("latency_p95_ms", RuleKind::Max, 50.0)
                .value(41.7)
                .baseline(40.0)
                .interval(40.9, 42.6)
                .margin(8.3)
                .pass(),
            Rule::new("latency_p95_ms", RuleKind::MaxRise, 0.1)
                .relative()
                .value(41.7)
                .baseline(40.0)
                .margin(2.3)
                .pass(),
        ],
        &[],
    );
    record
}

/// Gives intervals to metrics of the step that was put last.
fn means<const N: usize>(record: &mut Record, of: [(&'static str, f64, [f64; 2]); N]) {
    let mean = |value, interval| Estimate { value, interval: Some(interval), method: None };
    let named = measured::named(of.map(|(name, value, interval)| (name, mean(value, interval))));
    record.steps.last_mut().unwrap().evidence.means = named;
}

/// Rejected for every reason that a rule can have.
pub fn rejected() -> Record {
    let mut record = base();
    record.put(lint());
    record.put(test());
    record.put(train());
    record.put(evaluate(&[
        ("accuracy", number(0.8312)),
        ("auc", MetricValue::Text("NaN".into())),
        ("calibration", number(0.031)),
        ("dataset_version", MetricValue::Text("v2".into())),
        ("f1", number(0.803)),
        ("latency_p95_ms", number(55.25)),
    ]));
    means(&mut record, [("accuracy", 0.8312, [0.8101, 0.8523])]);
    record.baseline = Some(baseline(&[
        ("accuracy", number(0.86)),
        ("dataset_version", MetricValue::Text("v3".into())),
        ("latency_p95_ms", number(44.0)),
    ]));
    judge(
        &mut record,
        Conclusion::Rejected,
        vec![
            Rule::new("accuracy", RuleKind::Min, 0.85)
                .value(0.8312)
                .baseline(0.86)
                .interval(0.8101, 0.8523)
                .margin(-0.0188)
                .fail("0.8312 is below 0.85"),
            Rule::new("accuracy", RuleKind::MaxDrop, 0.01)
                .value(0.8312)
                .baseline(0.86)
                .margin(-0.0188)
                .fail("it dropped by 0.0288, and 0.01 is allowed"),
            Rule::new("latency_p95_ms", RuleKind::MaxRise, 0.1)
                .relative()
                .value(55.25)
                .baseline(44.0)
                .margin(-6.85)
                .fail("it rose by 25.5682 %, and 10 % is allowed"),
            Rule::new("f1", RuleKind::Min, 0.8).value(0.803).slice("region=north-east").margin(0.003).pass(),
            Rule::new("f1", RuleKind::MinGain, 0.01).value(0.803).fail("there is no baseline value"),
            Rule::new("recall.macro avg", RuleKind::Min, 0.7).fail("nobody measured it"),
            Rule::new("auc", RuleKind::Min, 0.9)
                .text_value("NaN")
                .fail("«NaN» is not a finite number, so it cannot be compared"),
            Rule::new("dataset_version", RuleKind::Equals, 0.0)
                .text_bound("v3")
                .text_value("v2")
                .text_baseline("v3")
                .fail("it is «v2» and not «v3»"),
            Rule::new("calibration", RuleKind::Max, 0.05).value(0.031).margin(0.019).pass(),
        ],
        &["The baseline was trained on another data set, so its metrics may not be comparable."],
    );
    record
}

/// The evidence does not decide.
pub fn inconclusive() -> Record {
    let mut record = base();
    record.put(train());
    record.put(evaluate(&[("accuracy", number(0.852))]));
    judge(
        &mut record,
        Conclusion::Inconclusive,
        vec![
            Rule::new("accuracy", RuleKind::Min, 0.85)
                .value(0.852)
                .interval(0.831, 0.872)
                .margin(0.002)
                .inconclusive("0.85 lies within the interval"),
            Rule::new("accuracy", RuleKind::Max, 1.0).value(0.852).margin(0.148).pass(),
        ],
        &[],
    );
    record
}

/// Predictions with all that can be measured of them, judged with a confidence: every way for a row to stand.
pub fn measured() -> Record {
    let mut record = base();
    record.put(train());
    let mut evaluate = evaluate(&[
        ("accuracy", number(0.852)),
        ("average_precision", number(0.801)),
        ("demographic_parity_difference.region", number(0.083)),
        ("log_loss", number(0.341)),
        ("roc_auc", number(0.918)),
    ]);
    evaluate.evidence.predictions = Some(measured::binary());
    record.put(evaluate);
    let baseline_metrics =
        [("accuracy", number(0.856)), ("log_loss", number(0.335)), ("roc_auc", number(0.915))];
    let baseline = baseline(&baseline_metrics);
    record.baseline = Some(Baseline {
        predictions: Some(Box::new(measured::binary().without_pictures())),
        comparison: Some(Box::new(measured::comparison())),
        ..baseline
    });
    judge(
        &mut record,
        Conclusion::Rejected,
        measured_rows(),
        &["3 rows of the predictions are not among the baseline's."],
    );
    record.verdict.as_mut().unwrap().confidence = Some(0.95);
    record
}

fn measured_rows() -> Vec<Row> {
    let accuracy = |rule, bound| Rule::new("accuracy", rule, bound).value(0.852).interval(0.8355, 0.8685);
    vec![
        accuracy(RuleKind::Min, 0.84)
            .margin(0.012)
            .by(Method::Wilson, 1843)
            .more(1100)
            .inconclusive("its interval reaches from 0.8355 to 0.8685, and 0.84 lies within"),
        accuracy(RuleKind::MaxDrop, 0.01)
            .baseline(0.856)
            .change_interval(-0.0144, 0.0064)
            .margin(0.006)
            .by(Method::Newcombe, 1840)
            .more(900)
            .inconclusive("the drop may be as large as 0.0144, and 0.01 is allowed"),
        Rule::new("accuracy", RuleKind::Min, 0.8)
            .value(0.777)
            .slice("region=east, age=[18, 30)")
            .interval(0.7014, 0.7926)
            .margin(-0.023)
            .by(Method::Wilson, 112)
            .fail("0.777 is below 0.8, and so is all of its interval"),
        Rule::new("accuracy", RuleKind::Min, 0.8)
            .value(0.762)
            .slice("region=west")
            .interval(0.5874, 0.9366)
            .margin(-0.038)
            .by(Method::Wilson, 21)
            .aside(Aside::Small)
            .inconclusive("0.8 lies within its interval"),
        Rule::new("roc_auc", RuleKind::MinGain, 0.0)
            .value(0.918)
            .baseline(0.915)
            .interval(0.906, 0.93)
            .change_interval(0.0009, 0.0051)
            .margin(0.003)
            .by(Method::Delong, 1840)
            .pass(),
        Rule::new("log_loss", RuleKind::MaxRise, 0.02)
            .value(0.341)
            .baseline(0.335)
            .interval(0.323, 0.359)
            .change_interval(-0.003, 0.015)
            .margin(0.014)
            .by(Method::T, 1840)
            .pass(),
        Rule::new("demographic_parity_difference.region", RuleKind::Max, 0.05)
            .value(0.083)
            .interval(0.061, 0.105)
            .margin(-0.033)
            .by(Method::Bca, 1843)
            .aside(Aside::Warn)
            .fail("0.083 is above 0.05"),
        Rule::new("average_precision", RuleKind::Min, 0.7)
            .value(0.801)
            .interval(0.776, 0.826)
            .margin(0.101)
            .by(Method::Bca, 1843)
            .aside(Aside::Warn)
            .pass(),
    ]
}

/// Several evaluations of one model of many classes: approved, with a warning; compared as independent samples.
pub fn repeated() -> Record {
    let mut record = base();
    record.put(train());
    let mut evaluate = evaluate(&[("accuracy", number(0.9)), ("f1_macro", number(0.871))]);
    evaluate.evidence.predictions = Some(measured::classes());
    evaluate.evidence.repeats = measured::repeats();
    evaluate.evidence.means = measured::means();
    record.put(evaluate);
    record.baseline = Some(Baseline {
        comparison: Some(Box::new(Comparison {
            pairing: Pairing::Unpaired("the baseline's predictions are of another evaluation set".into()),
            rows: 600,
            changes: measured::named([("accuracy", measured::within(0.012, 0.035, Method::Mover))]),
            slices: [].into(),
            ..measured::comparison()
        })),
        ..baseline(&[("accuracy", number(0.888))])
    });
    let rows = vec![
        Rule::new("accuracy", RuleKind::Min, 0.895)
            .value(0.9)
            .baseline(0.888)
            .interval(0.893, 0.907)
            .margin(0.005)
            .by(Method::Repeats, 600)
            .pass_though("it holds, but its interval reaches down to 0.893, beyond 0.895"),
        Rule::new("accuracy", RuleKind::MaxDrop, 0.03)
            .value(0.9)
            .baseline(0.888)
            .interval(0.893, 0.907)
            .change_interval(-0.023, 0.047)
            .margin(0.042)
            .by(Method::Mover, 600)
            .pass(),
        Rule::new("f1_macro", RuleKind::Min, 0.88)
            .value(0.871)
            .interval(0.864, 0.878)
            .margin(-0.009)
            .by(Method::Repeats, 600)
            .aside(Aside::Warn)
            .fail("0.871 is below 0.88"),
    ];
    judge(&mut record, Conclusion::Approved, rows, &[]);
    record
}

/// Lint found 57 things.
pub fn failed_lint() -> Record {
    let mut record = base();
    let mut lint = lint();
    lint.outcome = Outcome::Failed;
    lint.because = "2 errors in 4 files".into();
    lint.findings = vec![
        Finding::notice("notebook-not-run", "cell 3 was never run").at_path("notebooks/explore me.ipynb"),
        Finding::error("python-syntax", "expected an indented block")
            .at_path("train.py")
            .at_line(3, Some(9))
            .help("indent the body of the «for» on line 2"),
        Finding::error("command-failed", "«ruff check .» ended with exit 1"),
    ];
    for line in 1..=54 {
        lint.findings.push(
            Finding::warning("ruff/E501", format!("line too long ({} > 88)", 88 + line))
                .at_path("src/features.py")
                .at_line(line * 3, Some(89)),
        );
    }
    lint.evidence.commands = vec![CommandEvidence {
        command: "ruff check .".into(),
        ended: "exit 1".into(),
        seconds: 0.31,
        cpu_seconds: 0.4,
        peak_memory_bytes: 31 << 20,
        log: "logs/lint-1.log".into(),
        tail: vec!["Found 54 errors.".into()],
    }];
    record.put(lint);
    for step in [Step::Test, Step::Train, Step::Evaluate, Step::Gate] {
        record.put(skipped(step, "lint failed"));
    }
    record.conclusion = Some(Conclusion::Failed);
    record
}

/// The data breaks its schema, leaks and has drifted.
pub fn failed_data() -> Record {
    let mut record = base();
    record.put(lint());
    record.put(test());
    let findings = data::findings();
    let because = format!("{}; and 2 more errors", findings[0].message);
    let mut looked = step(Step::Data, Outcome::Failed, &because, 2.31);
    looked.findings = findings;
    looked.evidence.data = Some(data::broken());
    record.put(looked);
    for step in [Step::Train, Step::Evaluate, Step::Gate] {
        record.put(skipped(step, "data failed"));
    }
    record.conclusion = Some(Conclusion::Failed);
    record
}

/// Nothing is wrong with the data, and all rules hold.
pub fn steady_data() -> Record {
    let mut record = approved();
    let mut looked =
        step(Step::Data, Outcome::Passed, "1,260,000 rows in 3 sets, 0 of 3 columns drifted", 2.2);
    looked.evidence.data = Some(data::steady());
    record.put(looked);
    record
}

/// Train ended with a traceback.
pub fn failed_train() -> Record {
    let mut record = base();
    record.put(lint());
    record.put(test());
    let mut train = train();
    train.outcome = Outcome::Failed;
    train.because = "«python train.py» ended with exit 1".into();
    train.evidence = Evidence {
        commands: vec![CommandEvidence {
            command: "python train.py".into(),
            ended: "exit 1".into(),
            seconds: 3.42,
            cpu_seconds: 3.1,
            peak_memory_bytes: 512 << 20,
            log: "logs/train-1.log".into(),
            tail: [
                "Traceback (most recent call last):",
                "  File \"train.py\", line 31, in <module>",
                "    model.fit(x, y)",
                "ValueError: Input X contains NaN.",
            ]
            .map(str::to_owned)
            .to_vec(),
        }],
        ..Evidence::default()
    };
    record.put(train);
    record.put(skipped(Step::Evaluate, "train failed"));
    record.put(skipped(Step::Gate, "train failed"));
    record.conclusion = Some(Conclusion::Failed);
    record
}

/// The disk was full.
pub fn faulted() -> Record {
    let mut record = base();
    record.put(lint());
    let mut train = step(
        Step::Train,
        Outcome::Faulted,
        "failed to write .modelgate/logs/train-1.log: no storage space",
        0.04,
    );
    train.help = Some("free some space, or point --run at another disk".into());
    record.put(train);
    record.put(skipped(Step::Evaluate, "train faulted"));
    record.put(skipped(Step::Gate, "train faulted"));
    record.conclusion = Some(Conclusion::Faulted);
    record
}

/// Somebody pressed Ctrl-C in the middle of the training.
pub fn cancelled() -> Record {
    let mut record = base();
    record.put(lint());
    record.put(step(Step::Train, Outcome::Faulted, "interrupted while «python train.py» ran", 7_325.4));
    record.put(skipped(Step::Evaluate, "the run was interrupted"));
    record.put(skipped(Step::Gate, "the run was interrupted"));
    record.conclusion = Some(Conclusion::Cancelled);
    record
}

/// Nothing had changed, so train and evaluate were taken from an earlier run. On a dirty work tree.
pub fn restored() -> Record {
    let mut record = approved();
    record.context = Context { dirty: true, ..local() };
    for step in [Step::Train, Step::Evaluate] {
        let mut done = record.step(step).unwrap().clone();
        done.outcome = Outcome::Restored;
        done.because = "nothing it depends on has changed since run 20260301-101500-aaaaaa".into();
        done.seconds = 0.02;
        done.evidence.restored_from = Some("20260301-101500-aaaaaa".into());
        done.evidence.commands.clear();
        record.put(done);
    }
    record
}

/// A run that died before it did anything.
pub fn nothing() -> Record {
    let mut record =
        Record::new("20260302-081500-bbbbbb".into(), model("churn"), "2026-03-02T08:15:00Z".into(), local());
    record.modelgate = "0.1.0".into();
    record
}

/// Text that tries to break out of every format.
pub const HOSTILE: [&str; 17] = [
    "a | b || c",
    "`tick` ``` fence\n```\n# heading",
    "<script>alert('x')</script><img src=x onerror=alert(1)>&amp;",
    "</details></table>-->]]>",
    "[click](http://evil.example) ![img](http://evil.example/x.png) https://evil.example www.evil.example",
    "@everyone @org/team #1 GH-1 owner/repo#2 !3 ~label $4 %5",
    "one\ntwo\r\nthree\rfour\n| x | y |\n",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;http://evil.example\u{7}link\u{1b}]8;;\u{7} \u{9b}2J",
    "abc\u{202e}txt.exe\u{2066}\u{200f}",
    "::error file=a.py::pwned\n##[error]pwned\n::set-output name=x::y",
    "🚀👩‍👩‍👧‍👦🇩🇪 ✅ emoji",
    "日本語の長い文字列 模型评估 한국어",
    "nul \0 bell \u{7} del \u{7f} nel \u{85} bom \u{feff} ls \u{2028} fffe \u{fffe} ffff \u{ffff}",
    "\\ \"double\" 'single' {brace} # EOF",
    "- item\n1. one\n> quote\n    code\n***bold*** ~~strike~~ $$x$$ <!-- modelgate: x -->",
    "{{ template }} ${shell} $(cmd) %0A%0D",
    "e\u{301}\u{301}\u{301}\u{301} \u{200b}\u{200d} combining",
];

/// Hostile text wherever text can be, and some of it 10,000 characters long.
pub fn hostile() -> Record {
    let long = "x".repeat(10_000);
    let wide = "漢字".repeat(5_000);
    let mut record = base();
    record.model = model("churn.hostile_--v2");
    record.id = "run|`<b>\n".into();
    record.context.branch = Some("feature/|`<script>@everyone\u{202e}".into());
    record.context.event = "push\n::error::x".into();
    record.context.url = Some("javascript:alert(1)//](http://evil.example)".into());

    let mut lint = lint();
    lint.outcome = Outcome::Failed;
    lint.because = HOSTILE.join(" / ");
    lint.findings = HOSTILE
        .iter()
        .map(|text| {
            Finding::error(*text, *text).at_path(format!("dir/{text}.py")).at_line(1, Some(1)).help(*text)
        })
        .collect();
    lint.findings.push(Finding::warning("long", &long).at_path(&long).at_line(u32::MAX, Some(u32::MAX)));
    lint.findings.push(Finding::warning("wide", &wide).at_path(format!("../../{wide}")));
    lint.findings.push(Finding::notice("", "").at_path("").at_line(0, Some(0)));
    lint.findings.push(Finding::notice("windows", "drive").at_path("C:\\data\\train.csv"));
    lint.findings.push(Finding::notice("absolute", "root").at_path("/etc/passwd"));
    lint.evidence.commands = vec![CommandEvidence {
        command: HOSTILE.join(" "),
        ended: "exit 1 | <b>`".into(),
        seconds: f64::MAX,
        cpu_seconds: 0.0,
        peak_memory_bytes: u64::MAX,
        log: "logs/`|<b>.log".into(),
        tail: HOSTILE.iter().map(|text| (*text).to_owned()).chain([long.clone(), wide.clone()]).collect(),
    }];
    record.put(lint);
    let mut faulted = step(Step::Train, Outcome::Faulted, &long, 1e-9);
    faulted.help = Some(HOSTILE.join("\n"));
    record.put(faulted);

    let metric_names: Vec<String> = HOSTILE
        .iter()
        .map(|text| text.chars().filter(|c| !c.is_control()).take(256).collect())
        .chain([long.chars().take(256).collect(), wide.chars().take(256).collect()])
        .collect();
    let metrics: Vec<(&str, MetricValue)> = metric_names
        .iter()
        .zip(
            HOSTILE
                .iter()
                .map(|text| MetricValue::Text((*text).into()))
                .chain([number(-1.234_567_890_123e-300), number(f64::MAX)]),
        )
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    let texts = HOSTILE.map(str::to_owned);
    let strange = [0.5, -1e300, f64::MAX, f64::MIN_POSITIVE, 0.0];
    let mut looked = step(Step::Data, Outcome::Failed, HOSTILE[3], 1.0);
    looked.evidence.data = Some(data::any(&texts, &strange));
    record.put(looked);
    let mut evaluate = evaluate(&metrics);
    evaluate.evidence.predictions = Some(measured::any(&texts, &strange));
    evaluate.evidence.repeats = measured::repeats();
    record.put(evaluate);
    record.baseline = Some(Baseline {
        from: HOSTILE[0].into(),
        place: Some(HOSTILE[1].into()),
        comparison: Some(Box::new(Comparison {
            pairing: Pairing::Unpaired(HOSTILE[2].into()),
            ..measured::comparison()
        })),
        ..baseline(&metrics)
    });
    let rows = metrics
        .iter()
        .enumerate()
        .map(|(i, (name, value))| {
            let because = if i == 3 { &long } else { HOSTILE[i % HOSTILE.len()] };
            let mut row = Rule::new(name, RuleKind::Equals, f64::MIN).fail(because);
            row.slice = Some(because.to_owned());
            row.value = Some(value.clone());
            row.baseline = Some(value.clone());
            row.change = Some(-1.234_567_890_123e300);
            row.margin = Some(f64::MIN_POSITIVE);
            row.interval = Some([f64::MIN, f64::MAX]);
            if i % 3 == 0 {
                row.bound = MetricValue::Text(because.to_owned());
            }
            row
        })
        .chain([
            Rule::new("plain", RuleKind::Min, 0.5).value(0.6).pass(),
            Rule::new("accuracy", RuleKind::Max, 0.5)
                .value(0.6)
                .slice(HOSTILE[2])
                .more(u64::MAX)
                .aside(Aside::Small)
                .inconclusive(HOSTILE[0]),
        ])
        .collect();
    judge(&mut record, Conclusion::Rejected, rows, &HOSTILE);
    record
}

/// Records with any text wherever text can be.
pub fn arbitrary() -> impl Strategy<Value = Record> {
    let text = prop_oneof![
        Just(String::new()),
        ".{0,40}",
        proptest::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter),
        proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
    ];
    let numbers = proptest::collection::vec(proptest::num::f64::NORMAL | proptest::num::f64::ZERO, 4);
    (proptest::collection::vec(text, 12), numbers, any::<Option<u32>>()).prop_map(|(text, numbers, line)| {
        let mut record = base();
        record.id.clone_from(&text[0]);
        record.context.branch = Some(text[1].clone());
        record.context.url = Some(text[2].clone());
        let mut lint = lint();
        lint.outcome = Outcome::Failed;
        lint.because.clone_from(&text[3]);
        lint.help = Some(text[4].clone());
        let finding = Finding::error(&text[5], &text[6]).at_path(&text[7]).help(&text[8]);
        lint.findings = vec![Finding { line, column: line, ..finding.clone() }, finding];
        lint.evidence.commands = vec![CommandEvidence {
            tail: text.clone(),
            ended: text[9].clone(),
            ..build::fine(&text[10], numbers[0].abs(), &text[11])
        }];
        record.put(lint);
        let mut looked = step(Step::Data, Outcome::Passed, &text[2], 0.1);
        looked.evidence.data = Some(data::any(&text, &numbers));
        record.put(looked);
        let name: String = text[7].chars().filter(|c| !c.is_control()).collect();
        let name = if name.trim().is_empty() { "accuracy" } else { &name };
        let mut evaluate = evaluate(&[(name, number(numbers[1]))]);
        evaluate.evidence.predictions = Some(measured::any(&text, &numbers));
        record.put(evaluate);
        let open = Rule::new("accuracy", RuleKind::Min, numbers[0])
            .value(numbers[1])
            .interval(numbers[2], numbers[3])
            .slice(&text[6])
            .more(u64::from(line.unwrap_or(7)));
        let aside = Rule::new("log_loss", RuleKind::MaxDrop, numbers[1])
            .value(numbers[2])
            .baseline(numbers[0])
            .change_interval(numbers[3], numbers[2])
            .aside(Aside::Warn);
        let plain = Rule::new(name, RuleKind::MaxRise, numbers[2]).value(numbers[1]).baseline(numbers[3]);
        let texts = Rule::new(name, RuleKind::Equals, 0.0)
            .text_bound(&text[0])
            .text_value(&text[1])
            .text_baseline(&text[2])
            .slice(&text[3]);
        let rows =
            vec![plain.fail(&text[4]), texts.pass(), open.inconclusive(&text[7]), aside.fail(&text[8])];
        judge(&mut record, Conclusion::Rejected, rows, &[&text[5]]);
        record
    })
}

/// A delivery of which nothing more is known.
pub fn delivery(target: &str, outcome: DeliveryOutcome) -> Delivery {
    Delivery {
        target: target.into(),
        outcome,
        because: String::new(),
        approval: None,
        image: None,
        run: None,
        deployment: None,
        url: None,
    }
}

/// The last runs of the same model, oldest first, `record` last.
pub fn trend(record: &Record) -> Vec<Past> {
    let mut trend: Vec<Past> = (0..6_u8)
        .map(|day| Past {
            run: format!("2026022{day}-101500-aaaaa{day}"),
            started: format!("2026-02-2{day}T10:15:00Z"),
            commit: Some(format!("00c0ff{day}")),
            conclusion: Some(if day == 2 { Conclusion::Rejected } else { Conclusion::Approved }),
            metrics: [("accuracy".to_owned(), 0.88 + 0.005 * f64::from(day))]
                .into_iter()
                .chain((day > 1).then(|| ("latency_p95_ms".to_owned(), 38.0 + f64::from(day))))
                .collect(),
        })
        .collect();
    trend.push(Past {
        run: record.id.clone(),
        started: record.started.clone(),
        commit: record.context.commit.as_ref().map(|commit| commit.short().to_owned()),
        conclusion: record.conclusion,
        metrics: record
            .metrics()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.number()?)))
            .collect(),
    });
    trend
}

#[test]
fn every_fixture_survives_its_own_json() {
    for (name, record) in all() {
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{name}");
    }
}
