//! What the include installs, and what it refuses.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::common::pages::read;
use crate::common::releases::{self, Installer, VERSION, pack, serve, sum};
use crate::common::{MODELGATE, Project, Said, said, tool};
use crate::runner::{INCLUDE, Runner};

/// The job that has the script first.
fn gate() -> Value {
    let text = read(INCLUDE);
    let (_, jobs) = text.split_once("\n---\n").expect("a header");
    let jobs: Value = serde_yaml::from_str(jobs).unwrap();
    jobs["$[[ inputs.job-prefix ]]gate"].clone()
}

/// The script that says where modelgate is.
fn script() -> String {
    gate()["script"][0].as_str().expect("a script").to_owned()
}

/// The script with a table of releases.
fn with_table(script: &str, rows: &str) -> String {
    let (before, rest) = script.split_once("releases='\n").expect("the table");
    let (table, after) = rest.split_once("'\n").expect("the table's end");
    let indent = table.rsplit('\n').next().unwrap_or_default();
    format!("{before}releases='\n{rows}{indent}'\n{after}")
}

/// A machine on which the script runs.
struct Machine {
    project: Project,
    script: String,
    releases: String,
    shell: &'static [&'static str],
    path: Option<String>,
}

impl Machine {
    fn new(shell: &'static [&'static str]) -> Self {
        let project = Project::empty();
        let releases = serve(project.path().join("served"));
        Self { project, script: script(), releases, shell, path: None }
    }

    fn run(&self, version: &str, binary: &str) -> Said {
        let mut command = self.project.command(self.shell[0]);
        // As a runner has it: each line in one shell that ends at the first error.
        let lines = format!("set -e\n{}\nprintf %s \"$modelgate\"\n", self.script);
        command.args(&self.shell[1..]).arg("-c").arg(lines);
        command.env("MODELGATE_INPUT_VERSION", version).env("MODELGATE_INPUT_BINARY_PATH", binary);
        command.env("MODELGATE_INPUT_RELEASES_URL", &self.releases).env("CI_JOB_ID", "7");
        command.env("TMPDIR", self.project.path());
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        said(command.output().unwrap())
    }
}

fn archive_of(project: &Project, target: &str) -> PathBuf {
    project.path().join(format!("served/v{VERSION}/modelgate-{VERSION}-{target}.tar.gz"))
}

/// What the script calls this machine.
fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

impl Installer for Machine {
    fn target(&self) -> String {
        target()
    }

    fn archive(&self) -> PathBuf {
        archive_of(&self.project, &target())
    }

    fn table(&mut self, rows: &str) {
        self.script = with_table(&script(), rows);
    }

    fn install(&self, version: &str) -> (Said, String) {
        let said = self.run(version, "");
        let program = said.out.clone();
        assert_eq!(
            self.project.exists("modelgate-of-job-7"),
            said.code == 0,
            "what is refused leaves nothing"
        );
        (said, program)
    }
}

const SHELLS: [&[&str]; 3] = [&["dash"], &["bash"], &["busybox", "sh"]];

fn has(program: &str) -> bool {
    Command::new(program).arg("--help").output().is_ok()
}

#[test]
fn only_what_the_include_vouches_for_runs_in_each_shell() {
    let shells: Vec<_> = SHELLS.into_iter().filter(|shell| has(shell[0])).collect();
    assert!(shells.len() >= 2, "dash and bash are wanted here");
    for shell in shells {
        let mut machine = Machine::new(shell);
        let project = Project::empty();
        releases::assert_only_what_is_vouched_for_runs(&project, &mut machine);
    }
}

#[test]
fn an_image_needs_one_of_three_programs_to_download_with() {
    let needed = ["sh", "tar", "gzip", "uname", "mkdir", "rm"];
    let install = |more: &[&str]| {
        let mut machine = Machine::new(&["sh"]);
        let archive = machine.archive();
        pack(&machine.project, &archive, "echo modelgate 9.9.9");
        machine.table(&format!("{VERSION} {} {}\n", target(), sum(&archive)));
        machine.path = Some(machine.project.programs(&[&needed[..], more].concat()));
        let said = machine.run(VERSION, "");
        assert_eq!(said.code == 0, said.out.ends_with("/modelgate"), "{}", said.err);
        said
    };
    // The first python3 of the PATH may be a script that starts another.
    for program in ["curl", "wget", "/usr/bin/python3"].into_iter().filter(|program| has(program)) {
        for hasher in ["sha256sum", "shasum"].into_iter().filter(|program| has(program)) {
            let said = install(&[program, hasher]);
            // shasum is a script.
            let is_perl_gone = hasher == "shasum" && said.err.contains("perl");
            assert!(said.code == 0 || is_perl_gone, "{program} {hasher}: {}", said.err);
        }
    }
    let said = install(&["sha256sum"]);
    assert_eq!((said.code, &*said.out), (1, ""));
    assert!(said.err.contains("the image has no curl, no wget and no python3"), "{}", said.err);
    if has("curl") {
        let said = install(&["curl"]);
        assert_eq!((said.code, &*said.out), (1, ""));
        assert!(said.err.contains("neither sha256sum nor shasum"), "{}", said.err);
    }
}

#[test]
fn a_program_that_is_there_is_used_as_it_is() {
    let mut machine = Machine::new(&["sh"]);
    let said = machine.run(VERSION, MODELGATE);
    assert_eq!((said.code, &*said.out), (0, MODELGATE), "{}", said.err);
    for (name, script) in
        [("modelgate", "echo modelgate 1.0"), ("other", "echo other 1.0"), ("broken", "exit 1")]
    {
        machine.project.file(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        let path = machine.project.path().join("bin").join(name);
        assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
    }
    for (path, why) in [
        ("bin/none", "is no program"),
        ("bin", "is no program"),
        ("bin/other", "is not modelgate"),
        ("bin/broken", "does not run here"),
        ("--help", "is no program"),
    ] {
        let said = machine.run(VERSION, path);
        assert_eq!((said.code, &*said.out), (1, ""), "{path}");
        assert!(said.err.contains(why), "{path}: {}", said.err);
    }
    // The image's own, by its name.
    let bin = machine.project.path().join("bin").display().to_string();
    machine.path = Some(format!("{bin}:{}", std::env::var("PATH").unwrap()));
    let said = machine.run(VERSION, "modelgate");
    assert_eq!((said.code, said.out), (0, format!("{bin}/modelgate")), "{}", said.err);
}

#[test]
fn a_pipeline_downloads_what_it_runs_and_keeps_none_of_it() {
    let test = "a_pipeline_downloads_what_it_runs_and_keeps_none_of_it";
    let project = Project::shell();
    let served = Project::empty();
    let archive = archive_of(&served, &target());
    pack(&served, &archive, &format!("exec '{MODELGATE}' \"$@\""));
    let releases = serve(served.path().join("served"));
    let inputs = format!("version: {VERSION}\nreleases-url: {releases}\nbinary-path: ''");
    let Some(runner) = Runner::new(test, project, &inputs) else { return };
    let runner = runner.variable("TMPDIR", &served.path().display().to_string());
    let include = |rows: &str| {
        let text = read(INCLUDE);
        let rows: String = rows.lines().map(|row| format!("        {row}\n")).collect();
        runner.project.file(INCLUDE, with_table(&text, &rows));
        runner.project.commit("Release");
    };
    include(&format!("{VERSION} {} {}\n", target(), sum(&archive)));
    let pipeline = runner.pipeline("push");
    assert_eq!(pipeline.job("model-gate"), Some(0), "{}", pipeline.log());
    assert_eq!(runner.record()["conclusion"], "approved");
    let left = said(served.command("find").args([".", "-name", "modelgate-of-job-*"]).output().unwrap());
    assert_eq!(left.out, "");

    for (rows, why) in [
        (format!("{VERSION} {} {}\n", target(), "0".repeat(64)), "its SHA-256 is "),
        (String::new(), "does not know release «9.9.9»"),
    ] {
        include(&rows);
        let pipeline = runner.pipeline("push");
        assert_eq!(pipeline.job("model-gate"), Some(1), "{}", pipeline.log());
        assert!(pipeline.log().contains(why), "{}", pipeline.log());
    }
}

#[test]
fn the_script_is_plain_sh() {
    let Some(shellcheck) = tool("shellcheck") else {
        return crate::common::skip("the_script_is_plain_sh", "shellcheck is not installed");
    };
    let project = Project::empty();
    for (name, job) in jobs() {
        let lines = ["before_script", "script", "after_script"].into_iter().flat_map(|key| {
            job[key].as_array().into_iter().flatten().map(|line| line.as_str().expect("a line").to_owned())
        });
        let text: Vec<String> = lines.collect();
        project.file("job.sh", format!("#!/bin/sh\n{}\n", text.join("\n")));
        let said = said(project.command(&shellcheck).args(["--shell=sh", "job.sh"]).output().unwrap());
        assert_eq!(said.code, 0, "{name}: {}", said.out);
    }
}

/// The jobs of the include.
pub fn jobs() -> Vec<(String, Value)> {
    let text = read(INCLUDE);
    let (_, jobs) = text.split_once("\n---\n").expect("a header");
    let jobs: serde_json::Map<String, Value> = serde_yaml::from_str(jobs).unwrap();
    jobs.into_iter().collect()
}
