//! The image, and the containers that commands run in.

use std::collections::BTreeMap;
use std::time::Duration;

use super::paths::{Reach, check_path, check_patterns};
use super::source::{KeyPath, Source};
use super::validate::{is_variable, timeout, variable};
use super::{BuildSecret, Command, Container, Engine, Image, Smoke, raw};
use crate::document::shown;
use crate::number;

/// What may stand between braces in a tag.
pub const PLACEHOLDERS: [&str; 6] = ["commit", "short-commit", "branch", "version", "model", "model-digest"];

/// Validates `image`.
pub(super) fn image(source: &mut Source<'_>, raw: raw::Image) -> Image {
    let path = KeyPath::of(&["image"]);
    for (key, text) in [("context", &raw.context), ("dockerfile", &raw.dockerfile)] {
        if let Some(text) = text {
            check_path(source, &path.key(key), text, Reach::Project);
        }
    }
    for (path, tag) in source.texts(&path.key("tags")) {
        tag_is_sound(source, &path, tag);
    }
    for (key, text) in [("target", &raw.target), ("platform", &raw.platform), ("network", &raw.network)] {
        one_word(source, &path.key(key), text.as_deref());
    }
    let secrets = raw.secrets.map(|secrets| secrets.0).unwrap_or_default();
    Image {
        context: raw.context.unwrap_or_else(|| ".".into()),
        dockerfile: raw.dockerfile,
        target: raw.target,
        args: texts(raw.args),
        labels: texts(raw.labels),
        platform: raw.platform,
        network: raw.network.unwrap_or_else(|| "default".into()),
        secrets: secrets
            .into_iter()
            .filter_map(|(id, raw)| {
                let secret = secret(source, &path.key("secrets").key(&id), raw)?;
                Some((id, secret))
            })
            .collect(),
        ssh: raw.ssh.map(|ssh| ssh.0).unwrap_or_default(),
        cache_from: raw.cache_from.map(|images| images.0).unwrap_or_default(),
        cache: raw.cache.unwrap_or(true),
        pull: raw.pull.unwrap_or(false),
        tags: raw.tags.map(|tags| tags.0).unwrap_or_default(),
        push: raw.push.unwrap_or_default(),
        create_repository: raw.create_repository.unwrap_or(false),
        smoke: raw.smoke.map(|raw| smoke(source, &path.key("smoke"), raw)),
        prune_cache: size(source, &path.key("prune-cache"), raw.prune_cache.as_deref()),
        timeout: raw.timeout.and_then(|text| timeout(source, &path.key("timeout"), &text)),
    }
}

fn smoke(source: &mut Source<'_>, path: &KeyPath, raw: raw::Smoke) -> Smoke {
    check_patterns(source, &path.key("requests"), Reach::Project);
    if let Some(ready) = raw.ready.as_deref().filter(|ready| !ready.starts_with('/')) {
        let help = "begin it with `/`, such as `/healthz`";
        source.value(&path.key("ready"), format!("«{}» is not a path of the server", shown(ready)), help);
    }
    if raw.port == Some(0) {
        source.value(&path.key("port"), "no server listens on port 0", "write a port from 1 to 65535");
    }
    if raw.repeat == Some(0) {
        source.value(&path.key("repeat"), "a request that is never sent proves nothing", "write 1 or more");
    }
    let is_empty = |command: &Command| match command {
        Command::Shell(text) => text.trim().is_empty(),
        Command::Arguments(arguments) => arguments.first().is_none_or(|first| first.trim().is_empty()),
    };
    if raw.run.as_ref().is_some_and(is_empty) {
        source.value(&path.key("run"), "the command is empty", "write what starts the server, or remove it");
    }
    for (name, _) in raw.env.iter().flat_map(|env| &env.0) {
        variable(source, &path.key("env").key(name), name);
    }
    let limit = raw.timeout.and_then(|text| timeout(source, &path.key("timeout"), &text));
    Smoke {
        run: raw.run,
        port: raw.port,
        ready: raw.ready.unwrap_or_else(|| "/".into()),
        requests: raw.requests.map(|requests| requests.0).unwrap_or_default(),
        repeat: raw.repeat.unwrap_or(Smoke::REPEAT),
        timeout: limit.unwrap_or(Smoke::TIMEOUT),
        env: texts(raw.env),
        memory: size(source, &path.key("memory"), raw.memory.as_deref()),
        nano_cpus: cpus(source, &path.key("cpus"), raw.cpus),
    }
}

/// Where the commands of a step run.
pub(super) fn engine(
    source: &mut Source<'_>,
    section: &KeyPath,
    engine: Option<raw::Engine>,
    container: Option<raw::Container>,
    network: &str,
) -> Engine {
    let path = section.key("docker");
    match engine.unwrap_or_default() {
        raw::Engine::Docker => {
            let container = container.unwrap_or_default();
            if container.image.is_none() && !source.has(&KeyPath::of(&["image"])) {
                let help =
                    "name one, such as `docker: { image: \"python:3.12-slim\" }`, or add the section `image`";
                source.key(&section.key("engine"), "there is no image to run in", help);
            }
            Engine::Docker(self::container(source, &path, container, network))
        }
        raw::Engine::Local | raw::Engine::Kubeflow | raw::Engine::Argo => {
            if container.is_some() {
                let help = "add `engine: docker`, or remove it";
                source.key(&path, "`docker` means nothing without `engine: docker`", help);
            }
            Engine::Local
        }
    }
}

fn container(source: &mut Source<'_>, path: &KeyPath, raw: raw::Container, network: &str) -> Container {
    let user = raw.user.map(|user| user.to_string());
    let named = [("image", &raw.image), ("target", &raw.target), ("user", &user), ("network", &raw.network)];
    for (key, text) in named {
        one_word(source, &path.key(key), text.as_deref());
    }
    if raw.image.is_some() && raw.target.is_some() {
        let help = "keep `image`, or `target` for a stage of the Dockerfile";
        source.key(&path.key("target"), "an image that is named has no stages", help);
    }
    Container {
        image: raw.image,
        target: raw.target,
        user,
        memory: size(source, &path.key("memory"), raw.memory.as_deref()),
        nano_cpus: cpus(source, &path.key("cpus"), raw.cpus),
        gpus: raw.gpus,
        network: raw.network.unwrap_or_else(|| network.into()),
    }
}

fn secret(source: &mut Source<'_>, path: &KeyPath, raw: raw::BuildSecret) -> Option<BuildSecret> {
    match (raw.variable, raw.file) {
        (Some(name), None) => {
            if !is_variable(&name) {
                let help = "use letters, digits and `_`, not beginning with a digit";
                let message = format!("«{}» is not the name of a variable", shown(&name));
                source.value(&path.key("variable"), message, help);
            }
            Some(BuildSecret::Variable(name))
        }
        (None, Some(file)) => {
            check_path(source, &path.key("file"), &file, Reach::Anywhere);
            Some(BuildSecret::File(file))
        }
        (Some(_), Some(_)) => {
            source.key(path, "a secret comes from one place", "keep `variable`, or `file`");
            None
        }
        (None, None) => {
            if !source.has(&path.key("variable")) && !source.has(&path.key("file")) {
                let help = "write `variable: NAME`, or `file: PATH`";
                source.key(path, "nothing says where the secret comes from", help);
            }
            None
        }
    }
}

/// Checks a tag as far as it can be known before its placeholders are filled in.
fn tag_is_sound(source: &mut Source<'_>, path: &KeyPath, tag: &str) {
    const HELP: &str = "write `registry/name:tag`, such as `registry.example.com/churn:{commit}`";
    let mut rest = tag;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else {
            source.value(path, format!("«{}» has a `{{` without its `}}`", shown(tag)), HELP);
            return;
        };
        let name = &rest[open + 1..open + length];
        if !PLACEHOLDERS.contains(&name) {
            let help = super::suggest::nearest(name, &PLACEHOLDERS).map_or_else(
                || {
                    format!(
                        "those that there are: {}",
                        PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ")
                    )
                },
                |near| format!("did you mean {{{near}}}?"),
            );
            source.value(path, format!("there is no placeholder {{{}}}", shown(name)), help);
            return;
        }
        rest = &rest[open + length + 1..];
    }
    let wrong = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    if tag.is_empty() || tag.contains("://") || tag.chars().any(wrong) {
        source.value(path, format!("«{}» is not a tag of an image", shown(tag)), HELP);
    }
}

/// A text that is a name: neither empty nor with spaces.
fn one_word(source: &mut Source<'_>, path: &KeyPath, text: Option<&str>) {
    if let Some(text) =
        text.filter(|text| text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()))
    {
        source.value(path, format!("«{}» is not a name", shown(text)), "write one word, or remove the key");
    }
}

fn texts(map: Option<raw::Ordered<raw::Scalar>>) -> BTreeMap<String, String> {
    let entries = map.map(|map| map.0).unwrap_or_default();
    entries.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

pub(super) fn size(source: &mut Source<'_>, path: &KeyPath, text: Option<&str>) -> Option<u64> {
    match number::size(text?) {
        Ok(0) => {
            source.value(path, "a size of zero leaves no room at all", "remove it for no limit");
            None
        }
        Ok(bytes) => Some(bytes),
        Err(help) => {
            source.value(path, format!("«{}» is not a size", shown(text.unwrap_or_default())), help);
            None
        }
    }
}

/// Processors in billionths, as the engine takes them.
fn cpus(source: &mut Source<'_>, path: &KeyPath, number: Option<raw::Number>) -> Option<u64> {
    let cpus = number?.0;
    if !(0.01..=4096.0).contains(&cpus) {
        source.value(path, format!("{cpus} is not a number of processors"), "write one such as 2 or 0.5");
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0.01 and 4096"
    )]
    Some((cpus * 1e9).round() as u64)
}

impl Image {
    /// The variables that its build reads as secrets.
    pub fn secret_variables(&self) -> impl Iterator<Item = &String> {
        self.secrets.values().filter_map(|secret| match secret {
            BuildSecret::Variable(name) => Some(name),
            BuildSecret::File(_) => None,
        })
    }

    /// Whether there are runs that push it.
    #[must_use]
    pub fn is_pushed(&self) -> bool {
        !self.tags.is_empty() && self.push != raw::Push::Never
    }
}

impl Smoke {
    /// How often each request is sent when the file does not say.
    pub const REPEAT: u32 = 20;
    /// How long the server may take to be ready when the file does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
