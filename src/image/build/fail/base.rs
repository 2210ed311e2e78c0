//! A base image that the engine could not get.

use super::{Scene, Step};
use crate::docker::Reference;
use crate::document::shown;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::image::build::{DOING, needs};

/// How a registry, or the way to it, refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Unknown,
    Forbidden,
    Missing,
    TooOften,
    Unreached,
}

/// What each refusal is told by. The first that fits is it.
const SIGNS: [(Refusal, &[&str]); 5] = [
    (Refusal::TooOften, &["toomanyrequests", "429 Too Many Requests"]),
    (
        Refusal::Unknown,
        &[
            "401 Unauthorized",
            "no basic auth credentials",
            "unauthorized:",
            "insufficient_scope",
            "authorization failed",
        ],
    ),
    (Refusal::Forbidden, &["403 Forbidden", "pull access denied", "denied:"]),
    (
        Refusal::Unreached,
        &[
            "no such host",
            "connection refused",
            "i/o timeout",
            "TLS handshake",
            "x509:",
            "network is unreachable",
            "no route to host",
            "server gave HTTP response to HTTPS client",
            "Client.Timeout",
            "server misbehaving",
            "connection reset",
            "500 Internal",
            "502 Bad",
            "503 Service",
        ],
    ),
    (Refusal::Missing, &["manifest unknown", "not found", "404 Not Found"]),
];

/// Whether an engine's words say that the way to a registry failed, and not that the registry refused.
pub(in crate::image) fn is_unreached(text: &str) -> bool {
    let sign = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| text.contains(sign)));
    sign.is_some_and(|(refusal, _)| *refusal == Refusal::Unreached)
}

impl Scene<'_> {
    /// What to say when the engine could not get an image that the Dockerfile names.
    pub(super) fn base(&self, text: &str, failed: Option<&Step>) -> Option<Result<Finding, Fault>> {
        let refusal = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| text.contains(sign)))?.0;
        if refusal == Refusal::Unreached && text.contains("solve with frontend") {
            let cause = format!("the engine does not get the frontend that `# syntax=` names: {text}");
            let help = "see whether the engine's machine reaches its registry, or remove the line";
            return Some(Err(Fault::new(DOING, cause).help(help)));
        }
        let (image, line) = self.pulled(failed)?;
        if let Some(stage) = self.meant_stage(&image) {
            return Some(Ok(needs::unknown_stage(self.order, self.file, stage, line)));
        }
        let registry = Reference::parse(&image).map(|image| image.registry).unwrap_or_default();
        let (code, message, help) = match refusal {
            Refusal::Missing => (
                "image-base-missing",
                format!("the image {} is not in its registry", shown(&image)),
                "correct its name or its tag".to_owned(),
            ),
            Refusal::Unknown => (
                "image-base-refused",
                format!(
                    "{registry} gives the image {} only to whom it knows, or has no such image",
                    shown(&image)
                ),
                format!("correct its name, or sign in: `docker login {registry}` in an earlier step"),
            ),
            Refusal::Forbidden => (
                "image-base-refused",
                format!("{registry} does not give the image {} to this user", shown(&image)),
                "correct its name, or give the user the right to pull it".to_owned(),
            ),
            Refusal::TooOften => {
                let help = format!(
                    "wait, or sign in: `docker login {registry}` in an earlier step raises the limit"
                );
                return Some(Err(
                    Fault::new(DOING, format!("{registry} was asked too often: {text}")).help(help)
                ));
            }
            Refusal::Unreached => {
                let cause = format!("the engine does not get the image {image}: {text}");
                let help =
                    "see whether the engine's machine reaches the registry, and which proxies the engine has";
                return Some(Err(Fault::new(DOING, cause).help(help)));
            }
        };
        Some(Ok(self.finding(code, message, line).help(help)))
    }

    /// The image that the step wanted, and the line that names it.
    fn pulled(&self, failed: Option<&Step>) -> Option<(String, Option<u32>)> {
        let step = failed?;
        let name = ["load metadata for ", "FROM "]
            .into_iter()
            .find_map(|before| Some(step.name.split_once(before)?.1));
        if let Some(image) = name.and_then(|name| name.split_whitespace().next()) {
            let whole = |text: &str| Reference::parse(text).map(|reference| reference.to_string());
            let same = |text: &str| text == image || whole(text).is_ok_and(|text| whole(image) == Ok(text));
            let stages = self.file.stages.iter().map(|stage| (stage.base.as_str(), stage.line));
            let copies = self.file.instructions.iter().flat_map(|one| {
                one.flags().filter(|(flag, _)| *flag == "from").map(|(_, value)| (value, one.line))
            });
            let found = stages.chain(copies).find(|(name, _)| same(name));
            return Some(
                found.map_or((image.to_owned(), None), |(name, line)| (name.to_owned(), Some(line))),
            );
        }
        // The classic builder gets the image of a COPY when it comes to it.
        let instruction = self.instruction(&step.name)?;
        let from = instruction.flags().find(|(flag, _)| *flag == "from")?.1;
        Some((from.to_owned(), Some(instruction.line)))
    }

    /// The name of a stage, misspelt: a short word, near to one that there is or in a `--from`.
    fn meant_stage<'a>(&self, image: &'a str) -> Option<&'a str> {
        let is_word = !image.contains(['/', ':', '.', '@']);
        (is_word && needs::nearest(image, &self.file.names()).is_some()).then_some(image)
    }
}
