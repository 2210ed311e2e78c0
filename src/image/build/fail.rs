//! A build that failed: whose fault it is, and where in the Dockerfile.

mod base;

pub(in crate::image) use base::is_unreached;

use bollard::errors::Error;

use super::dockerfile::{Dockerfile, Instruction};
use super::progress::{Progress, Step};
use super::{DOING, Order, needs};
use crate::document::shown;
use crate::engine::Redaction;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::image::context::{Context, Trouble};

/// All instructions that there are.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// What a build was when it failed.
pub struct Scene<'a> {
    /// What was to be built.
    pub order: &'a Order,
    /// What its Dockerfile says.
    pub file: &'a Dockerfile,
    /// What was sent.
    pub context: &'a Context,
    /// How far it came.
    pub progress: &'a Progress,
    /// Whether the classic builder built it.
    pub is_classic: bool,
}

/// The engine is no longer there.
pub fn gone(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    let help =
        "see whether the engine still runs, and what its log says; then run again: what it had built is kept";
    Fault::new(DOING, cause).help(help)
}

impl Scene<'_> {
    /// What to say of the error with which the build ended.
    pub fn judge(&self, error: Error, redaction: &mut Redaction) -> Trouble {
        let text = match error {
            Error::DockerStreamError { error } => error,
            Error::DockerResponseServerError { message, .. } => message,
            other => return Trouble::Fault(gone(other)),
        };
        let text = redaction.text(without_preface(&text));
        if let Some(fault) = worldly(&text) {
            return Trouble::Fault(fault);
        }
        let failed = self.progress.failed();
        let known = self
            .syntax(&text)
            .or_else(|| self.target(&text))
            .or_else(|| self.blank(&text))
            .or_else(|| failed.and_then(|step| self.exit(&text, step)))
            .or_else(|| self.copy(&text, failed))
            .map(Ok)
            .or_else(|| self.base(&text, failed));
        match known.unwrap_or_else(|| Ok(self.other(&text, failed))) {
            Ok(finding) => Trouble::Findings(vec![redacted(finding, redaction)]),
            Err(fault) => Trouble::Fault(fault),
        }
    }

    fn finding(&self, code: &str, message: impl Into<String>, line: Option<u32>) -> Finding {
        let finding = Finding::error(code, message).at_path(&self.order.shown);
        match line {
            Some(line) => finding.at_line(line, None),
            None => finding,
        }
    }

    /// `dockerfile parse error line 2: unknown instruction: RUNN`; newer engines say `on line 2`.
    fn syntax(&self, text: &str) -> Option<Finding> {
        const CODE: &str = "image-dockerfile-syntax";
        if let Some((_, rest)) = text.split_once("dockerfile parse error ") {
            let rest = rest.trim_start_matches("on ").strip_prefix("line ")?;
            let (line, message) = rest.split_once(": ")?;
            let message = message.trim();
            let finding = self.finding(CODE, message, line.parse().ok());
            let Some((_, word)) = message.split_once("nknown instruction: ") else {
                return Some(finding.help("see https://docs.docker.com/reference/dockerfile/"));
            };
            let word = word.split_whitespace().next().unwrap_or_default();
            return Some(match needs::nearest(word, &KEYWORDS) {
                Some(near) => finding.help(format!("did you mean {near}?")),
                None => {
                    finding.help("a line that continues the one before needs a `\\` at the end of that one")
                }
            });
        }
        let is_empty =
            ["no build stage in current context", "file with no instructions", "Dockerfile cannot be empty"];
        if is_empty.iter().any(|part| text.contains(part)) {
            let line = self.file.instructions.iter().find(|one| one.keyword != "ARG").map(|one| one.line);
            return Some(self.finding(CODE, "no image to begin with is named", line).help("begin with FROM"));
        }
        None
    }

    /// The stage that was asked for is not there, by what the engine thinks of it.
    fn target(&self, text: &str) -> Option<Finding> {
        let is_told = text.contains("failed to reach build target")
            || (text.contains("target stage") && text.contains("could not be found"));
        let target = self.order.target.as_deref().filter(|_| is_told)?;
        Some(needs::unknown_stage(self.order, self.file, target, None))
    }

    /// A command of a RUN ended badly.
    fn exit(&self, text: &str, step: &Step) -> Option<Finding> {
        let code = ["exit code: ", "non-zero code: "].into_iter().find_map(|before| {
            let (_, after) = text.rsplit_once(before)?;
            after.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
        })?;
        let tail = step.tail.lines();
        let (name, line) = self.name(step);
        let message = format!("«{}» ended with exit code {code}", shown(&name));
        Some(self.finding("image-build-failed", message, line).help(self.exit_help(code, &tail)))
    }

    fn exit_help(&self, code: u32, tail: &[String]) -> String {
        let says = |part: &str| tail.iter().any(|line| line.contains(part));
        if says("exec format error") || says("exec user process caused") {
            "the image is for another processor: set `image: platform`, or install qemu for it on the engine"
                .into()
        } else if says("No space left on device") || says("no space left on device") {
            "the engine's disk is full: `docker system df` shows of what, `docker builder prune` frees some"
                .into()
        } else if ["Temporary failure in name resolution", "Could not resolve", "bad address"]
            .iter()
            .any(|part| says(part))
        {
            "the build has no network there: see `image: network`, and the proxies of the engine".into()
        } else if code == 137 {
            "it was killed, most often for want of memory: give the engine more, or let it do less at once"
                .into()
        } else if code == 127
            || says("unable to start container process")
            || says("executable file not found")
        {
            "the image has no such program: install it in an instruction before, or take a larger base image"
                .into()
        } else {
            format!("all that the build said is in {}", self.log())
        }
    }

    fn log(&self) -> String {
        let parts: Vec<_> = self
            .order
            .log
            .components()
            .rev()
            .take(2)
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        parts.into_iter().rev().collect::<Vec<_>>().join("/")
    }

    /// What a COPY or an ADD wants is not there.
    fn copy(&self, text: &str, failed: Option<&Step>) -> Option<Finding> {
        let path = missing_path(text)?;
        let (name, line) = failed.map_or_else(|| (String::new(), None), |step| self.name(step));
        let instruction = self.file.instructions.iter().find(|one| Some(one.line) == line);
        let instruction = instruction.or_else(|| {
            let copies = |one: &&Instruction| matches!(one.keyword.as_str(), "COPY" | "ADD");
            let names = |one: &&Instruction| {
                one.arguments().any(|word| {
                    word.trim_matches(['"', '[', ']', ',']).trim_start_matches("./").trim_matches('/') == path
                })
            };
            self.file.instructions.iter().filter(copies).find(names)
        });
        let line = instruction.map(|one| one.line).or(line);
        let from =
            instruction.and_then(|one| one.flags().find(|(flag, _)| *flag == "from").map(|(_, value)| value));
        let what = instruction.map_or(name, |one| on_one_line(&one.text()));
        let what = if what.is_empty() { "a COPY".to_owned() } else { format!("«{}»", shown(&what)) };
        const CODE: &str = "image-copy-missing";
        if let Some(from) = from {
            let message = format!("{what} wants /{}, which is not in «{}»", shown(path), shown(from));
            return Some(self.finding(CODE, message, line).help("look where the earlier stage puts it"));
        }
        let is_there = self.order.context.join(path).symlink_metadata().is_ok();
        let message = format!("{what} wants {}, which is not in the context", shown(path));
        let finding = self.finding(CODE, message, line);
        Some(if is_there && self.context.ignore.matches(path) {
            finding.help(format!(
                "the file is there, and .dockerignore excludes it: add the line `!{path}` at its end"
            ))
        } else {
            finding.help("a path begins at the folder `image: context`; what other steps make must be made before the image")
        })
    }

    /// FROM names nothing, because its variable has no value.
    fn blank(&self, text: &str) -> Option<Finding> {
        let base = text.split_once("base name (")?.1.split_once(") should not be blank")?.0;
        let line = self.file.stages.iter().find(|stage| stage.base == base).map(|stage| stage.line);
        let finding = self.finding("image-base-missing", format!("«{}» names no image", shown(base)), line);
        Some(finding.help(
            "give the argument a value: `image: { args: { NAME: value } }`, or a default in the Dockerfile",
        ))
    }

    fn other(&self, text: &str, failed: Option<&Step>) -> Finding {
        let (name, line) = failed.map_or_else(|| (String::new(), None), |step| self.name(step));
        let message = if name.is_empty() { text.to_owned() } else { format!("«{}»: {text}", shown(&name)) };
        let help = self.exit_help(1, &[text.to_owned()]);
        self.finding("image-build-failed", message, line).help(help)
    }

    /// The instruction of a step, and its line.
    fn name(&self, step: &Step) -> (String, Option<u32>) {
        match self.instruction(&step.name) {
            Some(instruction) => (on_one_line(&instruction.text()), Some(instruction.line)),
            None => (step.name.clone(), None),
        }
    }

    /// The instruction that a step such as `[stage 2/4] RUN make` is.
    fn instruction(&self, name: &str) -> Option<&Instruction> {
        let (place, text) = name.strip_prefix('[')?.split_once("] ")?;
        let (stage, number) = place.rsplit_once(' ').unwrap_or(("", place));
        let number: usize = number.split_once('/')?.0.parse().ok()?;
        if self.is_classic {
            return self.file.instructions.get(number.checked_sub(1)?);
        }
        let stage = self.file.stage(stage).or_else(|| stage.strip_prefix("stage-")?.parse().ok());
        let keyword = text.split(' ').next().unwrap_or_default();
        let mut best: Option<(f64, &Instruction)> = None;
        let mut counted = 0;
        for one in &self.file.instructions {
            if one.keyword == "FROM" {
                counted = 0;
            }
            counted +=
                usize::from(matches!(one.keyword.as_str(), "FROM" | "RUN" | "COPY" | "ADD" | "WORKDIR"));
            if one.keyword != keyword || (stage.is_some() && one.stage != stage) {
                continue;
            }
            // A name has its variables filled in, so that it need not be the text of its instruction.
            let own = on_one_line(&one.text());
            let cut = |text: &str| text.chars().take(400).collect::<String>();
            let near = strsim::normalized_levenshtein(&cut(&own), &cut(text)) * 100.0;
            #[expect(clippy::cast_precision_loss, reason = "a Dockerfile has few instructions")]
            let near = near - counted.abs_diff(number) as f64 / 100.0;
            if best.is_none_or(|(other, _)| near > other) {
                best = Some((near, one));
            }
        }
        best.map(|(_, one)| one)
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What went wrong, without the engine's account of what it was about to do.
fn without_preface(text: &str) -> &str {
    const PREFACES: [&str; 6] = [
        "failed to build: ",
        "failed to solve: ",
        "failed to solve with frontend dockerfile.v0: ",
        "failed to read dockerfile: ",
        "failed to create LLB definition: ",
        "rpc error: code = Unknown desc = ",
    ];
    let mut rest = text.trim();
    while let Some(shorter) = PREFACES.iter().find_map(|preface| rest.strip_prefix(preface)) {
        rest = shorter;
    }
    rest
}

/// What no change of the project would mend.
fn worldly(text: &str) -> Option<Fault> {
    let fault = Fault::new(DOING, text.to_owned());
    let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if says(&["no space left on device", "disk quota exceeded"]) {
        let help = "the engine's disk is full: `docker system df` shows of what, `docker builder prune` frees what \
                    builds have kept, and `image: prune-cache` keeps it small";
        return Some(fault.help(help));
    }
    if says(&[
        "no active session",
        "session healthcheck failed",
        "transport is closing",
        "error reading from server",
        "graceful_stop",
        "connection error: desc",
    ]) {
        return Some(gone(text.to_owned()));
    }
    None
}

/// The path, relative to the context or the stage, that a copy did not find.
fn missing_path(text: &str) -> Option<&str> {
    let before_colon = |text| str::rsplit_once(text, ": ").map_or(text, |(path, _)| path);
    let quoted = text.split_once("\" not found").or_else(|| text.split_once("\": not found"));
    let failed = text.split_once("COPY failed: ").or_else(|| text.split_once("ADD failed: "));
    let path = if let Some((before, _)) = quoted {
        before.rsplit_once('"')?.1
    } else if let (true, Some((_, path))) = (text.starts_with("lstat "), text.split_once("/merged/")) {
        before_colon(path)
    } else {
        let path = before_colon(failed?.1.rsplit_once("stat ")?.1);
        // Older engines name a folder of their own.
        let own = path.split_once("/docker-builder").and_then(|(_, rest)| rest.split_once('/'));
        own.map_or(path, |(_, path)| path)
    };
    Some(path.trim_matches('/'))
}

fn redacted(finding: Finding, redaction: &mut Redaction) -> Finding {
    let help = finding.help.map(|help| redaction.text(&help));
    Finding { message: redaction.text(&finding.message), help, ..finding }
}

#[cfg(test)]
mod tests;
