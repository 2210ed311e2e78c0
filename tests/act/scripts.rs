//! The scripts of the action by themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest as _, Sha256};

use crate::common::pages::read;
use crate::common::{MODELGATE, Project, Said, said, until};

const ACTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.github/action");

/// One of the scripts, with its inputs.
fn script(project: &Project, name: &str, inputs: &[(&str, &str)]) -> Command {
    let mut command = project.command("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c"]);
    command.arg(format!("exec bash {ACTION}/{name}.sh"));
    command.env("GITHUB_OUTPUT", outputs_path(project)).env("GITHUB_JOB", "job");
    command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
    command.envs(inputs.iter().copied());
    command
}

fn outputs_path(project: &Project) -> PathBuf {
    project.path().parent().unwrap().join("outputs")
}

fn outputs(project: &Project) -> BTreeMap<String, String> {
    let text = fs::read_to_string(outputs_path(project)).unwrap_or_default();
    let pairs = text.lines().map(|line| line.split_once('=').expect("name=value"));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

const RUN: [(&str, &str); 5] = [
    ("INPUT_COMMAND", "run"),
    ("INPUT_CONFIG", ""),
    ("INPUT_RUN_DIR", ""),
    ("INPUT_WORKING_DIRECTORY", "."),
    ("INPUT_BINARY", MODELGATE),
];

/// A program in place of modelgate.
fn program(project: &Project, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    project.file("program", format!("#!/bin/sh\n{text}\n"));
    let path = project.path().join("program");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn run(project: &Project, inputs: &[(&str, &str)]) -> Said {
    said(script(project, "run", &RUN).envs(inputs.iter().copied()).output().unwrap())
}

#[test]
fn every_script_is_become_and_not_called() {
    let text = fs::read_to_string(Path::new(ACTION).join("../../action.yml")).unwrap();
    let lines: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("run: ")).collect();
    assert_eq!(lines.len(), 4);
    for line in lines {
        let script = line.strip_prefix("exec bash \"$GITHUB_ACTION_PATH/.github/action/");
        let script = script.and_then(|rest| rest.strip_suffix('"')).unwrap_or_else(|| panic!("{line}"));
        assert!(Path::new(ACTION).join(script).exists(), "{script}");
    }
}

#[test]
fn the_script_becomes_modelgate() {
    let project = Project::empty();
    let binary = program(&project, "echo $$");
    let mut command = script(&project, "run", &RUN);
    let child = command.env("INPUT_BINARY", binary).stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let said = said(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.out.trim()), (0, &*id.to_string()));
}

#[test]
fn a_cancelled_job_interrupts_modelgate_and_the_record_says_so() {
    let project = Project::shell();
    project.replace("modelgate.yml", "run: cat params.txt", "run: touch began; sleep 600; cat params.txt");
    let mut child =
        script(&project, "run", &RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("training begins", || project.exists("began"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(project.record()["conclusion"], "cancelled");
}

#[test]
fn words_are_divided_and_nothing_else() {
    let project = Project::empty();
    let binary =
        program(&project, r#"for word; do echo "[$word]"; done; env | grep -E "INPUT|TOKEN" || true"#);
    let told = |inputs: &[(&str, &str)]| {
        let mut all = vec![("INPUT_BINARY", &*binary)];
        all.extend(inputs);
        let said = run(&project, &all);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.lines().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        told(&[("INPUT_COMMAND", " run\n  --no-cache\t*  ; | & \r\n")]),
        "[run] [--no-cache] [*] [;] [|] [&]"
    );
    let words = [("INPUT_CONFIG", "a b/$c.yml"), ("INPUT_RUN_DIR", "-x"), ("GITHUB_TOKEN", "")];
    assert_eq!(told(&words), "[--config] [a b/$c.yml] [--run] [-x] [run]");
    assert_eq!(told(&[("GITHUB_TOKEN", "t")]), "[run] GITHUB_TOKEN=t");
    for command in ["run --cache 'a b'", "run \"x\"", "run $HOME", "run `id`", "a\\ b"] {
        let said = run(&project, &[("INPUT_COMMAND", command), ("INPUT_BINARY", &binary)]);
        assert_eq!((said.code, &*said.out), (1, ""), "{command}");
        assert!(said.err.starts_with("::error title=modelgate::command is «"), "{}", said.err);
        assert!(said.err.contains("%0Ahelp: "), "{}", said.err);
    }
    assert_eq!(run(&project, &[("INPUT_COMMAND", " \n ")]).err.lines().count(), 1);
}

#[test]
fn the_folder_of_the_run_is_where_modelgate_puts_it() {
    for (config, run_dir, directory, folder) in [
        ("", "", ".", ".modelgate"),
        ("", "", "", ".modelgate"),
        ("", "", "./models/churn/", "models/churn/.modelgate"),
        ("ci/gate.yml", "", "models/churn", "models/churn/ci/.modelgate"),
        ("ci/gate.yml", "out/", "models/churn", "models/churn/out"),
        ("./modelgate.yml", "./out", ".", "out"),
        ("", "/tmp/out", "models/churn", "/tmp/out"),
        ("/etc/gate.yml", "", "models/churn", "/etc/.modelgate"),
        ("", "!out", ".", "./!out"),
    ] {
        let project = Project::empty();
        fs::create_dir_all(project.path().join("models/churn")).unwrap();
        let inputs = [
            ("INPUT_CONFIG", config),
            ("INPUT_RUN_DIR", run_dir),
            ("INPUT_WORKING_DIRECTORY", directory),
            ("INPUT_CACHE", "true"),
        ];
        let said = said(script(&project, "look", &inputs).output().unwrap());
        assert_eq!(said.code, 0, "{}", said.err);
        let outputs = outputs(&project);
        assert_eq!(outputs["folder"], folder, "{config} {run_dir} {directory}");
        assert_eq!(outputs["cache"], format!("{folder}/cache"));
        assert_eq!(outputs["cache-prefix"], "modelgate-Linux-X64-job-");
    }
}

#[test]
fn a_stranger_s_work_is_not_saved_where_the_default_branch_finds_it() {
    let kept = |event: &str| {
        let project = Project::empty();
        project.file("cache/steps/one", "");
        let inputs = [("CACHE", "cache"), ("CACHE_PREFIX", "p-"), ("GITHUB_EVENT_NAME", event)];
        let said = said(script(&project, "kept", &inputs).output().unwrap());
        assert_eq!(said.code, 0, "{}", said.err);
        outputs(&project).contains_key("key")
    };
    for event in ["push", "pull_request", "pull_request_review", "schedule", "workflow_dispatch"] {
        assert!(kept(event), "{event}");
    }
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        assert!(!kept(event), "{event}");
    }
}

#[test]
fn a_release_gets_its_rows_once() {
    let project = Project::empty();
    let scripts = [".github/action/add-release.sh", ".github/action/versions.txt"];
    for name in scripts.into_iter().chain(["gitlab/modelgate.yml", "README.md", "docs/gitlab.md"]) {
        project.file(name, read(name));
    }
    let (one, two) = ("1".repeat(64), "2".repeat(64));
    project.file(
        "SHA256SUMS",
        format!("{one}  modelgate-1.2.3-x86_64-apple-darwin.tar.gz\n{two}  modelgate-1.2.3-x86_64-pc-windows-msvc.tar.gz\n{one}  modelgate-1x2x3-other.tar.gz\n"),
    );
    let add = || said(project.command("bash").args([scripts[0], "1.2.3", "SHA256SUMS"]).output().unwrap());
    let before = project.read(scripts[1]);
    let said_first = add();
    assert_eq!(said_first.code, 0, "{}", said_first.err);
    let rows = format!("1.2.3 x86_64-apple-darwin {one}\n1.2.3 x86_64-pc-windows-msvc {two}\n");
    assert_eq!(project.read(scripts[1]), format!("{before}{rows}"));
    let include = project.read("gitlab/modelgate.yml");
    let table: String = rows.lines().map(|row| format!("        {row}\n")).collect();
    assert!(include.contains(&format!("{table}        '\n")), "{include}");
    assert_eq!(include.replace(&table, ""), read("gitlab/modelgate.yml"));
    let integrity = format!("integrity: sha256-{}\n", BASE64.encode(Sha256::digest(&include)));
    for document in ["README.md", "docs/gitlab.md"] {
        assert!(project.read(document).contains(&integrity), "{document}");
    }
    let again = add();
    assert_eq!((again.code, again.err.contains("in the table already")), (1, true));
    project.file("SHA256SUMS", "");
    let none = said(project.command("bash").args([scripts[0], "2.0.0", "SHA256SUMS"]).output().unwrap());
    assert_eq!((none.code, none.err.contains("no archive of 2.0.0")), (1, true));
}
