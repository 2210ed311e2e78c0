//! How commands start, and what is recorded of them.

use super::*;

#[tokio::test]
async fn a_command_leaves_its_output_and_what_it_used() {
    let shop = Workshop::new();
    let ran = shop
        .shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo one; echo two >&2; echo three")
        .await;
    assert!(ran.success);
    assert_eq!((ran.code, ran.evidence.ended.as_str()), (Some(0), "exit 0"));
    assert_eq!(shop.log(&ran), "one\ntwo\nthree\n");
    assert_eq!(ran.evidence.tail, [""; 0]);
    assert_eq!(ran.evidence.log, "logs/train.log");
    assert!(ran.evidence.cpu_seconds > 0.0 && ran.evidence.cpu_seconds < 60.0, "{:?}", ran.evidence);
    assert!((100_000..10_000_000_000).contains(&ran.evidence.peak_memory_bytes), "{:?}", ran.evidence);
    assert!(shop.paper.text().contains("one\ntwo\nthree\n"), "{}", shop.paper.text());
}

#[tokio::test]
async fn the_two_streams_keep_their_order() {
    let shop = Workshop::new();
    let ran = shop.shell("for i in $(seq 200); do echo $i; echo $i >&2; done").await;
    let expected: String = (1..=200).map(|n| format!("{n}\n{n}\n")).collect();
    assert_eq!(shop.log(&ran), expected);
}

#[tokio::test]
async fn output_is_shown_while_the_command_runs() {
    let shop = Workshop::new();
    let command = shell(&["echo now; until [ -e go ]; do sleep 0.01; done"]);
    let run = shop.run(&command, Capture::No);
    let see = async {
        until("output shows", || shop.paper.text().contains("now\n")).await;
        std::fs::write(shop.folder.path().join("go"), "").unwrap();
    };
    let (ran, ()) = tokio::join!(run, see);
    assert!(ran[0].success);
}

#[tokio::test]
async fn the_first_failure_ends_a_script_and_a_pipe_fails_with_its_parts() {
    let shop = Workshop::new();
    let ran = shop.run(&shell(&["true", "exit 3 | cat", "echo never"]), Capture::No).await;
    assert_eq!(ran.iter().map(|ran| ran.code).collect::<Vec<_>>(), [Some(0), Some(3)]);
    assert_eq!(ran[1].evidence.log, "logs/train-2.log");
    let ran = shop.shell("echo before\nfalse\necho never").await;
    assert_eq!((ran.code, shop.log(&ran).as_str()), (Some(1), "before\n"));
    assert_eq!(ran.evidence.tail, ["before"]);
    let ran = shop.shell("kill -SEGV $$").await;
    assert_eq!((ran.code, ran.evidence.ended.as_str()), (None, "signal 11 (SIGSEGV)"));
}

#[tokio::test]
async fn without_bash_there_is_sh() {
    let mut shop = Workshop::new();
    shop.engine.variables.insert("PATH".into(), "/nowhere".into());
    let ran = shop.shell("echo \"$0\"; false; echo never").await;
    assert_eq!((ran.code, shop.log(&ran).as_str()), (Some(1), "sh\n"));
}

#[tokio::test]
async fn a_list_of_arguments_sees_no_shell() {
    let shop = Workshop::new();
    let list = |words: &[&str]| Script {
        commands: vec![Command::Arguments(words.iter().map(|word| (*word).into()).collect())],
        working_directory: ".".into(),
        ..Script::default()
    };
    let ran = shop.run(&list(&["echo", "$HOME; exit 1", "*"]), Capture::No).await.remove(0);
    assert_eq!(shop.log(&ran), "$HOME; exit 1 *\n");
    let ran = shop.run(&list(&["no-such-program"]), Capture::No).await.remove(0);
    assert_eq!((ran.success, ran.code, ran.evidence.ended.as_str()), (false, Some(127), "exit 127"));
    assert_eq!(ran.evidence.tail, ["no-such-program: command not found"]);
    assert_eq!(shop.log(&ran), "no-such-program: command not found\n");
    for (content, mode, why) in [
        ("#!/no/such/python\\n", "755", "./script: the interpreter that its first line names was not found"),
        ("#!/bin/sh\\n", "644", "./script: permission denied"),
        (
            "\\001\\002",
            "755",
            "./script: not a program; a script needs a first line such as #!/usr/bin/env python3",
        ),
    ] {
        // Written by a process of its own: a program that another thread's child holds open cannot be run.
        shop.shell(&format!("rm -f script; printf '{content}' > script; chmod {mode} script")).await;
        let ran = shop.run(&list(&["./script"]), Capture::No).await.remove(0);
        assert_eq!((ran.code, ran.evidence.tail), (Some(126), vec![why.to_owned()]));
    }
    let ran = shop.run(&list(&[]), Capture::No).await.remove(0);
    assert_eq!(ran.evidence.ended, "not started");
}

#[tokio::test]
async fn a_missing_program_is_told_by_the_shell() {
    let ran = Workshop::new().shell("no-such-program --flag").await;
    assert_eq!((ran.success, ran.code), (false, Some(127)));
    assert_eq!(ran.evidence.tail, ["bash: line 1: no-such-program: command not found"]);
}

#[tokio::test]
async fn a_command_runs_in_its_folder() {
    let shop = Workshop::new();
    std::fs::create_dir_all(shop.folder.path().join("a/b")).unwrap();
    let at = |folder: &str| Script { working_directory: folder.into(), ..shell(&["pwd", "true"]) };
    let ran = shop.run(&at("a/b"), Capture::No).await;
    assert_eq!(Path::new(shop.log(&ran[0]).trim()), shop.engine.root.join("a/b"));
    let ran = shop.run(&at("nowhere"), Capture::No).await;
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].success, ran[0].evidence.ended.as_str()), (false, "not started"));
    assert_eq!(
        ran[0].evidence.tail,
        ["the working directory nowhere of train is not there, or is not a folder"]
    );
}
