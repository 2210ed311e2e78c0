#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use super::*;
use crate::data::pass;
use crate::files::ProjectFile;
use crate::interrupt::Interrupt;

/// Cells of a column that looks whole in its first rows.
const CELLS: [&str; 12] = ["1", "2", "", "NaN", "3.5", "x", " 4 ", "NA", "null", "007", "inf", "1e400"];

fn missing(files: &[ProjectFile], holds: Type, is_profiled: bool) -> (Type, u64) {
    let (_hand, interrupt) = Interrupt::channel();
    let columns = vec![Found { name: "n".into(), holds }];
    let head = Head { columns, ..Head::default() };
    let surveyor =
        Surveyor::new(head, Asked { schema: None, is_held: true, drift: None, ignore: &[], is_profiled });
    let room = Room { memory: 1 << 20, folder: Path::new("nowhere") };
    let mut gathered = surveyor.gather(room);
    let table = pass::read(files, &surveyor.known, &&surveyor, &interrupt, |part| gathered.take(part))
        .unwrap()
        .unwrap();
    let survey = gathered.finish(table, 0).unwrap();
    (surveyor.read_as[0].holds, survey.missing["n"])
}

#[test]
fn as_much_is_missing_of_whole_numbers_that_are_read_as_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = folder.path().join("t.csv");
    std::fs::write(&on_disk, format!("n,m\n{}", CELLS.map(|cell| format!("{cell},0\n")).concat())).unwrap();
    let csv = [ProjectFile { path: "t.csv".into(), on_disk }];
    let on_disk = folder.path().join("t.jsonl");
    let lines = ["1", "null", "\"\"", "\"NA\"", "2.5", "\"x\"", "[1]", "true"];
    std::fs::write(&on_disk, lines.map(|cell| format!("{{\"n\":{cell}}}\n")).concat()).unwrap();
    let json = [ProjectFile { path: "t.jsonl".into(), on_disk }];
    for files in [&csv, &json] {
        let shared = missing(files, Type::Integer, false);
        assert_eq!(missing(files, Type::Integer, true), shared);
        assert!(shared.0 == Type::Number && shared.1 > 2, "{shared:?}");
    }
}
