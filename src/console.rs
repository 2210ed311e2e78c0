//! What is shown while the work goes on: on a terminal as it happens, in CI as groups of plain lines.
//!
//! All of it goes to standard error; standard output is for the report. Nothing here fails: a run whose
//! terminal was closed goes on, and its log and its record say what happened.

mod frame;
mod moment;

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::clock::Clock;
use crate::context::Forge;
use crate::number;
use crate::progress::Seen;
use crate::record::Outcome;
use crate::step::Step;
use frame::Frame;

/// Ends a colour.
const RESET: &[u8] = b"\x1b[0m";

/// Ends on a person's terminal what a command may have left on: an unfinished sequence, a colour, a hidden
/// cursor, bracketed paste, a link.
const RESET_ALL: &[u8] = b"\x1b\\\x1b[0m\x1b[?25h\x1b[?2004l\x1b]8;;\x1b\\";

/// Empties the line and goes to its beginning.
const CLEAR: &[u8] = b"\r\x1b[2K";

const DIM: Style = Style::new().dimmed();

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only what is wrong.
    Quiet,
    /// What is done, and the commands' output.
    Normal,
    /// Also why.
    Verbose,
}

/// Where progress is shown. Cheap to clone; the clones write to the same place, one line at a time.
#[derive(Clone)]
pub struct Console {
    screen: Arc<Mutex<Screen>>,
    forge: Forge,
    verbosity: Verbosity,
    color: bool,
    clock: Clock,
}

/// The far side, and what has been written to it so far.
struct Screen {
    out: Box<dyn Write + Send>,
    /// Whether the last line still lacks its end.
    line_is_open: bool,
    /// Whether the running command wrote an escape sequence, and so may have left a colour on.
    is_styled: bool,
    /// What takes that back.
    reset: &'static [u8],
    /// The running command.
    frame: Option<Frame>,
    /// How many commands have begun; tells their sections apart.
    commands: u32,
    /// Whether a line stands there that is only for the moment.
    has_moment: bool,
}

impl Screen {
    /// Writes, and lets a closed or broken far side be.
    fn write(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        self.end_moment();
        let _ = self.out.write_all(bytes).and_then(|()| self.out.flush());
        self.line_is_open = *last != b'\n';
    }

    /// Takes back what is only for the moment.
    fn end_moment(&mut self) {
        if std::mem::take(&mut self.has_moment) {
            let _ = self.out.write_all(CLEAR).and_then(|()| self.out.flush());
        }
    }

    /// Writes whole lines of our own, on a new line.
    fn write_lines(&mut self, lines: &str) {
        if self.is_styled {
            self.is_styled = false;
            self.write(self.reset);
        }
        if self.line_is_open {
            self.write(b"\n");
        }
        self.write(lines.as_bytes());
    }
}

impl Console {
    /// A console that writes to `out` in the manner of the forge.
    #[must_use]
    pub fn new(
        out: Box<dyn Write + Send>,
        forge: Forge,
        verbosity: Verbosity,
        color: bool,
        clock: Clock,
    ) -> Self {
        let reset = if forge == Forge::Local { RESET_ALL } else { RESET };
        let screen = Screen {
            out,
            line_is_open: false,
            is_styled: false,
            reset,
            frame: None,
            commands: 0,
            has_moment: false,
        };
        Self { screen: Arc::new(Mutex::new(screen)), forge, verbosity, color, clock }
    }

    /// A command begins: a group in CI, a line elsewhere. On GitHub its output cannot give commands.
    pub fn command_begins(&self, step: Step, command: &str) {
        let mut screen = self.screen();
        screen.commands += 1;
        let headline = self.neutral(command);
        let frame = Frame::new(self.forge, step, &headline, screen.commands);
        if self.verbosity > Verbosity::Quiet {
            let opening = match self.forge {
                Forge::Local => self.paint(DIM, &frame.title()) + "\n",
                Forge::Github | Forge::Gitlab => frame.opening(self.clock.unix_seconds()),
            };
            screen.write_lines(&opening);
        }
        screen.frame = Some(frame);
    }

    /// Bytes of the command's output, as they come. Untrusted: a terminal gets them as they are.
    pub fn output(&self, bytes: &[u8]) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        let mut screen = self.screen();
        if screen.frame.as_ref().is_some_and(Frame::hides_output) {
            return;
        }
        screen.write(bytes);
        screen.is_styled |= bytes.contains(&0x1b);
    }

    /// The command has ended: closes the group. `tail` holds the last lines of a command that failed; they
    /// are shown where its output is folded away or was not shown.
    pub fn command_ended(&self, tail: &[String]) {
        let mut screen = self.screen();
        let Some(frame) = screen.frame.take() else { return };
        let is_quiet = self.verbosity == Verbosity::Quiet;
        let mut lines = String::new();
        if !is_quiet {
            lines.push_str(&frame.closing(self.clock.unix_seconds()));
        }
        if !tail.is_empty() && (is_quiet || self.forge != Forge::Local) {
            lines.push_str(&self.paint(DIM, &frame.title()));
            lines.push('\n');
            for line in tail {
                // Not at the start of a line: there a runner would read it as a command.
                lines.push_str(&format!("  │ {}\n", self.neutral(line)));
            }
        }
        screen.write_lines(&lines);
    }

    /// A step has ended, in one line.
    pub fn step_ended(&self, step: Step, outcome: Outcome, seconds: f64, because: &str) {
        let (mark, color) = match outcome {
            Outcome::Passed | Outcome::Restored => ("✓", AnsiColor::Green.on_default()),
            Outcome::Failed | Outcome::Faulted => ("✗", AnsiColor::Red.on_default().bold()),
            Outcome::Skipped => ("-", DIM),
        };
        let is_wrong = matches!(outcome, Outcome::Failed | Outcome::Faulted);
        if self.verbosity == Verbosity::Quiet && !is_wrong {
            return;
        }
        let seconds = if outcome == Outcome::Skipped { String::new() } else { number::seconds(seconds) };
        self.ended(color, &format!("{mark} {step:<8}  {:<8}", outcome.word()), &seconds, because);
    }

    /// The gate has ended and could not conclude: it fails, and nothing is shown to be wrong.
    pub fn gate_inconclusive(&self, seconds: f64, because: &str) {
        let color = AnsiColor::Yellow.on_default().bold();
        self.ended(color, &format!("? {:<8}  inconclusive", Step::Gate), &number::seconds(seconds), because);
    }

    fn ended(&self, color: Style, what: &str, seconds: &str, because: &str) {
        let what = self.paint(color, what);
        self.screen().write_lines(&format!("{what}  {seconds:>10}  {}\n", self.neutral(because)));
    }

    /// Something that a person should know now. Not shown to those who want only what is wrong.
    pub fn note(&self, message: &str) {
        if self.verbosity >= Verbosity::Normal {
            let label = self.paint(AnsiColor::Yellow.on_default(), "note:");
            self.screen().write_lines(&format!("{label} {}\n", self.neutral(message)));
        }
    }

    /// Shows for the moment how far something has come that began so long ago; whatever is written next takes its place.
    /// `look` is asked while nobody else writes. Only for a terminal, that has so many columns.
    pub fn moment(&self, look: impl FnOnce() -> Option<(Seen, Duration)>, columns: usize) {
        let mut screen = self.screen();
        // The output of a command is not ours to write into.
        let is_free = screen.frame.is_none() && !screen.line_is_open;
        let line = look().filter(|_| is_free).and_then(|(seen, since)| moment::line(seen, since, columns));
        let Some(line) = line else { return screen.end_moment() };
        let line = format!("\r\x1b[2K{}", self.paint(DIM, &line));
        let _ = screen.out.write_all(line.as_bytes()).and_then(|()| screen.out.flush());
        screen.has_moment = true;
    }

    /// Lines that the runner reads as commands. Whoever wrote them has escaped what others say in them.
    pub fn instruct(&self, commands: &str) {
        self.screen().write_lines(commands);
    }

    /// Something that only the curious want to know.
    pub fn detail(&self, message: &str) {
        if self.verbosity == Verbosity::Verbose {
            let line = self.paint(DIM, &format!("  · {}", self.neutral(message)));
            self.screen().write_lines(&format!("{line}\n"));
        }
    }

    fn screen(&self) -> std::sync::MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// One line without control characters, that gives no runner a command.
    fn neutral(&self, text: &str) -> String {
        let line = one_line(text);
        // The old form of a command, which GitHub's runner finds anywhere in a line.
        if self.forge == Forge::Github { line.replace("##[", "## [") } else { line }
    }
}

/// The lines of a text as one, and every other control character as a space.
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ⏎ ").chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect()
}

/// Control characters, and those that turn the direction of the text around them.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
