//! What becomes of a command's output, and what it sees.

use super::*;

#[tokio::test]
async fn two_hundred_megabytes_stream_through() {
    let mut shop = Workshop::new();
    // Nothing in the test may keep the output, so that whoever looks at its memory sees only ours.
    let nowhere = Box::new(io::sink());
    shop.engine.console = Console::new(nowhere, Forge::Local, Verbosity::Normal, false, shop.engine.clock);
    let ran = shop.shell("head -c 200000000 /dev/zero | tr '\\0' x; echo; echo end; exit 1").await;
    assert_eq!(ran.evidence.tail.len(), 2);
    assert_eq!(ran.evidence.tail[1], "end");
    assert_eq!(ran.evidence.tail[0].chars().count(), 502);
    let log = shop.engine.run_dir.join(&ran.evidence.log);
    assert_eq!(log.metadata().unwrap().len(), 200_000_005);
}

#[tokio::test]
async fn standard_output_is_captured_apart() {
    let shop = Workshop::new();
    let ran =
        shop.run(&shell(&["echo '{}'; echo warning >&2; exit 1", "echo second"]), Capture::Stdout).await;
    assert_eq!(ran.len(), 2, "a linter that finds something does not stop the next");
    assert_eq!((ran[0].stdout.as_slice(), ran[0].code), (b"{}\n".as_slice(), Some(1)));
    assert_eq!(ran[0].evidence.tail, ["warning"]);
    // The log has both, whichever pipe was read first.
    let mut log: Vec<String> = shop.log(&ran[0]).lines().map(str::to_owned).collect();
    log.sort();
    assert_eq!(log, ["warning", "{}"]);
    assert_eq!(ran[1].stdout, b"second\n");
    assert_eq!(shop.log(&ran[1]), "second\n");
    assert!(!shop.paper.text().contains("\n{}\n"), "{}", shop.paper.text());
    let ran = shop.run(&shell(&["echo only here; exit 2"]), Capture::Stdout).await;
    assert_eq!(ran[0].evidence.tail, ["only here"]);
}

#[tokio::test]
async fn more_than_can_be_kept_is_a_failure() {
    let shop = Workshop::new();
    let ran = shop.run(&shell(&["head -c 70000000 /dev/zero"]), Capture::Stdout).await.remove(0);
    assert_eq!((ran.success, ran.code, ran.stdout.len()), (false, None, stream::KEPT));
    assert_eq!(ran.evidence.ended, "exit 0, too much output");
    assert_eq!(ran.evidence.tail, ["it wrote more than 64 MiB to its standard output, more than is read"]);
    let log = shop.engine.run_dir.join(&ran.evidence.log);
    assert!(log.metadata().unwrap().len() > 70_000_000);
}

#[tokio::test]
async fn secrets_are_kept_back_unless_they_are_named_and_then_masked() {
    let mut shop = Workshop::new();
    shop.engine.variables.insert("HF_TOKEN".into(), "hf_hunter2".into());
    let script = Script {
        secrets: vec!["HF_TOKEN".into()],
        ..shell(&["env | sort; echo \"token: $HF_TOKEN\"; echo ${GITHUB_TOKEN:?no GITHUB_TOKEN}"])
    };
    let ran = shop.run(&script, Capture::No).await.remove(0);
    assert!(!ran.success);
    let log = shop.log(&ran);
    assert!(log.contains("HF_TOKEN=***\n") && log.contains("token: ***\n"), "{log}");
    assert!(log.contains("MODELGATE_STEP=train\n") && log.contains("PYTHONUNBUFFERED=1\n"), "{log}");
    assert!(log.contains(&format!("MODELGATE_RUN_DIR={}\n", shop.engine.run_dir.display())), "{log}");
    let shown = shop.paper.text();
    for text in [&log, &shown, &ran.evidence.tail.join("\n")] {
        assert!(!text.contains("hunter2") && !text.contains("ghs_1234"), "{text}");
    }
    assert!(shown.contains("kept from the commands of train: GITHUB_TOKEN\n"), "{shown}");
    assert!(
        shown.contains("note: GITHUB_TOKEN is kept from commands unless train.secrets names it\n"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_secret_that_is_not_set_stops_the_command_before_it_starts() {
    let shop = Workshop::new();
    let script = Script { secrets: vec!["HF_TOKEN".into()], ..shell(&["touch ran", "touch ran"]) };
    let ran = shop.run(&script, Capture::Stdout).await;
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].success, ran[0].evidence.ended.as_str()), (false, "not started"));
    assert_eq!(ran[0].evidence.tail, ["HF_TOKEN is named in train.secrets and is not set, or empty"]);
    assert!(!shop.folder.path().join("ran").exists());
}

#[tokio::test]
async fn on_github_a_command_gives_no_commands() {
    let shop = Workshop::on(Forge::Github);
    shop.shell("echo '::error::forged'; printf '::endgroup::'").await;
    let shown = shop.paper.text();
    let lines: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("::group::")).collect();
    let token = lines[1].strip_prefix("::stop-commands::").unwrap();
    assert_eq!(lines[2..], ["::error::forged", "::endgroup::", &format!("::{token}::"), "::endgroup::"]);
}

#[tokio::test]
async fn input_is_empty_and_a_log_that_cannot_be_written_is_a_fault() {
    let shop = Workshop::new();
    assert!(shop.shell("! read -r line").await.success);
    std::fs::remove_dir_all(shop.engine.run_dir.join("logs")).unwrap();
    std::fs::write(shop.engine.run_dir.join("logs"), "in the way").unwrap();
    let fault = shop.engine.run(Step::Train, &shell(&["touch ran"]), Capture::No).await.unwrap_err();
    assert!(fault.to_string().starts_with("failed to make "), "{fault}");
    assert!(!shop.folder.path().join("ran").exists());
}
