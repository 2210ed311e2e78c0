#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

mod prune;

use super::*;
use crate::interrupt::{Hand, Signal};

/// A project and its cache.
struct Place {
    folder: tempfile::TempDir,
    cache: Cache,
    hand: Hand,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let (hand, interrupt) = Interrupt::channel();
    let cache = Cache::new(folder.path().join(".modelgate/cache"), interrupt);
    Place { folder, cache, hand }
}

fn key(input: u8) -> Key {
    Key {
        step: Step::Train,
        script: "[]".into(),
        env: BTreeMap::new(),
        inputs: BTreeMap::from([("train.py".to_owned(), Digest::from_bytes([input; 32]))]),
        upstream: BTreeMap::new(),
        outputs: vec!["*.joblib".into()],
        image: None,
    }
}

impl Place {
    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn file(&self, path: &str) -> ProjectFile {
        ProjectFile { path: path.into(), on_disk: self.root().join(path) }
    }

    fn digest(&self, path: &str) -> Digest {
        self.cache.digests(&[self.file(path)]).unwrap()[path]
    }

    fn store(&self, key: &Key, run: &str, paths: &[&str]) {
        let outputs = paths.iter().map(|&path| (path.to_owned(), self.digest(path))).collect();
        self.cache.store(key, run, self.root(), &outputs).unwrap();
    }

    fn hit(&self, key: &Key) -> Entry {
        match self.cache.lookup(key) {
            Lookup::Hit(entry) => entry,
            Lookup::Miss(because) => panic!("a miss: {because}"),
        }
    }

    fn miss(&self, key: &Key) -> String {
        match self.cache.lookup(key) {
            Lookup::Hit(entry) => panic!("a hit: {entry:?}"),
            Lookup::Miss(because) => because,
        }
    }

    fn restore(&self, key: &Key, entry: &Entry) -> Restored {
        self.cache.restore(key, entry, self.root()).unwrap()
    }

    fn object(&self, path: &str, entry: &Entry) -> PathBuf {
        object::path(&self.cache.folder, &entry.outputs[path].digest)
    }

    /// The files beside the cache.
    fn files(&self) -> Vec<String> {
        let files = crate::files::expand(self.root(), &["**".to_owned()]).unwrap().files;
        files.into_iter().map(|file| file.path).collect()
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_stored_comes_back_with_its_mode() {
    let place = place();
    place.write("model.joblib", "weights");
    place.write("bin/predict", "#!/bin/sh");
    let script = place.root().join("bin/predict");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    place.store(&key(1), "r1", &["bin/predict", "model.joblib"]);
    fs::remove_dir_all(place.root().join("bin")).unwrap();
    place.write("model.joblib", "other weights");

    let entry = place.hit(&key(1));
    assert_eq!(entry.run, "r1");
    let Restored::Outputs(outputs) = place.restore(&key(1), &entry) else { panic!("not restored") };
    assert_eq!(outputs["model.joblib"], place.digest("model.joblib"));
    assert_eq!(
        (place.read("model.joblib"), place.read("bin/predict")),
        ("weights".into(), "#!/bin/sh".into())
    );
    assert_eq!(script.metadata().unwrap().mode() & 0o100, 0o100);
    assert_eq!(place.root().join("model.joblib").metadata().unwrap().mode() & 0o111, 0);
    assert_eq!(place.files(), ["bin/predict", "model.joblib"], "no file is left half done");
}

#[test]
fn an_output_that_is_there_is_left_alone() {
    let place = place();
    place.write("model.joblib", "weights");
    place.store(&key(1), "r1", &["model.joblib"]);
    let before = Stamp::of(&place.root().join("model.joblib"));
    assert!(matches!(place.restore(&key(1), &place.hit(&key(1))), Restored::Outputs(_)));
    assert_eq!(Stamp::of(&place.root().join("model.joblib")), before);
}

#[test]
fn one_flipped_byte_is_noticed_and_changes_nothing() {
    let place = place();
    place.write("a.joblib", "first");
    place.write("b.joblib", "second");
    place.store(&key(1), "r1", &["a.joblib", "b.joblib"]);
    place.write("a.joblib", "mine");
    place.write("b.joblib", "mine");
    let entry = place.hit(&key(1));
    let object = place.object("b.joblib", &entry);
    flip(&object, 3);
    let because = "the cache's copy of b.joblib was damaged".to_owned();
    assert_eq!(place.restore(&key(1), &entry), Restored::Unusable(because));
    assert_eq!((place.read("a.joblib"), place.read("b.joblib")), ("mine".into(), "mine".into()));
    assert!(!object.exists());
    assert_eq!(place.files(), ["a.joblib", "b.joblib"]);
    assert_eq!(place.miss(&key(1)), "the cache no longer holds b.joblib of run r1");
    let because = "the cache no longer holds b.joblib".to_owned();
    assert_eq!(place.restore(&key(1), &entry), Restored::Unusable(because));
}

#[test]
fn a_damaged_entry_is_a_miss_wherever_the_damage_is() {
    let place = place();
    place.write("model.joblib", "weights");
    place.store(&key(1), "r1", &["model.joblib"]);
    let path = entry::path(&place.cache.folder, &key(1).digest());
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        flip(&path, at);
        assert_eq!(place.miss(&key(1)), "the cache's entry is damaged", "a flipped byte at {at}");
        fs::write(&path, &whole[..at]).unwrap();
        assert_eq!(place.miss(&key(1)), "the cache's entry is damaged", "cut off at {at}");
        fs::write(&path, &whole).unwrap();
    }
    // An entry that was moved to another key's place is not that key's.
    fs::rename(&path, entry::path(&place.cache.folder, &key(2).digest())).unwrap();
    assert_eq!(place.miss(&key(2)), "the cache's entry is damaged");
}

#[test]
fn a_miss_says_what_has_changed_since_the_latest_run() {
    let place = place();
    assert_eq!(place.miss(&key(1)), "the cache holds no earlier run of it");
    place.write("model.joblib", "weights");
    place.store(&key(1), "r1", &["model.joblib"]);
    assert_eq!(place.miss(&key(2)), "train.py has changed since run r1");
    place.store(&key(2), "r2", &["model.joblib"]);
    assert_eq!(place.miss(&key(3)), "train.py has changed since run r2");
    place.restore(&key(1), &place.hit(&key(1)));
    assert_eq!(place.miss(&key(3)), "train.py has changed since run r1");
    fs::remove_dir_all(place.cache.folder.join("keys")).unwrap();
    assert_eq!(place.miss(&key(3)), "the cache no longer knows what run r1 used");
}

#[test]
fn nothing_is_ever_restored_outside_of_the_project() {
    let (place, outside) = (place(), tempfile::tempdir().unwrap());
    place.write("out/model", "weights");
    place.store(&key(1), "r1", &["out/model"]);
    let entry = place.hit(&key(1));
    let output = entry.outputs["out/model"].clone();
    let absolute = outside.path().join("model").to_str().unwrap().to_owned();
    for path in ["../model", "out/../../model", "/model", absolute.as_str(), "", ".."] {
        let outputs = BTreeMap::from([(path.to_owned(), output.clone())]);
        let restored = place.restore(&key(1), &Entry { outputs, ..entry.clone() });
        assert!(matches!(&restored, Restored::Unusable(because) if because.contains("outside")), "{path}");
    }
    fs::remove_dir_all(place.root().join("out")).unwrap();
    symlink(outside.path(), place.root().join("out")).unwrap();
    let restored = place.restore(&key(1), &entry);
    let because = "out/model would be restored outside of the project".to_owned();
    assert_eq!(restored, Restored::Unusable(because));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);

    fs::remove_file(place.root().join("out")).unwrap();
    fs::create_dir(place.root().join("real")).unwrap();
    symlink("real", place.root().join("out")).unwrap();
    assert!(matches!(place.restore(&key(1), &entry), Restored::Outputs(_)), "a link within is a folder");
    assert_eq!(place.read("real/model"), "weights");
}

#[test]
fn a_link_in_the_place_of_an_output_is_replaced_and_not_followed() {
    let (place, outside) = (place(), tempfile::tempdir().unwrap());
    place.write("model", "weights");
    place.store(&key(1), "r1", &["model"]);
    let other = outside.path().join("other");
    fs::write(&other, "other").unwrap();
    fs::remove_file(place.root().join("model")).unwrap();
    symlink(&other, place.root().join("model")).unwrap();
    assert!(matches!(place.restore(&key(1), &place.hit(&key(1))), Restored::Outputs(_)));
    assert_eq!((place.read("model"), fs::read_to_string(other).unwrap()), ("weights".into(), "other".into()));
}

#[test]
fn what_changed_before_it_is_stored_is_not_stored() {
    let place = place();
    place.write("model", "weights");
    let outputs = BTreeMap::from([("model".to_owned(), place.digest("model"))]);
    place.write("model", "changed");
    let fault = place.cache.store(&key(1), "r1", place.root(), &outputs).unwrap_err();
    assert!(fault.to_string().ends_with("it was changed while it was copied"), "{fault}");
    place.miss(&key(1));
}

#[test]
fn a_cache_that_cannot_be_there_only_costs_time() {
    let place = place();
    place.write("model", "weights");
    place.write(".modelgate/cache", "a file in the folder's place");
    let outputs = BTreeMap::from([("model".to_owned(), place.digest("model"))]);
    assert!(place.cache.store(&key(1), "r1", place.root(), &outputs).is_err());
    assert_eq!(place.miss(&key(1)), "the cache holds no earlier run of it");
}

#[test]
fn a_folder_that_is_no_cache_is_refused_and_not_touched() {
    for tag in [None, Some("Signature: 8a477f597d28d172789f06886806bc55\n# mypy's cache\n")] {
        let place = place();
        place.write("model", "weights");
        let entry_of_ours = Entry { run: "r1".into(), outputs: BTreeMap::new() };
        place.write(".modelgate/cache/index", "of another");
        place.write(".modelgate/cache/objects/ab/model", "of another");
        if let Some(tag) = tag {
            place.write(".modelgate/cache/CACHEDIR.TAG", tag);
        }
        let folder = place.cache.folder.clone();
        let listed = || fs::read_dir(&folder).unwrap().count();
        let before = listed();
        let refused = |result: Option<crate::fault::Fault>| {
            let fault = result.expect("refused");
            assert!(fault.to_string().ends_with("it is no cache that modelgate made"), "{fault}");
            assert!(fault.remedy().is_some_and(|help| help.contains("--cache")));
        };
        let outputs = BTreeMap::from([("model".to_owned(), Digest::from_bytes([1; 32]))]);
        refused(place.cache.check().err());
        refused(place.cache.digests(&[place.file("model")]).err());
        refused(place.cache.store(&key(1), "r1", place.root(), &outputs).err());
        refused(place.cache.restore(&key(1), &entry_of_ours, place.root()).err());
        refused(place.cache.prune(Prune::All).err());
        assert!(place.miss(&key(1)).contains("no cache that modelgate made"));
        assert_eq!(place.read(".modelgate/cache/index"), "of another");
        assert_eq!(listed(), before, "nothing was added or removed");
    }
}

#[test]
fn a_folder_that_is_empty_or_was_only_begun_becomes_a_cache() {
    let place = place();
    place.write("model", "weights");
    place.write(".modelgate/cache/lock", "");
    place.write(".modelgate/cache/.modelgate-half", "Signature");
    place.store(&key(1), "r1", &["model"]);
    place.hit(&key(1));
}

#[test]
fn a_pipe_in_the_cache_is_a_miss_and_not_waited_for() {
    let place = place();
    place.write("model", "weights");
    place.store(&key(1), "r1", &["model"]);
    let entry = place.hit(&key(1));
    let digest = key(1).digest();
    let folder = place.cache.folder.clone();
    let pipe = |path: &Path| {
        let _ = fs::remove_file(path);
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    pipe(&index::path(&folder));
    *place.cache.remembered() = None;
    place.digest("model");
    pipe(&place.object("model", &entry));
    fs::remove_file(place.root().join("model")).unwrap();
    assert!(matches!(place.restore(&key(1), &entry), Restored::Unusable(_)));
    pipe(&entry::path(&folder, &digest));
    place.miss(&key(1));
    pipe(&entry::key_path(&folder, &digest));
    assert_eq!(place.miss(&key(2)), "the cache no longer knows what run r1 used");
    pipe(&folder.join("last/train.json"));
    assert_eq!(place.miss(&key(2)), "the cache holds no earlier run of it");
    pipe(&folder.join("lock"));
    place.miss(&key(2));
    assert!(place.cache.prune(Prune::All).is_err());
}

#[test]
fn an_interrupt_ends_reading_and_storing() {
    let place = place();
    place.write("model", "weights");
    let outputs = BTreeMap::from([("model".to_owned(), place.digest("model"))]);
    place.hand.raise(Signal::Interrupt);
    assert!(place.cache.digests(&[place.file("model")]).is_err());
    assert!(place.cache.store(&key(1), "r1", place.root(), &outputs).is_err());
}

/// An index that knows a wrong digest of the file, to tell whether it was asked.
fn teach(place: &Place, path: &str) -> Digest {
    let wrong = Digest::from_bytes([7; 32]);
    let stamp = Stamp::of(&place.root().join(path)).unwrap();
    folder::make(&place.cache.folder).unwrap();
    Index::default().learn(&place.cache.folder, vec![index::Line { path, stamp, digest: wrong }]);
    // As a process that comes later finds it.
    *place.cache.remembered() = None;
    wrong
}

#[test]
fn the_index_answers_until_anything_about_the_file_changes() {
    let place = place();
    let path = place.root().join("data");
    let changes: [fn(&Path); 4] = [
        |path| fs::write(path, "other content").unwrap(),
        // The same size and the same time of modification: the time of the change tells.
        |path| {
            let modified = path.metadata().unwrap().modified().unwrap();
            fs::write(path, "chanted").unwrap();
            fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
        },
        |path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        },
        // Another file with the same name, as editors and git leave it.
        |path| {
            fs::copy(path, path.with_extension("new")).unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        place.write("data", "content");
        // Long ago, so that a change within the same tick of the disk's clock is one to the test too.
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(9))
            .unwrap();
        let wrong = teach(&place, "data");
        assert_eq!(place.digest("data"), wrong, "the index was not asked");
        let before = Stamp::of(&path);
        while Stamp::of(&path) == before {
            change(&path);
        }
        let (_hand, interrupt) = Interrupt::channel();
        assert_eq!(place.digest("data"), files::digest(&path, &interrupt).unwrap(), "change {number}");
    }
}

#[test]
fn a_file_that_was_just_written_is_not_remembered() {
    let place = place();
    place.write("data", "content");
    place.digest("data");
    assert!(!index::path(&place.cache.folder).exists());
}
