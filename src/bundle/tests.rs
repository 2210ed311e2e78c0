#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::context::Context;
use crate::finding::Finding;
use crate::name::ModelName;
use crate::record::{Conclusion, Evidence, Outcome, Record, StepRecord};
use crate::step::Step;

fn sha256(bytes: &[u8]) -> Digest {
    digest_through(bytes, |_| Ok(())).unwrap().0
}

fn record_of(outputs: &[(&str, &[u8])]) -> Record {
    let model = ModelName::new("churn").unwrap();
    let mut record = Record::new("1".into(), model, "2026-01-01T00:00:00Z".into(), Context::default());
    let outputs = outputs.iter().map(|(path, bytes)| ((*path).to_owned(), sha256(bytes))).collect();
    record.put(StepRecord {
        step: Step::Train,
        outcome: Outcome::Passed,
        because: "its commands succeeded".into(),
        help: None,
        started: "2026-01-01T00:00:00Z".into(),
        seconds: 1.5,
        findings: Vec::new(),
        evidence: Evidence { outputs, ..Evidence::default() },
    });
    record.conclusion = Some(Conclusion::Inconclusive);
    record
}

/// A project with these outputs on disk, and its record.
fn project(outputs: &[(&str, &[u8])]) -> (tempfile::TempDir, Record) {
    let root = tempfile::tempdir().unwrap();
    for (path, bytes) in outputs {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    (root, record_of(outputs))
}

const SOME: &[(&str, &[u8])] = &[("model.joblib", b"weights weights weights weights"), ("a dir/ü.txt", b"")];

fn pack_into(root: &Path, record: &Record) -> crate::fault::Result<Vec<u8>> {
    let reports =
        [("run.json", serde_json::to_vec(record).unwrap()), ("report.md", b"# approved\n".to_vec())];
    pack(root, root, record, &reports).map(|()| std::fs::read(root.join(BUNDLE)).unwrap())
}

fn some_bundle() -> Vec<u8> {
    let (root, record) = project(SOME);
    pack_into(root.path(), &record).unwrap()
}

fn verify(bytes: &[u8]) -> Vec<Finding> {
    super::verify::verify(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Puts the right seal under bytes that somebody changed on purpose.
fn reseal(bytes: &mut [u8]) {
    let sealed = bytes.len() - 64;
    let seal = sha256(&bytes[..sealed]).hex();
    bytes[sealed..].copy_from_slice(seal.as_bytes());
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().unix_permissions(0o644).system(zip::System::Unix)
}

/// A sealed zip of these entries, as an attacker would make it; a name that ends in `@` is a link.
fn forge(entries: &[(&str, &[u8])]) -> Vec<u8> {
    forge_with(entries, options())
}

fn forge_with(entries: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        match name.strip_suffix('@') {
            Some(name) => writer.add_symlink(name, "/etc/passwd", options).unwrap(),
            None => {
                writer.start_file(*name, options).unwrap();
                writer.write_all(bytes).unwrap();
            }
        }
    }
    writer.set_comment(format!("{COMMENT}{}", "0".repeat(64))).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    reseal(&mut bytes);
    bytes
}

/// A forged bundle whose listing is right for the entries and whose record is `record`.
fn forge_listed(record: &Record, entries: &[(&str, &[u8])]) -> Vec<u8> {
    let run = serde_json::to_vec(record).unwrap();
    let mut all: BTreeMap<&str, &[u8]> = entries.iter().copied().collect();
    all.insert("run.json", &run);
    let digests = all.iter().map(|(name, bytes)| ((*name).to_owned(), sha256(bytes))).collect();
    let listing = sums::render(&digests);
    all.insert(SUMS, listing.as_bytes());
    forge(&all.into_iter().collect::<Vec<_>>())
}

/// Replaces every place where `from` stands, then puts the seal right.
fn replace(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    reseal(&mut bytes);
    bytes
}

#[test]
fn a_bundle_is_what_its_record_says() {
    assert_eq!(verify(&some_bundle()), []);
}

#[test]
fn equal_inputs_make_equal_bytes() {
    let (one, two) = (some_bundle(), some_bundle());
    assert!(one == two);
}

#[test]
fn larger_outputs_are_stored_and_found_whole() {
    let large = vec![0; usize::try_from(DEFLATED).unwrap() + 1];
    let (root, record) = project(&[("large.bin", &large)]);
    let bytes = pack_into(root.path(), &record).unwrap();
    assert!(bytes.len() as u64 > DEFLATED);
    assert_eq!(verify(&bytes), []);
}

#[test]
fn more_entries_and_larger_ones_than_plain_zip_has_are_read() {
    let (root, record) = project(&[]);
    let names: Vec<String> = (0..=u16::MAX).map(|n| format!("logs/{n}")).collect();
    let mut reports: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), Vec::new())).collect();
    reports.push(("run.json", serde_json::to_vec(&record).unwrap()));
    pack(root.path(), root.path(), &record, &reports).unwrap();
    assert_eq!(verify_bundle(&root.path().join(BUNDLE)).unwrap(), []);

    let run = serde_json::to_vec(&record_of(&[])).unwrap();
    let listing = sums::render(&BTreeMap::from([("run.json".to_owned(), sha256(&run))]));
    let entries = [(SUMS, listing.as_bytes()), ("run.json", &run)];
    assert_eq!(verify(&forge_with(&entries, options().large_file(true))), []);
}

#[test]
fn other_tools_read_it() {
    let (root, record) = project(SOME);
    pack_into(root.path(), &record).unwrap();
    let out = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let output = command.args(arguments).current_dir(out.path()).output();
        let output = output.unwrap_or_else(|error| panic!("these tests need {program}: {error}"));
        assert!(output.status.success(), "{program}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let bundle = root.path().join(BUNDLE);
    let bundle = bundle.to_str().unwrap();
    assert_eq!(run("python3", &["-m", "zipfile", "-t", bundle]).trim(), "Done testing");
    run("python3", &["-m", "zipfile", "-e", bundle, "."]);
    let checked = run("sha256sum", &["--strict", "-c", SUMS]);
    assert_eq!(checked, "outputs/a dir/ü.txt: OK\noutputs/model.joblib: OK\nreport.md: OK\nrun.json: OK\n");
}

#[test]
fn an_output_that_changed_since_is_refused_and_no_bundle_stays() {
    let (root, record) = project(SOME);
    pack_into(root.path(), &record).unwrap();
    std::fs::write(root.path().join("model.joblib"), "other").unwrap();
    let fault = pack_into(root.path(), &record).unwrap_err();
    assert_eq!(fault.to_string(), "failed to pack model.joblib: it is no longer what the run recorded");
    let left: Vec<_> =
        std::fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");

    std::fs::remove_file(root.path().join("model.joblib")).unwrap();
    let fault = pack_into(root.path(), &record).unwrap_err();
    assert_eq!(fault.to_string(), "failed to pack model.joblib: it is not there");
}

#[test]
fn names_that_are_not_safe_everywhere_are_refused() {
    let (root, record) = project(&[("a\\b", b"")]);
    let fault = pack_into(root.path(), &record).unwrap_err();
    assert!(
        fault.to_string().starts_with("failed to pack a\\b: the name cannot be unpacked safely"),
        "{fault}"
    );
    let (root, record) = project(&[("Model", b"1"), ("model", b"2")]);
    let fault = pack_into(root.path(), &record).unwrap_err();
    assert!(fault.to_string().contains("it would be the same file as outputs/Model"), "{fault}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_changed_byte_is_found(at in any::<prop::sample::Index>(), with in 1u8..) {
        let mut bytes = some_bundle();
        let at = at.index(bytes.len());
        bytes[at] ^= with;
        prop_assert!(!verify(&bytes).is_empty(), "byte {at}");
    }

    #[test]
    fn any_bytes_are_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let findings = verify(&bytes);
        prop_assert_eq!(codes(&findings), ["bundle-unreadable"]);
    }
}

#[test]
fn changes_to_the_container_are_found_under_a_right_seal_too() {
    let whole = some_bundle();
    // Only a version, which no reader acts on, and the spare bits of a deflated content may differ unseen.
    let mut unseen = Vec::new();
    for at in 0..whole.len() - 64 {
        for with in [1, 1 << (at % 7), 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= with;
            reseal(&mut bytes);
            if verify(&bytes).is_empty() {
                unseen.push(at);
            }
        }
    }
    let versions = |at: usize| {
        let local = at >= 4 && whole[at - 4..].starts_with(b"PK\x03\x04");
        let central = at >= 4 && whole[at - 4..].starts_with(b"PK\x01\x02");
        let needed = (6..8).any(|back| at >= back && whole[at - back..].starts_with(b"PK\x01\x02"));
        local || central || needed
    };
    unseen.retain(|at| !versions(*at));
    let deflated_ends = unseen
        .iter()
        .all(|&at| whole[at + 1..].starts_with(b"PK\x03\x04") || whole[at + 1..].starts_with(b"PK\x01\x02"));
    assert!(deflated_ends, "{unseen:?}");
}

#[test]
fn a_bundle_cut_short_or_grown_is_found() {
    let whole = some_bundle();
    for length in 0..whole.len() {
        assert_eq!(codes(&verify(&whole[..length])), ["bundle-unreadable"], "{length}");
    }
    let trailing = [&whole[..], b"x"].concat();
    assert_eq!(codes(&verify(&trailing)), ["bundle-unreadable"]);
    let mut leading = [b"x", &whole[..]].concat();
    reseal(&mut leading);
    assert_eq!(codes(&verify(&leading)), ["bundle-not-canonical"]);
}

#[test]
fn names_that_escape_are_found() {
    for name in ["../x", "/etc/x", "a/../../x", "C:/x", "a\\..\\x", "a//b", "dir/"] {
        // The writer tidies names, so the bad one is put in afterwards.
        let plain = "n".repeat(name.len());
        let bytes = replace(forge(&[(&plain, b"x")]), plain.as_bytes(), name.as_bytes());
        assert_eq!(codes(&verify(&bytes)), ["bundle-entry-escapes"], "{name}");
    }
    assert_eq!(codes(&verify(&forge(&[("link@", b"")]))), ["bundle-entry-escapes"]);
}

#[test]
fn second_entries_of_a_name_are_found() {
    let bytes = replace(forge(&[("aaa", b"1"), ("aab", b"2")]), b"aab", b"aaa");
    assert_eq!(codes(&verify(&bytes)), ["bundle-duplicate-entry"]);
    for (one, two) in [("RUN.JSON", "run.json"), ("e\u{301}", "é")] {
        assert_eq!(codes(&verify(&forge(&[(one, b""), (two, b"")]))), ["bundle-duplicate-entry"], "{one}");
    }
}

#[test]
fn bombs_are_found_before_they_go_off() {
    let zeros = vec![0; usize::try_from(DEFLATED).unwrap() + 1];
    let bytes = forge(&[("bomb", &zeros)]);
    assert!(bytes.len() < 200_000);
    assert_eq!(codes(&verify(&bytes)), ["bundle-bomb"]);

    // The same, and its headers say that it is small.
    let size = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    let lying = replace(bytes, &size, &9u32.to_le_bytes());
    let findings = verify(&lying);
    assert!(codes(&findings).contains(&"bundle-digest"), "{findings:?}");
}

#[test]
fn overlapping_entries_are_found() {
    let mut bytes = forge(&[("aaa", b"1"), ("aab", b"2")]);
    let second = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[second + 42..second + 46].copy_from_slice(&0u32.to_le_bytes());
    reseal(&mut bytes);
    assert_eq!(codes(&verify(&bytes)), ["bundle-bomb"]);
}

#[test]
fn contents_and_listing_agree() {
    let record = record_of(&[("m", b"1")]);
    let good = forge_listed(&record, &[("outputs/m", b"1")]);
    assert_eq!(verify(&good), []);
    assert_eq!(codes(&verify(&forge_listed(&record, &[]))), ["bundle-missing"]);
    let more = forge_listed(&record, &[("outputs/m", b"1"), ("outputs/n", b"1")]);
    assert_eq!(codes(&verify(&more)), ["bundle-unlisted"]);
    assert_eq!(codes(&verify(&forge_listed(&record, &[("outputs/m", b"2")]))), ["bundle-record"]);

    let run = serde_json::to_vec(&record).unwrap();
    let digests = BTreeMap::from([("gone".to_owned(), sha256(b"")), ("outputs/m".to_owned(), sha256(b"2"))]);
    let listing = sums::render(&digests);
    let bytes = forge(&[(SUMS, listing.as_bytes()), ("outputs/m", b"1"), ("run.json", &run)]);
    assert_eq!(codes(&verify(&bytes)), ["bundle-missing", "bundle-digest", "bundle-unlisted"]);
    assert_eq!(codes(&verify(&forge(&[]))), ["bundle-missing", "bundle-missing"]);
}

#[test]
fn a_record_that_contradicts_itself_is_found() {
    let mut record = record_of(&[]);
    record.conclusion = Some(Conclusion::Approved);
    assert_eq!(codes(&verify(&forge_listed(&record, &[]))), ["bundle-record"]);
    record.conclusion = None;
    assert_eq!(codes(&verify(&forge_listed(&record, &[]))), ["bundle-record"]);
    record.conclusion = Some(Conclusion::Inconclusive);
    record.schema = "modelgate/run/v9".into();
    let findings = verify(&forge_listed(&record, &[]));
    assert!(findings[0].message.contains("modelgate/run/v9"), "{findings:?}");
    let listing = sums::render(&BTreeMap::from([("run.json".to_owned(), sha256(b"\xef\xbb\xbf{}"))]));
    let bytes = forge(&[(SUMS, listing.as_bytes()), ("run.json", b"\xef\xbb\xbf{}")]);
    assert_eq!(codes(&verify(&bytes)), ["bundle-record"]);
}

#[test]
fn outputs_in_the_folder_are_compared_with_the_record() {
    let (root, mut record) = project(SOME);
    assert_eq!(verify_outputs(root.path(), &record).unwrap(), []);
    std::fs::write(root.path().join("model.joblib"), "other").unwrap();
    std::fs::remove_dir_all(root.path().join("a dir")).unwrap();
    let findings = verify_outputs(root.path(), &record).unwrap();
    assert_eq!(codes(&findings), ["output-missing", "output-differs"]);
    assert_eq!(findings[1].path.as_deref(), Some("model.joblib"));
    let (was, is) = (sha256(SOME[0].1).to_string(), sha256(b"other").to_string());
    assert!(findings[1].message.contains(&was) && findings[1].message.contains(&is));

    record = record_of(&[("../outside", b"")]);
    assert_eq!(codes(&verify_outputs(root.path(), &record).unwrap()), ["output-escapes"]);
}

#[test]
fn a_bundle_that_cannot_be_read_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    assert!(verify_bundle(folder.path()).unwrap_err().to_string().ends_with("it is not a regular file"));
    assert!(verify_bundle(&folder.path().join("gone")).is_err());
}
