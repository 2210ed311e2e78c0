//! From a command of the configuration to a process.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use super::Variables;
use crate::config::Command;

/// Where programs are looked for when there is no PATH.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The command as a person would type it.
pub fn typed(command: &Command) -> String {
    match command {
        Command::Shell(text) => text.trim().to_owned(),
        Command::Arguments(arguments) => {
            arguments.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" ")
        }
    }
}

fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

/// The process of a command, in a group of its own and without input. The shell is looked up in the PATH of
/// `ours`; a program of a list of arguments in that of `seen`, which is all that the process sees.
///
/// # Errors
/// A list without arguments.
pub fn process(
    command: &Command,
    folder: &Path,
    ours: &Variables,
    seen: &Variables,
) -> Result<process::Command, String> {
    let mut process = match command {
        Command::Shell(text) => shell(text, ours),
        Command::Arguments(arguments) => {
            let (program, arguments) = arguments.split_first().ok_or("the list of arguments is empty")?;
            let mut process = process::Command::new(program);
            process.args(arguments);
            process
        }
    };
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut process, 0);
    process.current_dir(folder).stdin(Stdio::null()).env_clear().envs(seen);
    Ok(process)
}

fn shell(text: &str, ours: &Variables) -> process::Command {
    let path = ours.get(OsStr::new("PATH")).cloned().unwrap_or_else(|| DEFAULT_PATH.into());
    let (program, name, options): (PathBuf, _, &[&str]) = match find("bash", &path) {
        Some(bash) => (bash, "bash", &["-eo", "pipefail", "-c"]),
        None => (find("sh", &path).unwrap_or_else(|| "/bin/sh".into()), "sh", &["-ec"]),
    };
    let mut shell = process::Command::new(program);
    // The name that the shell gives itself in its messages.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut shell, name);
    #[cfg(not(unix))]
    let _ = name;
    shell.args(options).arg(text);
    shell
}

/// A program in the absolute folders of a PATH: a shell that lies in the project is not the system's.
fn find(program: &str, path: &OsString) -> Option<PathBuf> {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|file| is_executable(file))
}

/// Whether this is a file that may be executed.
pub fn is_executable(file: &Path) -> bool {
    let Ok(metadata) = file.metadata() else { return false };
    #[cfg(unix)]
    let is_allowed = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let is_allowed = true;
    metadata.is_file() && is_allowed
}

/// A program that did not start through its own fault: the exit code that a shell would give, and why.
/// None when the world is to blame.
pub fn refusal(program: &OsStr, folder: &Path, error: &io::Error) -> Option<(Option<i32>, String)> {
    let name = program.to_string_lossy();
    let is_there = name.contains('/') && folder.join(program).exists();
    #[cfg(unix)]
    let is_no_program = error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error());
    #[cfg(not(unix))]
    let is_no_program = false;
    match error.kind() {
        io::ErrorKind::NotFound if is_there => {
            Some((Some(126), format!("{name}: the interpreter that its first line names was not found")))
        }
        io::ErrorKind::NotFound => Some((Some(127), format!("{name}: command not found"))),
        io::ErrorKind::PermissionDenied => Some((Some(126), format!("{name}: permission denied"))),
        io::ErrorKind::ExecutableFileBusy => Some((Some(126), format!("{name}: somebody is writing to it"))),
        io::ErrorKind::ArgumentListTooLong => Some((Some(126), format!("{name}: too many arguments"))),
        io::ErrorKind::InvalidInput => {
            Some((None, "an argument or a variable of it holds a null character".to_owned()))
        }
        _ if is_no_program => Some((
            Some(126),
            format!("{name}: not a program; a script needs a first line such as #!/usr/bin/env python3"),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_arguments_is_quoted_as_for_a_shell() {
        let arguments = ["python", "train.py", "--lr=0.1", "a b", "it's", "", "$HOME"];
        let command = Command::Arguments(arguments.map(str::to_owned).to_vec());
        assert_eq!(typed(&command), r"python train.py --lr=0.1 'a b' 'it'\''s' '' '$HOME'");
        assert_eq!(typed(&Command::Shell("  a | b\n".into())), "a | b");
    }

    #[test]
    fn only_absolute_folders_are_searched_for_a_shell() {
        assert_eq!(find("sh", &":.:bin".into()), None);
        assert!(find("sh", &format!(":{DEFAULT_PATH}").into()).is_some());
        assert_eq!(find("modelgate-has-no-such-shell", &DEFAULT_PATH.into()), None);
    }
}
