//! The record within the text of a check, where the next run finds what it is compared with. GitHub shows nothing
//! of it: it is a comment of HTML.
//!
//! `<!-- modelgate:record:1 sha256:… zlib … -->` holds the record's JSON in base64, and its digest. One that is too
//! large is in an artifact of the same run: `<!-- modelgate:record:1 sha256:… artifact -->`.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::forge::kept::sound;
use crate::name::Digest;
use crate::record::{Conclusion, Record, store};
use crate::step::Step;

/// What a record in a text begins with, before its version.
const MARKER: &str = "<!-- modelgate:record:";
/// The version that we write, and the only one that we read.
const VERSION: &str = "1";
const END: &str = "-->";
/// How the record is packed.
const PACKED: &str = "zlib";
/// What stands for a record that is elsewhere.
const ELSEWHERE: &str = "artifact";
/// The largest record that is read from a text, in bytes.
const LARGEST: usize = 16 << 20;

/// What a text holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// No record.
    Nothing,
    /// This record, which agrees with its digest and with itself.
    Record(Box<Record>),
    /// A record that is too large for a text: the [`essence`] of the one in an artifact of the same run.
    Artifact(Digest),
}

/// The record as a part of a text, in at most `room` bytes. Where it does not fit, only where it can be found and by
/// what it is known; nothing where not even that fits.
#[must_use]
pub fn embed(record: &Record, room: usize) -> String {
    let Ok(text) = store::to_json(record) else { return String::new() };
    let whole = pack(&text).map(|packed| comment(&digest(text.as_bytes()), &format!("{PACKED} {packed}")));
    let fits = |comment: &String| comment.len() <= room;
    let named = || may_be_baseline(record).then(|| essence(&text)).flatten();
    let elsewhere = || Some(comment(&named()?, ELSEWHERE)).filter(fits);
    whole.filter(fits).or_else(elsewhere).unwrap_or_default()
}

/// Whether a run can be compared with it: one of a pull request is not of the commit that its check is on. What is
/// missing of another must not stop a search.
fn may_be_baseline(record: &Record) -> bool {
    let context = &record.context;
    record.conclusion == Some(Conclusion::Approved)
        && !context.dirty
        && context.commit.is_some()
        && context.commit.as_ref() == context.shown_commit()
}

/// What a text holds.
///
/// # Errors
/// A record that is not the one that was put there, or that no run has written, with why.
pub fn read(text: &str) -> Result<Kept, String> {
    let mut blocks = text.split(MARKER).skip(1);
    let Some(block) = blocks.next() else { return Ok(Kept::Nothing) };
    if blocks.next().is_some() {
        return Err("there are two records in it".into());
    }
    let Some((block, _)) = block.split_once(END) else { return Err("the record in it is cut off".into()) };
    let mut words = block.split_ascii_whitespace();
    let version = words.next().unwrap_or_default();
    if version != VERSION {
        let found: String = version.escape_debug().take(20).collect();
        return Err(format!(
            "the record in it has the form «{found}», and this version of modelgate reads «{VERSION}»"
        ));
    }
    let digest = Digest::parse(words.next().unwrap_or_default())
        .map_err(|_| "the record in it has no digest".to_owned())?;
    match (words.next(), words.next(), words.next()) {
        (Some(ELSEWHERE), None, None) => Ok(Kept::Artifact(digest)),
        (Some(PACKED), Some(packed), None) => {
            let json = unpack(packed)?;
            if self::digest(&json) != digest {
                return Err("the record in it is not the one of its digest".into());
            }
            sound(&json).map(|record| Kept::Record(Box::new(record)))
        }
        _ => Err("the record in it is in no form that is known".into()),
    }
}

/// By what a record in an artifact is known: the digest of its JSON without the step report, to which a run adds
/// what it could not show after the text was shown. None where the text is no record.
#[must_use]
pub fn essence(json: &str) -> Option<Digest> {
    let mut record: Value = serde_json::from_str(json).ok()?;
    let report = Step::Report.to_string();
    record.get_mut("steps")?.as_array_mut()?.retain(|step| step.get("step") != Some(&report.as_str().into()));
    Some(digest(record.to_string().as_bytes()))
}

fn comment(digest: &Digest, content: &str) -> String {
    format!("{MARKER}{VERSION} {digest} {content} {END}")
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// None of what is too large to be read again.
fn pack(text: &str) -> Option<String> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text.as_bytes()).ok()?;
    let packed = packer.finish().ok().filter(|_| text.len() <= LARGEST)?;
    Some(STANDARD.encode(packed))
}

fn unpack(packed: &str) -> Result<Vec<u8>, String> {
    let damaged = |why: String| format!("the record in it is damaged: {why}");
    let packed = STANDARD.decode(packed).map_err(|error| damaged(error.to_string()))?;
    let mut json = Vec::new();
    let mut unpacker = ZlibDecoder::new(packed.as_slice()).take(LARGEST as u64 + 1);
    unpacker.read_to_end(&mut json).map_err(|error| damaged(error.to_string()))?;
    if json.len() > LARGEST {
        return Err(format!("the record in it has more than {LARGEST} bytes"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::name::Commit;
    use crate::record::Outcome;
    use crate::report::fixtures;

    const ROOM: usize = 65_535;

    fn text_of(json: &str) -> String {
        comment(&digest(json.as_bytes()), &format!("{PACKED} {}", pack(json).unwrap()))
    }

    fn refused(text: &str) -> String {
        read(text).unwrap_err()
    }

    #[test]
    fn a_record_reads_back_what_was_written() {
        let record = fixtures::approved();
        let text = format!("what people read\n\n{}\n", embed(&record, ROOM));
        assert_eq!(read(&text), Ok(Kept::Record(Box::new(record))));
        assert_eq!(read("what people read <!-- modelgate:report -->"), Ok(Kept::Nothing));
        assert_eq!(read(""), Ok(Kept::Nothing));
    }

    #[test]
    fn what_does_not_fit_is_named_and_what_not_even_then_is_left_out() {
        let record = fixtures::approved();
        let whole = embed(&record, ROOM);
        assert_eq!(embed(&record, whole.len()), whole);
        let named = embed(&record, whole.len() - 1);
        let essence = essence(&store::to_json(&record).unwrap()).unwrap();
        assert_eq!(read(&named), Ok(Kept::Artifact(essence)));
        assert_eq!(embed(&record, named.len()), named);
        assert_eq!(embed(&record, named.len() - 1), "");
    }

    #[test]
    fn what_is_no_baseline_is_not_looked_for_elsewhere() {
        assert_ne!(embed(&fixtures::approved(), 200), "");
        let mut pull_request = fixtures::approved();
        pull_request.context.head = Some(Commit::new("0".repeat(40)).unwrap());
        let mut dirty = fixtures::approved();
        dirty.context.dirty = true;
        for record in [pull_request, dirty, fixtures::failed_train()] {
            assert!(matches!(read(&embed(&record, ROOM)), Ok(Kept::Record(_))));
            assert_eq!(embed(&record, 200), "");
        }
    }

    #[test]
    fn what_the_report_adds_later_does_not_change_by_what_a_record_is_known() {
        let mut record = fixtures::approved();
        let of = |record: &Record| essence(&store::to_json(record).unwrap()).unwrap();
        let known = of(&record);
        record.steps.retain(|step| step.step != Step::Report);
        assert_eq!(of(&record), known);
        record.conclusion = Some(Conclusion::Rejected);
        assert_ne!(of(&record), known);
        for no_record in ["", "[]", "{}", r#"{"steps": 1}"#] {
            assert_eq!(essence(no_record), None);
        }
    }

    #[test]
    fn a_record_that_was_changed_is_refused() {
        let whole = embed(&fixtures::approved(), ROOM);
        let other = digest(b"another").to_string();
        let own = whole.split(' ').nth(2).unwrap();
        assert_eq!(refused(&whole.replace(own, &other)), "the record in it is not the one of its digest");
        assert_eq!(refused(&whole.replace(own, "sha256:12")), "the record in it has no digest");
        assert_eq!(refused(&whole[..whole.len() - 3]), "the record in it is cut off");
        assert!(refused(&whole.replace(" zlib e", " zlib _")).starts_with("the record in it is damaged: "));
        let at = whole.len() - 60;
        let shorter = format!("{}{}", &whole[..at], &whole[at + 40..]);
        assert!(refused(&shorter).starts_with("the record in it is damaged: "));
        assert_eq!(refused(&whole.replace("zlib", "zip")), "the record in it is in no form that is known");
        assert_eq!(
            refused(&whole.replace("zlib", "artifact")),
            "the record in it is in no form that is known"
        );
    }

    #[test]
    fn two_records_and_a_later_form_are_refused() {
        let whole = embed(&fixtures::approved(), ROOM);
        assert_eq!(refused(&format!("{whole}{whole}")), "there are two records in it");
        assert_eq!(
            refused(&whole.replace("record:1", "record:2")),
            "the record in it has the form «2», and this version of modelgate reads «1»"
        );
    }

    #[test]
    fn a_bomb_is_not_blown_up() {
        let bomb = " ".repeat(LARGEST + 1);
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bomb.as_bytes()).unwrap();
        let packed = STANDARD.encode(packer.finish().unwrap());
        assert!(packed.len() < ROOM);
        let text = comment(&digest(bomb.as_bytes()), &format!("{PACKED} {packed}"));
        assert_eq!(refused(&text), "the record in it has more than 16777216 bytes");
    }

    #[test]
    fn what_no_run_has_written_is_refused() {
        let mut record = fixtures::approved();
        record.steps.iter_mut().find(|step| step.step == Step::Gate).unwrap().outcome = Outcome::Failed;
        let text = embed(&record, ROOM);
        let why = "the record contradicts itself: its verdict is approved, and gate failed";
        assert_eq!(refused(&text), why);
        assert!(refused(&text_of("{}")).contains("missing field `schema`"));
        let later = store::to_json(&fixtures::approved()).unwrap().replace("run/v1", "run/v2");
        assert!(refused(&text_of(&later)).contains("its schema is «modelgate/run/v2»"));
    }

    proptest! {
        #[test]
        fn whatever_a_record_is_it_fits_and_is_read_or_refused(
            record in fixtures::arbitrary(), room in 0_usize..8000,
        ) {
            let text = embed(&record, room);
            prop_assert!(text.len() <= room);
            if let Ok(Kept::Record(read)) = read(&text) {
                prop_assert_eq!(*read, record);
            }
        }

        #[test]
        fn no_text_stops_the_reader(text in ".*", cut in 0_usize..200) {
            let mut whole = embed(&fixtures::approved(), ROOM);
            whole.truncate(whole.len() - cut);
            let _ = read(&format!("{whole}{text}"));
            let _ = read(&format!("{MARKER}1 {text} {END}"));
        }
    }
}
