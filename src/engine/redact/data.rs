//! Keeps secrets out of what was learned of the data: columns, categories and values are the project's texts.

use std::collections::BTreeMap;

use super::Redaction;
use crate::record::data::{ColumnDrift, Data, Drift, Leakage, Picture, Set, Violation};

impl Redaction {
    /// What was learned of the data, without secrets. A set, a file or a column whose name holds one is left out.
    pub(super) fn data(&mut self, data: Data) -> Data {
        let Data { sets, violations, leakage, drift } = data;
        let sets: BTreeMap<String, Set> = sets.into_iter().map(|(name, set)| (name, self.set(set))).collect();
        Data {
            sets: self.named(sets),
            violations: violations.into_iter().map(|violation| self.violation(violation)).collect(),
            leakage: leakage.map(|leakage| self.leakage(leakage)),
            drift: drift.map(|drift| self.drift(drift)),
        }
    }

    fn set(&mut self, set: Set) -> Set {
        let Set { rows, columns, files, missing, profile } = set;
        Set { rows, columns, files: self.named(files), missing: self.named(missing), profile }
    }

    fn texts(&mut self, texts: Vec<String>) -> Vec<String> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn violation(&mut self, violation: Violation) -> Violation {
        let Violation { set, check, column, rows, share, first } = violation;
        Violation {
            set: self.text(&set),
            check,
            column: column.map(|column| self.text(&column)),
            rows,
            share,
            first: first.into_iter().map(|(row, value)| (row, self.text(&value))).collect(),
        }
    }

    fn leakage(&mut self, leakage: Leakage) -> Leakage {
        let Leakage { train, test, rows, share, first, groups, predicts } = leakage;
        Leakage {
            train: self.text(&train),
            test: self.text(&test),
            rows,
            share,
            first,
            groups: self.named(groups),
            predicts: predicts.into_iter().map(|(column, area)| (self.text(&column), area)).collect(),
        }
    }

    fn drift(&mut self, drift: Drift) -> Drift {
        let Drift { reference, profile, current, rows, method, share, bound, drifted, columns } = drift;
        Drift {
            reference: self.text(&reference),
            profile,
            current: self.text(&current),
            rows,
            method,
            share,
            bound,
            drifted,
            columns: columns.into_iter().map(|column| self.column_drift(column)).collect(),
        }
    }

    fn column_drift(&mut self, column: ColumnDrift) -> ColumnDrift {
        let ColumnDrift {
            column,
            role,
            method,
            score,
            threshold,
            p,
            drifted,
            because,
            missing,
            unseen,
            sketch,
            picture,
        } = column;
        ColumnDrift {
            column: self.text(&column),
            role,
            method,
            score,
            threshold,
            p,
            drifted,
            because: self.text(&because),
            missing,
            unseen,
            sketch,
            picture: picture.map(|picture| self.picture(picture)),
        }
    }

    fn picture(&mut self, picture: Picture) -> Picture {
        let Picture { edges, categories, reference, current } = picture;
        Picture { edges, categories: self.texts(categories), reference, current }
    }
}
