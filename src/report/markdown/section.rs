//! Pieces of a page that can be cut between two rows.

use std::fmt::Write as _;

/// A piece of a page: rows between a beginning and an end that cannot do without each other.
pub struct Section {
    head: String,
    /// Each with its newline.
    rows: Vec<String>,
    foot: String,
}

impl Section {
    /// Lines of prose.
    pub fn text(lines: Vec<String>) -> Self {
        Self::fence(String::new(), lines, String::new())
    }

    /// Lines between two lines.
    pub fn fence(head: String, lines: Vec<String>, foot: String) -> Self {
        let rows = lines.into_iter().map(|line| line + "\n").collect();
        Self { head, rows, foot }
    }

    /// A table. `aligned` has one character a column: `r` for numbers, `:` for text.
    pub fn table(titles: &[&str], aligned: &str, rows: Vec<Vec<String>>) -> Self {
        let rule: Vec<&str> = aligned.chars().map(|c| if c == 'r' { "---:" } else { "---" }).collect();
        let head = format!("| {} |\n| {} |\n", titles.join(" | "), rule.join(" | "));
        let lines = rows.into_iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
        Self::fence(head, lines, String::new())
    }

    /// The same under a title, which is Markdown.
    pub fn titled(mut self, title: &str) -> Self {
        self.head.insert_str(0, &format!("### {title}\n\n"));
        self
    }

    /// The same behind a plain title, which a click opens.
    pub fn folded(mut self, title: &str) -> Self {
        self.head.insert_str(0, &format!("<details><summary>{title}</summary>\n\n"));
        self.foot.push_str("\n</details>\n");
        self
    }
}

/// The sections one below the other in at most `limit` bytes. Empty sections are left out. `notice` is the last
/// line of a page that was cut.
pub fn assemble(sections: &[Section], limit: usize, notice: &str) -> String {
    let sections: Vec<&Section> = sections.iter().filter(|section| !section.rows.is_empty()).collect();
    let mut page = String::new();
    if write(&mut page, &sections, limit) {
        return page;
    }
    page.clear();
    write(&mut page, &sections, limit.saturating_sub(notice.len()));
    if page.len() + notice.len() <= limit {
        page.push_str(notice);
    }
    page
}

/// Writes what fits, the first sections first; tells whether that was all.
fn write(page: &mut String, sections: &[&Section], limit: usize) -> bool {
    let mut whole = true;
    for section in sections {
        let gap = if page.is_empty() { "" } else { "\n" };
        let mut left = limit.saturating_sub(page.len() + gap.len() + section.head.len() + section.foot.len());
        let fit = section.rows.iter().take_while(|row| {
            let fits = row.len() <= left;
            left = left.saturating_sub(row.len());
            fits
        });
        let fit = fit.count();
        whole &= fit == section.rows.len();
        if fit > 0 {
            let _ = write!(page, "{gap}{}{}{}", section.head, section.rows[..fit].concat(), section.foot);
        }
    }
    whole
}
