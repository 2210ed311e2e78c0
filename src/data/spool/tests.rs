#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;

use proptest::prelude::*;
use rayon::prelude::*;

use super::*;
use crate::data::keyed::Keyed;
use crate::statistics::{Ranked, order, two_sample};

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
fn nothing_need_be_held() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::new(1, 0, folder.path());
    let values = numbers(1, 6_000);
    for values in values.chunks(10) {
        spool.push(0, values).unwrap();
        assert_eq!(spool.in_use(), 0);
    }
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
    for (place, help) in [(file.join("below"), "can be written"), (file, "can be written")] {
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
    let written = || {
        let mut spool = Spool::new(1, 0, folder.path());
        spool.push(0, &numbers(1, 200_000)).unwrap();
        let file = spool.file.clone();
        (spool.finish().remove(0), file)
    };
    let (spooled, file) = written();
    let mut ascending = spooled.ascending().unwrap();
    assert_eq!(ascending.by_ref().take(1000).count(), 1000);
    file.cut(800_000).unwrap();
    assert!(ascending.by_ref().count() < 199_000);
    let fault = ascending.end().unwrap_err();
    assert!(fault.to_string().starts_with("failed to read values again"), "{fault}");

    let (spooled, file) = written();
    let column = spooled.sorted(false).unwrap();
    assert_eq!(column.walk().count(), 200_000);
    file.cut(800_000).unwrap();
    assert!(column.walk().count() < 200_000);
    assert!(column.end().is_err());
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

/// Whether a column tells the same of its values wherever they are.
fn agree(values: &[f64], budget: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = values.to_vec();
    order::sort(&mut expected);
    let mut asked = vec![f64::NEG_INFINITY, -5e4, -0.0, 0.0, 17.0, 17.5, f64::INFINITY];
    asked.extend(values.iter().step_by(values.len() / 20 + 1));
    // Places of others: where they lie, and where only few of them do.
    let others = Grid::of(&[values[..values.len() / 3].to_vec()]);
    let elsewhere = Grid::of(&[(0..9000).map(|at| f64::from(at) * 1e-3 + 7.0).collect()]);
    for (budget, is_walked, grid) in [
        (u64::MAX, false, None),
        (u64::MAX, true, None),
        (budget, false, None),
        (budget, false, others),
        (budget, false, elsewhere),
    ] {
        let mut spool = Spool::new(1, budget, folder.path()).beside([grid].into_iter());
        values.chunks(9999).for_each(|values| spool.push(0, values).unwrap());
        assert_eq!(spool.spilled() > 0, budget < u64::MAX);
        let side = spool.finish().remove(0).sorted(is_walked).unwrap();
        assert!(side.walk().map(order::key).eq(expected.iter().copied().map(order::key)));
        assert_eq!(side.rows(), expected.len() as u64);
        for rank in [0, 1, 1000, expected.len() / 2, expected.len() - 1, expected.len()] {
            assert_eq!(side.at(rank as u64), expected.get(rank).copied());
        }
        for value in &asked {
            assert_eq!(side.up_to(*value), expected.up_to(*value), "{value}");
            assert_eq!(side.below(*value), expected.below(*value), "{value}");
            let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
            side.within(*value, value + 3.0, &mut ours);
            expected.within(*value, value + 3.0, &mut theirs);
            order::sort(&mut ours);
            assert_eq!(ours, theirs);
        }
        let marks = side.marks();
        assert!(marks.is_sorted());
        assert_eq!(marks.is_empty(), budget == u64::MAX);
        side.end().unwrap();
    }
}

#[test]
fn order_is_the_same_in_lists_in_one_list_and_in_a_file() {
    agree(&numbers(3, 2 * LIST as u64 + 1000), 500_000);
    // In order, so that the first that is written tells nothing of the others.
    agree(&(0..600_000).map(f64::from).collect::<Vec<_>>(), 300_000);
    // The same value more often than is read at once.
    agree(&numbers(4, 200_000).iter().map(|number| (number / 3e4).round()).collect::<Vec<_>>(), 100_000);
    // Far from each other, and noughts of both signs.
    let wide = |number: &f64| if *number < 0.0 { number / 9e4 * 0.0 } else { (number / 70.0).exp() };
    agree(&numbers(5, 300_000).iter().map(wide).collect::<Vec<_>>(), 100_000);
    let signs = |number: &f64| 0.0_f64.copysign(*number);
    agree(&numbers(7, 400_000).iter().map(signs).collect::<Vec<_>>(), 100_000);
    let near =
        |number: &f64| f64::from_bits(1_f64.to_bits() + u64::from(*number > 1e4) + u64::from(*number > 0.0));
    agree(&numbers(8, 400_000).iter().map(near).collect::<Vec<_>>(), 100_000);
    let edge = |number: &f64| if *number > 4e4 { f64::INFINITY } else { number.floor() };
    agree(&numbers(6, 300_000).iter().map(edge).collect::<Vec<_>>(), 100_000);
    agree(&vec![-7.5; 150_000], 100_000);
}

#[test]
fn the_distance_of_columns_in_files_is_that_of_columns_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let held = |values: &[f64], budget, grid| {
        let mut spool = Spool::new(1, budget, folder.path()).beside([grid].into_iter());
        spool.push(0, values).unwrap();
        spool.finish().remove(0).sorted(false).unwrap()
    };
    for moved in [0.0, 30.0, 20_000.0] {
        let one = numbers(1, 300_000);
        let other: Vec<f64> = numbers(2, 150_000).iter().map(|number| number + moved).collect();
        let ks = |memory: [u64; 2], is_beside: bool| {
            let one = held(&one, memory[0], None);
            let grid = one.grid().filter(|_| is_beside);
            two_sample::ks(&one, &held(&other, memory[1], grid)).to_bits()
        };
        let [none, all] = [100_000, u64::MAX];
        let expected = two_sample::ordered(
            sorted(&one).into_iter().map(order::number),
            sorted(&other).into_iter().map(order::number),
            one.len() as u64,
            other.len() as u64,
        );
        for memory in [[all, all], [all, none], [none, all], [none, none]] {
            for is_beside in [false, true] {
                assert_eq!(ks(memory, is_beside), expected.ks.to_bits(), "{moved} {memory:?} {is_beside}");
            }
        }
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
        assert!(!column.marks().is_empty(), "it is in a file");
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

#[test]
fn rows_come_by_all_of_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let hash = |at: u64| crate::statistics::hash::mix(at);
    let kinds: [fn(u64, u64) -> u128; 4] = [
        |hash, _| u128::from(hash) << 64 | u128::from(hash),
        |hash, _| u128::from(hash % 1000),
        |_, _| 7,
        |hash, at| if at < 90_000 { 1 << 100 | u128::from(hash % 1000) } else { u128::from(hash) << 50 },
    ];
    for kind in kinds {
        let rows: Vec<Keyed> = (0..200_000).map(|at| Keyed::new(kind(hash(at), at), hash(at + 1))).collect();
        let mut spool = Spool::new(1, 1 << 20, folder.path());
        rows.chunks(7000).for_each(|rows| spool.push(0, rows).unwrap());
        assert!(spool.spilled() > 0);
        let mut expected = rows.clone();
        expected.sort_unstable();
        let mut ascending = spool.finish().remove(0).ascending().unwrap();
        assert!(ascending.by_ref().eq(expected));
        ascending.end().unwrap();
    }
}
