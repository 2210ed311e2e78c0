//! The document of a profile, `modelgate/profile/v1`: for people what there is to say, and for later merging, under
//! `sketch`, what it was read off. One line a column.

use std::collections::HashSet;
use std::io::Read;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::column::{Column, Seen, scale};
use super::sketch::{NumberSketch, TextSketch};
use super::{ColumnProfile, Profile, ROWS};
use crate::fault::{Fault, Result};
use crate::table::Type;

/// The `schema` of every document of this version.
pub const SCHEMA: &str = "modelgate/profile/v1";

/// How the schemas of all versions begin.
const FAMILY: &str = "modelgate/profile/";

/// As we write it, a document names its schema within so many bytes.
const HEAD: u64 = 4096;

/// A document with more columns is none that we wrote.
const COLUMNS: usize = 100_000;

const HELP: &str = "profile the data again, and leave the file as it is written";

#[derive(Serialize)]
struct Written {
    #[serde(flatten)]
    profile: ColumnProfile,
    sketch: Sketch,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sketch {
    Numbers(NumberSketch),
    Texts(TextSketch),
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

#[derive(Deserialize)]
struct Document<'a> {
    rows: u64,
    #[serde(borrow)]
    columns: Vec<ReadColumn<'a>>,
}

#[derive(Deserialize)]
struct ReadColumn<'a> {
    name: String,
    #[serde(rename = "type")]
    holds: String,
    count: u64,
    missing: u64,
    strange: u64,
    #[serde(borrow)]
    sketch: &'a RawValue,
}

impl Profile {
    /// The document.
    ///
    /// # Errors
    /// None that is known: every number of a profile can be written.
    pub fn to_json(&self) -> Result<String> {
        let failed = |error| Fault::new("write the profile as JSON", error);
        let text = |value: &str| serde_json::to_string(value).map_err(failed);
        let mut json =
            format!("{{\n\"schema\": {},\n\"rows\": {},\n\"columns\": [", text(SCHEMA)?, self.rows);
        for (at, column) in self.columns.iter().enumerate() {
            let sketch = match &column.seen {
                Seen::Numbers(seen) => Sketch::Numbers(NumberSketch::of(seen)),
                Seen::Texts(seen) => Sketch::Texts(TextSketch::of(seen)),
            };
            let written = Written { profile: column.profile(), sketch };
            json.push_str(if at == 0 { "\n" } else { ",\n" });
            json.push_str(&serde_json::to_string(&written).map_err(failed)?);
        }
        json.push_str("\n]\n}\n");
        Ok(json)
    }

    /// Whether a file is meant as a profile, of whatever version, whole or not: it begins with an object that has our
    /// schema. Of JSON lines the first is read.
    pub fn is_meant(mut text: impl Read) -> bool {
        let mut head = Vec::new();
        if text.by_ref().take(HEAD).read_to_end(&mut head).is_err() {
            return false;
        }
        let dense: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let begins = format!("\"schema\":\"{FAMILY}");
        if dense.windows(begins.len()).any(|bytes| bytes == begins.as_bytes()) {
            return true;
        }
        let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::new(head.chain(text)));
        dense.first() == Some(&b'{')
            && Head::deserialize(&mut json).is_ok_and(|head| head.schema.starts_with(FAMILY))
    }

    /// Reads a document; `from` is its file or whatever else people know it by. The sketches count: what is there for
    /// people is computed again.
    ///
    /// # Errors
    /// Another schema, a text that is cut off or no JSON, a column that is there twice, and counts and sketches that are
    /// impossible or do not agree.
    pub fn parse(text: &str, from: &str) -> Result<Self> {
        read(text).map_err(|why| Fault::new(format!("read the profile {from}"), why).help(HELP))
    }
}

type Why = Box<dyn std::error::Error + Send + Sync>;

fn read(text: &str) -> std::result::Result<Profile, Why> {
    let head: Head = serde_json::from_str(text)?;
    if head.schema != SCHEMA {
        let found = head.schema.escape_debug().take(80).collect::<String>();
        return Err(format!("its schema is «{found}», and this version of modelgate reads {SCHEMA}").into());
    }
    let document: Document<'_> = serde_json::from_str(text)?;
    if document.rows > ROWS || document.columns.len() > COLUMNS {
        let columns = document.columns.len();
        return Err(
            format!("{} rows of {columns} columns are more than any data set has", document.rows).into()
        );
    }
    let mut names = HashSet::new();
    if let Some(twice) = document.columns.iter().find(|column| !names.insert(&column.name)) {
        return Err(format!("the column «{}» is there twice", twice.name.escape_debug()).into());
    }
    let columns = document.columns.iter().map(|column| {
        column
            .restore(document.rows)
            .map_err(|why| format!("the column «{}»: {why}", column.name.escape_debug()).into())
    });
    Ok(Profile { rows: document.rows, columns: columns.collect::<std::result::Result<_, Why>>()? })
}

impl ReadColumn<'_> {
    fn restore(&self, rows: u64) -> std::result::Result<Column, Why> {
        let cells = self.count.checked_add(self.missing).and_then(|sum| sum.checked_add(self.strange));
        if cells != Some(rows) {
            return Err(format!("its counts do not come to {rows} rows").into());
        }
        let holds = read_type(&self.holds)
            .ok_or_else(|| format!("its type «{}» is not known", self.holds.escape_debug()))?;
        let seen = if holds == Type::Text {
            let sketch: TextSketch = serde_json::from_str(self.sketch.get())?;
            Seen::Texts(Box::new(sketch.restore(self.count)?))
        } else {
            let sketch: NumberSketch = serde_json::from_str(self.sketch.get())?;
            Seen::Numbers(Box::new(sketch.restore(scale(holds), self.count)?))
        };
        Ok(Column { name: self.name.clone(), holds, missing: self.missing, strange: self.strange, seen })
    }
}

fn read_type(text: &str) -> Option<Type> {
    [Type::Integer, Type::Number, Type::Boolean, Type::Date, Type::Time, Type::Text]
        .into_iter()
        .find(|holds| holds.word() == text)
}
