//! What is in the project: which scripts train and evaluate, and what they read and make.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use super::folder::Folder;
use super::makefile::Makefile;
use super::recipe::{Runner, Script};
use super::scan::scan;
use super::script::{Read, Role};
use super::{Project, Work, command, dvc, gitlab, manifest, measure, predictions, tables};
use crate::engine::Variables;
use crate::fault::Result;
use crate::git::Repository;

const TRAIN: [&str; 6] =
    ["train.py", "train_model.py", "training.py", "model_train.py", "fit.py", "trainer.py"];
const EVALUATE: [&str; 5] = ["evaluate.py", "eval.py", "evaluate_model.py", "eval_model.py", "evaluation.py"];

/// How many scripts without a telling name are read to find one that trains.
const MOST_READ: usize = 40;

/// How many scripts with a telling name are read to find the right one.
const MOST_NAMED: usize = 8;

/// Looks at the project in `root`, an absolute folder. `variables` tell which Python the machine has.
///
/// # Errors
/// A folder that cannot be read.
pub fn look(root: &Path, variables: &Variables) -> Result<Project> {
    let folder = Folder::open(root)?;
    let runner =
        Runner::of(|file| folder.has_file(file), variables.get(OsStr::new("PATH")).map(AsRef::as_ref));
    let finder = Finder { folder: &folder, runner: &runner };
    let manifest = manifest::read(&folder);
    let (mut project, named) = finder.work();
    project.name = manifest.name.clone().unwrap_or_else(|| folder.name());
    project.python = runner.python();
    project.linters = manifest.linters(&folder).iter().map(|linter| runner.program(linter)).collect();
    project.in_repository = folder.is_in_repository();
    project.on_gitlab = gitlab::is_used(root);
    project.install = manifest::install(&folder);
    finder.tests(&manifest, &mut project);
    measure::values(&folder, root, named, &mut project);
    project.predictions = predictions::existing(&folder);
    project.data = tables::find(&folder);
    finder.hints(&mut project);
    project.loose = loose(root, &project);
    Ok(project)
}

/// What a run of the project makes and git neither tracks nor ignores; none where git cannot tell.
fn loose(root: &Path, project: &Project) -> Vec<String> {
    let Ok(repository) = Repository::around(root) else { return Vec::new() };
    let outputs = [&project.train, &project.evaluate].into_iter().flatten().flat_map(|work| &work.outputs);
    let junit = project.tests.as_ref().filter(|tests| tests.contains(JUNIT)).map(|_| JUNIT);
    let made = outputs.chain(&project.metrics).map(String::as_str).chain(junit);
    let made: BTreeSet<&str> = made.filter(|path| !path.contains(['*', '?', '['])).collect();
    repository.loose(&made.into_iter().collect::<Vec<_>>()).unwrap_or_default()
}

/// The report of the tests.
const JUNIT: &str = "junit.xml";

struct Finder<'a> {
    folder: &'a Folder,
    runner: &'a Runner,
}

impl Finder<'_> {
    /// What trains and evaluates, with the metrics files, and the names of metrics that the scripts write.
    fn work(&self) -> (Project, Vec<String>) {
        let mut project = Project::default();
        let stages = self.folder.text("dvc.yaml").map(|text| dvc::read(&text)).unwrap_or_default();
        for name in &stages.templated {
            project.hints.push(format!("the stage «{name}» of dvc.yaml has values that only DVC fills in"));
        }
        let makefile = self.folder.text("Makefile").map(|text| Makefile::read(&text)).unwrap_or_default();
        // With both targets, the Makefile is how people do it: it has the arguments that the scripts need.
        let prefers_make = stages.train.is_none() && stages.evaluate.is_none();
        let prefers_make = prefers_make && makefile.has("train") && evaluation(&makefile).is_some();
        let mut named = Vec::new();
        project.train = stages.train.map(|work| self.adapt(self.with_code(work))).or_else(|| {
            if prefers_make {
                return self.make(&makefile, Some("train"), &mut project);
            }
            let read = self.script(&TRAIN, "train", |read| read.traces.fits).or_else(|| self.fitting());
            let unplaced = read.as_ref().map(Read::unplaced).unwrap_or_default();
            if !unplaced.is_empty() {
                let models = unplaced.join(", ");
                let hint = format!(
                    "{models}: in a folder that is known only when it runs. Is it among the outputs?"
                );
                project.hints.push(hint);
            }
            read.map(|read| self.keep(&read, Role::Train, &mut project.metrics, &mut named))
                .or_else(|| self.make(&makefile, Some("train"), &mut project))
        });
        let train_metrics = std::mem::take(&mut project.metrics);
        let train_named = std::mem::take(&mut named);
        project.evaluate = stages.evaluate.map(|work| self.adapt(self.with_code(work))).or_else(|| {
            if prefers_make {
                return self.make(&makefile, evaluation(&makefile), &mut project);
            }
            // Beside the script that trains, if it has the choice.
            let beside = project
                .train
                .as_ref()
                .and_then(|train| train.from.rsplit_once('/'))
                .map(|(folder, _)| folder);
            let read = self.script(&EVALUATE, "evaluate", |read| read.folder() == beside)?;
            self.hand_over(&read, project.train.as_mut());
            Some(self.keep(&read, Role::Evaluate, &mut project.metrics, &mut named))
        });
        if project.evaluate.is_none() {
            project.evaluate = self.make(&makefile, evaluation(&makefile), &mut project);
        }
        if !stages.metrics.is_empty() {
            project.metrics = stages.metrics;
        }
        self.existing_models(&mut project);
        let alone = project.evaluate.is_none();
        if alone || project.metrics.is_empty() {
            project.metrics =
                [project.metrics, train_metrics].into_iter().find(|m| !m.is_empty()).unwrap_or_default();
        }
        if project.metrics.is_empty() {
            project.metrics.extend(measure::existing(self.folder));
        }
        if let (true, Some(train)) = (alone, &mut project.train) {
            let missing = project.metrics.iter().filter(|file| !train.outputs.contains(file));
            train.outputs.extend(missing.cloned().collect::<Vec<_>>());
        }
        for metrics in [train_named, self.named_in(&project.evaluate), self.named_in(&project.train)] {
            if named.is_empty() {
                named = metrics;
            }
        }
        (project, named)
    }

    /// The names of metrics that the scripts of a stage write.
    fn named_in(&self, work: &Option<Work>) -> Vec<String> {
        let told = work
            .iter()
            .filter(|work| ["dvc.yaml", "Makefile"].contains(&work.from.as_str()))
            .flat_map(|work| &work.inputs);
        let scripts = told.filter(|input| input.ends_with(".py")).take(MOST_NAMED);
        scripts.filter_map(|script| self.folder.text(script)).flat_map(|text| scan(&text).metrics).collect()
    }

    /// The work of somebody else's commands, with the scripts that they start and what these import of the
    /// project among the inputs.
    fn with_code(&self, mut work: Work) -> Work {
        let started = work.run.iter().map(|command| command::started(self.folder, command));
        let started: Vec<_> = started.collect::<Option<Vec<_>>>().unwrap_or_default().concat();
        work.code_is_known = !started.is_empty();
        for script in &started {
            let read = Read::started(self.folder, self.script_at(&script.path), &script.search);
            work.code_is_known &= read.code_is_known;
            for path in read.code() {
                if !work.inputs.iter().any(|input| dvc::is_within(&path, input)) {
                    work.inputs.push(path);
                }
            }
        }
        work
    }

    fn adapt(&self, mut work: Work) -> Work {
        work.run = work.run.iter().map(|command| self.runner.adapt(command)).collect();
        work
    }

    /// The script with one of the names that lies nearest to the root, one that is `right` before all
    /// others; else a shell script.
    fn script(&self, names: &[&str], word: &str, right: impl Fn(&Read) -> bool) -> Option<Read> {
        let rank = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let place = names.iter().position(|known| *known == name)?;
            Some((path.matches('/').count(), place))
        };
        let own = self.folder.files.iter().filter(|path| !is_aside(path));
        let mut named: Vec<_> = own.filter_map(|path| Some((rank(path)?, path))).collect();
        named.sort();
        let mut scripts: Vec<Read> = named
            .iter()
            .take(MOST_NAMED)
            .map(|(_, path)| Read::of(self.folder, self.script_at(path)))
            .collect();
        if !scripts.is_empty() {
            let best = scripts.iter().position(right).unwrap_or(0);
            return Some(scripts.swap_remove(best));
        }
        let shell = [format!("{word}.sh"), format!("scripts/{word}.sh")];
        shell.into_iter().find(|path| self.folder.has_file(path)).map(|path| Read::shell(&path))
    }

    fn script_at(&self, path: &str) -> Script {
        Script::at(path, |folder| self.folder.has_file(&format!("{folder}/__init__.py")))
    }

    /// A script without a telling name that fits a model and saves it.
    fn fitting(&self) -> Option<Read> {
        let near =
            |path: &&String| path.ends_with(".py") && path.matches('/').count() <= 1 && !is_aside(path);
        let scripts = self.folder.files.iter().filter(near).take(MOST_READ);
        scripts.map(|path| Read::of(self.folder, self.script_at(path))).find(Read::makes_a_model)
    }

    /// A target of the Makefile, with what the scripts read and make that it starts.
    fn make(&self, makefile: &Makefile, target: Option<&str>, project: &mut Project) -> Option<Work> {
        let target = target.filter(|target| makefile.has(target))?;
        let role = if target == "train" { Role::Train } else { Role::Evaluate };
        let recipe = makefile.recipe(target);
        if role == Role::Evaluate && recipe.targets.contains("train") {
            project.hints.push(format!("`make {target}` needs the target train: does it train once more?"));
        }
        let told: Vec<_> =
            recipe.commands.iter().map(|command| command::started(self.folder, command)).collect();
        let is_told = recipe.is_whole && told.iter().all(Option::is_some);
        let started: Vec<_> = told.into_iter().flatten().flatten().collect();
        let mut work =
            Work { from: "Makefile".into(), run: vec![format!("make {target}")], ..Work::default() };
        work.inputs.push("Makefile".into());
        let mut code_is_known = is_told && !started.is_empty();
        // The last one does what the target is named for.
        for script in started.iter().rev() {
            let read = Read::started(self.folder, self.script_at(&script.path), &script.search)
                .with_arguments(&script.arguments);
            read.read_and_made(self.folder, role, &mut work);
            code_is_known &= work.code_is_known;
            if project.metrics.is_empty() {
                project.metrics = read.metrics_files(self.folder);
            }
            if let (Role::Evaluate, Some(train)) = (role, &mut project.train) {
                self.hand_over(&read, Some(train));
            }
        }
        work.code_is_known = code_is_known;
        // What one script makes for the next would be taken for data.
        work.data_is_known &= started.len() == 1;
        work.inputs.extend(recipe.files.into_iter().filter(|file| self.folder.has_file(file)));
        let mut seen = BTreeSet::new();
        work.inputs.retain(|input| seen.insert(input.clone()) && !work.outputs.contains(input));
        let mut seen = BTreeSet::new();
        work.outputs.retain(|output| seen.insert(output.clone()));
        // A step reads what the steps before it made in any case.
        let trained = project.train.iter().flat_map(|train| &train.outputs).collect::<Vec<_>>();
        work.inputs.retain(|input| !trained.iter().any(|output| dvc::is_within(input, output)));
        Some(work)
    }

    /// The models that are there, where nothing tells what the training makes.
    fn existing_models(&self, project: &mut Project) {
        let Some(train) = project.train.as_mut().filter(|train| train.outputs.is_empty()) else { return };
        train.outputs = self.folder.models();
        if !train.outputs.is_empty() {
            let models = train.outputs.join(", ");
            project.hints.push(format!("{models}: there already. Is it what training makes?"));
        }
    }

    fn keep(&self, read: &Read, role: Role, metrics: &mut Vec<String>, named: &mut Vec<String>) -> Work {
        metrics.extend(read.metrics_files(self.folder));
        named.extend(read.traces.metrics.iter().cloned());
        read.work(self.folder, self.runner, role)
    }

    /// What the evaluation loads is what the training makes, where the training's own text does not tell.
    fn hand_over(&self, evaluate: &Read, train: Option<&mut Work>) {
        if let Some(train) = train.filter(|train| train.outputs.is_empty()) {
            train.outputs = evaluate.models_read();
        }
    }

    fn tests(&self, manifest: &manifest::Manifest, project: &mut Project) {
        let is_test = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name.ends_with("_test.py") || (name.starts_with("test_") && name.ends_with(".py"))
        };
        let Some(test) = self.folder.files.iter().find(is_test) else { return };
        let has_conftest = self.folder.files.iter().any(|path| path.ends_with("conftest.py"));
        let uses_pytest = || self.folder.text(test).is_some_and(|text| text.contains("import pytest"));
        if manifest.names("pytest") || has_conftest || self.folder.has_file("pytest.ini") || uses_pytest() {
            project.tests = Some(format!("{} -m pytest -q --junitxml={JUNIT}", self.runner.python()));
        } else {
            project
                .hints
                .push(format!("{test} looks like a test, and nothing says what runs it: add `test.run`"));
        }
    }

    fn hints(&self, project: &mut Project) {
        if self.folder.has_file("Dockerfile") {
            let hint = "there is a Dockerfile: a section `image` builds it, tries its server, and pushes it when the model \
                        is approved (docs/image.md)";
            project.hints.push(hint.into());
        }
        if project.train.is_none()
            && let Some(notebook) = self.folder.files.iter().find(|path| path.ends_with(".ipynb"))
        {
            let to = "jupyter nbconvert --to script";
            project.hints.push(format!("a notebook is not run: make a script of {notebook} (`{to}`)"));
        }
        for folder in &self.folder.too_large {
            project.hints.push(format!("{folder}/ has so many files that only some were looked at"));
        }
    }
}

/// The target of the Makefile that evaluates.
fn evaluation(makefile: &Makefile) -> Option<&'static str> {
    ["evaluate", "eval"].into_iter().find(|target| makefile.has(target))
}

/// Whether a script is not part of the work itself.
fn is_aside(path: &str) -> bool {
    let aside = ["tests", "test", "docs", "doc", "examples", "notebooks"];
    path.split('/').rev().skip(1).any(|folder| aside.contains(&folder))
}
