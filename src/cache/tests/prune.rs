//! Several at once, and making room.

use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use super::*;

#[test]
fn many_store_the_same_and_all_find_it() {
    let place = place();
    place.write("model", &"weights".repeat(100_000));
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (place, start) = (&place, &start);
            scope.spawn(move || {
                start.wait();
                place.store(&key(number % 2), "r", &["model"]);
            });
        }
    });
    fs::remove_file(place.root().join("model")).unwrap();
    for number in 0..2 {
        let entry = place.hit(&key(number));
        assert!(matches!(place.restore(&key(number), &entry), Restored::Outputs(_)));
    }
    assert_eq!(place.read("model"), "weights".repeat(100_000));
    let freed = place.cache.prune(Prune::All).unwrap();
    assert_eq!((freed.entries, freed.objects), (2, 1));
}

#[test]
fn pruning_beside_restoring_gives_the_whole_or_a_miss() {
    let place = place();
    let content = "weights".repeat(50_000);
    place.write("source", &content);
    let output = BTreeMap::from([("source".to_owned(), place.digest("source"))]);
    let restored = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (place, output, restored, content) = (&place, &output, &restored, &content);
        for number in 0..2 {
            scope.spawn(move || {
                let root = place.root().join(format!("project-{number}"));
                fs::create_dir(&root).unwrap();
                for _ in 0..60 {
                    place.cache.store(&key(number), "r", place.root(), output).unwrap();
                    let _ = fs::remove_file(root.join("source"));
                    let Lookup::Hit(entry) = place.cache.lookup(&key(number)) else { continue };
                    match place.cache.restore(&key(number), &entry, &root).unwrap() {
                        Restored::Outputs(_) => {
                            assert_eq!(&fs::read_to_string(root.join("source")).unwrap(), content);
                            restored.fetch_add(1, Ordering::Relaxed);
                        }
                        Restored::Unusable(because) => assert!(because.contains("no longer"), "{because}"),
                    }
                }
            });
        }
        scope.spawn(move || {
            for _ in 0..60 {
                place.cache.prune(Prune::All).unwrap();
            }
        });
    });
    assert!(restored.into_inner() > 0, "nothing was ever restored");
}

#[test]
fn pruning_keeps_what_is_used_and_what_is_not_ours() {
    let place = place();
    let folder = &place.cache.folder;
    assert_eq!(place.cache.prune(Prune::All).unwrap(), Freed::default());
    let now = SystemTime::now();
    let day = Duration::from_secs(24 * 60 * 60);
    for (number, days) in [(1, 40), (2, 20), (3, 0)] {
        place.write("shared", "shared");
        place.write("own", &"x".repeat(usize::from(number) * 1000));
        place.store(&key(number), "r", &["own", "shared"]);
        let entry = fs::File::open(entry::path(folder, &key(number).digest())).unwrap();
        entry.set_modified(now - day * days).unwrap();
    }
    let mine = ["notes.txt", "objects/mine", "steps/mine.json", "objects/zz/1"];
    let left_over = ["objects/ab/.modelgate-x1", "steps/.modelgate-x2", ".modelgate-x3"];
    for path in mine.iter().chain(&left_over) {
        place.write(&format!(".modelgate/cache/{path}"), "1");
    }

    let freed = place.cache.prune(Prune::UnusedFor(day * 30, now)).unwrap();
    assert_eq!((freed.entries, freed.objects, freed.left), (1, 1, 5006));
    assert!(freed.bytes > 1000, "{freed:?}");
    assert!(!left_over.iter().any(|path| folder.join(path).exists()));
    place.hit(&key(2));

    let freed = place.cache.prune(Prune::DownTo(4000)).unwrap();
    assert_eq!((freed.entries, freed.objects, freed.left), (1, 1, 3006));
    place.hit(&key(3));
    assert_eq!(place.cache.prune(Prune::DownTo(4000)).unwrap(), Freed { left: 3006, ..Freed::default() });

    let freed = place.cache.prune(Prune::All).unwrap();
    assert_eq!((freed.entries, freed.objects, freed.left), (1, 2, 0));
    assert!(mine.iter().all(|path| folder.join(path).exists()), "a foreign file was taken");
}

#[test]
fn using_an_entry_keeps_it() {
    let place = place();
    place.write("model", "weights");
    place.store(&key(1), "r1", &["model"]);
    let path = entry::path(&place.cache.folder, &key(1).digest());
    fs::File::open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    place.restore(&key(1), &place.hit(&key(1)));
    assert!(path.metadata().unwrap().modified().unwrap() > SystemTime::UNIX_EPOCH);
}
