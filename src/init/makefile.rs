//! A Makefile: what its targets run, where that can be told without make.

use std::collections::{BTreeMap, BTreeSet};

/// What was read of a Makefile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Makefile {
    variables: BTreeMap<String, String>,
    targets: BTreeMap<String, Target>,
    /// Whether it has parts that only make understands.
    is_partial: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Target {
    needs: Vec<String>,
    recipe: Vec<String>,
}

/// What a target runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The commands, those of the targets that it needs first.
    pub commands: Vec<String>,
    /// Files that it needs and that no target makes.
    pub files: Vec<String>,
    /// The targets and files that it consists of.
    pub targets: BTreeSet<String>,
    /// Whether this is all that it runs.
    pub is_whole: bool,
}

/// Words that begin a line that only make understands.
const DIRECTIVES: [&str; 11] = [
    "include", "-include", "sinclude", "define", "ifeq", "ifneq", "ifdef", "ifndef", "else", "vpath",
    "unexport",
];

/// How often variables are put into the text of others.
const DEEPEST: usize = 8;

/// The longest text that variables may make.
const LONGEST: usize = 8192;

impl Makefile {
    /// Reads a Makefile. What is none has no targets.
    pub fn read(text: &str) -> Self {
        let mut makefile = Self::default();
        let mut current: Vec<String> = Vec::new();
        for line in text.replace("\\\n", " ").lines() {
            if let Some(command) = line.strip_prefix('\t') {
                for name in &current {
                    makefile.targets.entry(name.clone()).or_default().recipe.push(command.to_owned());
                }
                continue;
            }
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let first = line.split_whitespace().next().unwrap_or_default();
            if DIRECTIVES.contains(&first) {
                makefile.is_partial = true;
            } else if let Some((name, value)) = variable(line) {
                makefile.is_partial |= makefile.variables.insert(name, value).is_some();
            } else if let Some((names, rest)) = line.split_once(':') {
                current = makefile.rule(names, rest);
            } else if !["endif", "endef", "export"].contains(&first) {
                makefile.is_partial = true;
            }
        }
        makefile
    }

    /// Keeps a rule, and returns its targets.
    fn rule(&mut self, names: &str, rest: &str) -> Vec<String> {
        let (needs, command) = match rest.trim_start_matches(':').split_once(';') {
            Some((needs, command)) => (needs, Some(command.to_owned())),
            None => (rest.trim_start_matches(':'), None),
        };
        // A variable of the target's own.
        if needs.contains('=') || names.contains('%') {
            self.is_partial = true;
        }
        let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        for name in &names {
            let target = self.targets.entry(name.clone()).or_default();
            target.needs.extend(needs.split_whitespace().filter(|need| *need != "|").map(str::to_owned));
            target.recipe.extend(command.clone());
        }
        names
    }

    /// Whether there is such a target.
    pub fn has(&self, target: &str) -> bool {
        self.targets.contains_key(target)
    }

    /// What the target runs.
    pub fn recipe(&self, target: &str) -> Recipe {
        let mut recipe = Recipe { is_whole: !self.is_partial, ..Recipe::default() };
        let mut done = BTreeSet::new();
        self.collect(target, &mut recipe, &mut done);
        recipe.targets = done;
        recipe
    }

    fn collect(&self, name: &str, recipe: &mut Recipe, done: &mut BTreeSet<String>) {
        if !done.insert(name.to_owned()) {
            return;
        }
        let Some(target) = self.targets.get(name) else {
            recipe.files.push(name.to_owned());
            return;
        };
        let needs: Option<Vec<String>> = target.needs.iter().map(|need| self.expand(need, &[])).collect();
        recipe.is_whole &= needs.is_some();
        let needs: Vec<String> = needs
            .unwrap_or_default()
            .iter()
            .flat_map(|need| need.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        for need in &needs {
            self.collect(need, recipe, done);
        }
        let first = needs.first().map_or("", String::as_str);
        let all = needs.join(" ");
        for command in &target.recipe {
            let command = command.trim().trim_start_matches(['@', '-', '+']).trim_start();
            match self.expand(command, &[("@", name), ("<", first), ("^", &all)]) {
                Some(command) if command.is_empty() => {}
                Some(command) => recipe.commands.push(command),
                None => recipe.is_whole = false,
            }
        }
    }

    /// A text with its variables filled in. None where only make can do that.
    fn expand(&self, text: &str, own: &[(&str, &str)]) -> Option<String> {
        let mut text = text.to_owned();
        for _ in 0..DEEPEST {
            let Some(at) = text.find('$') else { return Some(text) };
            let mut filled = text[..at].to_owned();
            let mut rest = &text[at..];
            while let Some(after) = rest.strip_prefix('$') {
                let open = after.chars().next()?;
                let (name, left) = match open {
                    '(' => after[1..].split_once(')')?,
                    '{' => after[1..].split_once('}')?,
                    c => after.split_at(c.len_utf8()),
                };
                let own = own.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
                filled += own.or_else(|| self.variables.get(name).map(String::as_str))?;
                let next = left.find('$').unwrap_or(left.len());
                filled += &left[..next];
                rest = &left[next..];
            }
            text = filled;
            if text.len() > LONGEST {
                return None;
            }
        }
        None
    }
}

/// `NAME = value`, with any of the signs that make has for it. A variable that only make can fill in has a
/// value that cannot be filled in here either.
fn variable(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    let plain = name.trim_end_matches([':', '?', '+', '!']);
    let value = if name.ends_with(['+', '!']) { "$(shell)" } else { value.trim() };
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    let plain = plain.trim();
    is_name(plain).then(|| (plain.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "PYTHON ?= python
SRC := src
OUT = $(SRC)/out
.PHONY: train eval

data/clean.csv: data/raw.csv $(SRC)/clean.py
\t$(PYTHON) $(SRC)/clean.py $< $@

train: data/clean.csv  # the model
\t@mkdir -p models
\t$(PYTHON) $(SRC)/train.py \\
\t\t--out models/a.pkl
eval: train
\t$(PYTHON) ${SRC}/eval.py > $(OUT)
odd:
\t$(shell ls)
";

    #[test]
    fn a_target_runs_what_it_needs_first() {
        let makefile = Makefile::read(TEXT);
        let train = makefile.recipe("train");
        assert!(train.is_whole);
        assert_eq!(train.files, ["data/raw.csv", "src/clean.py"]);
        let words: Vec<String> =
            train.commands.iter().map(|c| c.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            words,
            [
                "python src/clean.py data/raw.csv data/clean.csv",
                "mkdir -p models",
                "python src/train.py --out models/a.pkl"
            ]
        );
        let eval = makefile.recipe("eval");
        assert!(eval.targets.contains("train"));
        assert_eq!(eval.commands.last().map(String::as_str), Some("python src/eval.py > src/out"));
        assert!(!makefile.recipe("odd").is_whole);
    }

    #[test]
    fn targets_are_told_from_variables() {
        assert!(Makefile::read("a:\n\ttrue\ntrain : data\n").has("train"));
        assert!(!Makefile::read("train := x\ntrainer:\n").has("train"));
    }

    #[test]
    fn what_only_make_understands_is_said() {
        for text in [
            "include x.mk\ntrain:\n\tpython t.py\n",
            "A = 1\nA = 2\ntrain:\n\tpython t.py\n",
            "ifdef X\ntrain:\n\tpython t.py\nendif\n",
            "A = $(A)\ntrain:\n\tpython $(A)\n",
            "A = $(B)$(B)\nB = $(A)$(A)\ntrain:\n\t$(A)\n",
            "%.pkl: %.py\n\tpython $<\ntrain: m.pkl\n",
            "train: X = 1\ntrain:\n\tpython $(X)\n",
            "train:\n\tpython $",
            "train: ; python $(nothing)",
        ] {
            assert!(!Makefile::read(text).recipe("train").is_whole, "{text}");
        }
        let cycle = Makefile::read("train: eval\n\ta\neval: train\n\tb\n");
        assert_eq!(cycle.recipe("train").commands, ["b", "a"]);
    }
}
