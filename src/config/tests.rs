#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::record::{MetricValue, RuleKind};

pub(super) const SMALLEST: &str = include_str!("fixtures/smallest.yml");
pub(super) const AVAILABLE: &str = include_str!("fixtures/available.yml");
pub(super) const WHOLE: &str = include_str!("fixtures/whole.yml");
pub(super) const EXAMPLE: &str = include_str!("../../examples/breast-cancer/modelgate.yml");

fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|problems| panic!("{}", render(&problems, "modelgate.yml", false)))
}

fn bad(text: &str) -> String {
    let problems = parse(text).expect_err("a problem");
    assert!(problems.iter().all(|problem| problem.help.is_some()), "{problems:#?}");
    render(&problems, "modelgate.yml", false)
}

/// The smallest file with one line replaced.
fn with(old: &str, new: &str) -> String {
    assert!(SMALLEST.contains(old), "{old}");
    SMALLEST.replace(old, new)
}

#[test]
fn the_smallest_file_gets_the_defaults() {
    insta::assert_debug_snapshot!(good(SMALLEST));
}

#[test]
fn every_available_key_is_read() {
    insta::assert_debug_snapshot!(good(AVAILABLE));
}

#[test]
fn the_whole_design_parses_and_what_is_unavailable_is_listed() {
    let whole = good(WHOLE);
    let unavailable: Vec<String> = whole
        .unavailable
        .iter()
        .map(|part| {
            let line = part.place.map(|place| WHOLE.lines().nth(place.line as usize - 1).unwrap().trim());
            format!("{} {} {}: {}", part.step, part.key, part.whole_step, line.unwrap_or_default())
        })
        .collect();
    insta::assert_debug_snapshot!(unavailable);
}

#[test]
fn the_example_parses_with_nothing_unavailable() {
    let example = good(EXAMPLE);
    assert_eq!(example.unavailable, []);
    assert_eq!(example.gate.baseline, BaselineSource::DefaultBranch);
}

#[test]
fn rules_keep_the_order_of_the_file() {
    let text = with(
        "    accuracy: { min: 0.85 }",
        "    z: { max-rise: 10%, min: 0 }\n    a: { max: 1, min: 0.5 }\n    m: { equals: yes it is }\n    b: { equals: true }",
    );
    let rules: Vec<(String, RuleKind, MetricValue, bool)> = good(&text)
        .gate
        .rules
        .into_iter()
        .map(|rule| (rule.metric.to_string(), rule.kind, rule.bound, rule.relative))
        .collect();
    let number = MetricValue::Number;
    let expected = [
        ("z", RuleKind::MaxRise, number(0.1), true),
        ("z", RuleKind::Min, number(0.0), false),
        ("a", RuleKind::Max, number(1.0), false),
        ("a", RuleKind::Min, number(0.5), false),
        ("m", RuleKind::Equals, MetricValue::Text("yes it is".into()), false),
        ("b", RuleKind::Equals, MetricValue::Text("true".into()), false),
    ];
    assert_eq!(
        rules,
        expected.map(|(metric, kind, bound, relative)| (metric.to_owned(), kind, bound, relative))
    );
}

#[test]
fn the_baseline_is_the_default_branch_only_where_a_rule_compares() {
    assert_eq!(good(SMALLEST).gate.baseline, BaselineSource::None);
    assert_eq!(good(&with("min: 0.85", "max-drop: 0")).gate.baseline, BaselineSource::DefaultBranch);
    let file = with("gate:\n", "gate:\n  baseline: ../old/run.json\n");
    assert_eq!(good(&file).gate.baseline, BaselineSource::File("../old/run.json".into()));
    let none = with("gate:\n", "gate:\n  baseline: none\n");
    assert_eq!(good(&none).gate.baseline, BaselineSource::None);
}

#[test]
fn evaluate_without_a_command_judges_only_what_train_made() {
    let none = with("  run: python evaluate.py\n", "");
    assert!(bad(&none).contains("nothing makes «metrics.json»"), "{}", bad(&none));
    good(&none.replace("[model.joblib]", "[model.joblib, metrics.json]"));
    good(&none.replace("train:\n  run: python train.py\n  outputs: [model.joblib]\n", ""));
}

#[test]
fn a_bom_and_windows_line_ends_change_nothing() {
    let windows = format!("\u{feff}{}", SMALLEST.replace('\n', "\r\n"));
    assert_eq!(good(&windows), good(SMALLEST));
    let problems = parse(&windows.replace("model: churn", "modle: churn")).expect_err("a problem");
    assert_eq!(problems[1].place, Some(Place::new(2, 1)), "{problems:#?}");
    assert_eq!(problems[1].line.as_deref(), Some("modle: churn"));
}

#[test]
fn numbers_in_commands_and_variables_stay_as_written() {
    let text = with(
        "run: python train.py",
        "run: [[train, 200, 1.0, true]]\n  env: { A: 1.5, B: 9007199254740993, C: no }",
    );
    let script = good(&text).train.unwrap().script;
    let arguments = ["train", "200", "1.0", "true"].map(str::to_owned);
    assert_eq!(script.commands, [Command::Arguments(arguments.to_vec())]);
    assert_eq!(script.env.values().collect::<Vec<_>>(), ["1.5", "9007199254740993", "no"]);
}

#[test]
fn every_problem_is_shown_at_once() {
    insta::assert_snapshot!(bad("version: 2
modle: churn
lint:
  python: [\"*.py\", \"[a\"]
test:
  tiemout: 2h
  junit: /tmp/junit.xml
train:
  run: []
  outputs: [a, 5, ../b, a/../../c, ./, .git/config]
  engine: dokcer
  env: { 1A: x, OK: [1] }
  secrets: [\"TO KEN\"]
  timeout: 0s
  timeout: 5m
  working-directory: ..
evaluate:
  run: [\" \", [], [python, evaluate.py]]
  metrics: []
  timeout: 90
gate:
  baseline: default-brunch
  confidence: 95
  rules:
    accuracy: { min: 0.9, max: 0.8 }
    \"a\\nb\": { max: 1e999 }
    f1: { equals: 1, min: 0, max-drop: -1%, better: higher }
    auc: {}
    recall:
    loss: { max: .nan, min-gain: a lot, bettr: lower }
"));
}

#[test]
fn what_is_required_is_missed() {
    insta::assert_snapshot!(bad("lint: {}\n"));
}

#[test]
fn sections_that_say_nothing_are_told_what_is_missing() {
    insta::assert_snapshot!(bad("version: 1\nmodel:\ntest: {}\ntrain:\nevaluate: {}\ngate: {}\nimage:\n"));
}

#[test]
fn a_gate_that_compares_with_nothing_or_has_no_rule_is_refused() {
    insta::assert_snapshot!(bad(
        &with("gate:\n", "gate:\n  baseline: none\n").replace("min: 0.85", "max-drop: 1%")
    ));
    assert!(
        bad(&with("  rules:\n    accuracy: { min: 0.85 }\n", "  rules: {}\n")).contains("there is no rule")
    );
}

#[test]
fn duplicates_are_found_in_what_is_not_yet_available_too() {
    insta::assert_snapshot!(bad(&format!(
        "{SMALLEST}\nimage: {{ context: ., context: . }}\nmodel: other\ndeploy:\n  - {{ a: 1, b: 2, a: 3, a: 4 }}\n"
    )));
}

#[test]
fn a_file_that_is_no_map_is_refused_as_a_whole() {
    let texts = [
        "",
        " \n\n",
        "# only a comment\n",
        "{}",
        "- version: 1\n",
        "just words\n",
        "a: 1\n---\nb: 2\n",
        "a: [1\n",
        "train:\n\trun: x\n",
        "? [a]\n: 1\n",
        "a: !!python/object:os.system x\n",
    ];
    insta::assert_snapshot!(texts.map(|text| format!("{text:?}\n{}", bad(text))).join("\n"));
}

#[test]
fn lengths_of_time_have_a_unit_and_an_end() {
    for wrong in ["soon", "90", "0s", "0ms", "-5m", "2000d", "99999999999999999999h", "''"] {
        let text = with("train:\n", &format!("train:\n  timeout: {wrong}\n"));
        assert!(bad(&text).contains("(train.timeout)"), "{wrong}");
    }
    let half = with("train:\n", "train:\n  timeout: 1h 30m\n");
    assert_eq!(good(&half).train.unwrap().script.timeout, Some(Duration::from_secs(5400)));
}

#[test]
fn keys_that_are_numbers_and_places_that_are_lists_are_named() {
    insta::assert_snapshot!(bad(&format!("{SMALLEST}\n1: 2\ntrue: 3\n").replace(
        "train:\n  run: python train.py\n  outputs: [model.joblib]",
        "train: [1, 2, 3, 4, 5, 6, 7, 8, 9]"
    )));
}

#[test]
fn hostile_files_are_refused_and_nothing_breaks() {
    for bracket in ["[", "{a: ", "- "] {
        bad(&format!("deploy:\n  {}", bracket.repeat(100_000)));
    }
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 9].join(","));
    }
    assert!(bad(&bomb).contains("aliases multiply"), "{}", bad(&bomb));
    assert!(bad(&"# long\n".repeat(1_000_000)).contains("larger than 1 MiB"));
    let many: String = (0..5000).map(|i| format!("k{i}: 1\n")).collect();
    assert!(parse(&many).expect_err("problems").len() <= 101);
    let twice: String = "k: 1\n".repeat(5000);
    assert!(parse(&twice).expect_err("problems").len() <= 101);
    assert!(bad(&with("run: python train.py", "run: \"a\\0b\"")).contains("NUL"));
}

#[test]
fn what_a_merge_key_brings_is_checked_and_placed() {
    let text = with("train:\n", "train: &common\n  timeout: soon\n")
        .replace("evaluate:\n", "evaluate:\n  <<: *common\n");
    let problems = parse(&text).expect_err("problems");
    let places: Vec<(&str, u32)> =
        problems.iter().map(|problem| (problem.key.as_str(), problem.place.unwrap().line)).collect();
    assert_eq!(places, [("train.timeout", 5), ("evaluate.timeout", 10)]);
    let config = good(&text.replace("soon", "5m"));
    assert_eq!(config.evaluate.script.timeout, config.train.unwrap().script.timeout);
}

#[test]
fn what_a_terminal_would_obey_is_not_shown() {
    let text = bad(&format!("{SMALLEST}\n\"\\u001b[31mred\\u202e\": 1\n界界: 1 # \u{202e}\n"));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    insta::assert_snapshot!(text);
}

#[test]
fn color_is_only_color() {
    let problems = parse("modle: x\n").expect_err("problems");
    let plain = render(&problems, "modelgate.yml", false);
    let colored = render(&problems, "modelgate.yml", true);
    assert!(colored.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut inside = false;
    for c in colored.chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            c if !inside => stripped.push(c),
            _ => {}
        }
    }
    assert_eq!(stripped, plain);
}

#[test]
fn files_that_cannot_be_read_are_problems_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let paths = [
        folder.path().join("nothing.yml"),
        folder.path().to_path_buf(),
        file("latin1.yml", b"version: 1\nmodel: caf\xe9\n"),
        file("utf16.yml", b"\xff\xfev\0e\0r\0"),
        file("huge.yml", &vec![b'#'; 5 * 1024 * 1024]),
        file("empty.yml", b""),
    ];
    let shown = paths.map(|path| render(&read(&path).expect_err("a problem"), "modelgate.yml", false));
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(read(&file("good.yml", SMALLEST.as_bytes())), Ok(good(SMALLEST)));
}

proptest::proptest! {
    /// Whatever somebody does to the file, the answer is a configuration or problems that point into it.
    #[test]
    fn a_mangled_file_is_answered(
        start in 0..AVAILABLE.len(),
        length in 0..40_usize,
        put in "[ a-z0-9:\\[\\]{}\"'&*!|>%#\\-.,\\n\\t\u{0}äé界]{0,12}",
    ) {
        let mut text = String::new();
        text.extend(AVAILABLE.chars().take(start));
        text += &put;
        text.extend(AVAILABLE.chars().skip(start + length));
        if let Err(problems) = parse(&text) {
            proptest::prop_assert!(!problems.is_empty());
            let lines = text.lines().count() as u32;
            for problem in &problems {
                let line = problem.place.map_or(1, |place| place.line);
                proptest::prop_assert!((1..=lines + 1).contains(&line), "{:?}", problem);
            }
            let shown = render(&problems, "modelgate.yml", false);
            proptest::prop_assert!(!shown.chars().any(|c| c != '\n' && document::deceives(c)), "{}", shown);
        }
    }
}
