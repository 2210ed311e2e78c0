//! Fields of JSON lines that come too late to be columns.

use super::*;

/// The table of all columns of its head, read in blocks of so many bytes.
fn all(files: &Files, block: usize) -> Table {
    let (_hand, interrupt) = Interrupt::channel();
    let head = columns(&files.files, &interrupt).expect("no fault").expect("columns");
    let known = head.known(&[]);
    let wanted: Vec<Wanted> = head.columns.iter().map(|found| cells(&found.name, found.holds)).collect();
    let asked = Asked { wanted: &wanted, most_labels: 0, known: Some(&known) };
    let sizes = Sizes { block, longest: 1_000_000 };
    fold_sized(sizes, &files.files, asked, &interrupt, |_| (), |()| ()).expect("no fault").expect("readable")
}

fn told(files: &Files) -> Vec<String> {
    let usual = all(files, Sizes::USUAL.block);
    for block in [7, 500, 100_000] {
        let table = all(files, block);
        assert_eq!((&table.notices, &table.late), (&usual.notices, &usual.late), "blocks of {block} bytes");
    }
    let told = |finding: &Finding| format!("{} {}: {}", finding.place(), finding.code, finding.message);
    usual.notices.iter().map(told).collect()
}

/// Rows with a blank line in front, of which the last has more fields.
fn late(more: &str) -> String {
    let rows: String = (0..10_001).map(|row| format!("{{\"a\": {row}, \"b\": 1}}\n")).collect();
    format!("\n{rows}{{\"a\": 1{more}, \"b\": 2}}\n{{\"late\": 1}}\n")
}

#[test]
fn a_field_that_comes_too_late_is_told_with_its_row() {
    let files = Files::one("a.jsonl", late(", \"late\": 2"));
    let told = told(&files);
    assert_eq!(
        told,
        [
            "a.jsonl:10003 table-column-late: the field «late» is first there in row 10,002, too late to be a column: nothing \
          of it was looked at"
        ]
    );
    assert_eq!(all(&files, 500).late, ["late"]);
}

#[test]
fn of_many_fields_that_come_too_late_some_are_told() {
    let more: String = (0..200).map(|field| format!(", \"f{field}\": 1")).collect();
    let told = told(&Files::one("a.jsonl", late(&more)));
    let expected = "100 or more fields are first there too late to be columns, and nothing of them was looked at: «f0» in row \
                    10,002, «f1» in row 10,002";
    assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
}

#[test]
fn a_field_that_is_known_comes_never_too_late() {
    let known = "{\"a\": 1, \" b\": 2}\n{\"b \": 3, \"c\": 4}\n";
    assert_eq!(told(&Files::one("a.jsonl", known)), <[String; 0]>::default());
    // Of a column that only a later file has is told by its head.
    let files = Files::one("a.jsonl", "{\"a\": 1}\n").and("b.jsonl", "{\"a\": 1, \"b\": 2}\n");
    assert_eq!(told(&files), <[String; 0]>::default());
}

#[test]
fn who_wants_some_columns_is_told_of_no_others() {
    let files = Files::one("a.jsonl", late(", \"late\": 2"));
    let (_hand, interrupt) = Interrupt::channel();
    let wanted = [cells("a", Type::Number)];
    let table = fold(&files.files, &wanted, 0, &interrupt, |_| (), |()| ()).expect("no fault");
    assert_eq!(table.expect("readable").notices, []);
}
