//! How commands are ended, and all that they started.

use super::*;

#[tokio::test]
async fn a_timeout_ends_the_whole_family() {
    let shop = Workshop::new();
    let script = Script { timeout: Some(Duration::from_secs(2)), ..shell(&[&format!("{SLEEPER} & wait")]) };
    let ran = shop.run(&script, Capture::No).await;
    assert_eq!((ran[0].success, ran[0].code), (false, None));
    assert_eq!(ran[0].evidence.ended, "timed out after 2s");
    gone(shop.pid("pid").await).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_timeout_finds_those_who_left_the_group() {
    let shop = Workshop::new();
    let script = Script {
        timeout: Some(Duration::from_secs(2)),
        ..shell(&[&format!("setsid {SLEEPER} > /dev/null 2>&1 & sleep 300")])
    };
    let ran = shop.run(&script, Capture::No).await;
    assert_eq!(ran[0].evidence.ended, "timed out after 2s");
    gone(shop.pid("pid").await).await;
}

#[tokio::test]
async fn an_interrupt_ends_the_command_and_lets_no_other_begin() {
    let shop = Workshop::new();
    let script = shell(&[&format!("trap 'echo asked; exit 5' INT; {SLEEPER} & wait"), "echo never"]);
    let ask = async {
        let pid = shop.pid("pid").await;
        shop.hand.raise(Signal::Interrupt);
        pid
    };
    let (ran, pid) = tokio::join!(shop.run(&script, Capture::No), ask);
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].success, ran[0].code, ran[0].evidence.ended.as_str()), (false, None, "interrupted"));
    assert_eq!(ran[0].evidence.tail, ["asked"]);
    gone(pid).await;
    let ran = shop.run(&script, Capture::Stdout).await;
    assert_eq!(ran.len(), 1, "it was raised before");
    assert_eq!((ran[0].success, ran[0].evidence.ended.as_str()), (false, "interrupted"));
}

#[tokio::test]
async fn a_runner_that_stops_us_reaches_the_command_with_its_own_signal() {
    let shop = Workshop::new();
    let script = shell(&[&format!("trap 'echo terminated; exit 0' TERM; {SLEEPER} & wait")]);
    let ask = async {
        shop.pid("pid").await;
        shop.hand.raise(Signal::Terminate);
    };
    let (ran, ()) = tokio::join!(shop.run(&script, Capture::No), ask);
    assert!(!ran[0].success, "whatever code it ends with");
    assert_eq!(ran[0].evidence.tail, ["terminated"]);
}

#[tokio::test]
async fn who_ignores_the_request_is_killed_after_the_grace() {
    let mut shop = Workshop::new();
    shop.patience.grace = Duration::from_millis(100);
    let stubborn = "trap '' TERM INT; echo $$ > pid; while true; do sleep 300; done";
    let script = Script { timeout: Some(Duration::from_secs(2)), ..shell(&[stubborn]) };
    let ran = shop.run(&script, Capture::No).await;
    assert_eq!(ran[0].evidence.ended, "timed out after 2s");
    gone(shop.pid("pid").await).await;
}

#[tokio::test]
async fn a_second_interrupt_lets_no_grace_pass() {
    let mut shop = Workshop::new();
    shop.patience.grace = Duration::from_secs(3600);
    let stubborn = "trap 'echo heard' INT; trap '' TERM; echo $$ > pid; while true; do sleep 0.01; done";
    let script = shell(&[stubborn]);
    let ask = async {
        shop.pid("pid").await;
        shop.hand.raise(Signal::Interrupt);
        until("the first is heard", || shop.paper.text().contains("heard\n")).await;
        shop.hand.raise(Signal::Interrupt);
    };
    let run = tokio::time::timeout(Duration::from_secs(60), shop.run(&script, Capture::No));
    let (ran, ()) = tokio::join!(run, ask);
    assert_eq!(ran.unwrap()[0].evidence.ended, "interrupted");
    gone(shop.pid("pid").await).await;
}

#[tokio::test]
async fn what_is_left_behind_with_the_pipe_is_ended_and_noted() {
    let shop = Workshop::new();
    let ran = shop.shell(&format!("{SLEEPER} & until [ -s pid ]; do sleep 0.01; done; echo done")).await;
    assert_eq!((ran.success, shop.log(&ran).as_str()), (true, "done\n"));
    assert!(shop.paper.text().contains("note: the command left processes behind"), "{}", shop.paper.text());
    gone(shop.pid("pid").await).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_left_the_group_for_good_does_not_hold_us_up() {
    let shop = Workshop::new();
    let leave = format!(
        "env -u MODELGATE_COMMAND setsid {SLEEPER} & until [ -s pid ]; do sleep 0.01; done; echo done"
    );
    let ran = tokio::time::timeout(Duration::from_secs(30), shop.shell(&leave)).await.unwrap();
    assert_eq!((ran.success, shop.log(&ran).as_str()), (true, "done\n"));
    assert!(shop.paper.text().contains("still holds its output open"), "{}", shop.paper.text());
    let pid = shop.pid("pid").await;
    assert!(lives(pid), "nothing marks it as ours");
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn what_ends_by_itself_is_heard_to_the_end() {
    let mut shop = Workshop::new();
    shop.patience.settle = Duration::from_secs(60);
    let ran = shop.shell("(until [ -e go ]; do sleep 0.01; done; sleep 0.1; echo late) & touch go").await;
    assert_eq!(shop.log(&ran), "late\n");
    assert!(!shop.paper.text().contains("left processes"), "{}", shop.paper.text());
}

#[tokio::test]
async fn a_run_that_is_given_up_leaves_nothing_running() {
    let shop = Workshop::new();
    let script = shell(&[SLEEPER]);
    let pid = tokio::select! {
        _ = shop.run(&script, Capture::No) => panic!("it ended"),
        pid = shop.pid("pid") => pid,
    };
    gone(pid).await;
}
