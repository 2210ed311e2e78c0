//! Commands of steps in containers.

use std::time::{Duration, Instant};

use modelgate::config::{self, Command, Script};
use modelgate::engine::{Capture, Ran};
use modelgate::interrupt::Signal;
use modelgate::step::Step;

use crate::workshop::Workshop;

const BUSYBOX: &str = "modelgate-test/busybox:1";
const PYTHON: &str = "modelgate-test/python:3";

fn container(image: &str) -> config::Container {
    config::Container {
        image: Some(image.into()),
        target: None,
        user: None,
        memory: None,
        nano_cpus: None,
        gpus: None,
        network: "none".into(),
    }
}

fn in_container(command: Command, container: config::Container) -> Script {
    Script {
        commands: vec![command],
        working_directory: ".".into(),
        engine: config::Engine::Docker(container),
        ..Script::default()
    }
}

fn shell(text: &str) -> Script {
    in_container(Command::Shell(text.into()), container(BUSYBOX))
}

async fn run(shop: &Workshop, script: &Script) -> Ran {
    let ran = shop.engine.run(Step::Train, script, Capture::No).await;
    shop.nothing_is_left().await;
    ran.unwrap().pop().expect("a command")
}

fn log(shop: &Workshop, ran: &Ran) -> String {
    shop.log(&ran.evidence.log)
}

#[tokio::test]
async fn a_command_sees_the_project_its_own_variables_and_nothing_else_of_ours() {
    let test = "a_command_sees_the_project_its_own_variables_and_nothing_else_of_ours";
    let Some(shop) = Workshop::new(test) else { return };
    std::fs::create_dir(shop.path("sub")).unwrap();
    std::fs::write(shop.path("sub/data"), "1\n").unwrap();
    let script = Script {
        working_directory: "sub".into(),
        env: [("LR".into(), "0.1".into())].into(),
        secrets: vec!["API_TOKEN".into()],
        ..shell("pwd; cat data; env | sort; ls -A ../.modelgate; echo $API_TOKEN > made; id -u")
    };
    let ran = run(&shop, &script).await;
    let root = shop.engine.root.display().to_string();
    let log = log(&shop, &ran);
    assert!(ran.success, "{log}");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[..2], [format!("{root}/sub").as_str(), "1"], "{log}");
    let names: Vec<&str> =
        lines.iter().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let expected = [
        "API_TOKEN",
        "HOME",
        "HOSTNAME",
        "LR",
        "MODELGATE_STEP",
        "PATH",
        "PWD",
        "PYTHONUNBUFFERED",
        "SHLVL",
        "TINI_KILL_PROCESS_GROUP",
    ];
    assert_eq!(names, expected, "{log}");
    assert!(log.contains("API_TOKEN=***\n") && !log.contains("t0ps3cret"), "{log}");
    assert!(!log.contains("run.json"), "the folder of the run is hidden: {log}");
    assert!(!shop.paper.text().contains("t0ps3cret"));
    assert_eq!(std::fs::read_to_string(shop.path("sub/made")).unwrap(), "t0ps3cret\n");
    assert_eq!(std::fs::read_to_string(shop.path(".modelgate/run.json")).unwrap(), "{}");
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(shop.path("sub/made")).unwrap());
    assert_eq!(owner, rustix::process::getuid().as_raw());
    assert_eq!(ran.evidence.ended, "exit 0");
}

#[tokio::test]
async fn the_user_of_the_container_can_be_another() {
    let Some(shop) = Workshop::new("the_user_of_the_container_can_be_another") else { return };
    let container = config::Container { user: Some("1234:77".into()), ..container(BUSYBOX) };
    let ran = run(&shop, &in_container(Command::Shell("id -u; id -g; echo $HOME".into()), container)).await;
    assert_eq!(log(&shop, &ran), "1234\n77\n/tmp\n");
}

#[tokio::test]
async fn every_way_to_end_is_told() {
    let Some(shop) = Workshop::new("every_way_to_end_is_told") else { return };
    let list = |words: &[&str]| {
        in_container(
            Command::Arguments(words.iter().map(|word| (*word).to_owned()).collect()),
            container(BUSYBOX),
        )
    };
    let on = |change: fn(&mut config::Container)| {
        let mut container = container(BUSYBOX);
        change(&mut container);
        in_container(Command::Shell("true".into()), container)
    };
    let short = Script { timeout: Some(Duration::from_millis(700)), ..shell("sleep 300") };
    let secret = Script { secrets: vec!["MISSING".into()], ..shell("true") };
    let cases = [
        (shell("echo one; false; echo two"), "exit 1", "one"),
        (shell("exit 42"), "exit 42", ""),
        (shell("kill -ABRT $$"), "signal 6 (SIGABRT)", ""),
        (list(&["nothing-of-that-name"]), "exit 127", "nothing-of-that-name"),
        (list(&["/etc/passwd"]), "exit 126", "/etc/passwd"),
        (list(&["echo", "a  b", "$HOME"]), "exit 0", "a  b $HOME"),
        (short, "timed out after 700ms", ""),
        (secret, "not started", "MISSING is named in train.secrets and is not set, or empty"),
        (on(|c| c.user = Some("somebody".into())), "not started", "unable to find user somebody"),
        (on(|c| c.network = "modelgate-nowhere".into()), "not started", "modelgate-nowhere not found"),
        (on(|c| c.image = None), "not started", "no image to run train in"),
    ];
    for (script, ended, said) in cases {
        let ran = run(&shop, &script).await;
        let log = log(&shop, &ran);
        assert_eq!(ran.evidence.ended, ended, "{log}");
        assert!(log.contains(said), "«{said}» in {log}");
        assert_eq!(ran.success, ended == "exit 0");
        if !ran.success && !said.is_empty() {
            assert!(ran.evidence.tail.concat().contains(said), "{:?}", ran.evidence.tail);
        }
    }
}

#[tokio::test]
async fn an_image_without_a_shell_and_one_with_bash_do_what_they_can() {
    let Some(shop) = Workshop::new("an_image_without_a_shell_and_one_with_bash_do_what_they_can") else {
        return;
    };
    // busybox has no bash: no pipefail.
    let ran = run(&shop, &shell("false | true; echo done")).await;
    assert_eq!((ran.evidence.ended.as_str(), log(&shop, &ran).as_str()), ("exit 0", "done\n"));
    let python = in_container(
        Command::Arguments(["python3", "-c", "print('from python')"].map(str::to_owned).to_vec()),
        container(PYTHON),
    );
    let ran = run(&shop, &python).await;
    assert_eq!((ran.evidence.ended.as_str(), log(&shop, &ran).as_str()), ("exit 0", "from python\n"));
}

#[tokio::test]
async fn a_network_of_none_is_none() {
    let Some(shop) = Workshop::new("a_network_of_none_is_none") else { return };
    let devices = "ls /sys/class/net | grep -v '^lo$' | wc -l";
    let ran = run(&shop, &shell(devices)).await;
    assert_eq!(log(&shop, &ran).trim(), "0");
    let bridge = config::Container { network: "bridge".into(), ..container(BUSYBOX) };
    let ran = run(&shop, &in_container(Command::Shell(devices.into()), bridge)).await;
    assert_eq!(log(&shop, &ran).trim(), "1");
}

#[tokio::test]
async fn want_of_memory_is_named() {
    let Some(shop) = Workshop::new("want_of_memory_is_named") else { return };
    let small = config::Container { memory: Some(16 << 20), ..container(BUSYBOX) };
    let eat = "x=0123456789abcdef; while true; do x=$x$x; done";
    let ran = run(&shop, &in_container(Command::Shell(eat.into()), small)).await;
    assert_eq!(ran.evidence.ended, "signal 9 (SIGKILL)");
    assert!(ran.evidence.tail.concat().contains("killed for memory"), "{:?}", ran.evidence.tail);
}

#[tokio::test]
async fn what_a_command_uses_is_measured() {
    let Some(shop) = Workshop::new("what_a_command_uses_is_measured") else { return };
    let work = "x=b = bytearray(64 << 20)\nimport time\nend = time.time() + 3\nwhile time.time() < end: pass";
    let script = in_container(
        Command::Arguments(["python3", "-c", work.trim_start_matches("x=")].map(str::to_owned).to_vec()),
        container(PYTHON),
    );
    let ran = run(&shop, &script).await;
    assert_eq!(ran.evidence.ended, "exit 0", "{}", log(&shop, &ran));
    assert!(ran.evidence.cpu_seconds > 0.1, "{:?}", ran.evidence);
    assert!(ran.evidence.peak_memory_bytes > 64 << 20, "{:?}", ran.evidence);
}

#[tokio::test]
async fn an_interrupt_ends_a_command_and_all_that_it_has_started() {
    let test = "an_interrupt_ends_a_command_and_all_that_it_has_started";
    let Some(shop) = Workshop::new(test) else { return };
    // The child hears of it, not only the shell that waits for it.
    let text =
        "sh -c 'trap \"echo heard > heard; exit 0\" TERM; echo > up; while true; do sleep 0.05; done'; true";
    let script = shell(text);
    let (ran, ()) = tokio::join!(run(&shop, &script), async {
        shop.until_there("up").await;
        shop.hand.raise(Signal::Terminate);
    });
    assert_eq!((ran.evidence.ended.as_str(), ran.code), ("interrupted", None));
    assert!(shop.path("heard").exists(), "{}", log(&shop, &ran));
    // And the one that would have been next.
    let ran = run(&shop, &script).await;
    assert_eq!(ran.evidence.ended, "interrupted");
}

#[tokio::test]
async fn a_second_signal_kills_what_does_not_listen() {
    let Some(shop) = Workshop::new("a_second_signal_kills_what_does_not_listen") else { return };
    let script = shell("trap '' TERM; echo > up; while true; do sleep 0.05; done");
    let start = Instant::now();
    let (ran, ()) = tokio::join!(run(&shop, &script), async {
        shop.until_there("up").await;
        shop.hand.raise(Signal::Interrupt);
        shop.hand.raise(Signal::Interrupt);
    });
    assert_eq!(ran.evidence.ended, "interrupted");
    // The grace is ten seconds.
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_endless_output_neither_holds_up_a_timeout_nor_is_lost_before_it() {
    let test = "an_endless_output_neither_holds_up_a_timeout_nor_is_lost_before_it";
    let Some(shop) = Workshop::new(test) else { return };
    let script = Script { timeout: Some(Duration::from_secs(1)), ..shell("echo first; yes") };
    let ran = run(&shop, &script).await;
    assert_eq!(ran.evidence.ended, "timed out after 1s");
    assert!(log(&shop, &ran).starts_with("first\ny\ny\n"));
}

#[tokio::test]
async fn an_interrupt_at_any_moment_leaves_no_container() {
    for delay in [0, 30, 100, 250, 500, 1000] {
        let Some(shop) = Workshop::new("an_interrupt_at_any_moment_leaves_no_container") else { return };
        let (script, start) = (shell("sleep 300"), Instant::now());
        let (ran, ()) = tokio::join!(run(&shop, &script), async {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            shop.hand.raise(Signal::Interrupt);
        });
        assert_eq!(ran.evidence.ended, "interrupted", "after {delay} ms");
        // It listens, so that no grace has to pass.
        assert!(start.elapsed() < Duration::from_secs(9), "after {delay} ms: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn an_engine_that_does_not_see_our_files_is_found_out() {
    use std::os::fd::AsRawFd;
    let Some(mut shop) = Workshop::new("an_engine_that_does_not_see_our_files_is_found_out") else { return };
    // Paths that mean something else to the engine than to us: no folder, and another one.
    let folder = std::fs::File::open(&shop.engine.root).unwrap();
    // The engine's own folder may be the one that the tests run in.
    std::env::set_current_dir(&shop.engine.root).unwrap();
    for root in [format!("/proc/self/fd/{}", folder.as_raw_fd()), "/proc/self/cwd".into()] {
        shop.engine.root = root.into();
        let fault = shop.engine.run(Step::Train, &shell("true"), Capture::No).await.unwrap_err();
        shop.nothing_is_left().await;
        let told = fault.to_string();
        assert!(told.starts_with("failed to run a command in a container: the engine at unix://"), "{told}");
        assert!(told.ends_with(" does not see the files of this machine"), "{told}");
        assert!(fault.remedy().is_some_and(|help| help.contains("`engine: local`")));
    }
}
