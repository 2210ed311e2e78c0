#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use proptest::prelude::*;

use super::index::{Index, Meeting};
use super::*;
use crate::data::keyed::Keyed;
use crate::data::pass;
use crate::files::ProjectFile;
use crate::interrupt::Interrupt;

/// The rows of a set: a number and a group, which some lack.
type Row = (u8, Option<u8>);

/// Writes rows as files of so many rows.
fn set(folder: &Path, name: &str, rows: &[Row], size: usize) -> Located {
    let file = |(number, rows): (usize, &[Row])| {
        let lines = rows.iter().map(|(value, group)| {
            format!("{value},{}\n", group.map_or(String::new(), |group| format!("g{group}")))
        });
        let path = format!("{name}-{number:03}.csv");
        let on_disk = folder.join(&path);
        std::fs::write(&on_disk, format!("value,group\n{}", lines.collect::<String>())).unwrap();
        ProjectFile { path, on_disk }
    };
    Located::new(name, rows.chunks(size).enumerate().map(file).collect())
}

/// Compares whole rows, and the group, when one side is read first.
fn compared([train, test]: [&Located; 2], first: Side, memory: u64, folder: &Path) -> Result<Compared> {
    let found = |name: &str, holds: Type| Found { name: name.to_owned(), holds };
    let layout = Layout {
        wanted: vec![found("value", Type::Integer), found("group", Type::Text)],
        same: vec![0, 1],
        groups: vec![1],
        time: Some(0),
        label: None,
        features: Vec::new(),
    };
    let (_hand, interrupt) = Interrupt::channel();
    let room = Room { memory, folder };
    let read = |set: &Located, side: Side, held: Option<&Held>| -> Result<Gathered> {
        let reader = Reader { layout: &layout, same: Same::default(), side, held };
        let mut gathered = Gathered::new(&layout, held, room);
        let table = pass::read(&set.files, &HashSet::new(), &reader, &interrupt, |part| gathered.take(part))?;
        table.unwrap_or_else(|findings| panic!("{findings:?}"));
        Ok(gathered)
    };
    let set = |side: Side| if side == Side::Train { train } else { test };
    let held = read(set(first), first, None)?.hold(first, room)?;
    let other = if first == Side::Train { Side::Test } else { Side::Train };
    let passed = read(set(other), other, Some(&held))?;
    held.compared(passed)
}

/// What both have, the slow way.
fn both<T: Ord + Copy>(train: &[Option<T>], test: &[Option<T>]) -> Both {
    let mut of_test: BTreeMap<T, Vec<u64>> = BTreeMap::new();
    for (value, row) in test.iter().zip(0..) {
        value.iter().for_each(|value| of_test.entry(*value).or_default().push(row));
    }
    let mut both = Both::default();
    for (value, rows) in of_test {
        if let Some(first) = train.iter().position(|other| *other == Some(value)) {
            both.values += 1;
            both.rows += rows.len() as u64;
            both.first.push((rows[0], first as u64));
        }
    }
    both.first.sort_unstable();
    both.first.truncate(5);
    both
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_memory_changes_the_answer(
        train in prop::collection::vec((0..40_u8, prop::option::of(0..9_u8)), 1..80),
        test in prop::collection::vec((0..40_u8, prop::option::of(0..9_u8)), 1..80),
        size in 1..30_usize,
        memory in 0..6000_u64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let sides = [set(folder.path(), "train", &train, size), set(folder.path(), "test", &test, size)];
        let sides = [&sides[0], &sides[1]];
        let all = |rows: &[Row]| rows.iter().copied().map(Some).collect::<Vec<_>>();
        let groups = |rows: &[Row]| rows.iter().map(|row| row.1).collect::<Vec<_>>();
        let whole = both(&all(&train), &all(&test));
        let group = both(&groups(&train), &groups(&test));
        for (memory, first) in [memory, 16_000_000, 1 << 30].into_iter().flat_map(|memory| [(memory, Side::Train), (memory, Side::Test)]) {
            let compared = compared(sides, first, memory, folder.path()).unwrap();
            prop_assert_eq!(&compared.both[0], &whole, "{}", memory);
            prop_assert_eq!(compared.both[1].values, group.values, "{}", memory);
            prop_assert_eq!(&compared.both[1].first, &group.first, "{}", memory);
            prop_assert_eq!((compared.train.rows, compared.test.rows), (train.len() as u64, test.len() as u64));
            prop_assert_eq!(compared.test.earliest, f64::from(test.iter().map(|row| row.0).min().unwrap()));
            prop_assert_eq!(compared.train.latest, f64::from(train.iter().map(|row| row.0).max().unwrap()));
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Row> = (0..100).map(|row| (row, None)).collect();
    let sides = [set(folder.path(), "train", &rows, 10), set(folder.path(), "test", &rows, 10)];
    let sides = [&sides[0], &sides[1]];
    let fault = compared(sides, Side::Test, 0, &sides[0].files[0].on_disk).err().unwrap();
    assert!(fault.to_string().contains("keep values in a temporary file"), "{fault}");
    assert!(fault.remedy().is_some());
    // It is made when something is written.
    for (memory, is_made) in [(1 << 20, false), (0, true)] {
        let place = folder.path().join("made");
        let within = compared(sides, Side::Test, memory, &place).unwrap();
        assert_eq!((within.both[0].rows, within.both[1].rows), (100, 0));
        assert_eq!(place.exists(), is_made);
    }
}

#[test]
fn keys_that_begin_alike_are_still_told_apart() {
    let row = |low: u64, row: u64| Keyed { high: 7, low, row };
    let index = Index::new(vec![row(1, 5), row(1, 9), row(2, 0), row(4, 3)]);
    let places = [0, 1, 2, 3, 4, 5].map(|low| index.find(row(low, 99)));
    assert_eq!(places, [None, Some(0), Some(2), None, Some(3), None]);
    let mut meeting = Meeting::new(&index);
    [(0, 8), (0, 6), (3, 1)].iter().for_each(|(place, row)| meeting.add(*place, *row));
    let held = |side| meeting.both(&index, side);
    assert_eq!(held(Side::Test), Both { values: 2, rows: 3, first: vec![(3, 1), (5, 6)] });
    assert_eq!(held(Side::Train), Both { values: 2, rows: 3, first: vec![(1, 3), (6, 5)] });
    for high in [0, 1, u64::MAX] {
        assert_eq!(Index::new(Vec::new()).find(Keyed { high, low: 1, row: 0 }), None);
        assert_eq!(index.find(Keyed { high, low: 1, row: 0 }), None);
    }
}

/// What single columns tell of a label, in files of so many rows, and how many rows were kept for that.
fn told(rows: usize, size: usize) -> (Vec<(String, f64)>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let of = |row: usize| {
        let mixed = crate::statistics::hash::mix(row as u64);
        format!("{},{},t{}\n", mixed % 2, mixed % 2 * 3 + mixed / 2 % 7, mixed / 2 % 5 + mixed % 2)
    };
    let file = |(number, first): (usize, usize)| {
        let path = format!("{number:03}.csv");
        let on_disk = folder.path().join(&path);
        let lines: String = (first..rows.min(first + size)).map(of).collect();
        std::fs::write(&on_disk, format!("y,n,t\n{lines}")).unwrap();
        ProjectFile { path, on_disk }
    };
    let set = Located::new("train", (0..rows).step_by(size).enumerate().map(file).collect());
    let found = |name: &str, holds: Type| Found { name: name.to_owned(), holds };
    let layout = Layout {
        wanted: vec![found("y", Type::Text), found("n", Type::Number), found("t", Type::Text)],
        same: vec![1],
        groups: Vec::new(),
        time: None,
        label: Some(0),
        features: vec![1, 2],
    };
    let (_hand, interrupt) = Interrupt::channel();
    let reader = Reader { layout: &layout, same: Same::default(), side: Side::Train, held: None };
    let mut facts = batch::Facts::default();
    let mut most = 0;
    let table = pass::read(&set.files, &HashSet::new(), &reader, &interrupt, |part| {
        facts.merge(part.facts);
        most = most.max(facts.tellings.kept());
        Ok(())
    });
    assert_eq!(table.unwrap().unwrap().rows, rows as u64);
    let (areas, untold) = facts.tellings.areas(&layout);
    assert_eq!(untold, None);
    (areas, most)
}

#[test]
fn how_many_rows_there_are_need_not_be_known_beforehand() {
    let (areas, kept) = told(230_000, 230_000);
    assert!(areas.len() == 2 && areas.iter().all(|(_, area)| (0.6..0.95).contains(area)), "{areas:?}");
    assert!((50_000..140_000).contains(&kept), "{kept}");
    assert_eq!(told(230_000, 47_000).0, areas, "in other parts");
}
