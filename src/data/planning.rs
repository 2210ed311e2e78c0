//! What is known before a row is read: the sets and their heads, and who will look at their rows.

use super::examination::{Examination, Wrong};
use super::leakage::{Search, Sets};
use super::moved::{self, Comparison};
use super::passes::{Headed, Heads, OrWrong};
use super::recalled::{self, Recalled};
use super::schema::{self, Schema};
use super::sets::locate;
use super::spool::Room;
use super::survey::{Asked, Surveyor};
use super::{Kept, told};
use crate::config::{Drift, Reference};
use crate::fault::Result;
use crate::files;
use crate::finding::Finding;
use crate::table;

impl Examination<'_> {
    /// Reads the schema; none where there is none, or it is no good.
    pub(super) fn schema(&self, findings: &mut Vec<Finding>) -> Result<Option<Schema>> {
        let Some(path) = &self.config.schema else { return Ok(None) };
        let on_disk = self.place.root.join(path);
        if !on_disk.is_file() {
            let message = "there is no such schema";
            let help = "`modelgate data infer` writes one from data";
            findings.push(Finding::error("data-schema-missing", message).at_path(path).help(help));
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&files::read(&on_disk)?).into_owned();
        match schema::parse(&text, path) {
            Ok(read) => {
                findings.extend(read.findings);
                findings.extend(told::schema_in_vain(path, &read.schema.named(&self.config.ignore)));
                Ok(Some(read.schema))
            }
            Err(problems) => {
                findings.extend(problems.into_iter().map(|problem| told::problem(problem, path)));
                Ok(None)
            }
        }
    }

    /// The sets whose files are there and whose heads can be read.
    pub(super) fn heads(&self, schema: Option<&Schema>, wrong: &mut Wrong) -> Result<Vec<Headed>> {
        let mut heads = Vec::new();
        for set in &self.config.sets {
            let located = match locate(set, self.place)? {
                Ok(located) => located,
                Err(finding) => {
                    wrong.insert(set.name.clone(), vec![finding]);
                    continue;
                }
            };
            let is_held = self.config.schema_sets.is_empty() || self.config.schema_sets.contains(&set.name);
            let asked = Asked {
                schema,
                is_held,
                drift: self.compares(),
                ignore: &self.config.ignore,
                is_profiled: self.config.kept_set() == Some(&set.name),
            };
            match table::columns(&located.files, self.place.interrupt)? {
                Ok(head) => heads.push(Headed { located, surveyor: Surveyor::new(head, asked) }),
                Err(findings) => {
                    wrong.insert(set.name.clone(), findings);
                }
            }
        }
        Ok(heads)
    }

    /// How much memory each has who keeps something of rows at a time: the keys of the schema, of leakage, the values of drift.
    pub(super) fn room(&self, heads: &[Headed]) -> Room<'_> {
        let has_keys = heads.iter().any(|head| head.surveyor.has_keys());
        let at_work = [has_keys, self.config.leakage.is_some(), self.compares().is_some()];
        let at_work = at_work.into_iter().filter(|is| *is).count().max(1);
        Room { memory: self.config.memory / at_work as u64, folder: self.spilled }
    }

    /// The search for leaks; none where nobody asks for it, or one of its sets cannot be read.
    pub(super) fn search<'s>(&'s self, heads: &Heads<'_>, room: Room<'s>) -> Option<OrWrong<Search<'s>>> {
        let asked = self.config.leakage.as_ref()?;
        let (train, test) = (heads.get(asked.train.as_str())?, heads.get(asked.test.as_str())?);
        let sets = Sets {
            train: &train.located,
            test: &test.located,
            train_columns: &train.surveyor.columns,
            test_columns: &test.surveyor.columns,
        };
        Some(Search::new(self.config, asked, sets, room))
    }

    /// What is compared for drift; none where nobody asks for it, or one of its sets cannot be read.
    pub(super) fn comparison<'s>(
        &'s self,
        heads: &Heads<'s>,
        recalled: Option<&'s OrWrong<Recalled>>,
        schema: Option<&Schema>,
        room: Room<'s>,
    ) -> Option<OrWrong<Comparison<'s>>> {
        let asked = self.compares()?;
        let side = |name: &str| {
            let head = *heads.get(name)?;
            let Headed { located, surveyor } = head;
            Some(moved::Side {
                set: located,
                columns: &surveyor.columns,
                known: &surveyor.known,
                texts: &surveyor.texts,
            })
        };
        let current = side(&asked.current)?;
        let reference = match (&asked.reference, recalled) {
            (Reference::Set(name), _) => moved::Reference::Set(side(name)?),
            (_, Some(Ok(recalled))) => moved::Reference::Profile(recalled),
            (_, Some(Err(findings))) => return Some(Err(findings.clone())),
            (_, None) => return None,
        };
        Some(Ok(Comparison::new(self.config, asked, reference, current, schema, room)))
    }

    /// The profile that is the reference, or why there is none; none where no profile is the reference.
    pub(super) fn recalled(&self) -> Result<Option<OrWrong<Recalled>>> {
        let recalled = match (self.compares().map(|asked| &asked.reference), &self.kept) {
            (None | Some(Reference::Set(_)), _) => return Ok(None),
            (Some(Reference::Profile(path)), _) => recalled::read(&self.place.root.join(path), path)?,
            (_, Some(Kept::Profile { on_disk, run })) => {
                let read = recalled::read(on_disk, "the profile that the baseline's run has kept")?;
                read.map(|mut recalled| {
                    recalled.evidence.run.clone_from(run);
                    recalled
                })
            }
            (_, Some(Kept::Nothing(finding))) => Err(finding.clone()),
            (_, None) => Err(Finding::error("data-profile", "nobody has looked for the baseline's profile")),
        };
        Ok(Some(recalled.map_err(|finding| vec![finding])))
    }

    /// The drift that is measured here: what a detector said of it needs no data.
    fn compares(&self) -> Option<&Drift> {
        self.config.drift.as_ref().filter(|asked| asked.from.is_none())
    }
}
