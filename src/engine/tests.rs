//! The engine with real processes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::supervise::Patience;
use super::*;
use crate::config::Command;
use crate::console::Verbosity;
use crate::interrupt::{Hand, Signal};

/// What the console showed.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An engine in a folder of its own.
struct Workshop {
    folder: tempfile::TempDir,
    engine: Engine,
    hand: Hand,
    paper: Paper,
    patience: Patience,
}

impl Workshop {
    fn new() -> Self {
        Self::on(Forge::Local)
    }

    fn on(forge: Forge) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let paper = Paper::default();
        let clock = Clock { wall: SystemTime::now, steady: Instant::now };
        let (hand, interrupt) = Interrupt::channel();
        let path = std::env::var_os("PATH").unwrap();
        let engine = Engine {
            run_dir: root.join(".modelgate"),
            root,
            variables: Variables::from([("PATH".into(), path), ("GITHUB_TOKEN".into(), "ghs_1234".into())]),
            forge,
            console: Console::new(Box::new(paper.clone()), forge, Verbosity::Verbose, false, clock),
            interrupt,
            clock,
        };
        // A grace that nobody waits out, unless a test is about just that.
        let patience = Patience {
            grace: Duration::from_secs(60),
            settle: Duration::from_millis(50),
            quiet: Duration::from_millis(200),
        };
        Self { folder, engine, hand, paper, patience }
    }

    async fn run(&self, script: &Script, capture: Capture) -> Vec<Ran> {
        local::run(&self.engine, Step::Train, script, capture, self.patience).await.unwrap()
    }

    /// Runs one shell command.
    async fn shell(&self, command: &str) -> Ran {
        self.run(&shell(&[command]), Capture::No).await.remove(0)
    }

    fn log(&self, ran: &Ran) -> String {
        std::fs::read_to_string(self.engine.run_dir.join(&ran.evidence.log)).unwrap()
    }

    /// The process id that a command has written into a file, once it is there.
    async fn pid(&self, file: &str) -> u32 {
        let path = self.folder.path().join(file);
        let text = || std::fs::read_to_string(&path).unwrap_or_default();
        until("a process writes its id", || text().ends_with('\n')).await;
        text().trim().parse().unwrap()
    }
}

fn shell(commands: &[&str]) -> Script {
    Script {
        commands: commands.iter().map(|command| Command::Shell((*command).into())).collect(),
        working_directory: ".".into(),
        ..Script::default()
    }
}

/// Waits for a condition, and fails when it does not come.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looks = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looks)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

/// Whether a process lives; one that is dead and not yet reaped does not.
fn lives(pid: u32) -> bool {
    let ps = std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(ps.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

async fn gone(pid: u32) {
    until("a process ends", || !lives(pid)).await;
}

/// Writes its own process id into a file, then sleeps.
const SLEEPER: &str = "sh -c 'echo $$ > pid; exec sleep 300'";

#[tokio::test]
async fn a_command_leaves_its_output_and_what_it_used() {
    let shop = Workshop::new();
    let ran = shop
        .shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo one; echo two >&2; echo three")
        .await;
    assert!(ran.success);
    assert_eq!((ran.code, ran.evidence.ended.as_str()), (Some(0), "exit 0"));
    assert_eq!(shop.log(&ran), "one\ntwo\nthree\n");
    assert_eq!(ran.evidence.tail, [""; 0]);
    assert_eq!(ran.evidence.log, "logs/train.log");
    assert!(ran.evidence.cpu_seconds > 0.0 && ran.evidence.cpu_seconds < 60.0, "{:?}", ran.evidence);
    assert!((100_000..10_000_000_000).contains(&ran.evidence.peak_memory_bytes), "{:?}", ran.evidence);
    assert!(shop.paper.text().contains("one\ntwo\nthree\n"), "{}", shop.paper.text());
}

#[tokio::test]
async fn the_two_streams_keep_their_order() {
    let shop = Workshop::new();
    let ran = shop.shell("for i in $(seq 200); do echo $i; echo $i >&2; done").await;
    let expected: String = (1..=200).map(|n| format!("{n}\n{n}\n")).collect();
    assert_eq!(shop.log(&ran), expected);
}

#[tokio::test]
async fn output_is_shown_while_the_command_runs() {
    let shop = Workshop::new();
    let command = shell(&["echo now; until [ -e go ]; do sleep 0.01; done"]);
    let run = shop.run(&command, Capture::No);
    let see = async {
        until("output shows", || shop.paper.text().contains("now\n")).await;
        std::fs::write(shop.folder.path().join("go"), "").unwrap();
    };
    let (ran, ()) = tokio::join!(run, see);
    assert!(ran[0].success);
}

#[tokio::test]
async fn the_first_failure_ends_a_script_and_a_pipe_fails_with_its_parts() {
    let shop = Workshop::new();
    let ran = shop.run(&shell(&["true", "exit 3 | cat", "echo never"]), Capture::No).await;
    assert_eq!(ran.iter().map(|ran| ran.code).collect::<Vec<_>>(), [Some(0), Some(3)]);
    assert_eq!(ran[1].evidence.log, "logs/train-2.log");
    let ran = shop.shell("echo before\nfalse\necho never").await;
    assert_eq!((ran.code, shop.log(&ran).as_str()), (Some(1), "before\n"));
    assert_eq!(ran.evidence.tail, ["before"]);
    let ran = shop.shell("kill -SEGV $$").await;
    assert_eq!((ran.code, ran.evidence.ended.as_str()), (None, "signal 11 (SIGSEGV)"));
}

#[tokio::test]
async fn without_bash_there_is_sh() {
    let mut shop = Workshop::new();
    shop.engine.variables.insert("PATH".into(), "/nowhere".into());
    let ran = shop.shell("echo \"$0\"; false; echo never").await;
    assert_eq!((ran.code, shop.log(&ran).as_str()), (Some(1), "sh\n"));
}

#[tokio::test]
async fn a_list_of_arguments_sees_no_shell() {
    let shop = Workshop::new();
    let list = |words: &[&str]| Script {
        commands: vec![Command::Arguments(words.iter().map(|word| (*word).into()).collect())],
        working_directory: ".".into(),
        ..Script::default()
    };
    let ran = shop.run(&list(&["echo", "$HOME; exit 1", "*"]), Capture::No).await.remove(0);
    assert_eq!(shop.log(&ran), "$HOME; exit 1 *\n");
    let ran = shop.run(&list(&["no-such-program"]), Capture::No).await.remove(0);
    assert_eq!((ran.success, ran.code, ran.evidence.ended.as_str()), (false, Some(127), "exit 127"));
    assert_eq!(ran.evidence.tail, ["no-such-program: command not found"]);
    assert_eq!(shop.log(&ran), "no-such-program: command not found\n");
    for (content, mode, why) in [
        ("#!/no/such/python\\n", "755", "./script: the interpreter that its first line names was not found"),
        ("#!/bin/sh\\n", "644", "./script: permission denied"),
        (
            "\\001\\002",
            "755",
            "./script: not a program; a script needs a first line such as #!/usr/bin/env python3",
        ),
    ] {
        // Written by a process of its own: a program that another thread's child holds open cannot be run.
        shop.shell(&format!("rm -f script; printf '{content}' > script; chmod {mode} script")).await;
        let ran = shop.run(&list(&["./script"]), Capture::No).await.remove(0);
        assert_eq!((ran.code, ran.evidence.tail), (Some(126), vec![why.to_owned()]));
    }
    let ran = shop.run(&list(&[]), Capture::No).await.remove(0);
    assert_eq!(ran.evidence.ended, "not started");
}

#[tokio::test]
async fn a_missing_program_is_told_by_the_shell() {
    let ran = Workshop::new().shell("no-such-program --flag").await;
    assert_eq!((ran.success, ran.code), (false, Some(127)));
    assert_eq!(ran.evidence.tail, ["bash: line 1: no-such-program: command not found"]);
}

#[tokio::test]
async fn a_command_runs_in_its_folder() {
    let shop = Workshop::new();
    std::fs::create_dir_all(shop.folder.path().join("a/b")).unwrap();
    let at = |folder: &str| Script { working_directory: folder.into(), ..shell(&["pwd", "true"]) };
    let ran = shop.run(&at("a/b"), Capture::No).await;
    assert_eq!(Path::new(shop.log(&ran[0]).trim()), shop.engine.root.join("a/b"));
    let ran = shop.run(&at("nowhere"), Capture::No).await;
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].success, ran[0].evidence.ended.as_str()), (false, "not started"));
    assert_eq!(
        ran[0].evidence.tail,
        ["the working directory nowhere of train is not there, or is not a folder"]
    );
}

#[tokio::test]
async fn a_timeout_ends_the_whole_family() {
    let shop = Workshop::new();
    let script =
        Script { timeout: Some(Duration::from_millis(300)), ..shell(&[&format!("{SLEEPER} & wait")]) };
    let ran = shop.run(&script, Capture::No).await;
    assert_eq!((ran[0].success, ran[0].code), (false, None));
    assert_eq!(ran[0].evidence.ended, "timed out after 300ms");
    gone(shop.pid("pid").await).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_timeout_finds_those_who_left_the_group() {
    let shop = Workshop::new();
    let script = Script {
        timeout: Some(Duration::from_millis(300)),
        ..shell(&[&format!("setsid {SLEEPER} > /dev/null 2>&1 & sleep 300")])
    };
    let ran = shop.run(&script, Capture::No).await;
    assert_eq!(ran[0].evidence.ended, "timed out after 300ms");
    gone(shop.pid("pid").await).await;
}

#[tokio::test]
async fn an_interrupt_ends_the_command_and_lets_no_other_begin() {
    let shop = Workshop::new();
    let script = shell(&[&format!("trap 'echo asked; exit 5' INT; {SLEEPER} & wait"), "echo never"]);
    let ask = async {
        let pid = shop.pid("pid").await;
        shop.hand.raise(Signal::Interrupt);
        pid
    };
    let (ran, pid) = tokio::join!(shop.run(&script, Capture::No), ask);
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].success, ran[0].code, ran[0].evidence.ended.as_str()), (false, None, "interrupted"));
    assert_eq!(ran[0].evidence.tail, ["asked"]);
    gone(pid).await;
    let ran = shop.run(&script, Capture::Stdout).await;
    assert_eq!(ran.len(), 1, "it was raised before");
    assert_eq!((ran[0].success, ran[0].evidence.ended.as_str()), (false, "interrupted"));
}

#[tokio::test]
async fn a_runner_that_stops_us_reaches_the_command_with_its_own_signal() {
    let shop = Workshop::new();
    let script = shell(&[&format!("trap 'echo terminated; exit 0' TERM; {SLEEPER} & wait")]);
    let ask = async {
        shop.pid("pid").await;
        shop.hand.raise(Signal::Terminate);
    };
    let (ran, ()) = tokio::join!(shop.run(&script, Capture::No), ask);
    assert!(!ran[0].success, "whatever code it ends with");
    assert_eq!(ran[0].evidence.tail, ["terminated"]);
}

#[tokio::test]
async fn who_ignores_the_request_is_killed_after_the_grace() {
    let mut shop = Workshop::new();
    shop.patience.grace = Duration::from_millis(100);
    let stubborn = "trap '' TERM INT; echo $$ > pid; while true; do sleep 300; done";
    let script = Script { timeout: Some(Duration::from_millis(300)), ..shell(&[stubborn]) };
    let ran = shop.run(&script, Capture::No).await;
    assert_eq!(ran[0].evidence.ended, "timed out after 300ms");
    gone(shop.pid("pid").await).await;
}

#[tokio::test]
async fn a_second_interrupt_lets_no_grace_pass() {
    let mut shop = Workshop::new();
    shop.patience.grace = Duration::from_secs(3600);
    let stubborn = "trap 'echo heard' INT; trap '' TERM; echo $$ > pid; while true; do sleep 0.01; done";
    let script = shell(&[stubborn]);
    let ask = async {
        shop.pid("pid").await;
        shop.hand.raise(Signal::Interrupt);
        until("the first is heard", || shop.paper.text().contains("heard\n")).await;
        shop.hand.raise(Signal::Interrupt);
    };
    let run = tokio::time::timeout(Duration::from_secs(60), shop.run(&script, Capture::No));
    let (ran, ()) = tokio::join!(run, ask);
    assert_eq!(ran.unwrap()[0].evidence.ended, "interrupted");
    gone(shop.pid("pid").await).await;
}

#[tokio::test]
async fn what_is_left_behind_with_the_pipe_is_ended_and_noted() {
    let shop = Workshop::new();
    let ran = shop.shell(&format!("{SLEEPER} & until [ -s pid ]; do sleep 0.01; done; echo done")).await;
    assert_eq!((ran.success, shop.log(&ran).as_str()), (true, "done\n"));
    assert!(shop.paper.text().contains("note: the command left processes behind"), "{}", shop.paper.text());
    gone(shop.pid("pid").await).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_left_the_group_for_good_does_not_hold_us_up() {
    let shop = Workshop::new();
    let leave = format!(
        "env -u MODELGATE_COMMAND setsid {SLEEPER} & until [ -s pid ]; do sleep 0.01; done; echo done"
    );
    let ran = tokio::time::timeout(Duration::from_secs(30), shop.shell(&leave)).await.unwrap();
    assert_eq!((ran.success, shop.log(&ran).as_str()), (true, "done\n"));
    assert!(shop.paper.text().contains("still holds its output open"), "{}", shop.paper.text());
    let pid = shop.pid("pid").await;
    assert!(lives(pid), "nothing marks it as ours");
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn what_ends_by_itself_is_heard_to_the_end() {
    let mut shop = Workshop::new();
    shop.patience.settle = Duration::from_secs(60);
    let ran = shop.shell("(until [ -e go ]; do sleep 0.01; done; sleep 0.1; echo late) & touch go").await;
    assert_eq!(shop.log(&ran), "late\n");
    assert!(!shop.paper.text().contains("left processes"), "{}", shop.paper.text());
}

#[tokio::test]
async fn a_run_that_is_given_up_leaves_nothing_running() {
    let shop = Workshop::new();
    let script = shell(&[SLEEPER]);
    let pid = tokio::select! {
        _ = shop.run(&script, Capture::No) => panic!("it ended"),
        pid = shop.pid("pid") => pid,
    };
    gone(pid).await;
}

#[tokio::test]
async fn two_hundred_megabytes_stream_through() {
    let shop = Workshop::new();
    let ran = shop.shell("head -c 200000000 /dev/zero | tr '\\0' x; echo; echo end; exit 1").await;
    assert_eq!(ran.evidence.tail.len(), 2);
    assert_eq!(ran.evidence.tail[1], "end");
    assert_eq!(ran.evidence.tail[0].chars().count(), 502);
    let log = shop.engine.run_dir.join(&ran.evidence.log);
    assert_eq!(log.metadata().unwrap().len(), 200_000_005);
}

#[tokio::test]
async fn standard_output_is_captured_apart() {
    let shop = Workshop::new();
    let ran =
        shop.run(&shell(&["echo '{}'; echo warning >&2; exit 1", "echo second"]), Capture::Stdout).await;
    assert_eq!(ran.len(), 2, "a linter that finds something does not stop the next");
    assert_eq!((ran[0].stdout.as_slice(), ran[0].code), (b"{}\n".as_slice(), Some(1)));
    assert_eq!(ran[0].evidence.tail, ["warning"]);
    assert_eq!(shop.log(&ran[0]), "warning\n");
    assert_eq!(ran[1].stdout, b"second\n");
    let out = |name| std::fs::read_to_string(shop.engine.run_dir.join(name)).unwrap();
    assert_eq!((out("logs/train.out").as_str(), out("logs/train-2.out").as_str()), ("{}\n", "second\n"));
    assert!(!shop.paper.text().contains("\n{}\n"), "{}", shop.paper.text());
    let ran = shop.run(&shell(&["echo only here; exit 2"]), Capture::Stdout).await;
    assert_eq!(ran[0].evidence.tail, ["only here"]);
}

#[tokio::test]
async fn more_than_can_be_kept_is_a_failure() {
    let shop = Workshop::new();
    let ran = shop.run(&shell(&["head -c 70000000 /dev/zero"]), Capture::Stdout).await.remove(0);
    assert_eq!((ran.success, ran.stdout.len()), (false, stream::KEPT));
    assert_eq!(ran.evidence.tail, ["it wrote more than 64 MiB to its standard output, more than is read"]);
    assert_eq!(shop.engine.run_dir.join("logs/train.out").metadata().unwrap().len(), 70_000_000);
}

#[tokio::test]
async fn secrets_are_kept_back_unless_they_are_named_and_then_masked() {
    let mut shop = Workshop::new();
    shop.engine.variables.insert("HF_TOKEN".into(), "hf_hunter2".into());
    let script = Script {
        secrets: vec!["HF_TOKEN".into()],
        ..shell(&["env | sort; echo \"token: $HF_TOKEN\"; echo ${GITHUB_TOKEN:?no GITHUB_TOKEN}"])
    };
    let ran = shop.run(&script, Capture::No).await.remove(0);
    assert!(!ran.success);
    let log = shop.log(&ran);
    assert!(log.contains("HF_TOKEN=***\n") && log.contains("token: ***\n"), "{log}");
    assert!(log.contains("MODELGATE_STEP=train\n") && log.contains("PYTHONUNBUFFERED=1\n"), "{log}");
    assert!(log.contains(&format!("MODELGATE_RUN_DIR={}\n", shop.engine.run_dir.display())), "{log}");
    let shown = shop.paper.text();
    for text in [&log, &shown, &ran.evidence.tail.join("\n")] {
        assert!(!text.contains("hunter2") && !text.contains("ghs_1234"), "{text}");
    }
    assert!(shown.contains("kept from the commands of train: GITHUB_TOKEN\n"), "{shown}");
    assert!(
        shown.contains("note: GITHUB_TOKEN is kept from commands unless train.secrets names it\n"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_secret_that_is_not_set_stops_the_command_before_it_starts() {
    let shop = Workshop::new();
    let script = Script { secrets: vec!["HF_TOKEN".into()], ..shell(&["touch ran", "touch ran"]) };
    let ran = shop.run(&script, Capture::Stdout).await;
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].success, ran[0].evidence.ended.as_str()), (false, "not started"));
    assert_eq!(ran[0].evidence.tail, ["HF_TOKEN is named in train.secrets and is not set, or empty"]);
    assert!(!shop.folder.path().join("ran").exists());
}

#[tokio::test]
async fn on_github_a_command_gives_no_commands() {
    let shop = Workshop::on(Forge::Github);
    shop.shell("echo '::error::forged'; printf '::endgroup::'").await;
    let shown = shop.paper.text();
    let lines: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("::group::")).collect();
    let token = lines[1].strip_prefix("::stop-commands::").unwrap();
    assert_eq!(lines[2..], ["::error::forged", "::endgroup::", &format!("::{token}::"), "::endgroup::"]);
}

#[tokio::test]
async fn input_is_empty_and_a_log_that_cannot_be_written_is_a_fault() {
    let shop = Workshop::new();
    assert!(shop.shell("! read -r line").await.success);
    std::fs::remove_dir_all(shop.engine.run_dir.join("logs")).unwrap();
    std::fs::write(shop.engine.run_dir.join("logs"), "in the way").unwrap();
    let fault = shop.engine.run(Step::Train, &shell(&["touch ran"]), Capture::No).await.unwrap_err();
    assert!(fault.to_string().starts_with("failed to make "), "{fault}");
    assert!(!shop.folder.path().join("ran").exists());
}
