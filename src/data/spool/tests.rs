#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;

use proptest::prelude::*;

use super::*;
use crate::statistics::{Ranked, order};

fn sorted(values: &[f64]) -> Vec<u64> {
    let mut keys: Vec<u64> = values.iter().map(|value| order::key(*value)).collect();
    keys.sort_unstable();
    keys
}

fn read(spooled: Spooled) -> Vec<u64> {
    let count = spooled.count();
    let mut ascending = spooled.ascending().unwrap();
    let values: Vec<u64> = ascending.by_ref().map(order::key).collect();
    ascending.end().unwrap();
    assert_eq!(count, values.len() as u64);
    values
}

/// The same numbers in any run.
fn numbers(seed: u64, count: u64) -> Vec<f64> {
    (0..count).map(|at| (crate::statistics::hash::mix(seed << 32 | at) % 100_003) as f64 - 5e4).collect()
}

#[test]
fn within_the_budget_nothing_is_written_and_no_folder_is_needed() {
    let mut spool = Spool::new(2, 1 << 20, Path::new("no such folder"));
    spool.push(0, &[3.0, -0.0, 0.0, f64::NEG_INFINITY]).unwrap();
    spool.push(0, &[1.0]).unwrap();
    assert_eq!(spool.spilled(), 0);
    let columns = spool.finish();
    let ascending: Vec<f64> = columns.into_iter().flat_map(|column| column.ascending().unwrap()).collect();
    assert_eq!(
        ascending.iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
        [f64::NEG_INFINITY, -0.0, 0.0, 1.0, 3.0].map(f64::to_bits)
    );
}

#[test]
fn memory_stays_within_the_budget_whatever_is_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let budget = 100_000;
    let mut spool = Spool::new(3, budget, folder.path());
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for batch in 0..200 {
        let column = (batch % 7 % 3) as usize;
        let values = numbers(batch, 100 + batch % 50 * 10);
        all[column].extend_from_slice(&values);
        spool.push(column, &values).unwrap();
        let held: usize = spool.columns.iter().flat_map(|held| &held.lists).map(bytes).sum();
        assert_eq!(held, spool.in_use());
        assert!(held <= budget as usize, "{held}");
    }
    assert!(spool.spilled() > 500_000, "{}", spool.spilled());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    for (column, values) in spool.finish().into_iter().zip(all) {
        assert_eq!(read(column), sorted(&values));
    }
}

#[test]
fn many_runs_are_merged_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::new(1, 0, folder.path());
    let values = numbers(1, 6_000);
    for values in values.chunks(10) {
        spool.push(0, values).unwrap();
        assert!(spool.columns[0].runs.len() < RUNS);
    }
    assert_eq!(spool.in_use(), 0);
    assert!(spool.columns[0].runs.len() > 1);
    assert_eq!(read(spool.finish().remove(0)), sorted(&values));
}

#[test]
fn columns_can_be_read_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::new(2, 100_000, folder.path());
    let (one, other) = (numbers(1, 40_000), numbers(2, 40_000));
    for (one, other) in one.chunks(1000).zip(other.chunks(1000)) {
        spool.push(0, one).unwrap();
        spool.push(1, other).unwrap();
    }
    let mut columns = spool.finish().into_iter().map(|column| column.ascending().unwrap());
    let (left, right) = (columns.next().unwrap(), columns.next().unwrap());
    let (left, right): (Vec<u64>, Vec<u64>) =
        left.zip(right).map(|(left, right)| (order::key(left), order::key(right))).unzip();
    assert_eq!((left, right), (sorted(&one), sorted(&other)));
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for (place, help) in [(folder.path().join("missing"), "make the folder"), (file, "can be written")] {
        let fault = Spool::new(1, 0, &place).push(0, &[1.0]).unwrap_err();
        assert!(fault.to_string().starts_with("failed to keep values in a temporary file in "), "{fault}");
        assert!(fault.remedy().unwrap().contains(help), "{fault:?}");
    }
    let full = File::new(folder.path()).unwritten(ErrorKind::StorageFull.into());
    assert!(full.remedy().unwrap().contains("free some space"), "{full:?}");
}

#[test]
fn a_file_that_is_cut_off_ends_the_values_with_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::new(folder.path());
    let run = file.append(&[1.0, 2.0]).unwrap();
    let beyond = Run { start: run.start, values: 3 };
    let fault = Ascending::<f64>::of_runs(&file, &[beyond], Vec::new()).unwrap_err();
    assert!(fault.to_string().starts_with("failed to read values again"), "{fault}");
    // Cut off past the first buffer: what was read comes, and then the fault.
    let values: Vec<f64> = (0..600_000).map(f64::from).collect();
    let run = file.append(&values).unwrap();
    let mut ascending =
        Ascending::<f64>::of_runs(&file, &[Run { values: run.values + 1, ..run }], Vec::new()).unwrap();
    assert!(ascending.by_ref().count() < 600_000);
    assert!(ascending.end().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn neither_order_nor_budget_change_what_comes(
        mut batches in prop::collection::vec((0..3_usize, prop::collection::vec(-9.0..9.0_f64, 0..60)), 0..60),
        budget in 0_u64..20_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let spool = |batches: &[(usize, Vec<f64>)], budget| {
            let mut spool = Spool::new(3, budget, folder.path());
            for (column, values) in batches {
                spool.push(*column, values).unwrap();
            }
            spool.finish().into_iter().map(read).collect::<Vec<_>>()
        };
        let held = spool(&batches, u64::MAX);
        batches.reverse();
        prop_assert_eq!(spool(&batches, budget), held);
    }
}

#[test]
fn order_is_the_same_in_lists_in_one_list_and_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let values = numbers(3, 2 * LIST as u64 + 1000);
    let held = |budget, is_walked| {
        let mut spool = Spool::new(1, budget, folder.path());
        values.chunks(999).for_each(|values| spool.push(0, values).unwrap());
        spool.finish().remove(0).sorted(is_walked).unwrap()
    };
    let sides = [held(u64::MAX, false), held(u64::MAX, true), held(500_000, false)];
    assert_eq!(sides.each_ref().map(Sorted::is_in_file), [false, false, true]);
    let mut expected = values.clone();
    order::sort(&mut expected);
    for side in sides {
        assert!(side.walk().eq(expected.iter().copied()));
        assert_eq!(side.rows(), expected.len() as u64);
        for rank in [0, 1, 1000, expected.len() - 1, expected.len()] {
            assert_eq!(side.at(rank as u64), expected.get(rank).copied());
        }
        for value in [f64::NEG_INFINITY, -5e4, 17.0, 17.5, f64::INFINITY] {
            assert_eq!(side.up_to(value), expected.up_to(value));
            assert_eq!(side.below(value), expected.below(value));
            let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
            side.within(value, value + 100.0, &mut ours);
            expected.within(value, value + 100.0, &mut theirs);
            order::sort(&mut ours);
            assert_eq!(ours, theirs);
        }
        side.end().unwrap();
    }
}

#[test]
fn columns_that_are_put_in_order_at_the_same_time_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    let columns: Vec<Vec<f64>> = (0..4).map(|seed| numbers(seed, 300_000)).collect();
    let mut spool = Spool::new(columns.len(), 400_000, folder.path());
    for at in (0..300_000).step_by(10_000) {
        for (column, values) in columns.iter().enumerate() {
            spool.push(column, &values[at..at + 10_000]).unwrap();
        }
    }
    let sorted: Vec<Sorted> =
        spool.finish().into_par_iter().map(|spooled| spooled.sorted(true).unwrap()).collect();
    for (column, values) in sorted.into_iter().zip(columns) {
        assert!(column.is_in_file());
        assert_eq!(column.walk().map(order::key).collect::<Vec<_>>(), super::tests::sorted(&values));
        column.end().unwrap();
    }
}

#[test]
fn all_values_are_handed_out_written_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for budget in [0, 20_000, 1 << 20] {
        let mut spool = Spool::new(1, budget, folder.path());
        let all = numbers(3, 5000);
        all.chunks(700).for_each(|values| spool.push(0, values).unwrap());
        let mut seen = Vec::new();
        spool.finish()[0].each(|value| seen.push(value)).unwrap();
        assert_eq!(sorted(&seen), sorted(&all), "{budget}");
    }
}
