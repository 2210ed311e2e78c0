//! What init says when it is done: what it found, what is missing, and what is next.

use super::{Project, Work};
use crate::document::shown;

/// What was found, what is missing, and what to do next. `file` is what the reader calls the file.
#[must_use]
pub fn tell(project: &Project, file: &str) -> String {
    let work = |work: &Option<Work>| {
        work.as_ref().map(|work| format!("{} ({})", shown(&work.run.join("; ")), shown(&work.from)))
    };
    let trains = project.train.as_ref();
    let measures = project.evaluate.is_none()
        && !project.metrics.is_empty()
        && trains.is_some_and(|train| project.metrics.iter().all(|file| train.outputs.contains(file)));
    let metrics: Vec<String> = project.metrics.iter().map(|file| shown(file)).collect();
    let values = project.measured.iter().filter(|(_, value)| value.is_some()).count();
    let outputs: Vec<String> =
        trains.iter().flat_map(|train| &train.outputs).map(|file| shown(file)).collect();
    let some = |list: Vec<String>| (!list.is_empty()).then(|| list.join(", "));
    let linters = project.linters.iter().map(|linter| shown(linter)).collect();
    let evaluate = if measures { Some("training does it".to_owned()) } else { work(&project.evaluate) };
    let metrics = some(metrics).map(|files| match (values, project.measured.len()) {
        (0, 0) => files,
        (0, names) => format!("{files} ({})", count(names, "name")),
        (values, _) => format!("{files} ({})", count(values, "value")),
    });
    let rows = [
        ("lint", some(linters), ""),
        ("test", project.tests.as_ref().map(|tests| shown(tests)), ""),
        ("train", work(&project.train), "nothing that trains, such as train.py"),
        ("outputs", some(outputs), if trains.is_some() { "no file that training makes" } else { "" }),
        ("evaluate", evaluate, "nothing that evaluates, such as evaluate.py"),
        ("metrics", metrics, "no metrics file, such as metrics.json"),
    ];
    let mut text = String::new();
    for (what, found, _) in &rows {
        if let Some(found) = found {
            text += &format!("  {what:8}  {found}\n");
        }
    }
    if text.is_empty() {
        text = "found nothing of a model here\n".into()
    } else {
        text.insert_str(0, "found\n")
    }
    let missing: Vec<_> =
        rows.iter().filter(|(_, found, missing)| found.is_none() && !missing.is_empty()).collect();
    if !missing.is_empty() {
        text += "missing\n";
    }
    for (what, _, missing) in &missing {
        text += &format!("  {what:8}  {missing}\n");
    }
    for hint in &project.hints {
        text += &format!("  note      {}\n", hint.chars().filter(|c| !c.is_control()).collect::<String>());
    }
    text + &next(file, project)
}

fn next(file: &str, project: &Project) -> String {
    let first = if super::write(project).contains("TODO") {
        format!("fill in what {file} marks with TODO, then:")
    } else {
        format!("read {file}, above all its rules, then:")
    };
    let gitlab = if project.on_gitlab { "  modelgate init --gitlab   let GitLab CI do so\n" } else { "" };
    let loose: Vec<String> = project.loose.iter().map(|path| shown(path)).collect();
    let ignore = match loose.as_slice() {
        [] => String::new(),
        made => {
            format!(
                "  a run makes files that git neither tracks nor ignores; add to .gitignore: {}\n",
                made.join(", ")
            )
        }
    };
    format!(
        "next\n  {first}\n  modelgate doctor    is everything there that it needs?\n  modelgate run       take the model to a verdict\n{gitlab}{ignore}"
    )
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
