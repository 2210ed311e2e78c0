//! The checks as a person reads them.

use anstyle::{AnsiColor, Style};

use super::{Check, Health};

/// One line a check, its help below it, and at the end how many are broken.
#[must_use]
pub fn show(checks: &[Check], color: bool) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in checks {
        let (mark, hue) = match check.health {
            Health::Fine => ("✓", AnsiColor::Green),
            Health::Warning => ("!", AnsiColor::Yellow),
            Health::Broken => ("✗", AnsiColor::Red),
        };
        let style = if color { hue.on_default().bold() } else { Style::new() };
        text += &format!("{style}{mark}{style:#} {:width$}  {}\n", check.name, one_line(&check.says));
        for line in check.help.iter().flat_map(|help| help.lines()) {
            text += &format!("  {:width$}    {}\n", "", one_line(line));
        }
    }
    text + &summary(checks)
}

fn summary(checks: &[Check]) -> String {
    let count = |health| checks.iter().filter(|check| check.health == health).count();
    let warnings = match count(Health::Warning) {
        0 => String::new(),
        1 => ", 1 warning".into(),
        many => format!(", {many} warnings"),
    };
    match count(Health::Broken) {
        0 => format!("\nready to run{warnings}\n"),
        1 => format!("\n1 thing to mend{warnings}\n"),
        many => format!("\n{many} things to mend{warnings}\n"),
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
