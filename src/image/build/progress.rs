//! What a build has done so far: one account, whichever builder tells of it.

use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::StatusResponse;

use crate::engine::tail::Tail;
use crate::number;
use crate::record::BuildStep;

/// The longest piece of a line that is held back until its end comes, in bytes.
const LONGEST: usize = 64 * 1024;

/// What the builder does for itself in fewer seconds is not told.
const GLANCE: f64 = 0.05;

/// The account.
#[derive(Default)]
pub struct Progress {
    steps: Vec<Step>,
    /// The steps in the order in which they ended.
    ended: Vec<BuildStep>,
    /// Whose output was shown last.
    speaks: Option<usize>,
    /// When the classic builder's present step began.
    began: f64,
}

/// A step of the build.
#[derive(Default)]
pub struct Step {
    key: String,
    /// Such as `[2/4] RUN make`.
    pub name: String,
    state: State,
    /// What went wrong in it.
    pub error: String,
    cached: bool,
    completed: Option<Timestamp>,
    /// Seconds that it took before it began again.
    before: f64,
    line: Vec<u8>,
    /// The last lines that it said.
    pub tail: Tail,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Waits,
    Runs,
    Ended,
}

impl Progress {
    /// What BuildKit tells. Gives back the lines to show.
    pub fn status(&mut self, status: &StatusResponse) -> Vec<u8> {
        let mut out = Vec::new();
        for vertex in &status.vertexes {
            let at = self.step(&vertex.digest);
            let step = &mut self.steps[at];
            if !vertex.name.is_empty() {
                step.name = one_line(&vertex.name);
            }
            step.cached |= vertex.cached;
            if !vertex.error.is_empty() {
                step.error.clone_from(&vertex.error);
            }
            // A step can begin again: the context is first looked at, and later sent.
            if vertex.started.is_some() && (step.state == State::Waits || vertex.completed.is_none()) {
                step.state = State::Runs;
            }
        }
        for log in &status.logs {
            let at = self.step(&log.vertex);
            self.said(at, &log.msg, &mut out);
        }
        for vertex in &status.vertexes {
            let at = self.step(&vertex.digest);
            match (&vertex.started, &vertex.completed) {
                (_, None) if self.steps[at].state == State::Runs => self.speaker(at, &mut out),
                (Some(started), Some(completed)) if self.steps[at].completed.as_ref() != Some(completed) => {
                    self.steps[at].state = State::Runs;
                    self.steps[at].completed = Some(*completed);
                    self.end(at, between(started, completed), &mut out);
                }
                _ => {}
            }
        }
        out
    }

    /// What the classic builder says, at so many seconds since the build began.
    pub fn text(&mut self, text: &str, now: f64) -> Vec<u8> {
        let mut out = Vec::new();
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_end();
            if let Some((number, instruction)) = classic_step(trimmed) {
                self.end_last(now, &mut out);
                let at = self.step(number);
                let step = &mut self.steps[at];
                step.name = format!("[{number}] {instruction}");
                step.state = State::Runs;
                self.began = now;
            } else if trimmed == " ---> Using cache" {
                if let Some(step) = self.steps.last_mut() {
                    step.cached = true;
                }
            } else if !is_aside(trimmed) && !self.steps.is_empty() {
                let last = self.steps.len() - 1;
                self.said(last, line.as_bytes(), &mut out);
            }
        }
        out
    }

    /// The build has ended, with an error or without: gives back what is left to show.
    pub fn finish(&mut self, now: f64, error: Option<&str>) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(last) = self.steps.last_mut().filter(|step| step.is_classic()) {
            last.error = error.unwrap_or_default().to_owned();
            self.end_last(now, &mut out);
        }
        for at in 0..self.steps.len() {
            self.end_line(at, &mut out);
        }
        out
    }

    /// The steps that ended, but for the builder's own.
    pub fn steps(&self) -> Vec<BuildStep> {
        self.ended.clone()
    }

    /// The step that failed: the first, for others end with it.
    pub fn failed(&self) -> Option<&Step> {
        let failed = |step: &&Step| !step.error.is_empty() && !step.error.contains("context canceled");
        self.steps.iter().find(failed)
    }

    fn step(&mut self, key: &str) -> usize {
        if let Some(at) = self.steps.iter().rposition(|step| step.key == key) {
            return at;
        }
        self.steps.push(Step { key: key.to_owned(), ..Step::default() });
        self.steps.len() - 1
    }

    fn said(&mut self, at: usize, bytes: &[u8], out: &mut Vec<u8>) {
        self.steps[at].tail.take(bytes);
        self.steps[at].line.extend_from_slice(bytes);
        let step = &self.steps[at];
        let end = match step.line.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => newline + 1,
            None if step.line.len() > LONGEST => step.line.len(),
            None => return,
        };
        self.speaker(at, out);
        let lines: Vec<u8> = self.steps[at].line.drain(..end).collect();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            out.extend_from_slice(b"    ");
            out.extend_from_slice(line);
        }
    }

    /// Shows whose lines follow, where they are another's.
    fn speaker(&mut self, at: usize, out: &mut Vec<u8>) {
        if self.speaks != Some(at) && !is_internal(&self.steps[at].name) {
            self.speaks = Some(at);
            out.extend_from_slice(self.steps[at].name.as_bytes());
            out.push(b'\n');
        }
    }

    fn end_line(&mut self, at: usize, out: &mut Vec<u8>) {
        if !self.steps[at].line.is_empty() {
            self.said(at, b"\n", out);
        }
    }

    fn end(&mut self, at: usize, seconds: f64, out: &mut Vec<u8>) {
        if self.steps[at].state == State::Ended {
            return;
        }
        self.end_line(at, out);
        let step = &mut self.steps[at];
        step.state = State::Ended;
        let seconds = seconds + step.before;
        step.before = seconds;
        let how = match (step.error.is_empty(), step.cached) {
            (false, _) => "failed".to_owned(),
            (true, true) => "cached".to_owned(),
            (true, false) => number::seconds(seconds),
        };
        let is_glance = step.name.starts_with("[internal]") && seconds < GLANCE;
        if (is_internal(&step.name) || is_glance) && step.error.is_empty() {
            return;
        }
        out.extend_from_slice(format!("{}  {how}\n", step.name).as_bytes());
        self.speaks = None;
        let seconds = if step.cached { 0.0 } else { (seconds * 1000.0).round() / 1000.0 };
        self.ended.retain(|ended| ended.name != step.name || is_numbered(&step.name));
        self.ended.push(BuildStep { name: step.name.clone(), seconds, cached: step.cached });
    }

    fn end_last(&mut self, now: f64, out: &mut Vec<u8>) {
        if let Some(last) = self.steps.len().checked_sub(1) {
            self.end(last, now - self.began, out);
        }
    }
}

impl Step {
    /// Whether the classic builder told of it: by its number.
    fn is_classic(&self) -> bool {
        self.key.contains('/')
    }
}

/// Whether two steps of a build may have this name: `[2/4] RUN true` of two stages.
fn is_numbered(name: &str) -> bool {
    name.starts_with('[') && !name.starts_with("[internal]")
}

/// The builder's own, which tell nobody anything.
fn is_internal(name: &str) -> bool {
    const INTERNAL: [&str; 4] = [
        "[internal] load build definition",
        "[internal] load .dockerignore",
        "[internal] load metadata",
        "[auth]",
    ];
    name.is_empty() || INTERNAL.iter().any(|start| name.starts_with(start))
}

/// `Step 2/4 : RUN make`
fn classic_step(line: &str) -> Option<(&str, String)> {
    let (number, instruction) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let (step, of) = number.split_once('/')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(step) && is_number(of)).then(|| (number, one_line(instruction)))
}

/// What the classic builder says of itself.
fn is_aside(line: &str) -> bool {
    const ASIDES: [&str; 4] =
        [" ---> ", "Removing intermediate container ", "Successfully built ", "Successfully tagged "];
    line.is_empty() || ASIDES.iter().any(|start| line.starts_with(start))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn between(from: &Timestamp, to: &Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a build takes less than 2^52 seconds")]
    let seconds = (to.seconds - from.seconds) as f64;
    (seconds + f64::from(to.nanos - from.nanos) / 1e9).max(0.0)
}

#[cfg(test)]
mod tests;
