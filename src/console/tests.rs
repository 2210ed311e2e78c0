#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io;
use std::time::{Duration, Instant, SystemTime};

use super::*;

/// A writer whose text a test can read.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn clock() -> Clock {
    Clock { wall: || SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000), steady: Instant::now }
}

/// What `act` makes a console write; GitHub's random tokens are written as `TOKEN`, escapes so that they can be read.
fn shown(forge: Forge, verbosity: Verbosity, color: bool, act: impl Fn(&Console)) -> String {
    let paper = Paper::default();
    act(&Console::new(Box::new(paper.clone()), forge, verbosity, color, clock()));
    let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    let mut text = text.replace('\x1b', "␛").replace('\r', "␍");
    while let Some((before, after)) = text.split_once("::stop-commands::") {
        let token = &after[..32];
        assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        text = format!("{before}::stop-commands∷{after}").replace(token, "TOKEN");
    }
    text.replace('∷', "::")
}

/// Some of everything: a command that fails with a hostile output, and the ends of steps.
fn a_run(console: &Console) {
    console.command_begins(Step::Lint, "ruff check .");
    console.output(b"train.py:1:1 F401\n::error::forged\n::endgroup::\n##[error]old\nunfinished");
    console.note("2 processes were still running");
    console.detail("GITHUB_TOKEN is kept from commands");
    console.output(b"\x1b[31mred");
    console.command_ended(&["::error::forged".into(), "##[error]old".into()]);
    console.step_ended(Step::Lint, Outcome::Failed, 1.27, "«ruff check .» ended with exit 1\n::error::x");
    console.command_begins(Step::Train, "set -x\n\npython train.py 100% \x1b[2J\u{202e}\r");
    console.command_ended(&[]);
    console.step_ended(Step::Train, Outcome::Passed, 12_000.0, "model.joblib was made");
    console.step_ended(Step::Evaluate, Outcome::Restored, 0.02, "nothing has changed");
    console.step_ended(Step::Gate, Outcome::Skipped, 0.0, "lint failed");
    console.gate_inconclusive(0.5, "one rule is open\n::error::x");
    console.step_ended(Step::Report, Outcome::Faulted, 3.0, "failed to write report.md: ##[error]no space");
}

#[test]
fn what_is_for_the_moment_is_taken_back_by_whatever_comes_next() {
    use crate::progress::{Doing, Seen};
    let seen = Seen { doing: Doing::Reading, done: 1 << 20, all: 2 << 20, number: 1 };
    let second = |seconds| Some((seen, Duration::from_secs(seconds)));
    let text = shown(Forge::Local, Verbosity::Normal, false, |console| {
        console.moment(|| second(0), 80);
        console.moment(|| second(1), 80);
        console.moment(|| second(2), 80);
        console.note("x");
        console.moment(|| second(2), 80);
        console.moment(|| None, 80);
        console.moment(|| None, 80);
        console.command_begins(Step::Lint, "ruff");
        console.moment(|| second(9), 80);
    });
    let bar = "1.0 MiB of 2.0 MiB  [########--------]";
    assert_eq!(
        text,
        format!(
            "␍␛[2K  reading   {bar}  1.0 MiB/s  1.0 s left␍␛[2K  reading   {bar}  512 KiB/s  2.0 s left\
             ␍␛[2Knote: x\n␍␛[2K  reading   {bar}  512 KiB/s  2.0 s left␍␛[2Klint      ruff\n"
        )
    );
}

#[test]
fn a_person_sees_headlines_the_output_and_a_line_a_step() {
    insta::assert_snapshot!(shown(Forge::Local, Verbosity::Normal, false, a_run));
}

#[test]
fn colours_are_closed_even_where_the_output_left_one_open() {
    insta::assert_snapshot!(shown(Forge::Local, Verbosity::Verbose, true, a_run));
}

#[test]
fn on_github_the_output_is_a_group_in_which_no_command_counts() {
    insta::assert_snapshot!(shown(Forge::Github, Verbosity::Normal, false, a_run));
}

#[test]
fn on_gitlab_the_output_is_a_section() {
    insta::assert_snapshot!(shown(Forge::Gitlab, Verbosity::Normal, false, a_run));
}

#[test]
fn the_quiet_see_only_what_is_wrong() {
    insta::assert_snapshot!(shown(Forge::Github, Verbosity::Quiet, false, a_run));
}

#[test]
fn every_command_on_github_has_a_token_of_its_own() {
    let paper = Paper::default();
    let console = Console::new(Box::new(paper.clone()), Forge::Github, Verbosity::Normal, false, clock());
    for _ in 0..2 {
        console.command_begins(Step::Test, "pytest");
        console.command_ended(&[]);
    }
    let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    let tokens: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("::stop-commands::")).collect();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
}

#[test]
fn a_closed_terminal_stops_nobody() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    a_run(&Console::new(Box::new(Closed), Forge::Github, Verbosity::Verbose, true, clock()));
}
