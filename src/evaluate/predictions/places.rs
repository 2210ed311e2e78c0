//! Where a row over all files is, as a user would look it up.

use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::table::Table;

/// The files of a table that has been read, and how many rows each has.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// In the order in which they were read.
    pub files: &'a [ProjectFile],
    /// What was read.
    pub table: &'a Table,
}

impl Places<'_> {
    /// `row 17 of b.csv`: a row of a file, from 1, of a row over all files, from 0.
    #[must_use]
    pub fn row(self, row: u64) -> String {
        let (file, row) = self.table.place(row);
        match self.files.get(file) {
            // A name is anybody's, and a message is one line.
            Some(file) => format!("row {row} of {}", file.path.escape_debug()),
            None => format!("row {row}"),
        }
    }

    /// The same finding at the file that this row over all files is in.
    #[must_use]
    pub fn at(self, finding: Finding, row: u64) -> Finding {
        match self.files.get(self.table.place(row).0) {
            Some(file) => finding.at_path(&file.path),
            None => finding,
        }
    }
}
