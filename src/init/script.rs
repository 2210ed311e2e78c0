//! A script together with the project's modules that it imports, and the work that it does.

use std::collections::BTreeSet;

use super::dvc::from_folder;
use super::folder::Folder;
use super::recipe::{Runner, Script, shell_word};
use super::scan::{Mention, Traces, Usage, arguments, scan};
use super::{Work, manifest, measure};

/// How many modules are followed.
const MOST_MODULES: usize = 40;

/// The endings of models.
pub(super) const MODELS: [&str; 16] = [
    "joblib",
    "pkl",
    "pickle",
    "pt",
    "pth",
    "onnx",
    "h5",
    "hdf5",
    "keras",
    "cbm",
    "ubj",
    "safetensors",
    "bst",
    "ckpt",
    "gguf",
    "skops",
];
const DATA: [&str; 13] =
    ["csv", "tsv", "parquet", "feather", "npz", "npy", "jsonl", "arff", "xlsx", "arrow", "txt", "gz", "zip"];
const SETTINGS: [&str; 6] = ["json", "yaml", "yml", "toml", "ini", "cfg"];

/// What a script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Train,
    Evaluate,
}

/// What was read of a script.
#[derive(Debug)]
pub(super) struct Read {
    script: Script,
    /// The project's modules that it imports, itself first.
    modules: Vec<String>,
    pub traces: Traces,
    /// Whether every module of the project that it runs is among these.
    pub code_is_known: bool,
    shell: bool,
}

impl Read {
    /// Reads a script and what it imports of the project.
    pub fn of(folder: &Folder, script: Script) -> Self {
        Self::started(folder, script, &[])
    }

    /// Reads a script and what it imports of the project, also from the folders in `search`.
    pub fn started(folder: &Folder, script: Script, search: &[String]) -> Self {
        let mut read = Self {
            modules: vec![script.path.clone()],
            script,
            traces: Traces::default(),
            code_is_known: true,
            shell: false,
        };
        let mut next = 0;
        while let Some(path) = read.modules.get(next).cloned() {
            if next == MOST_MODULES {
                read.code_is_known = false;
                break;
            }
            let traces = scan(&folder.text(&path).unwrap_or_default());
            read.code_is_known &= !traces.is_dynamic;
            for import in &traces.imports {
                let found = modules(folder, &read.places(&path, search), &path, import);
                read.code_is_known &= !found.is_empty() || !is_elsewhere(folder, import);
                for module in found {
                    if !read.modules.contains(&module) {
                        read.modules.push(module);
                    }
                }
            }
            let own = next == 0;
            read.traces.paths.extend(traces.paths.into_iter().map(|path| Mention { own, ..path }));
            // What a module could do is not what the script does.
            if own {
                read.traces.metrics = traces.metrics;
                read.traces.imports = traces.imports;
            }
            read.traces.fits |= traces.fits;
            next += 1;
        }
        read
    }

    /// The same script started with these arguments: what they name goes before its defaults.
    pub fn with_arguments(mut self, words: &[String]) -> Self {
        let mut paths = arguments(words);
        let is_given = |mention: &Mention| {
            mention.option.as_ref().is_some_and(|option| {
                words.iter().any(|word| word.split('=').next() == Some(option.as_str()))
            })
        };
        paths.extend(std::mem::take(&mut self.traces.paths).into_iter().filter(|mention| !is_given(mention)));
        self.traces.paths = paths;
        self
    }

    /// The folder that it is in; none for the project itself.
    pub fn folder(&self) -> Option<&str> {
        self.script.path.rsplit_once('/').map(|(folder, _)| folder)
    }

    /// A shell script, which is not read.
    pub fn shell(path: &str) -> Self {
        let script = Script { path: path.to_owned(), module: None, source: None };
        Self {
            script,
            modules: vec![path.to_owned()],
            traces: Traces::default(),
            code_is_known: false,
            shell: true,
        }
    }

    /// The folders in which a module is looked for that the file `from` imports; empty for the project
    /// itself. More than Python looks in: a file too many among the inputs does no harm.
    fn places(&self, from: &str, search: &[String]) -> Vec<String> {
        let beside = [from, &self.script.path].map(|path| parent(path).to_owned());
        let source = self.script.source.iter().chain(search).cloned();
        beside.into_iter().chain(source).chain([String::new(), "src".to_owned()]).collect()
    }

    /// Whether it fits a model and saves it.
    pub fn makes_a_model(&self) -> bool {
        self.traces.fits && !self.models_made().is_empty()
    }

    /// The step that runs it.
    pub fn work(&self, folder: &Folder, runner: &Runner, role: Role) -> Work {
        let mut work = Work { from: self.script.path.clone(), ..Work::default() };
        if self.shell {
            work.run = vec![format!("bash {}", shell_word(&self.script.path))];
            return work;
        }
        work.run = vec![runner.script(&self.script)];
        if let Some(source) = &self.script.source {
            work.env.push(("PYTHONPATH".into(), source.clone()));
        }
        self.read_and_made(folder, role, &mut work);
        work
    }

    /// Adds to the work what the script reads and makes.
    pub fn read_and_made(&self, folder: &Folder, role: Role, work: &mut Work) {
        if role == Role::Train {
            work.outputs.extend(self.models_made());
        }
        let (inputs, data_is_known) = self.inputs(folder, &work.outputs, role);
        (work.code_is_known, work.data_is_known) = (self.code_is_known, data_is_known);
        work.inputs.extend(inputs);
    }

    /// What it reads: the code, the settings, the packages, the data; and whether data is among it.
    fn inputs(&self, folder: &Folder, outputs: &[String], role: Role) -> (Vec<String>, bool) {
        let metrics = self.metrics_files(folder);
        let made = |path: &str| {
            outputs.iter().chain(&metrics).any(|made| made == path || made.starts_with(&format!("{path}/")))
        };
        let mut settings = Vec::new();
        let mut data = Vec::new();
        let reads = |mention: &&Mention| mention.usage == Usage::Read || is_own(mention);
        for mention in self.traces.paths.iter().filter(reads) {
            let end = extension(&mention.path);
            // A step reads what the steps before it made in any case.
            if MODELS.contains(&end) && role == Role::Evaluate {
                continue;
            }
            let Some(path) = find(folder, mention).filter(|path| !made(path)) else { continue };
            if SETTINGS.contains(&end) {
                settings.push(path);
            } else if end != "py" {
                data.push(path);
            }
        }
        // A folder says less than the files in it that are named.
        let named = data.clone();
        data.retain(|path| !named.iter().any(|other| other.starts_with(&format!("{path}/"))));
        if data.is_empty() && folder.has_folder("data") {
            data.push("data".into());
        }
        if role == Role::Train && settings.is_empty() {
            let params = ["params.yaml", "params.yml", "params.json", "params.toml"];
            settings.extend(params.iter().find(|file| folder.has_file(file)).map(|file| (*file).to_owned()));
        }
        let packages = manifest::packages(folder);
        let mut seen = BTreeSet::new();
        let data_is_known = !data.is_empty();
        let all = self.code().into_iter().chain(settings).chain(packages).chain(data);
        (all.filter(|path| seen.insert(path.clone())).collect(), data_is_known)
    }

    /// The code: the whole package where it is part of one, else the script and what it imports.
    pub fn code(&self) -> Vec<String> {
        let Some(module) = &self.script.module else { return self.modules.clone() };
        let top = module.split('.').next().unwrap_or_default();
        let top =
            self.script.source.as_ref().map_or_else(|| top.to_owned(), |source| format!("{source}/{top}"));
        let others = self.modules.iter().filter(|path| !path.starts_with(&format!("{top}/"))).cloned();
        std::iter::once(format!("{top}/**/*.py")).chain(others).collect()
    }

    fn models_made(&self) -> Vec<String> {
        let is_made = |mention: &&Mention| match extension(&mention.path) {
            "" => mention.usage == Usage::Write && mention.path.contains('/'),
            end => MODELS.contains(&end) && (mention.usage == Usage::Write || is_own(mention)),
        };
        self.whole(is_made)
    }

    /// The models in folders that are known only when it runs.
    pub fn unplaced(&self) -> Vec<&str> {
        let is_model = |mention: &&Mention| {
            mention.partial && mention.usage != Usage::Read && MODELS.contains(&extension(&mention.path))
        };
        let mut models: Vec<&str> = Vec::new();
        for mention in self.traces.paths.iter().filter(is_model) {
            if !models.contains(&mention.path.as_str()) {
                models.push(&mention.path);
            }
        }
        models
    }

    /// The models that it loads.
    pub fn models_read(&self) -> Vec<String> {
        self.whole(|mention| MODELS.contains(&extension(&mention.path)) && mention.usage != Usage::Write)
    }

    /// The metrics files that it writes.
    pub fn metrics_files(&self, folder: &Folder) -> Vec<String> {
        let writes = |mention: &&Mention| mention.usage != Usage::Read;
        let named = self.whole(|mention| writes(mention) && measure::is_metrics(&mention.path));
        if let Some(first) = named.first() {
            return vec![first.clone()];
        }
        if self.traces.imports.iter().any(|module| module.split('.').next() == Some("dvclive")) {
            return vec!["dvclive/metrics.json".into()];
        }
        // A file whose name says it, below a folder that is known only when the script runs.
        let partial =
            self.traces.paths.iter().filter(|mention| mention.partial && measure::is_metrics(&mention.path));
        if let Some(path) = partial.filter(writes).find_map(|mention| find(folder, mention)) {
            return vec![path];
        }
        self.whole(|mention| mention.usage == Usage::Write && extension(&mention.path) == "json")
            .into_iter()
            .take(1)
            .collect()
    }

    /// The paths that are known in full and that `wanted` takes, each once.
    fn whole(&self, wanted: impl Fn(&&Mention) -> bool) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let known =
            self.traces.paths.iter().filter(|mention| !mention.partial).filter(|mention| wanted(mention));
        known.map(|mention| clean(&mention.path)).filter(|path| seen.insert(path.clone())).collect()
    }
}

/// The files of a module that the file `from` imports, where it is one of the project, with the packages
/// that it is in: these run too.
fn modules(folder: &Folder, places: &[String], from: &str, import: &str) -> Vec<String> {
    let dots = import.chars().take_while(|c| *c == '.').count();
    let names: Vec<&str> = import[dots..].split('.').filter(|name| !name.is_empty()).collect();
    let mut above = parent(from);
    for _ in 1..dots {
        above = parent(above);
    }
    let above = [above.to_owned()];
    let (places, first) = if dots > 0 { (&above[..], 0) } else { (places, 1) };
    let mut files = Vec::new();
    for place in places {
        for depth in first..=names.len() {
            let stem = from_folder(place, &names[..depth].join("/"));
            let candidates = [format!("{stem}.py"), from_folder(&stem, "__init__.py")];
            files.extend(candidates.into_iter().filter(|file| folder.has_file(file)));
        }
    }
    files
}

/// Whether the project has a module of this name where it was not looked for.
fn is_elsewhere(folder: &Folder, import: &str) -> bool {
    let top = import.split('.').next().unwrap_or_default();
    let (file, package) = (format!("/{top}.py"), format!("/{top}/__init__.py"));
    !top.is_empty() && folder.files.iter().any(|path| path.ends_with(&file) || path.ends_with(&package))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether the script itself names the path, and maybe reads it and maybe writes it.
fn is_own(mention: &Mention) -> bool {
    mention.own && mention.usage == Usage::Unknown
}

/// The path of the project that a script means; one that is read although it is not there, too, since
/// without it a changed file would go unnoticed.
fn find(folder: &Folder, mention: &Mention) -> Option<String> {
    let path = clean(&mention.path);
    if !mention.partial && (folder.has_file(&path) || folder.has_folder(&path)) {
        return Some(path);
    }
    let end = format!("/{path}");
    let mut alike = folder.files.iter().filter(|file| file.ends_with(&end));
    if let (Some(only), None) = (alike.next(), alike.next()) {
        return Some(only.clone());
    }
    let is_data = DATA.contains(&extension(&path)) && path.contains('/');
    (!mention.partial && mention.usage == Usage::Read && is_data).then_some(path)
}

fn clean(path: &str) -> String {
    path.trim_start_matches("./").trim_end_matches('/').to_owned()
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or("", |(_, end)| end)
}
