//! What a Dockerfile needs and the configuration lacks: refused before the build.
//!
//! BuildKit runs a command without its secret as if nothing were missing, and a later build with the secret takes
//! that layer from the cache.

use super::Order;
use super::choose::Way;
use super::dockerfile::{Dockerfile, Need};
use crate::finding::Finding;
use crate::step::Step;

/// All that is missing, or that the builder cannot give.
pub fn missing(order: &Order, file: &Dockerfile, way: &Way) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(target) = order.target.as_deref().filter(|target| file.stage(target).is_none()) {
        findings.push(unknown_stage(order, file, target, None));
    }
    for (need, id, line) in file.needs(order.target.as_deref()) {
        let (what, key, is_known) = match need {
            Need::Secret => ("secret", "secrets", order.secrets.contains_key(&id)),
            Need::Ssh => ("ssh agent", "ssh", order.ssh.contains_key(&id)),
        };
        let finding = if !is_known {
            let near = nearest(&id, &known(order, need));
            let help = match (near, need) {
                (Some(near), _) => format!("did you mean «{near}»?"),
                (None, Need::Secret) => {
                    format!("add it: `image: {{ secrets: {{ {id}: {{ variable: NAME }} }} }}`; {OPTIONAL}")
                }
                (None, Need::Ssh) => format!("add it: `image: {{ ssh: {id} }}`; {OPTIONAL}"),
            };
            let code = format!("image-{}-missing", what.replace(' ', "-"));
            Finding::error(code, format!("the {what} «{id}» is not in the configuration")).help(help)
        } else if !way.has_session() {
            let cause = match way {
                Way::Classic => "the engine's classic builder has none",
                Way::Tar | Way::Session(_) => {
                    "something between modelgate and the engine lets no session through"
                }
            };
            Finding::error(BUILDER, format!("the {what} «{id}» cannot be given to the build: {cause}")).help(
                format!("use an engine with BuildKit that is reached directly, or remove `image: {key}`"),
            )
        } else {
            continue;
        };
        findings.push(finding.at_path(&order.shown).at_line(line, None));
    }
    if let (Way::Classic, true) = (way, findings.is_empty()) {
        let unused = [("secrets", order.secrets.is_empty()), ("ssh", order.ssh.is_empty())];
        for (key, _) in unused.into_iter().filter(|(_, is_empty)| !is_empty) {
            let message =
                format!("the engine's classic builder knows no {key}, and the configuration has some");
            findings.push(
                Finding::error(BUILDER, message)
                    .help(format!("use an engine with BuildKit, or remove `image: {key}`")),
            );
        }
    }
    findings
}

/// The code of what a builder cannot do.
pub const BUILDER: &str = "image-builder";

/// What else can be done about something that is missing.
const OPTIONAL: &str = "what can be done without is marked `required=false` in its mount";

/// The ids that the configuration has.
fn known(order: &Order, need: Need) -> Vec<&str> {
    match need {
        Need::Secret => order.secrets.keys().map(String::as_str).collect(),
        Need::Ssh => order.ssh.keys().map(String::as_str).collect(),
    }
}

/// There is no such stage.
pub fn unknown_stage(order: &Order, file: &Dockerfile, name: &str, line: Option<u32>) -> Finding {
    let names = file.names();
    let help = match nearest(name, &names) {
        Some(near) => format!("did you mean «{near}»?"),
        None if names.is_empty() => "no stage has a name: write `FROM image AS name`".to_owned(),
        None => format!("the stages are {}", names.join(", ")),
    };
    let finding = |message| Finding::error("image-stage-unknown", message).at_path(&order.shown).help(help);
    match line {
        Some(line) => finding(format!("there is no stage «{name}»")).at_line(line, None),
        // It is not the Dockerfile that asks for it.
        None if order.step == Step::Image => {
            finding(format!("there is no stage «{name}», which image.target names"))
        }
        None => finding(format!(
            "there is no stage «{name}», which {}.docker.target or image.target names",
            order.step
        )),
    }
}

/// The known word that was probably meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let far = |known: &&str| strsim::damerau_levenshtein(&word, &known.to_lowercase());
    let is_near = |known: &&str| far(known) <= (known.len().max(word.len()) / 3).max(1);
    known.iter().copied().filter(|known| word.len() <= 64 && is_near(known)).min_by_key(far)
}
