//! The demo: a real project from a commit to a verdict, and then a candidate that the gate rejects.
//!
//! It does nothing that a user could not type, and shows each command before it runs.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::engine::Variables;
use crate::fault::{Fault, Result};

const PARAMS: &str = include_str!("../examples/breast-cancer/params.json");
const REQUIREMENTS: &str = include_str!("../examples/breast-cancer/requirements.txt");

/// The files of `examples/breast-cancer`, which are part of the program.
const FILES: [(&str, &str); 18] = [
    (".dockerignore", include_str!("../examples/breast-cancer/.dockerignore")),
    (".gitignore", include_str!("../examples/breast-cancer/.gitignore")),
    ("Dockerfile", include_str!("../examples/breast-cancer/Dockerfile")),
    ("README.md", include_str!("../examples/breast-cancer/README.md")),
    ("data/test.csv", include_str!("../examples/breast-cancer/data/test.csv")),
    ("data/train.csv", include_str!("../examples/breast-cancer/data/train.csv")),
    ("evaluate.py", include_str!("../examples/breast-cancer/evaluate.py")),
    ("image.yml", include_str!("../examples/breast-cancer/image.yml")),
    ("modelgate.yml", include_str!("../examples/breast-cancer/modelgate.yml")),
    ("params.json", PARAMS),
    ("requirements.txt", REQUIREMENTS),
    ("serve.py", include_str!("../examples/breast-cancer/serve.py")),
    (
        "smoke/missing-measurement.json",
        include_str!("../examples/breast-cancer/smoke/missing-measurement.json"),
    ),
    ("smoke/predict.json", include_str!("../examples/breast-cancer/smoke/predict.json")),
    ("split.py", include_str!("../examples/breast-cancer/split.py")),
    ("tests/test_data.py", include_str!("../examples/breast-cancer/tests/test_data.py")),
    ("tests/test_model.py", include_str!("../examples/breast-cancer/tests/test_model.py")),
    ("train.py", include_str!("../examples/breast-cancer/train.py")),
];

/// Tells a folder that the demo made from one that it must not touch.
const MARK: &str = ".modelgate-demo";
const VENV: &str = ".venv";

/// What the demo needs to know.
pub struct Demo<'a> {
    /// Where the project goes, absolute.
    pub folder: PathBuf,
    /// The program that is shown: this one.
    pub program: PathBuf,
    /// Our variables.
    pub variables: &'a Variables,
    /// Where it is told.
    pub out: &'a mut dyn Write,
}

impl Demo<'_> {
    /// Shows both candidates.
    ///
    /// # Errors
    /// A machine without Python or git, or a candidate that does not end as it should.
    pub fn show(&mut self) -> Result<()> {
        self.lay_out()?;
        self.say("The project is real: a random forest that tells malignant tumours from benign ones.")?;
        self.make_environment()?;
        self.first_commit()?;
        self.say("The first model. Nothing is to compare it with yet, so the minima decide.")?;
        self.modelgate(0)?;
        self.say("Now a worse one, on a branch: trees of a single question.")?;
        self.command(["git", "switch", "--quiet", "--create", "shallow-trees"])?;
        self.tell(&["sed", "-i", "s/\"max_depth\": 8/\"max_depth\": 1/", "params.json"].map(OsString::from))?;
        let params = self.folder.join("params.json");
        let worse = PARAMS.replace("\"max_depth\": 8", "\"max_depth\": 1");
        fs::write(&params, worse).map_err(|error| Fault::file("write", &params, error))?;
        self.git_commit("Grow shallow trees")?;
        self.modelgate(10)?;
        self.say(&format!(
            "It was rejected with exit code 10, which is what stops a pipeline. Its report:\n\n    {}",
            self.folder.join(".modelgate/report.html").display()
        ))
    }

    /// Puts the files in place. A folder that is not the demo's own is left alone.
    fn lay_out(&self) -> Result<()> {
        let folder = &self.folder;
        let make = |error| Fault::file("make the folder", folder, error);
        fs::create_dir_all(folder).map_err(make)?;
        let is_ours = folder.join(MARK).exists();
        for entry in fs::read_dir(folder).map_err(make)? {
            let entry = entry.map_err(make)?;
            if !is_ours {
                let why = format!("{} is not empty", folder.display());
                return Err(
                    Fault::new("make the demo", why).help("name another folder: `modelgate demo DIR`")
                );
            }
            // Its packages take a minute to install and do not change.
            if entry.file_name() != VENV {
                remove(&entry.path())?;
            }
        }
        for (name, content) in FILES.iter().chain(&[(MARK, "")]) {
            let path = folder.join(name);
            let write = || {
                fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| fs::write(&path, content))
            };
            write().map_err(|error| Fault::file("write", &path, error))?;
        }
        Ok(())
    }

    fn make_environment(&mut self) -> Result<()> {
        let requirements = self.folder.join(VENV).join("requirements.txt");
        if fs::read_to_string(&requirements).is_ok_and(|installed| installed == REQUIREMENTS) {
            return Ok(());
        }
        let python = if cfg!(windows) { "python" } else { "python3" };
        self.command([python, "-m", "venv", VENV]).map_err(|fault| {
            fault.help("install Python 3.10 to 3.13 with its venv module (Debian: python3-venv)")
        })?;
        self.command([
            "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            "requirements.txt",
        ])
        .map_err(|fault| {
            fault.help("the demo installs scikit-learn from the package index; is it reachable?")
        })?;
        fs::write(&requirements, REQUIREMENTS).map_err(|error| Fault::file("write", &requirements, error))
    }

    fn first_commit(&mut self) -> Result<()> {
        let git = |fault: Fault| fault.help("install git");
        self.command(["git", "init", "--quiet", "--initial-branch=main"]).map_err(git)?;
        self.git_commit("First model")
    }

    fn git_commit(&mut self, message: &str) -> Result<()> {
        self.command(["git", "add", "--all"])?;
        let quiet = ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"];
        let shown = ["git", "commit", "--quiet", "--message", message];
        self.tell(&shown.map(OsString::from))?;
        let mut command = self.prepare(OsStr::new("git"));
        command.args(quiet).args(&shown[1..]);
        finish(command, "git commit", 0)
    }

    fn modelgate(&mut self, expected: i32) -> Result<()> {
        self.tell(&["modelgate", "run"].map(OsString::from))?;
        let mut command = self.prepare(self.program.as_os_str());
        command.arg("run");
        finish(command, "modelgate run", expected)
    }

    fn command<const N: usize>(&mut self, words: [&str; N]) -> Result<()> {
        self.tell(&words.map(OsString::from))?;
        let mut command = self.prepare(OsStr::new(words[0]));
        command.args(&words[1..]);
        finish(command, &words.join(" "), 0)
    }

    /// A command in the project, with the packages that the demo installed.
    fn prepare(&self, program: &OsStr) -> Command {
        let bin = self.folder.join(VENV).join(if cfg!(windows) { "Scripts" } else { "bin" });
        let path = self.variables.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        let folders = std::iter::once(bin).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).unwrap_or(path);
        let mut command = Command::new(program);
        command.current_dir(&self.folder).stdin(Stdio::null()).env("PATH", path);
        // The demo's project has settings of its own, and neither a repository nor a run around it.
        for name in self.variables.keys().filter(|name| is_foreign(name)) {
            command.env_remove(name);
        }
        command
    }

    fn say(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "\n{text}\n").and_then(|()| self.out.flush()).map_err(telling)
    }

    fn tell(&mut self, words: &[OsString]) -> Result<()> {
        let quote = |word: &OsString| {
            let word = word.to_string_lossy();
            if word.contains(' ') { format!("'{word}'") } else { word.into_owned() }
        };
        let line: Vec<String> = words.iter().map(quote).collect();
        writeln!(self.out, "$ {}", line.join(" ")).and_then(|()| self.out.flush()).map_err(telling)
    }
}

fn telling(error: std::io::Error) -> Fault {
    Fault::new("write to standard output", error)
}

fn is_foreign(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        let git = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"].contains(&name);
        git || (name.starts_with("MODELGATE_") && name != "MODELGATE_COLOR")
    })
}

fn remove(path: &Path) -> Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let removed = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|error| Fault::file("remove", path, error))
}

fn finish(mut command: Command, what: &str, expected: i32) -> Result<()> {
    let doing = || format!("run «{what}»");
    let status = command.status().map_err(|error| Fault::new(doing(), error))?;
    if status.code() == Some(expected) {
        return Ok(());
    }
    Err(Fault::new(doing(), format!("it should end with exit code {expected}, and ended with {status}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn demo(folder: PathBuf, out: &mut Vec<u8>) -> Result<()> {
        let variables = Variables::new();
        Demo { folder, program: PathBuf::new(), variables: &variables, out }.lay_out()
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "mine").unwrap();
        let fault = demo(folder.path().to_owned(), &mut Vec::new()).unwrap_err();
        assert!(fault.remedy().is_some_and(|help| help.contains("another folder")));
        assert!(folder.path().join("thesis.tex").exists());
    }

    #[test]
    fn its_own_folder_is_laid_out_anew() {
        let folder = tempfile::tempdir().unwrap();
        demo(folder.path().to_owned(), &mut Vec::new()).unwrap();
        fs::write(folder.path().join("params.json"), "{}").unwrap();
        fs::create_dir(folder.path().join(VENV)).unwrap();
        demo(folder.path().to_owned(), &mut Vec::new()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("params.json")).unwrap(), PARAMS);
        assert!(folder.path().join(VENV).exists());
    }

    #[test]
    fn the_demo_holds_the_whole_example() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/breast-cancer");
        for (name, content) in FILES {
            assert_eq!(fs::read_to_string(example.join(name)).unwrap(), content, "{name}");
        }
        assert!(PARAMS.contains("\"max_depth\": 8"), "what the demo makes worse");
    }
}
