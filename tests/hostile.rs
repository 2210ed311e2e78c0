//! What a command prints, names and leaves behind is data: it gives no orders, betrays no secret and breaks
//! no report.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use common::{MODELGATE, Project, SHELL_PROJECT, until};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use wait4::Wait4;

const TRAIN: &str = "cat params.txt data.csv > model.bin";

/// The shell project with more commands before those that train.
fn training(script: &str) -> Project {
    let project = Project::shell();
    project.file("train.sh", script);
    project.replace("modelgate.yml", TRAIN, &format!(". ./train.sh; {TRAIN}"));
    project
}

#[test]
fn a_flood_of_output_takes_no_memory() {
    for script in
        ["{ yes 'a line of progress' || true; } | head -c 200000000\n", "head -c 200000000 /dev/zero\n"]
    {
        let project = training(script);
        let mut command = project.command(MODELGATE);
        command.arg("run").stdout(Stdio::null()).stderr(Stdio::null());
        let used = command.spawn().expect("modelgate starts").wait4().expect("it ends");
        assert_eq!(used.status.code(), Some(0));
        let log = project.path().join(".modelgate/logs/train.log");
        assert_eq!(fs::metadata(log).expect("the log").len(), 200_000_000);
        let megabytes = used.rusage.maxrss / 1_000_000;
        assert!(megabytes < 100, "{megabytes} MB");
    }
}

#[test]
fn output_gives_github_no_commands() {
    let hostile = [
        "::error::forged",
        "::stop-commands::mine",
        "::mine::",
        "::endgroup::",
        "::set-output name=x::y",
        "::add-mask::approved",
        "##[error]forged",
    ];
    let script: String = hostile.iter().map(|line| format!("echo '{line}'\n")).collect();
    let project = training(&format!("{script}env\nprintf 'no newline ::error::forged'\n"));
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")];
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let said = project.modelgate_with(&["run", "--no-cache"], &variables);
        assert_eq!(said.code, 0, "{}", said.err);
        // As GitHub's runner reads it: between the two nothing is a command.
        let mut stopped_by: Option<&str> = None;
        let mut enclosed = Vec::new();
        for line in said.err.lines() {
            match stopped_by {
                Some(token) if line == format!("::{token}::") => stopped_by = None,
                Some(_) => enclosed.push(line),
                None => {
                    let is_command = line.trim_start().starts_with("::") || line.contains("##[");
                    let is_ours = line.starts_with("::group::") || line == "::endgroup::";
                    if let Some(token) = line.strip_prefix("::stop-commands::") {
                        tokens.push(token.to_owned());
                        stopped_by = Some(token);
                    } else {
                        assert!(!is_command || is_ours, "{line}");
                    }
                }
            }
        }
        assert_eq!(stopped_by, None, "the runner listens again");
        for line in hostile {
            assert!(enclosed.contains(&line), "{line}");
        }
        assert!(!said.out.contains("::error::"), "{}", said.out);
    }
    tokens.sort();
    assert_eq!(tokens.len(), 4, "one for each command");
    assert!(tokens.iter().all(|token| token.len() >= 32), "{tokens:?}");
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "and each its own");
    let log = project.read(".modelgate/logs/train.log");
    assert!(tokens.iter().all(|token| !log.contains(token.as_str())), "the command cannot know it");
}

#[test]
fn what_failed_gives_github_no_commands_either() {
    let project = training("echo '::error::forged'; echo '##[error]forged'; exit 7\n");
    let said = project.modelgate_with(&["run"], &[("GITHUB_ACTIONS", "true")]);
    assert_eq!(said.code, 11);
    let (_, after) = said.err.rsplit_once("::endgroup::").expect("a group");
    for text in [after, &said.out] {
        assert!(text.contains("forged"), "the end of the output is shown: {text}");
        assert!(!text.contains("##["), "{text}");
        let is_ours = |line: &str| line.starts_with("::error title=command-failed::«");
        assert!(text.lines().all(|line| is_ours(line) || !line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn escape_sequences_stay_in_the_log() {
    let project = training("printf '\\033[31mred\\033[0m \\033]0;title\\007 \\033[2J'; echo; exit 7\n");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 11);
    assert!(said.out.contains("red"), "{}", said.out);
    assert!(!said.out.contains('\u{1b}'), "{}", said.out);
    for file in
        ["run.json", "report.md", "report.html", "junit.xml", "metrics.txt", "lint.sarif", "codequality.json"]
    {
        let text = project.read(&format!(".modelgate/{file}"));
        assert!(!text.contains('\u{1b}') && !text.contains("\\u001b"), "{file}");
    }
    assert!(project.read(".modelgate/logs/train.log").contains('\u{1b}'));
}

/// A process id that a command wrote down.
fn pid(project: &Project, file: &str) -> Pid {
    let text = project.read(file);
    Pid::from_raw(text.trim().parse().expect("a process id")).expect("a process id")
}

fn runs(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    test_kill_process(pid).is_ok() && !stat.contains(") Z ")
}

#[test]
fn what_a_command_leaves_behind_is_ended_unless_it_was_set_free() {
    let project = training(
        "sleep 1000 & echo $! > ../in-group\n\
         setsid sh -c 'echo $$ > ../left-group; exec sleep 1000' &\n\
         env -u MODELGATE_COMMAND setsid sh -c 'echo $$ > ../free; exec sleep 1000' &\n\
         while ! test -s ../left-group || ! test -s ../free; do sleep 0.01; done\n",
    );
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(!runs(pid(&project, "../in-group")));
    assert!(!runs(pid(&project, "../left-group")));
    let free = pid(&project, "../free");
    assert!(runs(free));
    kill_process(free, Signal::KILL).expect("it can be ended");
    assert!(said.err.contains("left processes behind"), "{}", said.err);
    assert!(said.err.contains("still holds its output open"), "{}", said.err);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(path: &Path, needle: &[u8]) -> bool {
    fs::read(path).expect("a file").windows(needle.len()).any(|window| window == needle)
}

#[test]
fn secrets_reach_only_who_is_named_and_no_report() {
    const SECRET: &str = "hunter2-hunter2";
    let project = training(
        "printf '%s' \"$MY_TOKEN,$GITHUB_TOKEN,$AWS_SECRET_ACCESS_KEY\" > ../seen\n\
         echo \"out=$MY_TOKEN\"; echo \"err=$MY_TOKEN\" >&2\n\
         printf 'hunter2'; sleep 0.05; printf -- '-hunter2\\n'\n\
         test -e ../go\n",
    );
    project.replace("modelgate.yml", "train:\n", "train:\n  secrets: [MY_TOKEN]\n");
    project.replace("modelgate.yml", "run: cp", "run: echo \"[$MY_TOKEN]\" > ../seen-by-evaluate; cp");
    let variables = [
        ("MY_TOKEN", SECRET),
        ("GITHUB_TOKEN", "ghs_forge"),
        ("AWS_SECRET_ACCESS_KEY", "cloud"),
        ("GITHUB_ACTIONS", "true"),
    ];
    for code in [11, 0] {
        let said = project.modelgate_with(&["run", "--verbose"], &variables);
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
        assert_eq!(project.read("../seen"), format!("{SECRET},,"));
        let log = project.read(".modelgate/logs/train.log");
        assert_eq!(log, "out=***\nerr=***\n***\n");
        for secret in [SECRET, "ghs_forge", "cloud"] {
            assert!(!said.err.contains(secret) && !said.out.contains(secret), "{}{}", said.out, said.err);
            for file in files(&project.path().join(".modelgate")) {
                assert!(!holds(&file, secret.as_bytes()), "{secret} is in {}", file.display());
            }
        }
        project.file("../go", "");
    }
    assert_eq!(project.read("../seen-by-evaluate"), "[]\n");
}

#[test]
fn a_command_cannot_read_our_environment() {
    const NOBODY: u32 = 65534;
    let script =
        "run: cat /proc/$PPID/comm > comm; cat /proc/$PPID/environ > environ || echo refused > environ";
    let project = Project::empty();
    let text = format!(
        "version: 1\nmodel: churn\ntrain:\n  {script}\n  outputs: [environ]\nevaluate: {{ run: \"echo '{{}}' > m.json\", metrics: m.json }}\ngate: {{ rules: {{ a: {{ min: 0 }} }} }}\n"
    );
    project.file("modelgate.yml", text);
    let program = project.path().join("modelgate");
    fs::copy(MODELGATE, &program).unwrap();
    let mut command = if rustix::process::geteuid().is_root() {
        // Root may read everything; so another user runs it.
        let root = project.path();
        for path in [root.parent().unwrap(), root.as_path()] {
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let id = NOBODY.to_string();
        let mut command = project.command("setpriv");
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(program);
        command
    } else {
        project.command(program)
    };
    let output = command.args(["run", "--quiet"]).env("GITHUB_TOKEN", "ghs_forge").output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(project.read("comm"), "modelgate\n", "{err}");
    assert_eq!(project.read("environ"), "refused\n", "{err}");
}

/// A project whose commands write the secret into what modelgate reads.
const TELLTALE: &str = r#"
version: 1
model: churn
lint: { run: "printf 'a.py:1:1: E1 %s\\n' \"$HF_TOKEN\"", secrets: [HF_TOKEN] }
test:
  run: |
    printf '<testsuite name="s"><testcase classname="a" name="connect(%s)" time="3"/></testsuite>' "$HF_TOKEN" > j.xml
  junit: j.xml
  secrets: [HF_TOKEN]
train:
  run: sed 's/.*name="//; s/" time.*//' j.xml; echo 1 > model.bin
  outputs: [model.bin]
evaluate:
  run: |
    printf '{"accuracy":0.9,"endpoint":"https://x?t=%s"}' "$HF_TOKEN" > m.json
  metrics: m.json
  secrets: [HF_TOKEN]
gate: { rules: { accuracy: { min: 0.5 } } }
"#;

const TOLD: &str = "hf_abcdef0123456789";

/// What modelgate wrote of its own: all but the bundle and the outputs in the cache.
fn own_files(project: &Project) -> Vec<std::path::PathBuf> {
    let is_own = |path: &std::path::PathBuf| {
        let path = path.to_string_lossy();
        !path.contains("/cache/objects/") && !path.ends_with("bundle.zip")
    };
    files(&project.path().join(".modelgate")).into_iter().filter(is_own).collect()
}

#[test]
fn a_secret_in_a_file_that_is_read_gets_into_no_record() {
    let project = Project::shell();
    project.file("modelgate.yml", TELLTALE);
    project.file(".gitignore", ".modelgate/\n*.bin\nm.json\nj.xml\n");
    project.commit("Tell");
    let said = project.modelgate_with(&["run"], &[("HF_TOKEN", TOLD)]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(!said.err.contains(TOLD) && !said.out.contains(TOLD), "{}{}", said.out, said.err);
    for file in own_files(&project) {
        assert!(!holds(&file, TOLD.as_bytes()), "the secret is in {}", file.display());
    }
    let record = project.record();
    let step = |name: &str| record["steps"].as_array().unwrap().iter().find(|s| s["step"] == name).unwrap();
    assert_eq!(step("test")["evidence"]["tests"]["slowest"][0]["name"], "a::connect(***)");
    assert_eq!(step("evaluate")["evidence"]["metrics"]["endpoint"], "https://x?t=***");
    let refs = project.git(&["for-each-ref", "--format=%(refname)", "refs/modelgate"]);
    assert!(!refs.is_empty(), "the approved run is kept");
    for name in refs.lines() {
        let log = project.git(&["log", "-p", "--format=%B", name]);
        assert!(log.contains("endpoint") && !log.contains(TOLD), "{log}");
    }
}

#[test]
fn a_name_that_holds_a_secret_fails_the_step() {
    let cases = [
        ("m.json", "printf '{\"accuracy\":0.9,\"%s\":1}' \"$HF_TOKEN\" > m.json", "secret-in-name"),
        ("'*.json'", "printf '{\"accuracy\":0.9}' > \"$HF_TOKEN.json\"", "output-name"),
    ];
    for (metrics, run, code) in cases {
        let project = Project::shell();
        let text = format!(
            "version: 1\nmodel: churn\nevaluate:\n  run: |\n    {run}\n  metrics: {metrics}\n  \
             inputs: [params.txt]\n  secrets: [HF_TOKEN]\ngate: {{ rules: {{ accuracy: {{ min: 0.5 }} }} }}\n"
        );
        project.file("modelgate.yml", text);
        fs::remove_file(project.path().join("scores.json")).unwrap();
        for _ in 0..2 {
            let said = project.modelgate_with(&["run"], &[("HF_TOKEN", TOLD)]);
            assert_ne!(said.code, 0, "{}{}", said.out, said.err);
            assert!(!said.err.contains(TOLD) && !said.out.contains(TOLD), "{}{}", said.out, said.err);
            assert!(project.read(".modelgate/run.json").contains(code), "{}", said.out);
            for file in own_files(&project) {
                assert!(!holds(&file, TOLD.as_bytes()), "the secret is in {}", file.display());
            }
        }
    }
}

#[test]
fn names_are_no_markup() {
    let project = Project::shell();
    let names = [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "| forged | row |",
        "`code` **bold** [link](https://example.com)",
        "]]>",
        "&lt;",
        "@everyone #1",
    ];
    let metrics: Vec<String> = names.iter().map(|name| format!("{name:?}: 0.5")).collect();
    project.file("scores.json", format!("{{\"accuracy\": 0.9, {}}}", metrics.join(", ")));
    let cases: String = names
        .iter()
        .map(|name| {
            let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            format!("<testcase name=\"{name}\"><failure message=\"{name}&#10;## forged\">{name}</failure></testcase>")
        })
        .collect();
    project.file("tests.xml", format!("<testsuite name=\"s\">{cases}</testsuite>"));
    project.replace(
        "modelgate.yml",
        "train:\n",
        "test:\n  run: cp tests.xml junit.xml; exit 1\n  junit: junit.xml\ntrain:\n",
    );
    for code in [11, 0] {
        let said = project.modelgate(&["run"]);
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
        let html = project.read(".modelgate/report.html");
        let markdown = project.read(".modelgate/report.md");
        for text in [&html, &markdown] {
            for forged in ["<img", "<script>alert", "\n## forged"] {
                assert!(!text.contains(forged), "{forged}: {text}");
            }
        }
        assert!(markdown.lines().all(|line| !line.contains("| forged | row |")), "{markdown}");
        assert!(!markdown.contains("[link](https"), "{markdown}");
        assert!(!markdown.contains("@everyone"), "{markdown}");
        let junit = project.read(".modelgate/junit.xml");
        roxmltree::Document::parse(&junit).expect("junit.xml is XML");
        if code == 11 {
            project.replace(
                "modelgate.yml",
                "; exit 1",
                "; echo '<testsuite><testcase name=\"t\"/></testsuite>' > junit.xml",
            );
        }
    }
    assert!(project.read(".modelgate/report.html").contains("&lt;script&gt;alert(1)"), "it is shown");
}

/// A project whose `step` goes on only when there is a file `go` beside the project.
fn waiting(run: &str) -> Project {
    let project = Project::shell();
    project.replace(
        "modelgate.yml",
        run,
        &format!("{run} > ../begun; while ! test -e ../go; do sleep 0.01; done; {run}"),
    );
    project
}

#[test]
fn two_runs_in_one_folder_take_turns() {
    let project = waiting("cat params.txt data.csv");
    let first = project.start(&["run"]);
    until("the first trains", || project.exists("../begun"));
    let second = project.start(&["run"]);
    until("the second waits", || second.err().contains("waiting for another modelgate"));
    project.file("../go", "");
    let (first, second) = (first.end(), second.end());
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.err, second.err);
    assert!(project.outcomes().contains("train restored"), "the second had nothing left to do");
}

#[test]
fn who_waits_for_a_run_goes_on_with_its_record() {
    for (word, code) in [("report", 0), ("gate", 0), ("evaluate", 0)] {
        let project = waiting("cat params.txt data.csv");
        let first = project.start(&["run"]);
        until("the first trains", || project.exists("../begun"));
        let second = project.start(&[word]);
        until("the second waits", || second.err().contains("waiting for another modelgate"));
        project.file("../go", "");
        assert_eq!(first.end().code, 0);
        let said = second.end();
        assert_eq!(said.code, code, "{word}: {}{}", said.out, said.err);
        let record = project.record();
        assert_eq!(record["steps"][2]["outcome"], "passed", "{word}: {record}");
    }
}

#[test]
fn the_cache_can_be_emptied_during_a_run() {
    let project = waiting("cp scores.json metrics.json");
    let run = project.start(&["run"]);
    until("it evaluates", || project.exists("../begun"));
    let said = project.modelgate(&["cache", "prune", "--all"]);
    assert_eq!(said.code, 0, "{}", said.err);
    project.file("../go", "");
    let run = run.end();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert!(project.outcomes().contains("train passed, evaluate restored"), "{}", project.outcomes());
}

#[test]
fn names_of_outputs_may_be_strange() {
    let project = Project::empty();
    let names = [
        "my model.bin",
        "it's.bin",
        "a,b;c.bin",
        "ключ-模型-🚀.bin",
        "[x].bin",
        "{a}.bin",
        "-rf.bin",
        "$HOME.bin",
    ];
    let listed = serde_json::to_string(&names).expect("JSON");
    let touch =
        names.iter().map(|name| format!("'./{}'", name.replace('\'', "'\\''"))).collect::<Vec<_>>().join(" ");
    project.file("train.sh", format!("for name in {touch}; do cat in > \"$name\"; done\n"));
    project.file("in", "x");
    project.file("scores.json", "{\"accuracy\": 0.9}");
    project.file(
        "modelgate.yml",
        SHELL_PROJECT
            .replace(TRAIN, "sh ./train.sh")
            .replace("[params.txt, data.csv]", "[in, train.sh]")
            .replace("[model.bin]", &listed),
    );
    for word in ["passed", "restored"] {
        let said = project.modelgate(&["run"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(project.outcomes().contains(&format!("train {word}")), "{}", project.outcomes());
        for name in names {
            fs::remove_file(project.path().join(name)).expect("the output");
        }
    }
    assert_eq!(project.modelgate(&["verify", ".modelgate/bundle.zip"]).code, 0);
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(project.modelgate(&["verify"]).code, 0);
}

#[test]
fn names_that_no_bundle_can_hold_are_refused() {
    for (name, shell) in
        [("newline", "'a\nb.bin'"), ("backslash", "'a\\b.bin'"), ("case", "ab.bin > AB.bin; echo x > Ab.bin")]
    {
        let project = training(&format!("echo x > {shell}\n"));
        project.replace("modelgate.yml", "outputs: [model.bin]", "outputs: [model.bin, '[Aa]*[Bb].bin']");
        let said = project.modelgate(&["run"]);
        assert_eq!(said.code, 11, "{name}: {}", said.out);
        insta::assert_snapshot!(format!("name_with_{name}"), said.shown(&project));
    }
}
