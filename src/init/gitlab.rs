//! What `modelgate init --gitlab` writes: the lines of .gitlab-ci.yml that include modelgate's jobs.

use std::path::{Path, PathBuf};

use super::Project;
use super::recipe::shell_word;
use super::yaml::scalar;
use crate::git::Repository;

/// The file at the top of the repository.
pub const FILE: &str = ".gitlab-ci.yml";

/// Where the file to include is, at the release that this is.
const SOURCE: &str = concat!(
    "https://raw.githubusercontent.com/modelgate/modelgate/v",
    env!("CARGO_PKG_VERSION"),
    "/gitlab/modelgate.yml"
);

/// What a file holds that includes the jobs already, from wherever.
const INCLUDED: &str = "gitlab/modelgate.yml";

/// The image of the jobs, as long as nobody names another.
const IMAGE: &str = "python:3.13";

/// The top of the repository that the project in `root`, an absolute folder, is in; the project where it is in none.
#[must_use]
pub fn top(root: &Path) -> PathBuf {
    root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root).to_owned()
}

/// Whether the project is on GitLab, as far as that can be seen: a file for its CI, or an origin with that name.
pub(super) fn is_used(root: &Path) -> bool {
    let is_origin = || {
        let origin = Repository::around(root).ok().and_then(|it| it.origin().ok()?);
        origin.is_some_and(|origin| host(&origin).contains("gitlab"))
    };
    top(root).join(FILE).is_file() || is_origin()
}

/// The host in the address of a remote: of `https://host/…`, and of `git@host:…`.
fn host(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let end = rest.find(['/', ':']).unwrap_or(rest.len());
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit_once('@').map_or(&rest[..end], |(_, host)| host)
}

/// Whether a .gitlab-ci.yml includes the jobs already.
#[must_use]
pub fn includes(text: &str) -> bool {
    text.lines().any(|line| line.contains(INCLUDED) && !line.trim_start().starts_with('#'))
}

/// The lines of .gitlab-ci.yml, for a configuration at `config`, from the top of the repository.
#[must_use]
pub fn include(project: &Project, config: &Path) -> String {
    let folder = config.parent().map(slashes).unwrap_or_default();
    let mut inputs = format!("      image: {IMAGE}  # with git and what the project needs\n");
    if config != Path::new("modelgate.yml") {
        inputs += &format!("      config: {}\n", scalar(&slashes(config)));
    }
    format!(
        "# Made by `modelgate init --gitlab`: each merge request and the default branch are judged.\n\
         include:\n  \
         - remote: {SOURCE}\n    \
         # integrity: sha256-… of that file, so that nobody can change it\n    \
         inputs:\n{inputs}      \
         # With `deploy` in modelgate.yml, what is approved is shipped:\n      \
         # deploy-environment: production\n\n\
         # Before modelgate runs the project's commands:\n\
         model-gate:\n{}",
        before(&project.install, &folder)
    )
}

/// The commands that install what the project needs, each in its folder.
fn before(install: &[String], folder: &str) -> String {
    if install.is_empty() {
        return "  before_script: []  # TODO: what installs the project's packages\n".into();
    }
    let mut text = String::from("  before_script:\n");
    for command in install {
        let command = match folder {
            "" => command.clone(),
            folder => format!("(cd {} && {command})", shell_word(folder)),
        };
        text += &format!("    - {}\n", scalar(&command));
    }
    text
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_origin_is_known_in_each_form() {
        for (origin, name) in [
            ("https://gitlab.com/team/churn.git", "gitlab.com"),
            ("https://oauth2:secret@gitlab.example:8443/team/churn", "gitlab.example:8443"),
            ("git@gitlab.example:team/churn.git", "gitlab.example"),
            ("ssh://git@host.example:22/gitlab/churn.git", "host.example:22"),
            ("/srv/gitlab/churn.git", ""),
            ("https://github.com/gitlab/churn@gitlab", "github.com"),
        ] {
            assert_eq!(host(origin).trim_end_matches(":team"), name, "{origin}");
        }
    }

    #[test]
    fn what_is_included_already_is_seen_and_no_remark_is_taken_for_it() {
        assert!(includes("include:\n  - remote: https://host.example/gitlab/modelgate.yml\n"));
        assert!(includes("include:\n  - project: ml/modelgate\n    file: gitlab/modelgate.yml\n"));
        assert!(!includes("# include gitlab/modelgate.yml some day\nstages: [test]\n"));
    }

    /// The lines, which are what GitLab's reader takes them for.
    fn lines(project: &Project, config: &str) -> String {
        let text = include(project, Path::new(config));
        let read: serde_json::Value = serde_yaml::from_str(&text).unwrap_or_default();
        let inputs = &read["include"][0]["inputs"];
        let told = inputs["config"].as_str().unwrap_or("modelgate.yml");
        assert_eq!(told, config, "{text}");
        text
    }

    #[test]
    fn the_lines_are_short_and_say_what_is_left_to_do() {
        let project = Project {
            install: vec!["pip install --requirement requirements.txt".into()],
            ..Project::default()
        };
        insta::assert_snapshot!("a_project", lines(&project, "modelgate.yml"));
        insta::assert_snapshot!("in_a_folder", lines(&project, "models/my churn/ci/gate: #1.yml"));
        insta::assert_snapshot!("without_packages", lines(&Project::default(), "modelgate.yml"));
    }
}
