//! What one pass hands to several who look.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::fault::Fault;

/// Looks at columns, and takes them where it wants to own them.
struct Looks {
    wanted: Vec<(&'static str, Type)>,
    owns: bool,
}

/// The rows before, and the cells of each column as they are shown: no NaN is the same as another.
type Seen = (u64, Vec<String>);

impl Look for Looks {
    type Part = Seen;

    fn wanted(&self) -> Vec<(&str, Type)> {
        self.wanted.clone()
    }

    fn part(&self, rows: Rows<'_>) -> Seen {
        let shown = |cells: &Cells| format!("{cells:?}");
        let by_place: Vec<&Cells> = (0..self.wanted.len()).map(|place| rows.cells(place).unwrap()).collect();
        assert!(by_place.iter().all(|cells| cells.values.rows() == rows.count));
        let seen: Vec<String> = by_place.into_iter().map(shown).collect();
        assert_eq!(rows.all().map(shown).collect::<Vec<_>>(), seen);
        (rows.first, if self.owns { rows.into_all().map(|cells| shown(&cells)).collect() } else { seen })
    }
}

fn looks(wanted: &[(&'static str, Type)], owns: bool) -> Looks {
    Looks { wanted: wanted.to_vec(), owns }
}

/// The file of a table of two rows.
fn file(folder: &std::path::Path) -> Vec<ProjectFile> {
    let on_disk = folder.join("t.csv");
    std::fs::write(&on_disk, "a,b,c\n1,x,7\n2.5,,8\n").unwrap();
    vec![ProjectFile { path: "t.csv".into(), on_disk }]
}

fn read_by<L: Look>(look: &L) -> Vec<L::Part> {
    let folder = tempfile::tempdir().unwrap();
    let (_hand, interrupt) = Interrupt::channel();
    let mut parts = Vec::new();
    let table = read(&file(folder.path()), &HashSet::new(), look, &interrupt, |part| {
        parts.push(part);
        Ok(())
    });
    assert_eq!(table.unwrap().unwrap().rows, 2);
    parts
}

const A: (&str, Type) = ("a", Type::Number);
const B: (&str, Type) = ("b", Type::Text);
const C: (&str, Type) = ("c", Type::Number);

#[test]
fn a_column_that_two_want_as_one_type_is_read_once() {
    let together = Together::of(&[A, B, ("a", Type::Integer), B, A, C]);
    let wanted = [A, B, ("a", Type::Integer), C].map(|(name, holds)| Wanted::cells(name, holds));
    assert_eq!(together.wanted, wanted);
    let places: Vec<(usize, bool)> =
        together.places.iter().map(|place| (place.column, place.is_last)).collect();
    assert_eq!(places, [(0, false), (1, false), (2, true), (1, true), (0, true), (3, true)]);
}

#[test]
fn each_sees_what_it_would_see_alone() {
    let all: [&[(&str, Type)]; 3] = [&[A, B], &[("a", Type::Integer), B, C], &[B, A]];
    let alone = all.map(|wanted| read_by(&looks(wanted, false)).remove(0));
    assert!(alone[1].1[0].contains("strange: 1"), "2.5 is no whole number: {alone:?}");
    for owns in [[false, false, false], [true, true, true], [false, false, true], [true, false, false]] {
        let [one, other, last] = [0, 1, 2].map(|at| looks(all[at], owns[at]));
        let (seen, (none, more)) = read_by(&(one, (None::<Looks>, (other, Some(last))))).remove(0);
        assert!(none.is_none());
        assert_eq!([seen, more.0, more.1.unwrap()], alone, "{owns:?}");
    }
}

#[test]
fn who_takes_a_column_twice_has_it_twice() {
    let (_, cells) = read_by(&looks(&[A, A], true)).remove(0);
    assert_eq!(cells[0], cells[1]);
    assert!(cells[0].contains("Numbers([1.0, 2.5])"), "{cells:?}");
}

#[test]
fn nobody_need_look() {
    assert_eq!(read_by(&None::<Looks>), [None]);
}

#[test]
fn what_is_taken_and_fails_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_hand, interrupt) = Interrupt::channel();
    let look = looks(&[A], false);
    let taken = read(&file(folder.path()), &HashSet::new(), &look, &interrupt, |_| {
        Err(Fault::new("keep it", "no room"))
    });
    assert!(taken.err().unwrap().to_string().contains("keep it"));
}
