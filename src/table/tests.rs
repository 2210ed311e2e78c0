//! Tables in all formats, good and bad.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad;
mod cells;
mod formats;
mod head;
mod late;

use std::fmt::Write as _;
use std::sync::Mutex;

use tempfile::TempDir;

use super::*;

/// A folder with files in it.
struct Files {
    folder: TempDir,
    files: Vec<ProjectFile>,
}

impl Files {
    fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder"), files: Vec::new() }
    }

    fn one(name: &str, content: impl AsRef<[u8]>) -> Self {
        Self::new().and(name, content)
    }

    fn and(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), content).expect("a file");
        self.files.push(ProjectFile { path: name.into(), on_disk: self.path(name) });
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, wanted: &[Wanted]) -> std::result::Result<Read, Vec<Finding>> {
        self.read_sized(Sizes::USUAL, wanted)
    }

    fn read_sized(&self, sizes: Sizes, wanted: &[Wanted]) -> std::result::Result<Read, Vec<Finding>> {
        let (_hand, interrupt) = Interrupt::channel();
        let mut batches = Vec::new();
        let table = fold_sized(
            sizes,
            &self.files,
            Asked { wanted, most_labels: 100, known: None },
            &interrupt,
            |batch| batch,
            |batch| batches.push(batch),
        );
        Ok(Read::new(table.expect("no fault")?, batches))
    }
}

/// A table that has been read: a column of texts for each wanted one.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    rows: u64,
    rows_of: Vec<u64>,
    columns: Vec<Vec<String>>,
}

impl Read {
    fn new(table: Table, batches: Vec<Batch>) -> Self {
        let mut columns = vec![Vec::new(); table.labels.len()];
        let mut rows = 0;
        for batch in batches {
            assert_eq!(batch.first, rows, "batches come in order");
            rows += batch.rows as u64;
            for ((to, from), labels) in columns.iter_mut().zip(batch.columns).zip(&table.labels) {
                let texts: Vec<String> = match from {
                    Column::Numbers(numbers) => numbers.iter().map(|number| format!("{number:?}")).collect(),
                    Column::Labels(codes) => {
                        codes.iter().map(|code| labels[*code as usize].clone()).collect()
                    }
                    Column::Keys(keys) => keys.iter().map(|key| format!("{key:032x}")).collect(),
                    Column::Cells(cells) => shown(cells),
                };
                assert_eq!(texts.len(), batch.rows, "a value a row");
                to.extend(texts);
            }
        }
        assert_eq!(table.rows, rows);
        Self { rows, rows_of: table.rows_of, columns }
    }
}

/// A text for each row, `-` where there is none, and what is strange as what it is.
fn shown(cells: Cells) -> Vec<String> {
    let mut texts: Vec<String> = match cells.values {
        Values::Numbers(numbers) => {
            let shown = |number: f64| if number.is_nan() { "-".into() } else { format!("{number:?}") };
            numbers.into_iter().map(shown).collect()
        }
        Values::Texts(Texts { codes, texts }) => {
            let shown = |code: u32| texts.get(code as usize).map_or("-".into(), |text| text.to_string());
            codes.into_iter().map(shown).collect()
        }
    };
    let without = texts.iter().filter(|text| *text == "-").count() as u64;
    assert_eq!(without, cells.missing + cells.strange);
    assert_eq!(cells.shown.len(), SHOWN.min(cells.strange as usize));
    for (row, text) in cells.shown {
        texts[row as usize] = format!("?{text}");
    }
    texts
}

fn number(column: &str) -> Wanted {
    Wanted { column: column.into(), kind: Kind::Number }
}

fn label(column: &str) -> Wanted {
    Wanted { column: column.into(), kind: Kind::Label }
}

fn key(column: &str) -> Wanted {
    Wanted { column: column.into(), kind: Kind::Key }
}

fn cells(column: &str, holds: Type) -> Wanted {
    Wanted { column: column.into(), kind: Kind::Cells(holds) }
}

fn packed(packing: unpack::Packing, content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    match packing {
        unpack::Packing::None => content.to_vec(),
        unpack::Packing::Zstd => zstd::encode_all(content, 1).expect("packed"),
        unpack::Packing::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).expect("packed");
            encoder.finish().expect("packed")
        }
    }
}

const TINY: Sizes = Sizes { block: 7, longest: 1000 };

#[test]
fn awkward_csv_is_read_as_it_is_meant() {
    let cases: [(&str, &str); 10] = [
        ("p.csv", "y,p\n1,0.5\nno,-1e3\n"),
        ("p.csv", "\u{feff}y,p\r\n1.0,0.50\r\nno,-1000"),
        ("p.csv", "y;p\n\"1\";0.5\n\n\"no\";-1e3\n\n"),
        ("p.csv", "\"x\ny\",\"y\",\"p\"\n\"a\nb\",1,0.5\n\"\"\"\",\"no\",\"-1e3\"\n"),
        ("p.tsv", "y\tp\n+1\t.5\nno\t -1e3 \n"),
        ("p.txt", "y|p\n1|0.5\nno|-1e3\n"),
        ("p", "y, p\n1, 0.5\nno, -1e3"),
        ("p.jsonl", "{\"y\": 1, \"p\": 0.5}\r\n\n{\"p\": -1e3, \"x\": {\"p\": [1]}, \"y\": \"no\"}"),
        ("p.dat", "{\"y\": \"1.0\", \"p\": \"0.5\"}\n{\"p\": -1000, \"y\": \"\\u006eo\"}\n"),
        ("p.ndjson", "\u{feff}\n{\"x\":null,\"p\":5e-1,\"y\":1.0}\n{\"x\":[],\"p\":-1000.0,\"y\":\"no\"}\n"),
    ];
    let wanted = [number("p"), label("y"), key("y")];
    let key_of = |text: &str| format!("{:032x}", cell::key(text.as_bytes()).expect("a key"));
    for (name, text) in cases {
        for packing in [unpack::Packing::None, unpack::Packing::Gzip, unpack::Packing::Zstd] {
            for sizes in [Sizes::USUAL, TINY] {
                let read = Files::one(name, packed(packing, text.as_bytes())).read_sized(sizes, &wanted);
                let read = read.unwrap_or_else(|findings| panic!("{name} {text:?}: {findings:?}"));
                let columns = [
                    vec!["0.5".into(), "-1000.0".into()],
                    vec!["1".into(), "no".into()],
                    vec![key_of("1"), key_of("no")],
                ];
                assert_eq!(read.columns, columns, "{name} {text:?}");
            }
        }
    }
}

#[test]
fn files_are_one_table_and_may_differ_in_format() {
    let files =
        Files::one("a.csv", "y,p\na,1\n").and("b.csv", "p,x,y\n").and("c.jsonl", "{\"y\":\"b\",\"p\":2}\n");
    let files = files.and("d.tsv", "p\ty\n3\ta\n4\tc");
    let read = files.read(&[label("y"), number("p")]).expect("readable");
    assert_eq!(read.columns, [["a", "b", "a", "c"], ["1.0", "2.0", "3.0", "4.0"]]);
    let table = Table { rows: read.rows, rows_of: read.rows_of, ..Table::default() };
    assert_eq!(table.rows_of, [1, 0, 1, 2]);
    assert_eq!([0, 1, 2, 3, 4].map(|row| table.place(row)), [(0, 1), (2, 1), (3, 1), (3, 2), (3, 3)]);
    assert_eq!(Table::default().place(7), (0, 8));
}

#[test]
fn a_row_over_all_files_is_a_row_of_one() {
    let files = Files::one("a.csv", "y\na\nb\n").and("b.csv", "y\n").and("c.jsonl", "{\"y\":\"b\"}\n");
    let (_hand, interrupt) = Interrupt::channel();
    let table = fold(&files.files, &[label("y")], 9, &interrupt, |_| (), |()| ());
    let table = table.expect("no fault").expect("readable");
    assert_eq!((table.rows, &*table.rows_of), (3, &[2, 0, 1][..]));
    assert_eq!([0, 1, 2, 3].map(|row| table.place(row)), [(0, 1), (0, 2), (2, 1), (2, 2)]);
    assert_eq!(Table::default().place(7), (0, 8));
}

#[test]
fn numbers_may_be_nan_and_infinite_everywhere() {
    let csv = Files::one("p.csv", "p\nnan\ninf\n-Infinity\nNaN\n").read(&[number("p")]).expect("readable");
    assert_eq!(csv.columns, [["NaN", "inf", "-inf", "NaN"]]);
}

#[test]
fn threads_change_nothing() {
    let text: String = (0..2000).fold("y,p\n".into(), |mut text, row| {
        let _ = writeln!(text, "c{},{}", row % 7, row);
        text
    });
    let files = Files::one("p.csv", text);
    let sizes = Sizes { block: 100, longest: 1000 };
    let firsts = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let (_hand, interrupt) = Interrupt::channel();
            let firsts = Mutex::new(Vec::new());
            let wanted = [label("y"), number("p")];
            let each = |batch: Batch| (batch.first, batch.columns);
            let asked = Asked { wanted: &wanted, most_labels: 100, known: None };
            let table = fold_sized(sizes, &files.files, asked, &interrupt, each, |(first, columns)| {
                let Column::Numbers(numbers) = &columns[1] else { panic!("numbers are wanted") };
                firsts.lock().expect("one thread").push((first, numbers.clone()));
            });
            assert_eq!(table.expect("no fault").expect("no finding").rows, 2000);
            firsts.into_inner().expect("one thread")
        })
    };
    let one = firsts(1);
    assert!(one.len() > 100);
    assert_eq!(one, firsts(2));
    assert_eq!(one, firsts(5));
}

#[test]
fn an_interrupt_is_a_fault() {
    let files = Files::one("p.csv", "p\n1\n");
    let (hand, interrupt) = Interrupt::channel();
    hand.raise(crate::interrupt::Signal::Interrupt);
    let fault = fold(&files.files, &[number("p")], 9, &interrupt, |_| (), |()| ()).expect_err("interrupted");
    assert_eq!(fault.to_string(), "failed to read p.csv: the run was interrupted");
}
