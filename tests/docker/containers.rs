//! Containers, and commands in them.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use modelgate::docker::{Connection, Container, Spec, Trouble, sweep};
use modelgate::interrupt::{Interrupt, Signal};

use crate::common;
use crate::workshop::left;

const BUSYBOX: &str = "modelgate-test/busybox:1";

/// The engine, or a word about the test that cannot run.
async fn connection(test: &str) -> Option<Connection> {
    let Some(address) = common::engine() else {
        common::skip(test, "there is no Docker engine");
        return None;
    };
    Some(common::docker(&address, &[]).connect().await.expect("the engine answers").clone())
}

/// A shell command in a container that belongs to `owner`.
fn shell(owner: &Path, command: &str) -> Spec {
    Spec {
        image: BUSYBOX.into(),
        command: Some(["sh", "-c", command].map(str::to_owned).to_vec()),
        network: "none".into(),
        owner: owner.into(),
        ..Spec::default()
    }
}

#[tokio::test]
async fn a_container_writes_ends_and_is_gone() {
    let Some(connection) = connection("a_container_writes_ends_and_is_gone").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let spec = shell(folder.path(), "printf 'one\\377'; echo two >&2; exit 3");
    let container = Container::create(&connection, &spec).await.unwrap();
    let output = container.output().await.unwrap();
    container.start().await.unwrap();
    let exit = container.exited().await.unwrap();
    assert_eq!((exit.code, exit.out_of_memory), (3, false));
    let pieces: Vec<_> = output.map(|piece| piece.unwrap()).collect().await;
    let of = |is_error| -> Vec<u8> {
        let of = pieces.iter().filter(|piece| piece.is_error == is_error);
        of.flat_map(|piece| piece.bytes.to_vec()).collect()
    };
    assert_eq!((of(false), of(true)), (b"one\xff".to_vec(), b"two\n".to_vec()));
    assert_eq!(left(&connection, folder.path()).await.len(), 1);
    container.close().await.unwrap();
    assert_eq!(left(&connection, folder.path()).await, [""; 0]);
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_in_the_words_of_the_engine() {
    let Some(connection) =
        connection("what_is_asked_for_wrongly_is_refused_in_the_words_of_the_engine").await
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let plain = shell(folder.path(), "true");
    let cases: [(Spec, &str); 5] = [
        (Spec { image: "modelgate-test/nothing:1".into(), ..plain.clone() }, "No such image"),
        (Spec { user: Some("somebody".into()), ..plain.clone() }, "unable to find user somebody"),
        (
            Spec { network: "modelgate-nowhere".into(), ..plain.clone() },
            "network modelgate-nowhere not found",
        ),
        (Spec { memory: Some(1), ..plain.clone() }, "memory"),
        (Spec { nano_cpus: Some(4_000_000_000_000), ..plain }, "CPUs"),
    ];
    for (spec, expected) in cases {
        let why = match Container::create(&connection, &spec).await {
            Err(trouble) => trouble,
            Ok(container) => {
                let trouble = container.start().await.expect_err("it is refused");
                container.close().await.unwrap();
                trouble
            }
        };
        match why {
            Trouble::Refused(why) => assert!(why.contains(expected), "{why}"),
            Trouble::Fault(fault) => panic!("{fault}"),
        }
    }
    assert_eq!(left(&connection, folder.path()).await, [""; 0]);
}

#[tokio::test]
async fn a_limit_of_memory_ends_it_and_is_told() {
    let Some(connection) = connection("a_limit_of_memory_ends_it_and_is_told").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let spec = Spec {
        memory: Some(16 << 20),
        ..shell(folder.path(), "x=0123456789abcdef; while true; do x=$x$x; done")
    };
    let container = Container::create(&connection, &spec).await.unwrap();
    container.start().await.unwrap();
    let exit = container.exited().await.unwrap();
    container.close().await.unwrap();
    assert_eq!((exit.code, exit.out_of_memory), (137, true));
}

#[tokio::test]
async fn one_that_hears_the_request_ends_by_it_and_one_that_does_not_is_killed() {
    let test = "one_that_hears_the_request_ends_by_it_and_one_that_does_not_is_killed";
    let Some(connection) = connection(test).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (hand, mut interrupt) = Interrupt::channel();
    for (command, code) in [("trap 'exit 7' TERM", 7), ("trap '' TERM", 137)] {
        let spec = shell(folder.path(), &format!("{command}; echo up; while true; do sleep 0.05; done"));
        let container = Container::create(&connection, &spec).await.unwrap();
        let mut output = container.output().await.unwrap();
        container.start().await.unwrap();
        assert_eq!(&output.next().await.unwrap().unwrap().bytes[..], b"up\n");
        if code == 137 {
            // A second signal lets no grace pass.
            hand.raise(Signal::Interrupt);
            hand.raise(Signal::Interrupt);
        }
        let exit = container.stop(Duration::from_secs(60), &mut interrupt).await.unwrap();
        assert_eq!(exit.code, code, "{command}");
        container.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_container_that_is_dropped_and_one_of_a_killed_run_are_removed() {
    let test = "a_container_that_is_dropped_and_one_of_a_killed_run_are_removed";
    let Some(connection) = connection(test).await else { return };
    let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let container = Container::create(&connection, &shell(ours.path(), "sleep 300")).await.unwrap();
    container.start().await.unwrap();
    drop(container);
    let start = Instant::now();
    while !left(&connection, ours.path()).await.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "it stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let killed = Container::create(&connection, &shell(ours.path(), "sleep 300")).await.unwrap();
    killed.start().await.unwrap();
    let foreign = Container::create(&connection, &shell(other.path(), "sleep 300")).await.unwrap();
    // As if the process had been killed: no guard runs.
    std::mem::forget(killed);
    sweep(&connection, ours.path()).await.unwrap();
    assert_eq!(left(&connection, ours.path()).await, [""; 0]);
    assert_eq!(left(&connection, other.path()).await.len(), 1);
    foreign.close().await.unwrap();
}
