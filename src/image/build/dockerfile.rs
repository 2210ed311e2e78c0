//! What a Dockerfile says, as far as we must know it: where each instruction stands, which stages there are and
//! need each other, and which secrets are used.
//!
//! The engine reads the Dockerfile itself and decides what is right; nothing here refuses what it would take.

use std::collections::BTreeSet;

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dockerfile {
    /// All instructions, in order.
    pub instructions: Vec<Instruction>,
    /// All stages, in order.
    pub stages: Vec<Stage>,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The line where it begins, from 1.
    pub line: u32,
    /// `RUN`, in capitals.
    pub keyword: String,
    /// All that follows: one line, without what continues lines, and without heredocs.
    pub rest: String,
    /// The number of its stage, from 0; none before the first.
    pub stage: Option<usize>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// How others call it, in small letters.
    pub name: Option<String>,
    /// What it begins with: an image, or another stage.
    pub base: String,
    /// The line of its FROM.
    pub line: u32,
}

/// What a RUN is given and no layer keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// `--mount=type=secret`
    Secret,
    /// `--mount=type=ssh`
    Ssh,
}

impl Instruction {
    /// Its flags, such as `--from=build`, without the dashes: name and value, which is empty where there is none.
    pub fn flags(&self) -> impl Iterator<Item = (&str, &str)> {
        let flags = self.rest.split_ascii_whitespace().map_while(|word| word.strip_prefix("--"));
        flags.map(|flag| flag.split_once('=').unwrap_or((flag, "")))
    }

    /// What follows the flags.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.rest.split_ascii_whitespace().skip_while(|word| word.starts_with("--"))
    }

    /// As a person wrote it, on one line.
    pub fn text(&self) -> String {
        format!("{} {}", self.keyword, self.rest)
    }

    /// The settings of its mounts.
    fn mounts(&self) -> impl Iterator<Item = Vec<(String, String)>> {
        let values = self.flags().filter(|(name, _)| self.keyword == "RUN" && *name == "mount");
        values.map(|(_, value)| {
            let fields =
                value.trim_matches('"').split(',').map(|field| field.split_once('=').unwrap_or((field, "")));
            fields
                .map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim_matches('"').to_owned()))
                .collect()
        })
    }

    /// The other stages or images that it takes files from.
    fn sources(&self) -> Vec<String> {
        let from = self.flags().filter(|(name, _)| *name == "from").map(|(_, value)| value.to_owned());
        let mounted = self.mounts().filter_map(|mount| value(&mount, &["from"]));
        from.chain(mounted).collect()
    }
}

fn value(mount: &[(String, String)], keys: &[&str]) -> Option<String> {
    mount.iter().find(|(key, _)| keys.contains(&key.as_str())).map(|(_, value)| value.clone())
}

impl Dockerfile {
    /// Reads it.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let escape = escape(text);
        let mut lines = (1..).zip(text.lines().map(|line| line.trim_end_matches('\r')));
        while let Some((number, first)) = lines.next() {
            if is_blank(first) {
                continue;
            }
            let mut whole = String::new();
            let mut open = take(&mut whole, first, escape);
            while open {
                let Some((_, next)) = lines.next() else { break };
                if !is_blank(next) {
                    open = take(&mut whole, next, escape);
                }
            }
            let (keyword, rest) = whole.trim().split_once(char::is_whitespace).unwrap_or((whole.trim(), ""));
            let (keyword, rest) = (keyword.to_ascii_uppercase(), rest.trim().to_owned());
            for end in heredocs(&keyword, &rest) {
                let _ = lines.by_ref().find(|(_, line)| end.is_at(line));
            }
            file.add(number, keyword, rest);
        }
        file
    }

    fn add(&mut self, line: u32, keyword: String, rest: String) {
        let mut instruction = Instruction { line, keyword, rest, stage: None };
        if instruction.keyword == "FROM" {
            let words: Vec<&str> = instruction.arguments().collect();
            let name = match words.as_slice() {
                [_, word, name, ..] if word.eq_ignore_ascii_case("as") => Some(name.to_lowercase()),
                _ => None,
            };
            let base = words.first().copied().unwrap_or_default().to_owned();
            self.stages.push(Stage { name, base, line });
        }
        instruction.stage = self.stages.len().checked_sub(1);
        self.instructions.push(instruction);
    }

    /// The number of the stage that is called so, by its name or its number.
    pub fn stage(&self, name: &str) -> Option<usize> {
        let lower = name.to_lowercase();
        let named = self.stages.iter().rposition(|stage| stage.name.as_ref() == Some(&lower));
        named.or_else(|| name.parse().ok().filter(|number| *number < self.stages.len()))
    }

    /// The names of the stages.
    pub fn names(&self) -> Vec<&str> {
        self.stages.iter().filter_map(|stage| stage.name.as_deref()).collect()
    }

    /// The instructions that a build of the stage runs, those of the stages that it needs among them.
    pub fn needed(&self, target: Option<&str>) -> impl Iterator<Item = &Instruction> {
        let last = self.stages.len().checked_sub(1);
        let mut open: Vec<usize> = target.map_or(last, |target| self.stage(target)).into_iter().collect();
        let mut needed = BTreeSet::new();
        while let Some(stage) = open.pop() {
            if !needed.insert(stage) {
                continue;
            }
            let own = self.instructions.iter().filter(|one| one.stage == Some(stage));
            let sources = own.flat_map(Instruction::sources).chain([self.stages[stage].base.clone()]);
            for source in sources {
                match self.stage(&source) {
                    // Who knows what a variable stands for: any stage before it.
                    None if source.contains('$') => open.extend(0..stage),
                    Some(other) if other < stage => open.push(other),
                    _ => {}
                }
            }
        }
        self.instructions.iter().filter(move |one| one.stage.is_some_and(|stage| needed.contains(&stage)))
    }

    /// What a build of the stage must be given: what kind, which id, and the line. What the Dockerfile marks as
    /// `required=false` is not among it, nor what only a variable names.
    pub fn needs(&self, target: Option<&str>) -> Vec<(Need, String, u32)> {
        let mut needs = Vec::new();
        for instruction in self.needed(target) {
            for mount in instruction.mounts() {
                let need = match value(&mount, &["type"]).as_deref() {
                    Some("secret") => Need::Secret,
                    Some("ssh") => Need::Ssh,
                    _ => continue,
                };
                let target = || {
                    let path = value(&mount, &["target", "dst", "destination"])?;
                    path.rsplit('/').next().map(str::to_owned)
                };
                let id = value(&mount, &["id"]).or_else(|| match need {
                    Need::Secret => value(&mount, &["source", "src"]).or_else(target),
                    Need::Ssh => Some("default".to_owned()),
                });
                let is_optional = value(&mount, &["required"]).is_some_and(|text| text == "false");
                if let Some(id) = id.filter(|id| !id.contains('$') && !is_optional) {
                    needs.push((need, id, instruction.line));
                }
            }
        }
        needs
    }
}

/// The character that continues a line, which a comment at the very top may change.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|rest| rest.split_once('=')) else {
            break;
        };
        if name.trim().eq_ignore_ascii_case("escape") {
            return value.trim().chars().next().unwrap_or('\\');
        }
    }
    '\\'
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// Adds a line; says whether it goes on in the next.
fn take(whole: &mut String, line: &str, escape: char) -> bool {
    match line.trim_end().strip_suffix(escape) {
        Some(line) => {
            whole.push_str(line);
            true
        }
        None => {
            whole.push_str(line);
            false
        }
    }
}

/// The word that ends a heredoc, and whether tabs may stand before it.
struct Heredoc {
    word: String,
    may_be_indented: bool,
}

impl Heredoc {
    fn is_at(&self, line: &str) -> bool {
        let line = if self.may_be_indented { line.trim_start_matches('\t') } else { line };
        line == self.word
    }
}

/// The heredocs that an instruction begins, in order.
fn heredocs(keyword: &str, rest: &str) -> Vec<Heredoc> {
    if !matches!(keyword, "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    rest.split_ascii_whitespace()
        .filter_map(|word| {
            let word = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
            let (word, may_be_indented) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
            let word = word.trim_matches(['"', '\'']);
            let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c));
            is_word.then(|| Heredoc { word: word.to_owned(), may_be_indented })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const EXAMPLE: &str = "\
# a comment\r
ARG VERSION=3\r
FROM python:${VERSION} AS Build
RUN --mount=type=secret,id=token \\
    # in between

    --mount=type=ssh pip install \\
    -r requirements.txt
RUN <<EOF
FROM nothing
FROM nothing
EOF
copy <<-A <<'B' /etc/
RUN no
\tA
RUN no
B
FROM scratch as dev
RUN --mount=type=secret,target=/run/secrets/other x
FROM alpine
COPY --from=build /a /b
RUN --mount=type=secret,id=maybe,required=false --mount=type=cache,target=/c y
";

    #[test]
    fn instructions_stand_at_their_lines() {
        let file = Dockerfile::parse(EXAMPLE);
        let shown: Vec<String> = file
            .instructions
            .iter()
            .map(|one| format!("{} {:?} {}", one.line, one.stage, one.text()))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
        assert_eq!(file.names(), ["build", "dev"]);
        assert_eq!(file.stage("BUILD"), Some(0));
        assert_eq!(file.stage("2"), Some(2));
        assert_eq!(file.stage("3"), None);
    }

    #[test]
    fn only_what_a_stage_needs_is_asked_for() {
        let file = Dockerfile::parse(EXAMPLE);
        let token = (Need::Secret, "token".to_owned(), 4);
        assert_eq!(file.needs(None), [token.clone(), (Need::Ssh, "default".to_owned(), 4)]);
        assert_eq!(file.needs(Some("dev")), [(Need::Secret, "other".to_owned(), 19)]);
        assert_eq!(file.needs(Some("nowhere")), []);
        let variable = Dockerfile::parse("FROM a AS x\nRUN --mount=type=ssh,id=k y\nARG B\nFROM $B\n");
        assert_eq!(variable.needs(None), [(Need::Ssh, "k".to_owned(), 2)]);
    }

    #[test]
    fn odd_files_are_read_to_their_end() {
        for text in
            ["", "\u{feff}", "RUN", "FROM", "RUN a \\", "RUN <<EOF", "# only", "FROM a AS", "RUN --mount= x"]
        {
            let _ = Dockerfile::parse(text).needs(Some("x"));
        }
        let other = Dockerfile::parse("\u{feff}# escape=`\nRUN a `\n  b\\\nRUN c");
        let texts: Vec<String> = other.instructions.iter().map(Instruction::text).collect();
        assert_eq!(texts, ["RUN a   b\\", "RUN c"]);
    }
}
